//! Profiles, once or again and again.

use std::sync::Arc;
use std::time::Duration;

use cutaway_model::{Cause, Message, Profile, ProfileKind, TargetId, first_lines, units};
use profile::DecodeError;
use tokio::sync::mpsc::Sender;
use tokio::time::{Instant, sleep};

use crate::backoff::{self, Jitter};
use crate::gate::{Gate, Pass};
use crate::http::{Answer, Client, Limits};
use crate::options::Options;
use crate::target::Target;

/// What a target may take for a profile beyond the capture itself: the first one after a start looks up all symbols.
pub(crate) const GRACE: Duration = Duration::from_secs(20);
/// The rarest attempt while a watched profile cannot be had.
const RETRY: Duration = Duration::from_secs(5);
/// Between two captures, so that others find a target free that does not know of captures in the background.
const PAUSE: Duration = Duration::from_secs(1);
/// For so long after a profile that another's capture is the reason not to have the next is not worth a word.
const PATIENCE: Duration = Duration::from_mins(1);

/// Fetches one kind of profile of one target. Dropping a running fetch closes its connection, and with that ends the
/// capture.
#[derive(Debug)]
pub(crate) struct Fetcher {
    id: TargetId,
    kind: ProfileKind,
    seconds: u32,
    path: String,
    client: Client,
    options: Arc<Options>,
    out: Sender<Message>,
    /// Of the CPU: keeps the ring back.
    _pass: Option<Pass>,
    /// Whether a ring has just been sent away: the target may not have noticed yet.
    after_ring: bool,
}

impl Fetcher {
    pub(crate) fn new(
        id: TargetId,
        target: &Target,
        kind: ProfileKind,
        seconds: u32,
        options: Arc<Options>,
        out: Sender<Message>,
        gate: &Gate,
    ) -> Self {
        let seconds = seconds.max(1);
        let mut path = options.profiles_path(target) + kind.endpoint();
        if kind == ProfileKind::Cpu {
            path = format!("{path}?seconds={seconds}");
        }
        let client = Client::new(target, &options);
        Self {
            id,
            kind,
            seconds,
            path,
            client,
            options,
            out,
            _pass: (kind == ProfileKind::Cpu).then(|| gate.pass()),
            after_ring: false,
        }
    }

    /// It takes the place of a ring's capture.
    pub(crate) fn after_ring(self, after_ring: bool) -> Self {
        Self { after_ring, ..self }
    }

    pub(crate) async fn once(mut self) {
        self.capture(None).await;
    }

    /// Captures of the CPU are in the background: whoever else asks the target for one ends them.
    pub(crate) async fn forever(mut self) {
        if self.kind == ProfileKind::Cpu {
            self.path.push_str("&background=1");
        }
        let mut jitter = Jitter::new(self.options.seed ^ u64::from(self.id.0));
        let (mut failures, mut last) = (0, self.after_ring.then(Instant::now));
        while !self.out.is_closed() {
            let asked = Instant::now();
            let pause = if self.capture(last).await {
                (failures, last) = (0, Some(Instant::now()));
                self.pause(asked.elapsed())
            } else {
                failures += 1;
                backoff::wait(failures, RETRY, jitter.next())
            };
            sleep(pause).await;
        }
    }

    /// Until the next request, after one that took so long.
    fn pause(&self, took: Duration) -> Duration {
        match self.kind {
            ProfileKind::Cpu => PAUSE,
            _ => Duration::from_secs(self.seconds.into()).saturating_sub(took),
        }
    }

    /// One profile, from asking to telling; whether it could be had. That somebody else captures is not told for a while
    /// after the `last` one.
    async fn capture(&mut self, last: Option<Instant>) -> bool {
        let (target, kind) = (self.id, self.kind);
        let seconds = if kind == ProfileKind::Cpu {
            self.seconds
        } else {
            0
        };
        self.tell(Message::ProfileStarted {
            target,
            at: self.options.now(),
            kind,
            seconds,
        })
        .await;
        let fetched = self.fetch(seconds).await.map(|fetched| fetched.profile);
        let at = self.options.now();
        let (told, complete) = match fetched {
            Ok(profile) => {
                let profile = Arc::new(profile);
                let told = Message::Profile {
                    target,
                    at,
                    kind,
                    profile,
                };
                (told, true)
            }
            Err(Cause::Busy(_)) if last.is_some_and(|last| last.elapsed() < PATIENCE) => {
                return false;
            }
            Err(cause) => {
                let told = Message::ProfileFailed {
                    target,
                    at,
                    kind,
                    cause,
                };
                (told, false)
            }
        };
        self.tell(told).await;
        complete
    }

