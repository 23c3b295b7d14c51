//! Starts and ends the sales service; everything it does is in the library.

use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use anyhow::{Context, bail};
use auth::{Folder, Verifier};
use cpulimit::Sources;
use debug::SamplingError;
use expvar::Registry;
use lifecycle::{Ended, Lifecycle, Shutdown};
use listen::Limits;
use sales_api::access::Access;
use sales_api::app::{self, App};
use sales_api::chaos::Chaos;
use sales_api::config::Config;
use sales_api::keys;
use sales_api::logging::{self, Log};
use sales_api::logins::Logins;
use sales_api::outbox::{self, Sink};
use sales_api::process::Process;
use sales_api::spans::Spans;
use sales_api::supplier::{Environment, Supplier};
use sales_api::variables::{
    Sales, StoreWork, publish_life, publish_lost_lines, publish_queue, table, watch_cpu,
};
use stores::Any;
use tikv_jemallocator::Jemalloc;
use tokio::net::TcpListener;
use tokio::runtime::Handle;

/// For its statistics and heap profiles, which the debug listener shows; it is neither slower nor faster than others
/// here.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    lifecycle::count_panics();
    let config = Config::read();
    // First of all: what is allocated before is in no profile.
    let sampled = config.sampling.start();
    match start(&config, sampled) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sales-api: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// As many workers as this process may use CPUs: more would only be throttled earlier in each period of the quota.
fn start(config: &Config, sampled: Result<(), SamplingError>) -> anyhow::Result<()> {
    // ANCHOR: workers
    let sources = Sources::system()
        .downward(config.cpu_limit)
        .workers(config.workers);
    let cpu = cpulimit::Watch::new(sources);
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = debug::measure_polls(&mut runtime)
        .worker_threads(cpu.reading().decision.workers.get())
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    // ANCHOR_END: workers
    runtime.block_on(run(config, Arc::new(Mutex::new(cpu)), sampled))
}

async fn run(
    config: &Config,
    cpu: Arc<Mutex<cpulimit::Watch>>,
    sampled: Result<(), SamplingError>,
) -> anyhow::Result<()> {
    // -----------------------------------------------------------------------------------------
    // Logging

    let log = logging::start(config.log, &config.log_level)?;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), config = %debug::mask::mask(&config.to_string()), "starting");
    tracing::info!(
        "{}",
        cpu.lock().unwrap_or_else(PoisonError::into_inner).reading()
    );
    if let Err(error) = sampled {
        tracing::warn!("no heap profiles: {error}");
    }

    // -----------------------------------------------------------------------------------------
    // Life: the first signal asks for its end, the second forces it

    let life = Lifecycle::new();
    life.signals(log.last_words())
        .context("cannot watch for signals")?;

    // -----------------------------------------------------------------------------------------
    // Listeners: bound before anything is written, so that a taken port changes nothing

    let api = listen::bind(config.api, "--api")?;
    let debug = listen::bind(config.debug, "--debug")?;

    // -----------------------------------------------------------------------------------------
    // Variables

    let variables = Registry::new();
    publish(&variables, &log, &cpu)?;
    publish_life(&variables, &life)?;
    let cpus = cpu
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .reading()
        .decision
        .workers;
    watch_cpu(cpu);
    let metrics = web::Metrics::new(&variables)?;
    let sales = Sales::new(&variables)?;
    let env = |name: &str| std::env::var(name).ok();
    let spans = Spans::start(&config.spans, &variables, env)?;

    // -----------------------------------------------------------------------------------------
    // Keys: whom to believe

    let folder = keys(config)?;
    let verifier = folder.as_ref().map(Verifier::following);
    let verifier = verifier.map(|verifier| verifier.with_leeway(config.logins.clock_skew));

    // -----------------------------------------------------------------------------------------
    // Store

    let sink = Sink::open(&config.outbox)?;
    let options = stores::Options {
        events: sink.is_some(),
        ..stores::Options::default().for_cpus(cpus)
    };
    let store = Any::open(&config.store, &options, StoreWork::new(&variables)?).await?;
    publish_queue(&variables, &store)?;

    // -----------------------------------------------------------------------------------------
    // Business and API

    let process = Process::new(&config.process, stopping(&life), &variables)?;
    let asked = life.asked().clone();
    let app = App::new(store.clone(), sales, process, asked, SystemTime::now);
    let app = match folder {
        None => app,
        Some(folder) => {
            keys::follow(&folder, &store, &variables)?;
            app.with_logins(Logins::new(folder, config.logins.clone(), &variables)?)
        }
    };
    app.sales.shop(app.door.state().await?.open);
    let health = app.health.clone();
    health.publish(&variables)?;
    let supplier = Supplier::open(
        &config.supplier,
        &health,
        &variables,
        SystemTime::now,
        Environment::default(),
    )?;
    let app = app.with_supplier(supplier);
    let pipeline = web::Config {
        time_limit: config.request_timeout,
        body_limit: config.max_body,
        ..web::Config::default()
    };
    let origins = config.cors_origins.clone();
    let access = Access::new(config.profile, verifier, SystemTime::now);
    let tracer = spans.tracer(pipeline.id_seed);
    let access = match config.keys {
        Some(_) => access,
        None => access.lenient(),
    };
    let strictness = access.strictness();
    let pipeline = config
        .protection
        .onion(pipeline, origins, metrics, access, &variables)?
        .trace(tracer);
    let chaos = Chaos::new(&config.chaos, &variables)?;
    if !config.chaos.is_off() {
        tracing::warn!("things go wrong on purpose: {}", config.chaos);
    }
    let router = app::router(app, pipeline, strictness, chaos).map_err(anyhow::Error::msg)?;

    // -----------------------------------------------------------------------------------------
    // Events: told until the last request has ended, and then what is left

    let served = Shutdown::new();
    if let Some(sink) = sink {
        let told = outbox::Variables::new(&variables, SystemTime::now)?;
        let settings = config.outbox.clone();
        let worker = outbox::Worker::new(
            store.clone(),
            sink,
            settings,
            told,
            SystemTime::now,
            rand::random,
        );
        let worker = worker.traced(spans.tracer(rand::random()));
        life.tasks().spawn("outbox", worker.run(served.clone()));
    }

    // -----------------------------------------------------------------------------------------
    // Debug listener: ends last, so that the end can be watched

    let limits = config.protection.listener(config.profile, &variables)?;
    table::describe(&variables);
    // ANCHOR: insides
    let shown = debug::Config {
        allow_remote: config.debug_allow_remote,
        token: config.debug_token.clone(),
        ..debug::Config::new(variables)
    };
    let insides = debug::start(debug, shown, std::future::pending())?;
    // ANCHOR_END: insides

    // -----------------------------------------------------------------------------------------
    // API listener

    let api = TcpListener::from_std(api)?;
    tracing::info!(api = %api.local_addr()?, debug = %insides.addr(), store = %config.store, "serving");
    let limits = Limits {
        drain: config.drain,
        ..limits
    };
    let stop = life.stop_accepting();
    let vital = life.asked().trigger_on_drop(SERVER_ENDED);
    life.tasks().spawn("api", async move {
        let _vital = vital;
        let _served = served.trigger_on_drop(SERVER_ENDED);
        let done = listen::serve(api, router, limits, stop).await;
        tracing::info!(
            connections = done.accepted,
            cut_off = done.cut_off,
            "stopped serving"
        );
    });
    life.ready();
    health.started();

    // -----------------------------------------------------------------------------------------
    // Shutdown: not ready any more, then nothing new comes in, and what was under way is done or cut off

    let ended = life
        .end()
        .unready(config.drain_delay)
        .drain(config.drain + LAST_WORDS)
        .close(format!("the store {}", config.store), config.drain, async {
            store.close().await;
            tracing::info!("closed the store");
        })
        .close(
            "the spans for the collector",
            LAST_SPANS + LAST_WORDS,
            async {
                spans.shutdown(LAST_SPANS).await;
            },
        )
        .run()
        .await;
    insides.stop();
    tracing::info!(reason = ended.reason, took = ?ended.took, cut_off = ended.tasks.cut_off.len(), "ended");

    // -----------------------------------------------------------------------------------------
    // Telemetry: the last lines of the log are written out

    drop(log);
    check(&ended)
}

