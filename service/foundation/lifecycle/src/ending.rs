//! The phases of the end, one after the other.

use std::any::Any;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::time::{Duration, Instant};

use futures_util::FutureExt;

use crate::life::{Lifecycle, Phase};
use crate::panics::{panic_message, report_panic};
use crate::{Report, panics};

/// What a program does to end in order, to be [`run`](Self::run).
///
/// 1. *Unready*: readiness fails, and for [`unready`](Self::unready) everything else goes on.
/// 2. *Stopping*: [`Lifecycle::stop_accepting`] ends, and the [`stop`](Self::stop) steps are taken.
/// 3. *Draining*: the tasks of [`Lifecycle::tasks`] have until [`drain`](Self::drain) to finish; the rest is aborted.
/// 4. *Closing*: the [`close`](Self::close) steps are taken.
///
/// Steps are taken in the order in which they were added, each within a deadline of its own. One that fails, panics or is
/// late is logged and reported, and the next is taken all the same.
#[must_use = "nothing ends before `run`"]
pub struct Ending<'a> {
    life: Lifecycle,
    unready: Duration,
    drain: Duration,
    stop: Vec<Step<'a>>,
    close: Vec<Step<'a>>,
}

struct Step<'a> {
    name: String,
    deadline: Duration,
    run: Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'a>>,
}

/// What a step can end with: nothing, or a result whose error is reported.
pub trait Outcome {
    /// The failure in words.
    fn into_result(self) -> Result<(), String>;
}

impl Outcome for () {
    fn into_result(self) -> Result<(), String> {
        Ok(())
    }
}

impl<E: fmt::Display> Outcome for Result<(), E> {
    fn into_result(self) -> Result<(), String> {
        self.map_err(|error| error.to_string())
    }
}

/// How the end went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Why the program was asked to end.
    pub reason: String,
    /// How long the end took, from that request.
    pub took: Duration,
    /// How long each phase took.
    pub phases: Vec<(Phase, Duration)>,
    /// The tasks: how many finished, which were cut off.
    pub tasks: Report,
    /// The steps that did not do what they should.
    pub failures: Vec<Failure>,
    /// Panics of the process in its whole life; see [`panics`](crate::panics()).
    pub panics: u64,
}

/// A step of the end that did not do what it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The phase it belongs to.
    pub phase: Phase,
    /// The step.
    pub step: String,
    /// What went wrong.
    pub cause: Cause,
}

/// Why a step failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// It was not done in this time, and was dropped.
    Late(Duration),
    /// It ended with this error.
    Failed(String),
    /// It panicked with this message.
    Panicked(String),
}

impl<'a> Ending<'a> {
    pub(crate) fn new(life: Lifecycle) -> Self {
        Self {
            life,
            unready: Duration::ZERO,
            drain: Duration::from_secs(10),
            stop: Vec::new(),
            close: Vec::new(),
        }
    }

    /// How long to go on serving while not ready: as long as it may take until nobody sends anything here any more.
    /// Default: not at all.
    pub fn unready(mut self, time: Duration) -> Self {
        self.unready = time;
        self
    }

    /// Something to do when nothing new is to be accepted, beside what waits for [`Lifecycle::stop_accepting`].
    pub fn stop<F>(mut self, name: impl Into<String>, deadline: Duration, step: F) -> Self
    where
        F: Future<Output: Outcome> + Send + 'a,
    {
        self.stop.push(Step::new(name.into(), deadline, step));
        self
    }

    /// How long tasks have to finish. Default: 10 s.
    pub fn drain(mut self, deadline: Duration) -> Self {
        self.drain = deadline;
        self
    }

    /// A resource to close when no task uses it any more.
    pub fn close<F>(mut self, name: impl Into<String>, deadline: Duration, step: F) -> Self
    where
        F: Future<Output: Outcome> + Send + 'a,
    {
        self.close.push(Step::new(name.into(), deadline, step));
        self
    }

    /// The longest that the end can take: all phases together, each up to its deadline. Whoever kills programs that take
    /// too long to end (Kubernetes' `terminationGracePeriodSeconds`) has to allow more.
    pub fn at_most(&self) -> Duration {
        let steps = self.stop.iter().chain(&self.close);
        let steps = steps.map(|step| step.deadline);
        [self.unready, self.drain]
            .into_iter()
            .chain(steps)
            .fold(Duration::ZERO, Duration::saturating_add)
    }

