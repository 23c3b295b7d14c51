//! Servers under the same load by turns, of which only one has anything to do at a time.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use crate::context::Context;
use crate::load::{Load, Pace, Plan, Prepared};
use crate::paired::Window;
use crate::server::Server;

/// Connections of the load.
const CONNECTIONS: usize = 32;
/// How long the load goes on before it is measured: its connections are new.
const SETTLE: Duration = Duration::from_millis(20);

/// Which log, for those who read the results.
pub(crate) const LOG_NOTE: &str = "The log is a file in memory (/dev/shm, where there is one), to which a thread of the \
     measured process writes: what that costs is in the numbers.";

/// Starts the service of ours with what it is told.
pub(crate) fn start_sales(context: &Context, flags: &[&str]) -> anyhow::Result<Server> {
    start_logged(context, &context.program("bench-sales", "bench")?, flags)
}

/// Starts a program whose log is a file in memory.
pub(crate) fn start_logged(
    context: &Context,
    program: &Path,
    flags: &[&str],
) -> anyhow::Result<Server> {
    Server::start_with_log(&context.cores, program, flags, Context::scratch()?)
}

/// Sends these requests from all connections for so long, and measures the server meanwhile. Every request must be answered
/// as it should be.
pub(crate) async fn turn(
    context: &Context,
    server: &Server,
    addr: SocketAddr,
    requests: &[Prepared],
    window: Duration,
) -> anyhow::Result<Window> {
    let plan = Plan {
        requests: requests.to_vec(),
        connections: CONNECTIONS,
        pace: Pace::Closed,
    };
    let load = Load::start(addr, plan, &context.cores)?;
    tokio::time::sleep(SETTLE).await;
    let measured = Window::now(server, &load.meter, window).await?;
    let counts = load.stop()?;
    anyhow::ensure!(
        counts.lost() == 0 && counts.wrong == 0,
        "of {} requests {} were lost and {} answered wrongly: {:?}",
        counts.sent,
        counts.lost(),
        counts.wrong,
        counts.first_fault
    );
    server.empty_log()?;
    Ok(measured)
}