    async fn fetch(&mut self, seconds: u32) -> Result<Fetched, Cause> {
        let timeout = Duration::from_secs(seconds.into()) + GRACE.max(self.options.timeout);
        fetch(&mut self.client, &self.path, timeout, &self.options).await
    }

    async fn tell(&self, message: Message) {
        drop(self.out.send(message).await);
    }
}

/// Fetches one profile: the one at the target's path if it names one, else the one of this kind; with `seconds`, what is
/// added in that time.
///
/// A path with `seconds=` in its query may take that much longer than [`Options::timeout`].
pub async fn fetch_profile(
    target: &Target,
    kind: ProfileKind,
    seconds: Option<u32>,
    options: Options,
) -> Result<Profile, Cause> {
    let named = target
        .path()
        .filter(|path| !path.ends_with("/debug/vars"))
        .map(str::to_owned);
    let usual = || {
        let seconds = seconds.map_or_else(String::new, |seconds| format!("?seconds={seconds}"));
        let (place, name) = (options.profiles_path(target), kind.endpoint());
        format!("{place}{name}{seconds}")
    };
    let path = named.unwrap_or_else(usual);
    let asked = path
        .split(['?', '&'])
        .find_map(|part| part.strip_prefix("seconds=")?.parse().ok());
    let timeout =
        Duration::from_secs(asked.unwrap_or(0)).saturating_add(GRACE.max(options.timeout));
    let mut client = Client::new(target, &options);
    let fetched = fetch(&mut client, &path, timeout, &options).await;
    fetched.map(|fetched| fetched.profile)
}

/// A profile, and what its service says beside it.
pub(crate) struct Fetched {
    pub(crate) profile: Profile,
    /// CPU time that it took to make it.
    pub(crate) cost: Option<Duration>,
    /// Whether captures in the background give way there.
    pub(crate) gives_way: bool,
}

pub(crate) async fn fetch(
    client: &mut Client,
    path: &str,
    timeout: Duration,
    options: &Options,
) -> Result<Fetched, Cause> {
    // Whether anybody is there shows sooner than a capture takes.
    client.connect(options.timeout).await?;
    let limit = options.max_profile;
    let limits = Limits {
        timeout,
        max_body: limit,
    };
    let answer = client.get(path, "*/*", limits).await;
    let answer = answer.map_err(|cause| match cause {
        Cause::TooLarge { .. } => too_large(limit),
        other => other,
    })?;
    let cost = answer.cost.map(Duration::from_nanos);
    let gives_way = answer.gives_way;
    let body = explain(answer)?;
    // Decoding a large profile takes long enough to delay others.
    let decode = move || {
        let mut profile = Profile::decode_bounded(&body, limit)?;
        // As `go tool pprof` does on loading; an expression that cannot be read drops nothing.
        drop(profile.prune());
        Ok::<_, DecodeError>(profile)
    };
    let decoded = tokio::task::spawn_blocking(decode).await;
    let failed = |message: String| Cause::Profile(first_lines(message.as_bytes(), 200));
    let profile = decoded
        .map_err(|error| failed(error.to_string()))?
        .map_err(|error| match error {
            DecodeError::TooLarge { limit } => too_large(limit),
            other => failed(other.to_string()),
        })?;
    Ok(Fetched {
        profile,
        cost,
        gives_way,
    })
}

/// What the bound is, and what to do.
fn too_large(limit: usize) -> Cause {
    let limit = units::bytes(limit as f64);
    Cause::Profile(format!(
        "it has more than {limit} when inflated; max_profile raises that bound"
    ))
}

/// The profile's bytes, or what the status means here.
pub(crate) fn explain(answer: Answer) -> Result<Vec<u8>, Cause> {
    let text = answer.first_lines();
    match answer.status {
        409 => Err(Cause::Busy(text)),
        // Go has no status of its own for this.
        500 if text.contains("already in use") => Err(Cause::Busy(text)),
        404 => Err(Cause::NotFound(text)),
        501 => Err(Cause::Unsupported(text)),
        _ => answer.success().map(|answer| answer.body),
    }
}
