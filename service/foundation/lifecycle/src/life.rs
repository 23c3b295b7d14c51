//! Where a program is in its life.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio_util::sync::WaitForCancellationFutureOwned;

use crate::ending::Ending;
use crate::{Shutdown, Tracked, Tracker, panics};

/// The life of a program: its phase, its tasks, and the way to its end. Clones are the same life.
///
/// [`asked`](Self::asked) is the request to end, as a signal makes it; readiness fails from that moment on. The
/// program goes on serving until [`stop_accepting`](Self::stop_accepting), which [`end`](Self::end) brings about in its
/// time: whoever sends requests here needs a while to hear that this one is going away.
#[derive(Debug, Clone, Default)]
pub struct Lifecycle {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    asked: Shutdown,
    accepting: Shutdown,
    tasks: Tracker,
    now: Mutex<(Phase, Instant)>,
}

/// The phases of a program's life, in their order. It goes through each once and never back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Not ready yet.
    Starting,
    /// Ready.
    Serving,
    /// Asked to end: not ready any more, and still serving those who have not heard of it.
    Unready,
    /// Nothing new is accepted from here on.
    Stopping,
    /// What is under way is finished.
    Draining,
    /// Resources are closed.
    Closing,
    /// All done.
    Ended,
}

/// A life as data, to be published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct State {
    /// The phase.
    pub phase: Phase,
    /// For how long it has been that.
    pub phase_age_ns: u64,
    /// Why it was asked to end, once it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The tasks that run, by name. Of more than a hundred names those with the oldest tasks.
    pub tracked: BTreeMap<String, Group>,
    /// Tasks that ended by themselves, those that panicked included.
    pub finished_total: u64,
    /// Of these, how many panicked.
    pub panicked_total: u64,
    /// Panics of the process; see [`panics`](crate::panics()).
    pub panics_total: u64,
}

/// Tasks of one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Group {
    /// How many run.
    pub running: u64,
    /// The age of the oldest.
    pub oldest_age_ns: u64,
}

/// Names may hold numbers: a hundred thousand tasks must not make a document of a hundred thousand lines.
const MOST_NAMES: usize = 100;

impl Lifecycle {
    /// A life that begins: in [`Phase::Starting`], without tasks.
    pub fn new() -> Self {
        Self::default()
    }

    /// The request to end. Anyone may make it; nothing stops by it alone.
    pub fn asked(&self) -> &Shutdown {
        &self.inner.asked
    }

    /// Ends when nothing new is to be accepted any more: for listeners, and for tasks that fetch work from elsewhere.
    /// Holds nothing borrowed.
    pub fn stop_accepting(&self) -> WaitForCancellationFutureOwned {
        self.inner.accepting.triggered()
    }

    /// The tasks that the end waits for.
    pub fn tasks(&self) -> &Tracker {
        &self.inner.tasks
    }

    /// Everything is up: [`is_ready`](Self::is_ready) from now on. Without effect on a life that is ending.
    pub fn ready(&self) {
        self.enter(Phase::Serving);
    }

    /// Whether new work is welcome: not before [`ready`](Self::ready), and not once the program was asked to end.
    pub fn is_ready(&self) -> bool {
        self.phase() == Phase::Serving && !self.inner.asked.is_triggered()
    }

    /// The phase.
    pub fn phase(&self) -> Phase {
        self.lock().0
    }

    /// The way to the end; see [`Ending`].
    pub fn end<'a>(&self) -> Ending<'a> {
        Ending::new(self.clone())
    }

    /// All of it as data: the variable `lifecycle`.
    pub fn state(&self) -> State {
        let (phase, since) = *self.lock();
        let (finished, panicked) = self.inner.tasks.ended();
        State {
            phase,
            phase_age_ns: ns(since.elapsed()),
            reason: self.inner.asked.reason().map(str::to_owned),
            tracked: groups(self.inner.tasks.tasks()),
            finished_total: finished as u64,
            panicked_total: panicked as u64,
            panics_total: panics(),
        }
    }

    /// Goes on to a phase; never back.
    pub(crate) fn enter(&self, phase: Phase) {
        let mut now = self.lock();
        if phase > now.0 {
            *now = (phase, Instant::now());
        }
    }

    pub(crate) fn accept_no_more(&self, reason: &str) {
        self.inner.accepting.trigger(reason);
    }

    fn lock(&self) -> MutexGuard<'_, (Phase, Instant)> {
        let now = &self.inner.now;
        now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Inner {
    fn default() -> Self {
        Self {
            asked: Shutdown::new(),
            accepting: Shutdown::new(),
            tasks: Tracker::new(),
            now: Mutex::new((Phase::Starting, Instant::now())),
        }
    }
}

impl Phase {
    /// Its name, as it is published.
    pub fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Serving => "serving",
            Self::Unready => "unready",
            Self::Stopping => "stopping",
            Self::Draining => "draining",
            Self::Closing => "closing",
            Self::Ended => "ended",
        }
    }
}

/// The tasks, which come oldest first, by name.
fn groups(tasks: Vec<Tracked>) -> BTreeMap<String, Group> {
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    for task in tasks {
        let known = groups.len();
        match groups.get_mut(&*task.name) {
            Some(Group { running, .. }) => *running += 1,
            None if known < MOST_NAMES => {
                let group = Group {
                    running: 1,
                    oldest_age_ns: ns(task.age),
                };
                groups.insert(task.name.to_string(), group);
            }
            None => {}
        }
    }
    groups
}

fn ns(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_only_go_on() {
        let life = Lifecycle::new();
        assert!(!life.is_ready());
        life.ready();
        assert!(life.is_ready());
        life.enter(Phase::Draining);
        life.ready();
        life.enter(Phase::Unready);
        assert_eq!(life.phase(), Phase::Draining);
        assert!(!life.is_ready());
    }

    #[test]
    fn whoever_was_asked_to_end_is_not_ready_in_that_moment() {
        let life = Lifecycle::new();
        life.ready();
        life.clone().asked().trigger("SIGTERM");
        assert!(!life.is_ready());
    }

    #[test]
    fn tasks_are_told_by_name_and_there_is_an_end_to_names() {
        let task = |name: &str, seconds| Tracked {
            name: name.into(),
            age: Duration::from_secs(seconds),
        };
        let found = groups(vec![task("a", 9), task("b", 8), task("a", 7)]);
        assert_eq!((found["a"].running, found["b"].running), (2, 1));
        assert_eq!(found["a"].oldest_age_ns, 9_000_000_000);
        let many = (0..1_000).map(|n| task(&n.to_string(), 1_000 - n));
        let found = groups(many.collect());
        assert_eq!(found.len(), MOST_NAMES);
        assert!(found.contains_key("0") && !found.contains_key("999"));
    }
}
