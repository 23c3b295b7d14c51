//! The program that is put to the test where the service itself does not have what is needed: ten thousand tasks, five
//! hundred variables, requests that panic.
//!
//! It is a service like any other of ours: the pipeline of [`web`] around its routes, the debug listener of [`debug`].
//!
//! | route | what it does |
//! |---|---|
//! | `/work` | allocates and frees, and computes for a while |
//! | `/wait` | the same, after a wait of some milliseconds |
//! | `/panic` | panics; answered 500 |
//! | `/thread` | starts a thread and waits for its end |

mod routes;
mod tasks;
mod trouble;

use std::net::SocketAddr;

use axum::Router;
use axum::routing::get;
use clap::Parser;
use expvar::Registry;
use lifecycle::Shutdown;
use tokio::net::TcpListener;
use tokio::runtime::Handle;

use crate::context::Context;
use crate::server::Server;

/// How many of which kinds `--variables` makes.
pub(crate) const VARIABLES_NOTE: &str = "Of a hundred variables 60 are counters, 15 gauges, 10 floating point numbers, \
     10 strings and 5 histograms; a tenth of them is in maps.";

/// Starts it, on the measured program's core.
pub(crate) fn start(
    context: &Context,
    flags: &[&str],
    env: &[(&str, &str)],
) -> anyhow::Result<Server> {
    let program = context.program("bench-subject", "bench")?;
    Server::start(&context.cores, &program, flags, env)
}

/// A service to be put to the test; ends on SIGTERM.
#[derive(Debug, Parser)]
#[command(name = "bench-subject")]
struct Args {
    /// Tasks that wait
    #[arg(long, default_value_t = 0)]
    tasks: usize,
    /// Variables besides the usual ones
    #[arg(long, default_value_t = 0)]
    variables: usize,
    /// Threads that start, panic and map memory all the time
    #[arg(long)]
    trouble: bool,
    /// Worker threads
    #[arg(long)]
    workers: Option<usize>,
}

/// The program itself; the allocator is its `main`'s to choose.
///
/// # Errors
/// A listener cannot be bound, or a variable's name is taken.
pub fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    if let Some(workers) = args.workers {
        runtime.worker_threads(workers.max(1));
    }
    runtime.enable_all().build()?.block_on(serve(args))
}

async fn serve(args: Args) -> anyhow::Result<()> {
    if args.trouble {
        trouble::quiet_panics();
        trouble::start()?;
    }
    let shutdown = Shutdown::new();
    lifecycle::signals(&shutdown)?;
    let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let (api, inside) = (
        listen::bind(anywhere, "api")?,
        listen::bind(anywhere, "debug")?,
    );
    let variables = Registry::new();
    let standard = debug::Standard::new(debug::build!()).runtime(Handle::current());
    debug::publish_standard(&variables, standard)?;
    publish(&variables, args.variables)?;
    let metrics = web::Metrics::new(&variables)?;
    let routes = Router::new()
        .route("/work", get(routes::work))
        .route("/wait", get(routes::wait))
        .route("/panic", get(routes::panic))
        .route("/thread", get(routes::thread));
    let router = web::mount(routes, web::Config::default(), metrics);
    tasks::start(args.tasks);
    let insides = debug::start(
        inside,
        debug::Config::new(variables),
        std::future::pending(),
    )?;
    let api = TcpListener::from_std(api)?;
    let serving = serde_json::json!({
        "message": "serving",
        "api": api.local_addr()?.to_string(),
        "debug": insides.addr().to_string(),
    });
    println!("{serving}");
    let served = listen::serve(api, router, listen::Limits::default(), shutdown.triggered()).await;
    anyhow::ensure!(served.cut_off == 0, "{} were cut off", served.cut_off);
    Ok(())
}

/// The variables that [`VARIABLES_NOTE`] describes.
fn publish(registry: &Registry, variables: usize) -> anyhow::Result<()> {
    for number in 0..variables {
        let name = format!("variable_{number}");
        match number % 20 {
            0..2 => {
                let map = registry.map(&format!("map_{}", number / 100))?;
                map.counter(&name)?.add(number as u64);
            }
            2..12 => registry.counter(&name)?.add(number as u64 * 1_000_003),
            12..15 => registry.gauge(&name)?.set(number as i64),
            15..17 => registry.float(&name)?.set(number as f64 / 7.0),
            17..19 => registry.text(&name)?.set("a text of usual length"),
            _ => {
                let histogram = registry.histogram(&name)?;
                (0..1_000).for_each(|value| histogram.record(value * 997));
            }
        }
    }
    Ok(())
}
