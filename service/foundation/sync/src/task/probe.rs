//! Looking into tasks from outside: each is woken, and its next poll goes through whoever wants to know something.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Context;

use super::record::{Record, records};
use super::{TaskId, TaskInfo};

/// Polls tasks in order to see what they do. Install it with [`probe()`].
pub trait Probe: Send + Sync {
    /// Takes the place of one poll of a task that was asked ([`Subject::ask`]), on the thread that polls it.
    ///
    /// It must call `poll` once, with the context or one whose waker wakes the same task; `poll` says whether the task
    /// finished. The task waits while this runs, so be quick.
    fn poll(
        &self,
        task: TaskId,
        context: &mut Context<'_>,
        poll: &mut dyn FnMut(&mut Context<'_>) -> bool,
    );
}

static PROBE: Mutex<Option<Arc<dyn Probe>>> = Mutex::new(None);

/// Installs a probe and lists the tasks that can be asked: all that are alive. One probe at a time: `None` while there
/// is another.
///
/// Nothing happens to a task until it is asked. Ask as many at a time as the runtime may have to poll in a row before it
/// comes to real work.
pub fn probe(probe: Arc<dyn Probe>) -> Option<Probing> {
    let mut installed = lock();
    if installed.is_some() {
        return None;
    }
    *installed = Some(probe);
    drop(installed);
    let subjects = records()
        .into_iter()
        .map(|record| Subject { record })
        .collect();
    Some(Probing { subjects })
}

/// An installed probe; dropping it removes the probe.
#[derive(Debug)]
pub struct Probing {
    subjects: Vec<Subject>,
}

impl Probing {
    /// The tasks that were alive when the probe was installed, oldest first.
    pub fn subjects(&self) -> &[Subject] {
        &self.subjects
    }
}

impl Drop for Probing {
    fn drop(&mut self) {
        for subject in &self.subjects {
            subject.record.no_longer_asked();
        }
        *lock() = None;
    }
}

/// A task that can be asked.
pub struct Subject {
    record: Arc<Record>,
}

impl Subject {
    /// The task's identity.
    pub fn id(&self) -> TaskId {
        self.record.id
    }

    /// What is known of the task now.
    pub fn info(&self) -> TaskInfo {
        self.record.info()
    }

    /// True once the task has ended: it will not answer any more.
    pub fn is_ended(&self) -> bool {
        self.record.is_ended()
    }

    /// Wakes the task; its next poll goes through the probe. A task that blocks its thread, or whose runtime does not come
    /// to it, does not answer.
    pub fn ask(&self) {
        self.record.ask();
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Subject").field(&self.record.id).finish()
    }
}

/// The poll of a task that was asked: by the probe, or as usual if the probe has gone meanwhile.
#[cold]
pub(super) fn poll(
    record: &Record,
    cx: &mut Context<'_>,
    poll: &mut dyn FnMut(&mut Context<'_>) -> bool,
) {
    let probe = lock().clone();
    if let Some(probe) = probe {
        let _probed = Probed {
            record,
            before: record.begin_probe(),
        };
        probe.poll(record.id, cx, poll);
    } else {
        let began = record.begin_poll();
        poll(cx);
        record.end_poll(began);
    }
}

/// A probe's poll that runs; ends when dropped.
struct Probed<'a> {
    record: &'a Record,
    before: (u64, u64),
}

impl Drop for Probed<'_> {
    fn drop(&mut self) {
        self.record.end_probe(self.before);
    }
}

fn lock() -> MutexGuard<'static, Option<Arc<dyn Probe>>> {
    PROBE.lock().unwrap_or_else(PoisonError::into_inner)
}
