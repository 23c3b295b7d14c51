//! Rounds over time, one task per target, and what is done on command.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use cutaway_model::{Command, Message, ProfileKind, RingNews, RingPace, TargetId, TargetInfo};
use tokio::sync::{Notify, mpsc};
use tokio::task::{AbortHandle, JoinHandle, JoinSet};
use tokio::time::{Instant, sleep};

use crate::backoff::{self, Jitter};
use crate::gate::Gate;
use crate::options::Options;
use crate::profiles::Fetcher;
use crate::reader::Reader;
use crate::ring::Keeper;
use crate::target::Target;

/// More targets than these begin one after the other.
const MANY: usize = 64;

/// Room for all messages of one round of one target.
const ROUND: usize = 16;

/// Watches targets.
#[derive(Debug)]
pub struct Poller {
    targets: Vec<Watched>,
    options: Arc<Options>,
    out: mpsc::Sender<Message>,
    tasks: JoinSet<()>,
    profiles: HashMap<(TargetId, ProfileKind), Capture>,
    rings: HashMap<TargetId, Ring>,
}

/// A running [`Poller`]. Dropping it ends all of its tasks and connections.
#[derive(Debug)]
pub struct Handle {
    commands: mpsc::UnboundedSender<Command>,
    supervisor: JoinHandle<()>,
}

#[derive(Debug)]
struct Watched {
    target: Target,
    poll_now: Arc<Notify>,
    gate: Gate,
}

/// A ring being kept; dropping it ends the capture.
#[derive(Debug)]
struct Ring {
    pace: RingPace,
    task: AbortHandle,
}

/// A profile being watched; dropping it ends the capture.
#[derive(Debug)]
struct Capture {
    seconds: u32,
    task: AbortHandle,
}

impl Poller {
    /// Starts to read `targets`, and sends to `out` what is found: first the list of targets, whose ids are their
    /// places in it. It ends when nobody receives any more. Needs a tokio runtime.
    pub fn start(targets: Vec<Target>, options: Options, out: mpsc::Sender<Message>) -> Handle {
        let (commands, receiver) = mpsc::unbounded_channel();
        let targets = targets
            .into_iter()
            .map(|target| Watched {
                target,
                poll_now: Arc::default(),
                gate: Gate::default(),
            })
            .collect();
        let poller = Self {
            targets,
            options: Arc::new(options),
            out,
            tasks: JoinSet::new(),
            profiles: HashMap::new(),
            rings: HashMap::new(),
        };
        Handle {
            commands,
            supervisor: tokio::spawn(poller.run(receiver)),
        }
    }

    async fn run(mut self, mut commands: mpsc::UnboundedReceiver<Command>) {
        let targets = self
            .targets
            .iter()
            .zip(0..)
            .map(|(watched, id)| info(&watched.target, id, &self.options))
            .collect();
        if self.out.send(Message::Targets(targets)).await.is_err() {
            return;
        }
        for (watched, id) in self.targets.iter().zip(0..) {
            let reader = Reader::new(TargetId(id), &watched.target, Arc::clone(&self.options));
            let schedule = Schedule::new(&self.options, id, self.targets.len());
            self.tasks.spawn(watch(
                reader,
                schedule,
                Arc::clone(&watched.poll_now),
                self.out.clone(),
            ));
        }
        loop {
            tokio::select! {
                command = commands.recv() => match command {
                    Some(Command::Quit) | None => return,
                    Some(command) => self.obey(&command),
                },
                () = self.out.closed() => return,
                // Ended fetches are forgotten.
                Some(_) = self.tasks.join_next() => {}
            }
        }
    }

    fn obey(&mut self, command: &Command) {
        match *command {
            Command::WatchProfile {
                target,
                kind,
                seconds,
            } => self.watch_profile(target, kind, seconds),
            Command::StopProfile { target, kind } => drop(self.profiles.remove(&(target, kind))),
            Command::FetchProfile {
                target,
                kind,
                seconds,
            } => {
                if let Some(fetcher) = self.fetcher(target, kind, seconds) {
                    self.tasks.spawn(fetcher.once());
                }
            }
            Command::KeepRing { target, pace } => self.keep_ring(target, pace),
            Command::StopRing(target) => self.stop_ring(target),
            Command::PollNow(target) => {
                if let Some(watched) = self.targets.get(target.0 as usize) {
                    watched.poll_now.notify_one();
                }
            }
            // Not about targets.
            Command::Copy(_)
            | Command::Seek(_)
            | Command::Speed { .. }
            | Command::Play
            | Command::Export(_)
            | Command::ReadBase(_)
            | Command::ReadSource(_)
            | Command::Suspend
            | Command::Quit => {}
        }
    }

    fn watch_profile(&mut self, target: TargetId, kind: ProfileKind, seconds: u32) {
        let running = self
            .profiles
            .get(&(target, kind))
            .is_some_and(|capture| capture.seconds == seconds);
        if let Some(fetcher) = self.fetcher(target, kind, seconds).filter(|_| !running) {
            // The capture before must be gone when the new one asks, or it would be refused as a second one.
            self.profiles.remove(&(target, kind));
            let after_ring = kind == ProfileKind::Cpu && self.rings.contains_key(&target);
            let task = self.tasks.spawn(fetcher.after_ring(after_ring).forever());
            self.profiles
                .insert((target, kind), Capture { seconds, task });
        }
    }

