//! What every named task is doing: Go's `goroutine` profile.
//!
//! [`dump`] asks each task that [`sync::spawn`] or [`sync::adopt`] started, a few at a time: the task is woken, and its
//! next poll notes the path through its async functions to whatever it waits for. Nothing is stopped for it, and a task
//! that does not answer is a finding of its own: it blocks its thread, or its thread is blocked by another.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), collect::Error> {
//! let (orders, kitchen) = sync::channel::<u8>("orders", 0);
//! let cook = sync::spawn("cook", async move { kitchen.recv().await });
//!
//! let dump = collect::tasks::dump(std::time::Duration::from_secs(1)).await?;
//! let task = dump.tasks().iter().find(|task| &*task.name == "cook").expect("it waits for orders");
//! assert!(task.answered);
//! println!("{}", dump.text(1));
//! # drop(orders);
//! # cook.await.expect("no panic");
//! # Ok(())
//! # }
//! ```
//!
//! # What a build needs
//! Traces need Linux on x86-64 or aarch64 and frame pointers, as the CPU sampler does; [`supported`] tells. Without them a
//! dump says for each task its name, the line that started it, its age, and whether it runs, waits or does not answer.
//!
//! # What it costs
//! Each task is polled once more than it would be, which for most means that they look at what they wait for and find it
//! not ready. The names are looked up afterwards, on a thread of the dump's own: the first time takes some 100 ms for
//! reading the program's debug information, later dumps find what earlier ones have seen ([`lookups`](crate::lookups)).

mod answers;
#[cfg(all(own_sampler, frame_pointers))]
mod frames;
mod groups;
mod pprof;
mod text;
#[cfg(all(own_sampler, frame_pointers))]
mod trap;
mod turns;

use std::panic::Location;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use profile::{Mapping, Profile};
use sync::{TaskId, TaskInfo, TaskState};

use crate::Error;
use answers::{Answer, Found};
pub use groups::Group;

/// Whether dumps have traces in this build, on this platform, and why not.
pub fn supported() -> Result<(), &'static str> {
    if cfg!(not(own_sampler)) {
        return Err("traces of tasks need Linux on x86-64 or aarch64");
    }
    if cfg!(not(frame_pointers)) {
        return Err(
            "this program was built without frame pointers: its compiler flags need -C force-frame-pointers=yes",
        );
    }
    Ok(())
}

/// Asks all named tasks of the process what they do, whatever runtime they are on.
///
/// `deadline` is how long to wait for answers; names are looked up after that. There is one dump at a time: all who ask
/// while one is being taken share the next. It works on any runtime, and on one without timers: the work is done by a
/// thread of its own, to which it does not matter whether the caller still waits.
///
/// # Errors
/// [`Error::Taken`] while something else probes the tasks, [`Error::System`] if the thread cannot be started.
pub async fn dump(deadline: Duration) -> Result<Dump, Error> {
    let mut result = turns::take(deadline)?;
    match result.wait_for(Option::is_some).await.as_deref() {
        Ok(Some(Ok(dump))) => Ok(dump.clone()),
        Ok(Some(Err(what))) => Err(Error::Taken { what }),
        Ok(None) | Err(_) => Err(Error::System {
            doing: "taking the tasks' dump",
            source: std::io::Error::other("its thread has panicked"),
        }),
    }
}

/// What all tasks were doing at one time. Clones share it.
#[derive(Clone, Debug)]
pub struct Dump {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    tasks: Vec<Task>,
    traces: Vec<Trace>,
    left_out: usize,
    taken: SystemTime,
    deadline: Duration,
    asking: Duration,
    naming: Duration,
}

/// A task in a [`Dump`].
#[derive(Clone, Debug)]
pub struct Task {
    /// Its identity.
    pub id: TaskId,
    /// Its name, not necessarily unique.
    pub name: Arc<str>,
    /// The named task that started it, if one did.
    pub parent: Option<TaskId>,
    /// The line that started it.
    pub location: &'static Location<'static>,
    /// How long ago it was started.
    pub age: Duration,
    /// What it did: idle, if it answered.
    pub state: TaskState,
    /// For how long it had been doing that.
    pub since: Duration,
    /// How many times it has been polled.
    pub polls: u64,
    /// How long its polls took together.
    pub busy: Duration,
    /// Whether it was asked: where answers are slow, the deadline may come before all are.
    pub asked: bool,
    /// Whether it was polled after it was asked, and before the deadline.
    pub answered: bool,
    trace: Option<u32>,
}

/// Where a task waits.
#[derive(Clone, Debug)]
pub struct Trace {
    /// A stack for each thing that it waits for, the innermost function first; mostly one. The runtime's inner functions
    /// are left out at both ends.
    pub stacks: Vec<Vec<Frame>>,
    /// What it waits for in a word, for example `chan receive` or `sleep`.
    pub reason: &'static str,
}

impl Trace {
    /// What stacks have in common from the root on.
    fn common_root(stacks: &[Vec<Frame>]) -> &[Frame] {
        let Some((first, others)) = stacks.split_first() else {
            return &[];
        };
        let common = others.iter().map(|other| {
            let pairs = first.iter().rev().zip(other.iter().rev());
            pairs.take_while(|(a, b)| a == b).count()
        });
        let common = common.min().unwrap_or(first.len());
        &first[first.len() - common..]
    }
}