    /// Waits until the program is asked to end ([`Lifecycle::asked`]), and then ends it.
    pub async fn run(self) -> Ended {
        let at_most = self.at_most();
        let Self {
            life,
            unready,
            drain,
            stop,
            close,
        } = self;
        life.asked().triggered().await;
        let reason = life.asked().reason().unwrap_or_default().to_owned();
        let (started, mut phases, mut failures) = (Instant::now(), Vec::new(), Vec::new());
        let mut clock = Clock::new(&life, &mut phases);

        clock.enter(Phase::Unready);
        tracing::info!(reason, delay = ?unready, ?at_most, "not ready any more");
        tokio::time::sleep(unready).await;

        clock.enter(Phase::Stopping);
        life.accept_no_more(&reason);
        take(Phase::Stopping, stop, &mut failures).await;

        clock.enter(Phase::Draining);
        let tasks = life.tasks().drain(drain).await;
        for task in &tasks.cut_off {
            tracing::warn!(task = &*task.name, age = ?task.age, deadline = ?drain, "cut off");
        }

        clock.enter(Phase::Closing);
        take(Phase::Closing, close, &mut failures).await;
        clock.enter(Phase::Ended);
        Ended {
            reason,
            took: started.elapsed(),
            phases,
            tasks,
            failures,
            panics: panics(),
        }
    }
}

/// Notes how long each phase took.
struct Clock<'a> {
    life: &'a Lifecycle,
    phases: &'a mut Vec<(Phase, Duration)>,
    current: Option<(Phase, Instant)>,
}

impl<'a> Clock<'a> {
    fn new(life: &'a Lifecycle, phases: &'a mut Vec<(Phase, Duration)>) -> Self {
        Self {
            life,
            phases,
            current: None,
        }
    }

    fn enter(&mut self, phase: Phase) {
        self.life.enter(phase);
        if let Some((before, since)) = self.current.replace((phase, Instant::now())) {
            self.phases.push((before, since.elapsed()));
        }
    }
}

impl<'a> Step<'a> {
    fn new<F>(name: String, deadline: Duration, step: F) -> Self
    where
        F: Future<Output: Outcome> + Send + 'a,
    {
        Self {
            name,
            deadline,
            run: Box::pin(step.map(Outcome::into_result)),
        }
    }

    async fn take(self) -> Result<(), Cause> {
        let run = AssertUnwindSafe(self.run).catch_unwind();
        match tokio::time::timeout(self.deadline, run).await {
            Ok(Ok(Ok(()))) => Ok(()),
            Ok(Ok(Err(error))) => Err(Cause::Failed(error)),
            Ok(Err(payload)) => Err(panicked(&self.name, &*payload)),
            Err(_) => Err(Cause::Late(self.deadline)),
        }
    }
}

fn panicked(step: &str, payload: &(dyn Any + Send)) -> Cause {
    report_panic(&format!("step {step:?} of the shutdown"), payload);
    Cause::Panicked(panic_message(payload).to_owned())
}

async fn take(phase: Phase, steps: Vec<Step<'_>>, failures: &mut Vec<Failure>) {
    for step in steps {
        let name = step.name.clone();
        if let Err(cause) = step.take().await {
            let failure = Failure {
                phase,
                step: name,
                cause,
            };
            tracing::error!(phase = phase.name(), "{failure}");
            failures.push(failure);
        }
    }
}

impl Ended {
    /// Whether everything ended by itself: no task was cut off, no step failed.
    pub fn is_clean(&self) -> bool {
        self.tasks.cut_off.is_empty() && self.failures.is_empty()
    }
}

impl fmt::Debug for Ending<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |steps: &[Step<'_>]| -> Vec<String> {
            steps.iter().map(|step| step.name.clone()).collect()
        };
        f.debug_struct("Ending")
            .field("unready", &self.unready)
            .field("stop", &names(&self.stop))
            .field("drain", &self.drain)
            .field("close", &names(&self.close))
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Ended {
    /// `ended on SIGTERM in 1.2 s; cut off: mailer (for 3.2 s); store: not done within 10 s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "ended on {} in {:.1} s",
            self.reason,
            self.took.as_secs_f64()
        )?;
        for (index, task) in self.tasks.cut_off.iter().enumerate() {
            let before = if index == 0 { "; cut off: " } else { ", " };
            write!(f, "{before}{task}")?;
        }
        self.failures
            .iter()
            .try_for_each(|failure| write!(f, "; {failure}"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.step, self.cause)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Late(deadline) => write!(f, "not done within {deadline:?}"),
            Self::Failed(error) => f.write_str(error),
            Self::Panicked(message) => write!(f, "panicked: {message}"),
        }
    }
}
