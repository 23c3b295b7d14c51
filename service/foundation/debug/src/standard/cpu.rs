//! The variables `cpu` and `cgroup`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use cpulimit::{Sources, Watch};
use expvar::{Error, Registry};
use serde::Serialize;
use serde_json::Value;

use super::cached::Cached;

/// How old a reading of limits may be when it is shown. They change rarely.
const RECHECK: Duration = Duration::from_secs(5);

/// The watch that the program reads again by itself, or one of our own that is read again when somebody looks.
pub(super) enum Limits {
    Theirs(Arc<Mutex<Watch>>),
    Ours(Box<Mutex<(Watch, Instant)>>),
}

impl Limits {
    pub(super) fn new(theirs: Option<Arc<Mutex<Watch>>>) -> Arc<Self> {
        let ours = || Box::new(Mutex::new((Watch::new(Sources::system()), Instant::now())));
        Arc::new(theirs.map_or_else(|| Self::Ours(ours()), Self::Theirs))
    }

    /// Shows what `show` takes from the latest reading.
    fn with<T>(&self, show: impl FnOnce(&Watch) -> T) -> T {
        match self {
            Self::Theirs(watch) => show(&lock(watch)),
            Self::Ours(watch) => {
                let mut watch = lock(watch);
                let (watch, checked) = &mut *watch;
                if checked.elapsed() >= RECHECK {
                    watch.check();
                    *checked = Instant::now();
                }
                show(watch)
            }
        }
    }
}

/// Publishes `cpu`, and `cgroup` where there is one.
pub(super) fn publish(registry: &Registry, limits: Arc<Limits>) -> Result<(), Error> {
    let groups = Arc::clone(&limits);
    registry.func("cpu", move || limits.with(|watch| value(watch.cpu())))?;
    // The files are read outside of the lock.
    let cgroup = move || {
        let watch = groups.with(Watch::clone);
        watch.cgroup().map(value)
    };
    if cgroup().is_none() {
        return Ok(());
    }
    let cgroup = Cached::new(cgroup);
    registry.func("cgroup", move || cgroup.get().unwrap_or_default())
}

/// Numbers, texts and objects: nothing that could fail to serialise.
fn value(variable: impl Serialize) -> Value {
    serde_json::to_value(variable).unwrap_or_default()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
