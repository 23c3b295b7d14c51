//! From the command line to the exit code.

use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::Context as _;
use lab_format::{LabInfo, RUN_VERSION, Report, Run};
use lifecycle::Shutdown;

use crate::command::{self, Order, Request};
use crate::context::Context;
use crate::live::Live;
use crate::output::Output;
use crate::samples::Sampler;
use crate::{busy, figure, machine, output};

/// A committed figure has no more spans than this.
const FIGURE_SPANS: usize = 20_000;
/// A page that looks closer and closer at a run needs more: 12 MiB of them.
const MOST_SPANS: usize = 100_000;

/// A lab: what it says of itself, and where it lives. Made by [`lab!`](crate::lab).
#[derive(Clone, Debug)]
pub struct Lab {
    /// Name, title, knobs.
    pub info: LabInfo,
    /// The package's name.
    pub name: &'static str,
    /// The lab's own folder, in which `figures/` is.
    pub folder: &'static str,
    /// The lab's version.
    pub version: &'static str,
}

/// Makes a [`Lab`] of a [`LabInfo`], adding the folder and version of the crate that calls it.
#[macro_export]
macro_rules! lab {
    ($info:expr) => {
        $crate::Lab {
            info: $info,
            name: env!("CARGO_PKG_NAME"),
            folder: env!("CARGO_MANIFEST_DIR"),
            version: env!("CARGO_PKG_VERSION"),
        }
    };
}

/// Runs a lab: reads the command line, tells the story once, prints what came of it, and with `--hold` tells it again
/// until Ctrl-C.
///
/// # Panics
/// If the lab declares its knobs wrongly.
pub fn run<F, S>(lab: &Lab, story: F) -> ExitCode
where
    F: Fn(Context) -> S,
    S: Future<Output = anyhow::Result<Report>> + Send + 'static,
{
    let done = match command::read(&lab.info, std::env::args_os()) {
        Ok(Request::Run(order)) => perform(lab, &order, &story),
        Ok(Request::Redraw) => figure::redraw(lab),
        Ok(Request::Print(text)) => return output::print(&text),
        Err(refusal) => return refusal.explain(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn perform<F, S>(lab: &Lab, order: &Order, story: &F) -> anyhow::Result<()>
where
    F: Fn(Context) -> S,
    S: Future<Output = anyhow::Result<Report>> + Send + 'static,
{
    busy::prepare();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(machine::cores().max(2))
        .thread_name_fn(worker_name)
        .enable_all()
        .build()
        .context("starting the runtime")?;
    let shutdown = Shutdown::new();
    let live = match order.debug {
        Some(debug) => Some(Live::start(lab, order, debug, runtime.handle(), &shutdown)?),
        None if order.samples => Some(Live::quiet(lab, order)?),
        None => None,
    };
    let output = Output::new(order);
    if let Some(addr) = live.as_ref().and_then(Live::addr) {
        output::announce(addr);
    }
    let result = runtime.block_on(async {
        if order.hold {
            lifecycle::signals(&shutdown).context("watching for Ctrl-C")?;
        }
        let once = async {
            if order.figures {
                return record_figures(lab, story).await;
            }
            let run = tell_once(lab, order, story, live.as_ref()).await?;
            output.run(lab, &run)
        };
        tokio::select! {
            result = once => result?,
            () = shutdown.triggered() => return Ok(()),
        }
        if order.hold {
            hold(order, story, live.as_ref(), &shutdown).await?;
        }
        anyhow::Ok(())
    });
    // Whatever a story left behind does not keep the program alive.
    runtime.shutdown_background();
    result
}

/// The name of the runtime's next thread: a lane's name where workers are recorded.
fn worker_name() -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(1);
    format!("worker {}", NEXT.fetch_add(1, Ordering::Relaxed))
}

async fn tell_once<F, S>(
    lab: &Lab,
    order: &Order,
    story: &F,
    live: Option<&Live>,
) -> anyhow::Result<Run>
where
    F: Fn(Context) -> S,
    S: Future<Output = anyhow::Result<Report>> + Send + 'static,
{
    let publishes = !order.hold && !order.samples;
    let context = Context::new(order.knobs.clone(), live, false, publishes);
    let sampler = match live {
        Some(live) if order.samples => Some(Sampler::start(live.registry().clone())?),
        _ => None,
    };
    let began = Instant::now();
    let report = told(story(context.clone())).await;
    if let Some(sampler) = sampler {
        sampler.end();
    }
    let report = report?;
    context.told();
    let timeline = context.take_timeline();
    if let Some(file) = &order.trace {
        figure::write_trace(file, &order.again, &timeline)?;
    }
    let most = if order.figure.is_some() {
        FIGURE_SPANS
    } else {
        MOST_SPANS
    };
    let run = Run {
        version: RUN_VERSION,
        lab: lab.info.name.clone(),
        date: machine::now(),
        took_ns: u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX),
        machine: machine::machine(),
        build: machine::build(lab.version),
        knobs: order.knobs.clone(),
        report,
        timeline: timeline.shrunk(most),
    };
    figure::write(lab, order, &run)?;
    Ok(run)
}

/// Tells the story once for each of the lab's figures, and writes them.
async fn record_figures<F, S>(lab: &Lab, story: &F) -> anyhow::Result<()>
where
    F: Fn(Context) -> S,
    S: Future<Output = anyhow::Result<Report>> + Send + 'static,
{
    figure::write_knobs(lab)?;
    for figure in &lab.info.figures {
        let order = command::figure_order(&lab.info, figure)?;
        tell_once(lab, &order, story, None).await?;
    }
    Ok(())
}

/// Repeats the story, so that variables move and profiles have content.
async fn hold<F, S>(
    order: &Order,
    story: &F,
    live: Option<&Live>,
    shutdown: &Shutdown,
) -> anyhow::Result<()>
where
    F: Fn(Context) -> S,
    S: Future<Output = anyhow::Result<Report>> + Send + 'static,
{
    output::holding(&order.again, live.and_then(Live::addr));
    loop {
        let context = Context::new(order.knobs.clone(), live, true, true);
        tokio::select! {
            result = told(story(context.clone())) => { result?; }
            () = shutdown.triggered() => return Ok(()),
        }
        context.told();
    }
}

/// Runs the story in a task of its own, on the workers, as its tasks are; a panic in it becomes an error.
async fn told<S>(story: S) -> anyhow::Result<Report>
where
    S: Future<Output = anyhow::Result<Report>> + Send + 'static,
{
    tokio::spawn(story)
        .await
        .context("the story did not end well")?
}
