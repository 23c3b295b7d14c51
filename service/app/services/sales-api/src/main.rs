//! Starts and ends the sales service; everything it does is in the library.

use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::Context;
use cpulimit::Sources;
use expvar::Registry;
use lifecycle::Shutdown;
use listen::Limits;
use sales_api::app::{self, App};
use sales_api::config::Config;
use sales_api::logging::{self, Log};
use sales_api::variables::{Sales, StoreWork, publish_lost_lines, publish_queue, watch_cpu};
use stores::Sqlite;
use tikv_jemallocator::Jemalloc;
use tokio::net::TcpListener;
use tokio::runtime::Handle;

/// For its statistics, which the debug listener shows; it is neither slower nor faster than others
/// here.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    let config = Config::read();
    match start(&config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sales-api: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// As many workers as this process may use CPUs: more would only be throttled earlier in each period of the quota.
fn start(config: &Config) -> anyhow::Result<()> {
    let sources = Sources::system()
        .downward(config.cpu_limit)
        .workers(config.workers);
    let cpu = cpulimit::Watch::new(sources);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(cpu.reading().decision.workers.get())
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    runtime.block_on(run(config, cpu))
}

async fn run(config: &Config, cpu: cpulimit::Watch) -> anyhow::Result<()> {
    // -----------------------------------------------------------------------------------------
    // Logging

    let log = logging::start(config.log, &config.log_level)?;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), config = %debug::mask::mask(&config.to_string()), "starting");
    tracing::info!("{}", cpu.reading());

    // -----------------------------------------------------------------------------------------
    // Shutdown

    let shutdown = Shutdown::new();
    lifecycle::signals(&shutdown).context("cannot watch for signals")?;

    // -----------------------------------------------------------------------------------------
    // Listeners: bound before anything is written, so that a taken port changes nothing

    let api = listen::bind(config.api, "--api")?;
    let debug = listen::bind(config.debug, "--debug")?;

    // -----------------------------------------------------------------------------------------
    // Variables

    let variables = Registry::new();
    publish(&variables, &log)?;
    watch_cpu(&variables, cpu)?;
    let metrics = web::Metrics::new(&variables)?;
    let sales = Sales::new(&variables)?;

    // -----------------------------------------------------------------------------------------
    // Store

    let store = Sqlite::open(
        &config.store,
        &stores::Options::default(),
        StoreWork::new(&variables)?,
    )?;
    publish_queue(&variables, &store)?;

    // -----------------------------------------------------------------------------------------
    // Business and API

    let app = App::new(store.clone(), sales, shutdown.clone(), SystemTime::now);
    let pipeline = web::Config {
        time_limit: config.request_timeout,
        body_limit: config.max_body,
        ..web::Config::default()
    };
    let router = app::router(app, pipeline, metrics);

    // -----------------------------------------------------------------------------------------
    // Debug listener: ends last, so that the end can be watched

    let insides = debug::start(debug, debug::Config::new(variables), std::future::pending())?;

    // -----------------------------------------------------------------------------------------
    // API listener

    let api = TcpListener::from_std(api)?;
    tracing::info!(api = %api.local_addr()?, debug = %insides.addr(), store = %config.store, "serving");
    let limits = Limits {
        drain: config.drain,
        max_connections: Limits::default()
            .max_connections
            .min(listen::raise_descriptor_limit()),
        ..Limits::default()
    };
    let served = listen::serve(api, router, limits, shutdown.triggered()).await;

    // -----------------------------------------------------------------------------------------
    // Shutdown: nothing new comes in any more, and what was under way is done or cut off

    tracing::info!(
        connections = served.accepted,
        cut_off = served.cut_off,
        "stopped serving"
    );
    close(&store, config).await?;
    insides.stop();
    tracing::info!(reason = shutdown.reason(), "ended");
    drop(log);
    Ok(())
}

/// The variables that every service has.
fn publish(variables: &Registry, log: &Log) -> anyhow::Result<()> {
    let runtime = Handle::current();
    let standard = debug::Standard::new(debug::build!())
        .runtime(runtime.clone())
        // Connections are tasks without a name, so the runtime's own count is the true one.
        .tasks(move || runtime.metrics().num_alive_tasks());
    debug::publish_standard(variables, standard)?;
    publish_lost_lines(variables, log)?;
    Ok(())
}

/// Lets the store write what waits; a disk that hangs shall not keep the service from ending.
async fn close(store: &Sqlite, config: &Config) -> anyhow::Result<()> {
    let closing = tokio::time::timeout(config.drain, store.close());
    closing
        .await
        .with_context(|| format!("the store {} was not closed in time", config.store))?;
    tracing::info!("closed the store");
    Ok(())
}
