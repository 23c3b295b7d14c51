//! What named tasks did in a few seconds: when each ran on which thread, and what it waited for between.
//!
//! [`capture`] listens to [`sync::observe`] for a while and keeps the last events of it. [`Timeline::chrome_json`] writes
//! them in the Trace Event Format of Chrome, which Perfetto (<https://ui.perfetto.dev>) and `chrome://tracing` open. One
//! process of it is the runtime's threads, with the tasks that they ran; the other is the tasks, each a row, with the
//! time that it ran and the waits for whatever has a name in [`sync`].
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! use std::time::Duration;
//!
//! let recording = collect::timeline::record(collect::timeline::DEFAULT_EVENTS);
//! sync::spawn("short", async { tokio::task::yield_now().await }).await.expect("no panic");
//! let timeline = recording.finish();
//! assert!(timeline.chrome_json().contains("\"short\""));
//! # }
//! ```
//!
//! # What it costs
//! While nothing is recorded, a poll costs two relaxed loads more than it would otherwise. What one costs that is recorded
//! `cargo bench -p collect --bench timeline` tells. The memory is set aside at the start: some 80 bytes for each event that
//! is kept.

mod chrome;
mod ring;
mod spans;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ring::{Recorded, Ring};

/// How many events are kept, the last ones, where nobody says otherwise: some 5 MB.
pub const DEFAULT_EVENTS: usize = 1 << 16;
/// How many events are kept at most.
pub const MAX_EVENTS: usize = 1 << 20;

/// Records for so long, on a runtime with timers. Dropping the future ends the recording.
pub async fn capture(duration: Duration) -> Timeline {
    let recording = record(DEFAULT_EVENTS);
    tokio::time::sleep(duration).await;
    recording.finish()
}

/// Begins to record, until [`Recording::finish`] or its drop. Of more than `events` events ([`MAX_EVENTS`] at most) the
/// last ones are kept.
pub fn record(events: usize) -> Recording {
    let ring = Arc::new(Ring::new(events.clamp(1, MAX_EVENTS)));
    let hook = sync::observe(Arc::clone(&ring) as Arc<dyn sync::Observer>);
    Recording {
        ring,
        began: SystemTime::now(),
        _hook: hook,
    }
}

/// A recording under way.
#[derive(Debug)]
pub struct Recording {
    ring: Arc<Ring>,
    began: SystemTime,
    _hook: sync::Guard,
}

impl Recording {
    /// Ends it.
    pub fn finish(self) -> Timeline {
        Timeline {
            began: self.began,
            recorded: self.ring.take(),
        }
    }
}

/// What was recorded.
#[derive(Debug)]
pub struct Timeline {
    began: SystemTime,
    recorded: Recorded,
}

impl Timeline {
    /// When the recording began.
    pub fn began(&self) -> SystemTime {
        self.began
    }

    /// How long it took.
    pub fn duration(&self) -> Duration {
        Duration::from_nanos(self.recorded.end)
    }

    /// How many events are in it.
    pub fn events(&self) -> usize {
        self.recorded.records.len()
    }

    /// How many events before those there was no room for.
    pub fn dropped(&self) -> u64 {
        self.recorded.dropped
    }

    /// The timeline in the Trace Event Format, as a JSON object.
    pub fn chrome_json(&self) -> String {
        chrome::json(self)
    }
}
