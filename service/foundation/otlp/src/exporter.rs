//! Spans on their way out: a bounded queue, and a task that empties it in batches.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use expvar::{About, Counter, Error, Registry, Text};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use trace::{Sink, Span};

use crate::{Endpoint, Resource, spans};

/// How much waits, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How many spans wait at most; more are dropped and counted. Default: 2,048.
    pub queue: usize,
    /// How many are sent together at most. Default: 512.
    pub batch: usize,
    /// How long a span waits for others at most. Default: 1 s.
    pub delay: Duration,
    /// How long sending a batch may take. Default: 5 s.
    pub timeout: Duration,
    /// How often a batch is sent before it is given up. Default: 4.
    pub attempts: u32,
    /// How long is waited before it is sent again, twice as long each time. Default: 500 ms.
    pub backoff: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            queue: 2048,
            batch: 512,
            delay: Duration::from_secs(1),
            timeout: Duration::from_secs(5),
            attempts: 4,
            backoff: Duration::from_millis(500),
        }
    }
}

/// Sends spans to a collector, off the path of whoever makes them. Clones are the same.
///
/// It publishes, in the map `otlp`:
///
/// | variable | what it holds |
/// |---|---|
/// | `exported` | spans that the collector took |
/// | `dropped_queue_full` | spans for which there was no room |
/// | `dropped_unsent` | spans given up because the collector did not take them |
/// | `dropped_at_end` | spans that were left when the service ended |
/// | `rejected` | spans that the collector took and did not want |
/// | `retries` | batches sent again |
/// | `queued` | spans that wait |
/// | `last_error` | why the last batch was not taken; empty once one was |
#[derive(Clone)]
pub struct Exporter {
    shared: Arc<Shared>,
}

struct Shared {
    endpoint: Endpoint,
    resource: Resource,
    limits: Limits,
    queue: Mutex<Vec<Span>>,
    /// A batch is complete, or the end has come.
    wake: Notify,
    ending: Notify,
    task: Mutex<Option<JoinHandle<()>>>,
    count: Counts,
}

struct Counts {
    exported: Counter,
    queue_full: Counter,
    unsent: Counter,
    at_end: Counter,
    rejected: Counter,
    retries: Counter,
    last_error: Text,
}

impl Exporter {
    /// Starts the task that sends, in the runtime of this moment.
    ///
    /// # Errors
    /// One of the names of its variables holds another kind.
    pub fn start(
        endpoint: Endpoint,
        resource: Resource,
        limits: Limits,
        registry: &Registry,
    ) -> Result<Exporter, Error> {
        let map = registry.map("otlp")?;
        let count = Counts {
            exported: map.counter("exported")?,
            queue_full: map.counter("dropped_queue_full")?,
            unsent: map.counter("dropped_unsent")?,
            at_end: map.counter("dropped_at_end")?,
            rejected: map.counter("rejected")?,
            retries: map.counter("retries")?,
            last_error: map.text("last_error")?,
        };
        let shared = Arc::new(Shared {
            endpoint,
            resource,
            limits,
            queue: Mutex::default(),
            wake: Notify::new(),
            ending: Notify::new(),
            task: Mutex::default(),
            count,
        });
        let seen = Arc::downgrade(&shared);
        map.func("queued", move || {
            seen.upgrade()
                .map_or(0, |shared| shared.waiting().len())
                .into()
        })?;
        map.describe("queued", About::new("Spans that wait to be sent.").gauge());
        let task = sync::spawn("otlp", Arc::clone(&shared).run());
        *shared.task.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
        Ok(Exporter { shared })
    }

    /// Sends what waits, for as long as `limit` at most; what is left then is counted as dropped. Nothing is sent after this.
    pub async fn shutdown(&self, limit: Duration) {
        let task = self
            .shared
            .task
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(mut task) = task else { return };
        self.shared.ending.notify_one();
        if timeout(limit, &mut task).await.is_err() {
            task.abort();
            // Until it is gone the batch that it has is not counted.
            let _aborted = task.await;
        }
        let left = std::mem::take(&mut *self.shared.waiting());
        self.shared.count.at_end.add(left.len() as u64);
    }
}

