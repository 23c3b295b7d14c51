//! What something costs that a thread does over and over.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use nix::time::ClockId;

use crate::context::Context;

/// CPU time of one round in nanoseconds, the mean over so many threads that do it at once, each on a core of its own as
/// far as there are enough. `round` is told the thread's number.
pub(crate) fn per_round(
    context: &Context,
    threads: usize,
    rounds: u32,
    round: impl Fn(usize) + Sync,
) -> anyhow::Result<f64> {
    let together = Barrier::new(threads);
    let work = |number: usize| -> anyhow::Result<Duration> {
        // The measured program's core first.
        context
            .cores
            .stay_on(context.cores.count() - 1 - number % context.cores.count())?;
        together.wait();
        let before = thread_cpu()?;
        for _ in 0..rounds {
            round(number);
        }
        Ok(thread_cpu()?.saturating_sub(before))
    };
    let total = thread::scope(|scope| {
        let work = &work;
        let running: Vec<_> = (0..threads)
            .map(|number| scope.spawn(move || work(number)))
            .collect();
        running
            .into_iter()
            .map(|thread| {
                thread
                    .join()
                    .map_err(|_| anyhow::anyhow!("a thread panicked"))?
            })
            .sum::<anyhow::Result<Duration>>()
    })?;
    Ok(total.as_nanos() as f64 / f64::from(rounds) / threads as f64)
}

/// The CPU time of this thread.
pub(crate) fn thread_cpu() -> anyhow::Result<Duration> {
    Ok(ClockId::CLOCK_THREAD_CPUTIME_ID.now()?.into())
}
