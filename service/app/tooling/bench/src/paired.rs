//! Two arms by turns.

use std::time::{Duration, Instant};

use crate::load::{Meter, PATIENCE};
use crate::server::Server;
use crate::stats::Estimate;

/// What is compared: A without, B with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arm {
    A,
    B,
}

/// Measures both arms so many times, as A B B A A B …: what drifts, drifts for both. `cost` is what is shown of a
/// measurement while the work goes on.
pub(crate) async fn alternate<T>(
    name: &str,
    pairs: usize,
    cost: impl Fn(&T) -> f64,
    mut measure: impl AsyncFnMut(Arm) -> anyhow::Result<T>,
) -> anyhow::Result<Vec<[T; 2]>> {
    let mut measured = Vec::with_capacity(pairs);
    let mut ratios = Vec::with_capacity(pairs);
    for pair in 0..pairs {
        let [a, b] = if pair.is_multiple_of(2) {
            let a = measure(Arm::A).await?;
            [a, measure(Arm::B).await?]
        } else {
            let b = measure(Arm::B).await?;
            [measure(Arm::A).await?, b]
        };
        ratios.push((cost(&b) / cost(&a) - 1.0) * 100.0);
        measured.push([a, b]);
        if (pair + 1).is_multiple_of(pairs.div_ceil(10)) || pair + 1 == pairs {
            let Estimate { value, low, high } = Estimate::of(&ratios);
            eprintln!(
                "  {name}: {} of {pairs} pairs, B/A {value:+.2} % ({low:+.2} to {high:+.2})",
                pair + 1
            );
        }
    }
    Ok(measured)
}

/// How long a change of arms takes to settle. A capture that begins reads the memory map, sets a timer for each thread and
/// learns at its first samples how to unwind the libraries' frames; what is measured is what it costs while it runs.
const SETTLE: Duration = Duration::from_millis(150);

/// What a server did for a while under load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    /// CPU time of the whole process per request, in nanoseconds.
    pub(crate) cpu: f64,
    /// Requests per second.
    pub(crate) rate: f64,
    /// 99 of 100 requests were answered within so many nanoseconds.
    pub(crate) p99: f64,
}

impl Window {
    /// Measures for `length`, after letting the change of arms settle.
    pub(crate) async fn measure(
        server: &Server,
        load: &Meter,
        length: Duration,
    ) -> anyhow::Result<Window> {
        tokio::time::sleep(SETTLE).await;
        Window::now(server, load, length).await
    }

    /// Measures for `length` from now on.
    pub(crate) async fn now(
        server: &Server,
        load: &Meter,
        length: Duration,
    ) -> anyhow::Result<Window> {
        load.take_latencies();
        let (started, cpu, answered) = (Instant::now(), server.cpu()?, load.answered());
        tokio::time::sleep(length).await;
        // On a machine that does something else, nothing may have happened.
        while load.answered() == answered && started.elapsed() < PATIENCE {
            tokio::time::sleep(length).await;
        }
        let (took, cpu_after, answered_after) = (started.elapsed(), server.cpu()?, load.answered());
        let requests = (answered_after - answered) as f64;
        anyhow::ensure!(
            requests > 0.0,
            "not one request was answered within {took:?}; first fault: {:?}",
            load.counts().first_fault
        );
        Ok(Window {
            cpu: (cpu_after.saturating_sub(cpu)).as_nanos() as f64 / requests,
            rate: requests / took.as_secs_f64(),
            p99: load.take_latencies().value_at_quantile(0.99) as f64,
        })
    }
}

/// One number of each window, pair by pair.
pub(crate) fn each(windows: &[[Window; 2]], of: impl Fn(&Window) -> f64) -> Vec<[f64; 2]> {
    windows
        .iter()
        .map(|pair| [of(&pair[0]), of(&pair[1])])
        .collect()
}
