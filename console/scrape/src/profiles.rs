//! Profiles, once or again and again.

use std::sync::Arc;
use std::time::Duration;

use cutaway_model::{Cause, Message, Profile, ProfileKind, TargetId, first_lines};
use tokio::sync::mpsc::Sender;
use tokio::time::{Instant, sleep};

use crate::backoff::{self, Jitter};
use crate::http::{Answer, Client, Limits};
use crate::options::Options;
use crate::target::Target;

/// What a target may take for a profile beyond the capture itself: the first one after a start looks up all symbols.
const GRACE: Duration = Duration::from_secs(20);
/// The rarest attempt while a watched profile cannot be had.
const RETRY: Duration = Duration::from_secs(5);

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
}

impl Fetcher {
    pub(crate) fn new(
        id: TargetId,
        target: &Target,
        kind: ProfileKind,
        seconds: u32,
        options: Arc<Options>,
        out: Sender<Message>,
    ) -> Self {
        let seconds = seconds.max(1);
        let mut path = options.profiles_path(target) + kind.endpoint();
        if kind == ProfileKind::Cpu {
            path = format!("{path}?seconds={seconds}");
        }
        let client = Client::new(target, options.credentials.as_ref());
        Self {
            id,
            kind,
            seconds,
            path,
            client,
            options,
            out,
        }
    }

    pub(crate) async fn once(mut self) {
        self.capture().await;
    }

    pub(crate) async fn forever(mut self) {
        let mut jitter = Jitter::new(self.options.seed ^ u64::from(self.id.0));
        let mut failures = 0;
        while !self.out.is_closed() {
            let asked = Instant::now();
            let pause = if self.capture().await {
                failures = 0;
                self.period().saturating_sub(asked.elapsed())
            } else {
                failures += 1;
                backoff::wait(failures, RETRY, jitter.next())
            };
            sleep(pause).await;
        }
    }

    /// The least time from one request to the next. A capture takes its time by itself, unless the target ignores what
    /// it was asked for.
    fn period(&self) -> Duration {
        match self.kind {
            ProfileKind::Cpu => Duration::from_secs(1),
            _ => Duration::from_secs(self.seconds.into()),
        }
    }

    /// One profile, from asking to telling; whether it could be had.
    async fn capture(&mut self) -> bool {
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
        let fetched = self.fetch(seconds).await;
        let at = self.options.now();
        let complete = fetched.is_ok();
        self.tell(match fetched {
            Ok(profile) => Message::Profile {
                target,
                at,
                kind,
                profile: Arc::new(profile),
            },
            Err(cause) => Message::ProfileFailed {
                target,
                at,
                kind,
                cause,
            },
        })
        .await;
        complete
    }

    async fn fetch(&mut self, seconds: u32) -> Result<Profile, Cause> {
        let timeout = Duration::from_secs(seconds.into()) + GRACE.max(self.options.timeout);
        fetch(&mut self.client, &self.path, timeout, &self.options).await
    }

    async fn tell(&self, message: Message) {
        drop(self.out.send(message).await);
    }
}

/// Fetches one profile: the one at the target's path if it names one, else a CPU profile of `seconds`.
///
/// A path with `seconds=` in its query may take that much longer than [`Options::timeout`].
pub async fn fetch_profile(
    target: &Target,
    seconds: u32,
    options: Options,
) -> Result<Profile, Cause> {
    let named = target
        .path()
        .filter(|path| !path.ends_with("/debug/vars"))
        .map(str::to_owned);
    let cpu = || format!("{}profile?seconds={seconds}", options.profiles_path(target));
    let path = named.unwrap_or_else(cpu);
    let asked = path
        .split(['?', '&'])
        .find_map(|part| part.strip_prefix("seconds=")?.parse().ok());
    let timeout =
        Duration::from_secs(asked.unwrap_or(0)).saturating_add(GRACE.max(options.timeout));
    let mut client = Client::new(target, options.credentials.as_ref());
    fetch(&mut client, &path, timeout, &options).await
}

async fn fetch(
    client: &mut Client,
    path: &str,
    timeout: Duration,
    options: &Options,
) -> Result<Profile, Cause> {
    // Whether anybody is there shows sooner than a capture takes.
    client.connect(options.timeout).await?;
    let answer = client
        .get(
            path,
            "*/*",
            Limits {
                timeout,
                max_body: options.max_profile,
            },
        )
        .await?;
    let body = explain(answer)?;
    // Decoding a large profile takes long enough to delay others.
    let decoded = tokio::task::spawn_blocking(move || Profile::decode(&body)).await;
    let failed = |message: String| Cause::Profile(first_lines(message.as_bytes(), 200));
    decoded
        .map_err(|error| failed(error.to_string()))?
        .map_err(|error| failed(error.to_string()))
}

/// The profile's bytes, or what the status means here.
fn explain(answer: Answer) -> Result<Vec<u8>, Cause> {
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
