//! When requests are due.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use super::Meter;

/// The clock of an open load, or none.
#[derive(Debug)]
pub(super) struct Arrivals(Option<Arc<Due>>);

#[derive(Debug)]
struct Due {
    times: Mutex<VecDeque<Instant>>,
    /// One permit for each of `times`.
    waiting: Semaphore,
}

impl Arrivals {
    pub(super) fn closed() -> Arrivals {
        Arrivals(None)
    }

    /// A thread of its own keeps the clock: the runtime's timers are only good to a millisecond. It ends with the load.
    pub(super) fn open(rate: f64, meter: &Arc<Meter>) -> anyhow::Result<Arrivals> {
        let due = Arc::new(Due {
            times: Mutex::new(VecDeque::new()),
            waiting: Semaphore::new(0),
        });
        let (queue, meter) = (Arc::clone(&due), Arc::clone(meter));
        thread::Builder::new()
            .name("clock".to_owned())
            .spawn(move || keep_time(rate, &queue, &meter))?;
        Ok(Arrivals(Some(due)))
    }

    /// The time from which the next request's latency counts. `None` once the load has ended.
    pub(super) async fn next(&self, meter: &Meter) -> Option<Instant> {
        let Some(due) = &self.0 else {
            return (!meter.is_stopped()).then(Instant::now);
        };
        due.waiting.acquire().await.ok()?.forget();
        due.times
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front()
    }
}

fn keep_time(rate: f64, due: &Due, meter: &Meter) {
    let gap = Duration::from_secs_f64(1.0 / rate);
    let mut next = Instant::now();
    while !meter.is_stopped() {
        thread::sleep(next.saturating_duration_since(Instant::now()));
        let mut times = due.times.lock().unwrap_or_else(PoisonError::into_inner);
        let before = times.len();
        while next <= Instant::now() {
            times.push_back(next);
            next += gap;
        }
        due.waiting.add_permits(times.len() - before);
    }
    // What is still due is not sent any more.
    due.waiting.close();
}
