//! Work that keeps a processor busy.

use std::hint::black_box;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// Computes as much as one undisturbed core of this machine does in that time.
///
/// This is processor work, not waiting: with more workers than cores each takes longer, and profiles show it. The
/// runtime is told, so that other tasks of the same thread go on elsewhere meanwhile.
///
/// # Panics
/// Outside a lab's runtime, which has several threads.
pub fn busy(time: Duration) {
    if !time.is_zero() {
        tokio::task::block_in_place(|| compute(time));
    }
}

/// Computes as much as one undisturbed core of this machine does in that time, without telling the runtime: a worker
/// that does this does nothing else meanwhile, as with any computation that a service makes.
pub fn compute(time: Duration) {
    let rounds = time.as_nanos() as f64 * *ROUNDS_PER_NANO;
    chain(rounds as u64);
}

/// Measured once: the best of several tries, because a disturbed one is slower.
static ROUNDS_PER_NANO: LazyLock<f64> = LazyLock::new(|| {
    const ROUNDS: u64 = 400_000;
    let attempt = |_| {
        let began = Instant::now();
        chain(ROUNDS);
        ROUNDS as f64 / began.elapsed().as_nanos().max(1) as f64
    };
    (0..12).map(attempt).fold(f64::MIN_POSITIVE, f64::max)
});

/// Measures the machine ahead of time, so that the first caller does not wait for it.
pub(crate) fn prepare() {
    LazyLock::force(&ROUNDS_PER_NANO);
}

/// A chain of multiplications and shifts in which each needs the one before.
#[inline(never)]
fn chain(rounds: u64) {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..rounds {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
    }
    black_box(state);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn others_go_on_while_a_task_is_busy() {
        let (go, went) = tokio::sync::oneshot::channel();
        let other = tokio::spawn(async move { go.send(()) });
        let main = tokio::spawn(async move {
            busy(Duration::from_millis(1));
            went.await
        });
        main.await
            .expect("does not panic")
            .expect("the other went on");
        other.await.expect("does not panic").expect("main listens");
    }

    #[test]
    fn no_time_is_no_work() {
        busy(Duration::ZERO);
        prepare();
        assert!(ROUNDS_PER_NANO.is_finite() && *ROUNDS_PER_NANO > 0.0);
    }
}