impl Sink for Exporter {
    fn take(&self, span: Span) {
        let Shared {
            limits,
            wake,
            count,
            ..
        } = &*self.shared;
        let mut queue = self.shared.waiting();
        if queue.len() >= limits.queue {
            drop(queue);
            count.queue_full.inc();
            return;
        }
        queue.push(span);
        let is_complete = queue.len() == limits.batch;
        drop(queue);
        if is_complete {
            wake.notify_one();
        }
    }
}

impl std::fmt::Debug for Exporter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exporter")
            .field("endpoint", &self.shared.endpoint)
            .finish_non_exhaustive()
    }
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Vec<Span>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn run(self: Arc<Self>) {
        let mut is_ending = false;
        while !is_ending {
            tokio::select! {
                () = self.wake.notified() => {}
                () = sleep(self.limits.delay) => {}
                () = self.ending.notified() => is_ending = true,
            }
            loop {
                let batch: Vec<Span> = {
                    let mut queue = self.waiting();
                    let count = queue.len().min(self.limits.batch);
                    queue.drain(..count).collect()
                };
                if batch.is_empty() {
                    break;
                }
                is_ending |= self.send(&batch, is_ending).await;
            }
        }
    }

    /// Sends a batch until it is taken or given up; whether the end has come meanwhile. Towards the end it is tried once.
    async fn send(&self, batch: &[Span], mut is_ending: bool) -> bool {
        let size = batch.len() as u64;
        // Dropped on the way, by the deadline of the end.
        let lost = CountOnDrop(&self.count.at_end, size);
        let message = Bytes::from(spans::encode(batch, &self.resource));
        let mut wait = self.limits.backoff;
        for attempt in 1.. {
            match self
                .endpoint
                .send(message.clone(), self.limits.timeout)
                .await
            {
                Ok(accepted) => {
                    let rejected = accepted.rejected.min(size);
                    self.count.exported.add(size - rejected);
                    self.count.rejected.add(rejected);
                    self.tell(if rejected > 0 && accepted.message.is_empty() {
                        "it rejected some and did not say why".to_owned()
                    } else {
                        accepted.message
                    });
                    break;
                }
                Err(error) => {
                    let after = match error {
                        crate::SendError::Later {
                            after: Some(after), ..
                        } => after.min(MAX_WAIT),
                        _ => wait,
                    };
                    let again =
                        error.is_temporary() && attempt < self.limits.attempts && !is_ending;
                    self.tell(error.to_string());
                    if !again {
                        self.count.unsent.add(size);
                        break;
                    }
                    wait *= 2;
                    tokio::select! {
                        () = sleep(after) => {}
                        () = self.ending.notified() => is_ending = true,
                    }
                    self.count.retries.inc();
                }
            }
        }
        lost.defuse();
        is_ending
    }

    /// Says in the log what is news, and keeps it.
    fn tell(&self, problem: String) {
        let before = self.count.last_error.get();
        if *before == *problem {
            return;
        }
        if problem.is_empty() {
            tracing::info!(endpoint = %self.endpoint, "the collector takes spans again");
        } else {
            tracing::warn!(endpoint = %self.endpoint, problem, "the collector does not take all spans");
        }
        self.count.last_error.set(problem);
    }
}

/// However long a collector asks to be left alone.
const MAX_WAIT: Duration = Duration::from_secs(30);

struct CountOnDrop<'a>(&'a Counter, u64);

impl CountOnDrop<'_> {
    fn defuse(mut self) {
        self.1 = 0;
    }
}

impl Drop for CountOnDrop<'_> {
    fn drop(&mut self) {
        self.0.add(self.1);
    }
}