    fn keep_ring(&mut self, id: TargetId, pace: RingPace) {
        let running = self.rings.get(&id).is_some_and(|ring| ring.pace == pace);
        let Some(watched) = self.targets.get(id.0 as usize).filter(|_| !running) else {
            return;
        };
        self.rings.remove(&id);
        let keeper = Keeper::new(
            id,
            &watched.target,
            pace,
            watched.gate.clone(),
            Arc::clone(&self.options),
            self.out.clone(),
        );
        let task = self.tasks.spawn(keeper.run());
        self.rings.insert(id, Ring { pace, task });
    }

    fn stop_ring(&mut self, target: TargetId) {
        if self.rings.remove(&target).is_none() {
            return;
        }
        let (out, at) = (self.out.clone(), self.options.now());
        let news = RingNews::Off;
        self.tasks.spawn(async move {
            drop(out.send(Message::Ring { target, at, news }).await);
        });
    }

    fn fetcher(&self, id: TargetId, kind: ProfileKind, seconds: u32) -> Option<Fetcher> {
        let watched = self.targets.get(id.0 as usize)?;
        Some(Fetcher::new(
            id,
            &watched.target,
            kind,
            seconds,
            Arc::clone(&self.options),
            self.out.clone(),
            &watched.gate,
        ))
    }
}

impl Handle {
    /// Passes a command on. After [`Command::Quit`] nothing is obeyed any more.
    pub fn send(&self, command: Command) {
        // The poller is gone only when it was told to quit, or when nobody listens.
        drop(self.commands.send(command));
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.supervisor.abort();
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Reads every target once, all at the same time. For each target, in their order, the messages a [`Poller`] would have
/// sent for that reading; the last one is a [`Message::Failed`] without a source if the target failed.
pub async fn once(targets: &[Target], options: Options) -> Vec<(TargetInfo, Vec<Message>)> {
    let options = Arc::new(options);
    let readings = targets.iter().zip(0..).map(|(target, id)| {
        let reader = Reader::new(TargetId(id), target, Arc::clone(&options));
        let info = info(target, id, &options);
        async move { (info, one_round(reader).await) }
    });
    futures_util::future::join_all(readings).await
}

async fn one_round(mut reader: Reader) -> Vec<Message> {
    let (out, mut messages) = mpsc::channel(ROUND);
    if let Err(cause) = reader.round(&out).await {
        drop(out.send(reader.failed(cause, 1, Duration::ZERO)).await);
    }
    drop(out);
    let mut all = Vec::new();
    while let Some(message) = messages.recv().await {
        all.push(message);
    }
    all
}

/// Reads one target until nobody listens.
async fn watch(
    mut reader: Reader,
    mut schedule: Schedule,
    poll_now: Arc<Notify>,
    out: mpsc::Sender<Message>,
) {
    sleep(schedule.before_first()).await;
    let mut failures: u32 = 0;
    while !out.is_closed() {
        let wait = match reader.round(&out).await {
            Ok(()) => {
                failures = 0;
                schedule.until_next()
            }
            Err(cause) => {
                failures = failures.saturating_add(1);
                let wait = schedule.back_off(failures);
                drop(out.send(reader.failed(cause, failures, wait)).await);
                wait
            }
        };
        tokio::select! {
            () = sleep(wait) => {}
            () = poll_now.notified() => {}
        }
    }
}

/// When a target is read: at once, or a little later among many, then at multiples of the interval from a moment of its own, so that a thousand
/// targets are not read in one burst.
#[derive(Debug)]
struct Schedule {
    origin: Instant,
    interval: Duration,
    /// Whether there are so many targets that they are not all probed at once.
    many: bool,
    jitter: Jitter,
}

impl Schedule {
    fn new(options: &Options, id: u32, targets: usize) -> Self {
        let phase = options
            .interval
            .mul_f64(f64::from(id) / targets.max(1) as f64 / 4.0);
        let jitter = Jitter::new(options.seed ^ (u64::from(id) << 32));
        Self {
            origin: Instant::now() + phase,
            interval: options.interval,
            many: targets > MANY,
            jitter,
        }
    }

    /// Time to the first reading: probing takes several connections, which thousands of targets would all hold at once.
    fn before_first(&self) -> Duration {
        let until = self.origin.saturating_duration_since(Instant::now());
        if self.many { until } else { Duration::ZERO }
    }

    /// Time to the next multiple. What was missed is not made up for.
    fn until_next(&self) -> Duration {
        let now = Instant::now();
        if now < self.origin {
            return self.origin + self.interval - now;
        }
        let nanos = self.interval.as_nanos().max(1);
        let into = (now - self.origin).as_nanos() % nanos;
        Duration::from_nanos_u128(nanos - into)
    }

    fn back_off(&mut self, failures: u32) -> Duration {
        backoff::wait(failures, self.interval, self.jitter.next())
    }
}

/// A target that may be somebody else says so in its name.
fn info(target: &Target, id: u32, options: &Options) -> TargetInfo {
    let unverified =
        target.is_secure() && options.tls.as_ref().is_some_and(|tls| !tls.is_verified());
    let note = if unverified { " (not verified)" } else { "" };
    TargetInfo {
        id: TargetId(id),
        name: target.name() + note,
        url: target.url(),
    }
}