/// A function in a stack, and where in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Frame {
    /// Its path, demangled; its address if it has no name.
    pub name: Arc<str>,
    /// The file it is in; empty when unknown.
    pub file: Arc<str>,
    /// The line it has got to, from 1; 0 when unknown.
    pub line: u32,
    /// The address of that: the last byte of a call. The same in functions that are inlined into each other.
    pub address: u64,
    /// Its name as the linker knows it.
    symbol: Arc<str>,
    /// The object that it is in.
    mapping: Option<Arc<Mapping>>,
}

impl Frame {
    #[cfg(all(own_sampler, frame_pointers))]
    fn unknown(address: u64, mapping: Option<Arc<Mapping>>) -> Self {
        Self {
            name: format!("{address:#x}").into(),
            file: "".into(),
            line: 0,
            address,
            symbol: "".into(),
            mapping,
        }
    }
}

impl Dump {
    fn take(deadline: Duration) -> Result<Self, &'static str> {
        let (taken, began) = (SystemTime::now(), Instant::now());
        let Found {
            tasks,
            traces,
            left_out,
        } = answers::ask(deadline)?;
        let asking = began.elapsed();
        #[cfg(all(own_sampler, frame_pointers))]
        let traces = frames::traces(&traces);
        #[cfg(not(all(own_sampler, frame_pointers)))]
        let traces = traces
            .iter()
            .flatten()
            .map(|never| match *never {})
            .collect();
        let tasks = tasks
            .into_iter()
            .map(|(info, answer)| Task::new(info, answer))
            .collect();
        Ok(Self {
            inner: Arc::new(Inner {
                tasks,
                traces,
                left_out,
                taken,
                deadline,
                asking,
                naming: began.elapsed().saturating_sub(asking),
            }),
        })
    }

    /// The tasks that there were when the dump began, oldest first; without those that ended and had not answered.
    pub fn tasks(&self) -> &[Task] {
        &self.inner.tasks
    }

    /// How many tasks more there were than a dump holds.
    pub fn left_out(&self) -> usize {
        self.inner.left_out
    }

    /// The task of this identity.
    pub fn task(&self, id: TaskId) -> Option<&Task> {
        let index = self.inner.tasks.binary_search_by_key(&id, |task| task.id);
        self.inner.tasks.get(index.ok()?)
    }

    /// The tasks that were asked and did not answer: they block their thread, or their thread is blocked.
    pub fn stuck(&self) -> impl Iterator<Item = &Task> {
        let tasks = self.inner.tasks.iter();
        tasks.filter(|task| task.asked && !task.answered)
    }

    /// Tasks that were started by the same line and do the same, together; the largest group first.
    pub fn groups(&self) -> Vec<Group<'_>> {
        groups::groups(self)
    }

    /// Where a task of this dump waits. `None` if it did not answer, if there are no traces ([`supported`]), and if it
    /// waits for something that nobody can wake it from.
    pub fn trace(&self, task: &Task) -> Option<&Trace> {
        self.inner.traces.get(task.trace? as usize)
    }

    /// What a task of this dump does, in a word: `running`, `runnable` (it waits for its runtime to poll it), or what it
    /// waits for.
    pub fn doing(&self, task: &Task) -> &'static str {
        match task.state {
            TaskState::Running => "running",
            _ if task.asked && !task.answered => "runnable",
            TaskState::New => "new",
            _ => self.trace(task).map_or("waiting", |trace| trace.reason),
        }
    }

    /// When it was taken.
    pub fn taken(&self) -> SystemTime {
        self.inner.taken
    }

    /// How long it waited for answers at most.
    pub fn deadline(&self) -> Duration {
        self.inner.deadline
    }

    /// How long asking all tasks took.
    pub fn asking_took(&self) -> Duration {
        self.inner.asking
    }

    /// How long looking up the functions' names took.
    pub fn naming_took(&self) -> Duration {
        self.inner.naming
    }

    /// The dump in the shape of Go's `goroutine` profile: a sample for the tasks of each group and name, of the type
    /// `goroutine` in `count`, with the labels `name`, `state` and `spawned`.
    pub fn profile(&self) -> Profile {
        pprof::profile(self)
    }

    /// The dump as text. With `debug` 2 or more it lists task by task, those that did not answer first, otherwise groups
    /// of tasks that do the same, in a form that `go tool pprof` reads as well.
    pub fn text(&self, debug: u8) -> String {
        if debug >= 2 {
            text::single(self)
        } else {
            text::grouped(self)
        }
    }
}

impl Task {
    fn new(info: TaskInfo, answer: Answer) -> Self {
        let TaskInfo {
            id,
            name,
            parent,
            location,
            age,
            state,
            since,
            polls,
            busy,
        } = info;
        Self {
            id,
            name,
            parent,
            location,
            age,
            state,
            since,
            polls,
            busy,
            asked: answer != Answer::NotAsked,
            answered: matches!(answer, Answer::Trace(_)),
            trace: match answer {
                Answer::Trace(trace) => trace,
                Answer::NotAsked | Answer::None => None,
            },
        }
    }
}
