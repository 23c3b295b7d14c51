//! The sales service as its own program runs it, but for what a benchmark leaves out: its store may be in memory, and its
//! API may be served several times over, by pipelines that differ in their parts. All of them share the store, the handlers
//! and the process, so that nothing else differs between them.

mod parts;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::SystemTime;

use anyhow::Context as _;
use axum::Router;
use clap::Parser;
use expvar::Registry;
use lifecycle::Shutdown;
use sales_api::access::{Access, Profile, Strictness};
use sales_api::app::{self, App};
use sales_api::config::LogFormat;
use sales_api::logging;
use sales_api::process::{self, Process};
use sales_api::protection::Protection;
use sales_api::variables::{Sales, StoreWork, publish_lost_lines, publish_queue};
use stores::{Any, Location, Memory, Options, seed};
use tokio::net::TcpListener;
use tokio::runtime::Handle;

pub(crate) use parts::Parts;

/// The sales service to be measured; ends on SIGTERM.
#[derive(Debug, Parser)]
#[command(name = "bench-sales")]
struct Args {
    /// The file of its SQLite database; without it, it keeps everything in memory
    #[arg(long)]
    database: Option<PathBuf>,
    /// What a pipeline has besides its limits, words with commas between them; each is served on a port of its own
    #[arg(long = "pipeline", default_value = "all")]
    pipelines: Vec<Parts>,
}

/// The program itself; the allocator is its `main`'s to choose.
///
/// # Errors
/// It cannot be started.
pub fn main() -> anyhow::Result<()> {
    lifecycle::count_panics();
    let args = Args::parse();
    // As many workers as it may use CPUs, as the service has.
    let workers = std::thread::available_parallelism()?;
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = debug::measure_polls(&mut runtime)
        .worker_threads(workers.get())
        .enable_all()
        .build()?;
    runtime.block_on(serve(args))
}

async fn serve(args: Args) -> anyhow::Result<()> {
    let log = logging::start(LogFormat::Json, "info")?;
    let shutdown = Shutdown::new();
    lifecycle::signals(&shutdown)?;
    let variables = Registry::new();
    let standard = debug::Standard::new(debug::build!()).runtime(Handle::current());
    debug::publish_standard(&variables, standard)?;
    publish_lost_lines(&variables, &log)?;
    let store = match args.database {
        Some(file) => {
            let location = Location::Sqlite(file);
            Any::open(&location, &options()?, StoreWork::new(&variables)?).await?
        }
        None => Any::Memory(Memory::new(seed::catalogue())),
    };
    publish_queue(&variables, &store)?;
    let process = process::Settings::default();
    let process = Process::new(&process, shutdown.clone(), &variables)?;
    let sales = Sales::new(&variables)?;
    let app = App::new(
        store.clone(),
        sales,
        process,
        shutdown.clone(),
        SystemTime::now,
    );
    let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let (mut servers, mut addresses) = (Vec::new(), Vec::new());
    for (number, parts) in args.pipelines.into_iter().enumerate() {
        let listener = TcpListener::from_std(listen::bind(anywhere, "api")?)?;
        addresses.push(listener.local_addr()?.to_string());
        // Names are taken once: only the first pipeline's variables are shown.
        let own = if number == 0 {
            variables.clone()
        } else {
            Registry::new()
        };
        let router = router(parts, app.clone(), &own)?;
        let limits = Protection::default().listener(Profile::Development, &own)?;
        let stop = shutdown.clone();
        let server = async move { listen::serve(listener, router, limits, stop.triggered()).await };
        servers.push(tokio::spawn(server));
    }
    let inside = listen::bind(anywhere, "debug")?;
    let insides = debug::start(
        inside,
        debug::Config::new(variables),
        std::future::pending(),
    )?;
    tracing::info!(api = addresses.join(" "), debug = %insides.addr(), "serving");
    for server in servers {
        let served = server.await?;
        anyhow::ensure!(served.cut_off == 0, "{} were cut off", served.cut_off);
    }
    store.close().await;
    drop(log);
    Ok(())
}

/// As the service's own for so many CPUs.
fn options() -> anyhow::Result<Options> {
    Ok(Options::default().for_cpus(std::thread::available_parallelism()?))
}

fn router(parts: Parts, app: App, variables: &Registry) -> anyhow::Result<Router> {
    let metrics = web::Metrics::new(variables)?;
    let pipeline = web::Config {
        time_limit: std::time::Duration::from_secs(5),
        parts: parts.watching,
        ..web::Config::default()
    };
    let protection = Protection::default();
    let profile = Profile::Development;
    let pipeline = if parts.auth {
        let access = Access::new(profile, None, SystemTime::now);
        protection.onion(pipeline, Vec::new(), metrics, access, variables)
    } else {
        protection.limits(pipeline, metrics, profile, variables)
    };
    let pipeline = pipeline.context("the pipeline's variables")?;
    app::router(app, pipeline, Strictness::Keyless, None).map_err(anyhow::Error::msg)
}
