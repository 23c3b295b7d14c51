//! A supplier of prices that fails by script.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use lifecycle::Shutdown;
use sales_peers::supplier::{Script, Supplier};
use tokio::net::TcpListener;

/// Tells the service what things cost to buy (sales-api --supplier http://127.0.0.1:9091), and fails as a script says.
///
/// GET /prices/ID answers the price of a product. PUT /script with a script as its body begins that one; GET /script tells
/// how much is left of it, and how many requests there were. Ends on SIGINT or SIGTERM.
#[derive(Debug, clap::Args)]
#[command(after_help = SCRIPT)]
pub(crate) struct Args {
    /// Where it listens
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9091")]
    listen: SocketAddr,

    /// What happens to the first requests; all goes well after its end
    #[arg(long, value_name = "SCRIPT", default_value = "ok")]
    script: Script,

    /// File with the script
    #[arg(long, value_name = "PATH", conflicts_with = "script")]
    script_file: Option<PathBuf>,

    /// File with the token that requests must carry [default: none, and everybody is answered]
    #[arg(long, value_name = "PATH")]
    token_file: Option<PathBuf>,
}

const SCRIPT: &str = "\
A script is a list of steps with commas between, each for one request or, with *N, for N:
  ok            the price
  latency=TIME  the price, after so long
  error=STATUS  an error with this status
  busy=SECONDS  503, with so many seconds in Retry-After
  drip=TIME     the price byte by byte, over so long
  hang          no answer, until the client gives up
  reset         the connection is reset
  garbage       something that is no JSON
  wrong         the price of another product
  endless       an answer without end
and repeat at the end, to begin again. Such as: ok*5,error=500*3,latency=300ms,reset,repeat";

/// Tells prices until it is stopped.
pub(crate) async fn supply(args: &Args) -> anyhow::Result<ExitCode> {
    let shutdown = Shutdown::new();
    lifecycle::signals(&shutdown)?;
    let read =
        |path: &PathBuf| std::fs::read_to_string(path).with_context(|| path.display().to_string());
    let script = match &args.script_file {
        None => args.script.clone(),
        Some(path) => {
            let script = read(path)?.parse().map_err(anyhow::Error::msg);
            script.with_context(|| path.display().to_string())?
        }
    };
    let mut supplier = Supplier::new(script);
    if let Some(path) = &args.token_file {
        supplier = supplier.guarded(read(path)?.trim());
    }
    let listener = TcpListener::from_std(listen::bind(args.listen, "--listen")?)?;
    eprintln!(
        "sales-load: tells prices at http://{}",
        listener.local_addr()?
    );
    tokio::select! {
        () = supplier.serve(listener) => {}
        () = shutdown.triggered() => {}
    }
    Ok(ExitCode::SUCCESS)
}
