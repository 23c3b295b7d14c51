//! Rounds over time, one task per target, and what is done on command.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use cutaway_model::{Command, Message, ProfileKind, RingNews, RingPace, TargetId, TargetInfo};
use tokio::sync::{Notify, mpsc};
use tokio::task::{AbortHandle, JoinHandle, JoinSet};
use tokio::time::{Instant, sleep, sleep_until};

use crate::backoff::{self, Jitter};
use crate::find::{self, News};
use crate::gate::Gate;
use crate::item::Item;
use crate::options::Options;
use crate::profiles::Fetcher;
use crate::reader::Reader;
use crate::ring::Keeper;
use crate::roster::Roster;
use crate::target::Target;

/// More targets than these begin one after the other.
const MANY: usize = 64;

/// Room for all messages of one round of one target.
const ROUND: usize = 16;

/// Watches targets.
#[derive(Debug)]
pub struct Poller {
    roster: Roster,
    /// What was said last of which targets there are.
    listed: Vec<TargetInfo>,
    targets: HashMap<TargetId, Watched>,
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

/// A target being read; dropping it ends that.
#[derive(Debug)]
struct Watched {
    target: Target,
    poll_now: Arc<Notify>,
    gate: Gate,
    _task: Running,
}

/// A ring that was asked for; dropping it ends the capture.
#[derive(Debug)]
struct Ring {
    pace: RingPace,
    /// None while the target is not there.
    task: Option<Running>,
}

/// A profile that was asked for; dropping it ends the capture.
#[derive(Debug)]
struct Capture {
    seconds: u32,
    /// None while the target is not there.
    task: Option<Running>,
}

/// A task; dropping this ends it.
#[derive(Debug)]
struct Running(AbortHandle);

impl Poller {
    /// Starts to read targets, and to look for the pods asked for, and sends to `out` what is found: first the list of
    /// targets. It ends when nobody receives any more. Needs a tokio runtime.
    pub fn start(
        items: impl IntoIterator<Item = impl Into<Item>>,
        options: Options,
        out: mpsc::Sender<Message>,
    ) -> Handle {
        let (commands, receiver) = mpsc::unbounded_channel();
        let poller = Self {
            roster: Roster::new(items.into_iter().map(Into::into).collect()),
            listed: Vec::new(),
            targets: HashMap::new(),
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
        self.list().await;
        let fixed: Vec<_> = self
            .roster
            .fixed()
            .map(|(id, of)| (id, of.clone()))
            .collect();
        for (id, target) in fixed {
            self.read(id, target);
        }
        let mut news = self.look();
        loop {
            let gone = self.roster.first_gone();
            let outdated = gone.map(|gone| self.options.started + gone + self.options.gone_stays);
            tokio::select! {
                command = commands.recv() => match command {
                    Some(Command::Quit) | None => return,
                    Some(command) => self.obey(&command),
                },
                () = self.out.closed() => return,
                Some((place, news)) = news.recv() => self.take(place, news).await,
                () = sleep_until(outdated.unwrap_or_else(Instant::now)), if outdated.is_some() => {
                    self.roster.forget(gone.unwrap_or_default());
                    self.list().await;
                    self.forget_captures();
                }
                // Ended fetches are forgotten.
                Some(_) = self.tasks.join_next() => {}
            }
        }
    }

    /// Has the pods looked for that were asked for.
    fn look(&mut self) -> mpsc::Receiver<(usize, News)> {
        let (to, news) = mpsc::channel(ROUND);
        let asked: Vec<_> = self
            .roster
            .asked()
            .map(|(at, of)| (at, of.clone()))
            .collect();
        for (place, selector) in asked {
            let (out, mut told) = mpsc::channel(ROUND);
            let to = to.clone();
            match &self.options.finder {
                Some(finder) => drop(self.tasks.spawn(finder.0.watch(selector, out))),
                None => drop(out.try_send(News::Failed {
                    cause: find::unable(),
                    failures: 1,
                    retry_in: Duration::ZERO,
                })),
            }
            self.tasks.spawn(async move {
                while let Some(news) = told.recv().await {
                    if to.send((place, news)).await.is_err() {
                        return;
                    }
                }
            });
        }
        news
    }

    /// Does what the news of the pods asked for at `place` mean.
    async fn take(&mut self, place: usize, news: News) {
        let now = self.options.now();
        let steps = self.roster.take(place, news, now);
        for id in &steps.stop {
            self.targets.remove(id);
            self.interrupt_captures(*id);
        }
        self.list().await;
        for target in steps.anew {
            let why = "the pod was made anew".to_owned();
            self.tell(Message::Restarted {
                target,
                at: now,
                why,
            })
            .await;
        }
        for (id, target) in steps.start {
            self.read(id, target);
            self.resume_captures(id);
        }
        for id in &steps.wake {
            if let Some(watched) = self.targets.get(id) {
                watched.poll_now.notify_one();
            }
        }
        for (target, cause, failures, retry_in) in steps.failed {
            let failed = Message::Failed {
                target,
                at: now,
                source: None,
                cause,
                failures,
                retry_in,
            };
            self.tell(failed).await;
        }
    }

    /// Tells which targets there are, if those are others than before.
    async fn list(&mut self) {
        let options = Arc::clone(&self.options);
        let infos = self.roster.infos(|id, target| info(target, id, &options));
        if self.listed != infos || self.listed.is_empty() {
            self.listed.clone_from(&infos);
            self.tell(Message::Targets(infos)).await;
        }
    }

    async fn tell(&self, message: Message) {
        // That nobody listens is noticed elsewhere.
        drop(self.out.send(message).await);
    }

    /// Reads a target from now on.
    fn read(&mut self, id: TargetId, target: Target) {
        let reader = Reader::new(id, &target, Arc::clone(&self.options));
        let schedule = Schedule::new(&self.options, id.0, self.roster.count());
        let poll_now = Arc::new(Notify::new());
        let watched = watch(reader, schedule, Arc::clone(&poll_now), self.out.clone());
        let watched = Watched {
            target,
            poll_now,
            gate: Gate::default(),
            _task: Running(self.tasks.spawn(watched)),
        };
        self.targets.insert(id, watched);
    }

    /// Ends the captures of a target that is not there any more. That they were asked for is kept: it may come back.
    fn interrupt_captures(&mut self, id: TargetId) {
        if let Some(ring) = self.rings.get_mut(&id) {
            ring.task = None;
        }
        for (_, capture) in self.profiles.iter_mut().filter(|((of, _), _)| *of == id) {
            capture.task = None;
        }
    }

    /// Begins the captures that were asked for of a target that is there again.
    fn resume_captures(&mut self, id: TargetId) {
        if let Some(pace) = self.rings.get(&id).map(|ring| ring.pace) {
            self.keep_ring(id, pace);
        }
        let asked = self.profiles.iter().filter(|((of, _), _)| *of == id);
        let asked: Vec<_> = asked.map(|((_, kind), of)| (*kind, of.seconds)).collect();
        for (kind, seconds) in asked {
            self.watch_profile(id, kind, seconds);
        }
    }

    /// Forgets what was asked for of targets that are in the list no longer.
    fn forget_captures(&mut self) {
        let there: HashSet<TargetId> = self.listed.iter().map(|info| info.id).collect();
        self.rings.retain(|id, _| there.contains(id));
        self.profiles.retain(|(id, _), _| there.contains(id));
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
                if let Some(watched) = self.targets.get(&target) {
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
        let known = self.profiles.get(&(target, kind));
        if known.is_some_and(|capture| capture.seconds == seconds && capture.task.is_some()) {
            return;
        }
        // The capture before must be gone when the new one asks, or it would be refused as a second one.
        self.profiles.remove(&(target, kind));
        let after_ring = kind == ProfileKind::Cpu && self.rings.contains_key(&target);
        let fetcher = self.fetcher(target, kind, seconds);
        let task = fetcher.map(|fetcher| {
            let forever = fetcher.after_ring(after_ring).forever();
            Running(self.tasks.spawn(forever))
        });
        self.profiles
            .insert((target, kind), Capture { seconds, task });
    }

    fn keep_ring(&mut self, id: TargetId, pace: RingPace) {
        let known = self.rings.get(&id);
        if known.is_some_and(|ring| ring.pace == pace && ring.task.is_some()) {
            return;
        }
        self.rings.remove(&id);
        let task = self.targets.get(&id).map(|watched| {
            let keeper = Keeper::new(
                id,
                &watched.target,
                pace,
                watched.gate.clone(),
                Arc::clone(&self.options),
                self.out.clone(),
            );
            Running(self.tasks.spawn(keeper.run()))
        });
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
        let watched = self.targets.get(&id)?;
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

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Reads every target once, all at the same time. For each target, in their order, the messages a [`Poller`] would have
/// sent for that reading; the last one is a [`Message::Failed`] without a source if the target failed.
pub async fn once(targets: &[Target], options: Options) -> Vec<(TargetInfo, Vec<Message>)> {
    let options = Arc::new(options);
    let readings = targets.iter().zip(0..).map(|(target, id)| {
        let reader = Reader::new(TargetId(id), target, Arc::clone(&options));
        let info = info(target, TargetId(id), &options);
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
            .mul_f64((f64::from(id) / targets.max(1) as f64).fract() / 4.0);
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
fn info(target: &Target, id: TargetId, options: &Options) -> TargetInfo {
    let unverified =
        target.is_secure() && options.tls.as_ref().is_some_and(|tls| !tls.is_verified());
    let note = if unverified { " (not verified)" } else { "" };
    TargetInfo {
        id,
        name: target.name() + note,
        url: target.url(),
        pod: target.pod().cloned(),
    }
}