/// The keys that were named; in development, if none were, those beside the database, and none if there can be none there.
fn keys(config: &Config) -> anyhow::Result<Option<Folder>> {
    if let Some(directory) = &config.keys {
        return Folder::open(directory).context("--keys").map(Some);
    }
    let directory = keys::of_development(&config.store);
    match keys::make_if_missing(&directory) {
        Ok(folder) => Ok(Some(folder)),
        Err(error) => {
            tracing::warn!("nobody can log in: {error:#}");
            Ok(None)
        }
    }
}

/// The server cuts connections off by itself at its deadline; its task has a moment more, to say how many.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// How long the end waits for a collector, which may be the one thing that does not work.
const LAST_SPANS: Duration = Duration::from_secs(2);

/// Why the service ended if nobody asked it to.
const SERVER_ENDED: &str = "the server of the API has ended";

/// Triggered when the service stops accepting: until then it serves as ever.
fn stopping(life: &Lifecycle) -> Shutdown {
    let (stop, stopping) = (life.stop_accepting(), Shutdown::new());
    let told = stopping.clone();
    sync::spawn("stopping", async move {
        stop.await;
        told.trigger("the service stops accepting");
    });
    stopping
}

/// A store that was not closed, or a server that ended unasked, is an error of the program's.
fn check(ended: &Ended) -> anyhow::Result<()> {
    if let Some(failure) = ended.failures.first() {
        bail!("{failure}");
    }
    if ended.reason == SERVER_ENDED {
        bail!("{SERVER_ENDED}");
    }
    Ok(())
}

/// The variables that every service has.
fn publish(
    variables: &Registry,
    log: &Log,
    cpu: &Arc<Mutex<cpulimit::Watch>>,
) -> anyhow::Result<()> {
    let runtime = Handle::current();
    let standard = debug::Standard::new(debug::build!())
        .cpu(Arc::clone(cpu))
        .runtime(runtime.clone())
        // Connections are tasks without a name, so the runtime's own count is the true one.
        .tasks(move || runtime.metrics().num_alive_tasks());
    debug::publish_standard(variables, standard)?;
    publish_lost_lines(variables, log)?;
    Ok(())
}
