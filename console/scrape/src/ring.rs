//! A ring: one short CPU profile after the other, while nobody else takes one.
//!
//! Each is asked for in the background, and as one that nobody looks at: a service of ours ends it as soon as anybody else
//! asks for a profile, be it another console. Others know no such thing; with them the ring leaves half of the time to whoever wants a profile, who is refused during the other.

use std::sync::Arc;
use std::time::Duration;

use cutaway_model::{Cause, Message, Missed, ProfileKind, RingNews, RingPace, TargetId};
use tokio::sync::mpsc::Sender;
use tokio::time::{Instant, sleep};

use crate::backoff::{self, Jitter};
use crate::gate::Gate;
use crate::http::Client;
use crate::options::Options;
use crate::profiles::{Fetched, GRACE, fetch};
use crate::target::Target;

/// The rarest attempt while profiles cannot be had.
const RETRY: Duration = Duration::from_secs(30);

/// Takes the profiles of one target's ring. Dropping it ends the capture under way.
#[derive(Debug)]
pub(crate) struct Keeper {
    id: TargetId,
    pace: RingPace,
    path: String,
    client: Client,
    gate: Gate,
    options: Arc<Options>,
    out: Sender<Message>,
}

impl Keeper {
    pub(crate) fn new(
        id: TargetId,
        target: &Target,
        pace: RingPace,
        gate: Gate,
        options: Arc<Options>,
        out: Sender<Message>,
    ) -> Self {
        let pace = RingPace {
            seconds: pace.seconds.max(1),
            hz: pace.hz.max(1),
        };
        let path = format!(
            "{}{}?seconds={}&hz={}&background=1&idle=1",
            options.profiles_path(target),
            ProfileKind::Cpu.endpoint(),
            pace.seconds,
            pace.hz
        );
        Self {
            id,
            pace,
            path,
            client: Client::new(target, &options),
            gate,
            options,
            out,
        }
    }

    /// Keeps the ring until nobody listens.
    pub(crate) async fn run(mut self) {
        self.tell(RingNews::On(self.pace)).await;
        let mut jitter = Jitter::new(self.options.seed ^ (u64::from(self.id.0) << 16));
        let mut misses = 0;
        while !self.out.is_closed() {
            self.gate.free().await;
            let asked = Instant::now();
            let wait = match self.capture().await {
                Ok(gives_way) => {
                    misses = 0;
                    // Never more often than one after the other, should an answer come early.
                    let length = Duration::from_secs(self.pace.seconds.into());
                    let rest = length.saturating_sub(asked.elapsed());
                    if gives_way { rest } else { rest + length }
                }
                Err(Missed::StoodBack) => Duration::ZERO,
                Err(_) => {
                    misses += 1;
                    let length = Duration::from_secs(self.pace.seconds.into());
                    length.min(RETRY) + backoff::wait(misses, RETRY, jitter.next())
                }
            };
            sleep(wait).await;
        }
    }

    /// One profile, from asking to telling. Whether the target would have let others in.
    async fn capture(&mut self) -> Result<bool, Missed> {
        let since = self.options.now();
        let gate = self.gate.clone();
        let taken = tokio::select! {
            biased;
            // Whoever drops the request closes its connection, and with it ends the capture.
            () = gate.taken() => Err(Missed::StoodBack),
            fetched = self.fetch() => fetched.map_err(missed),
        };
        match taken {
            Ok(Fetched {
                profile,
                cost,
                gives_way,
            }) => {
                let profile = Arc::new(profile);
                self.tell(RingNews::Taken {
                    since,
                    profile,
                    cost,
                    gives_way,
                })
                .await;
                Ok(gives_way)
            }
            Err(why) => {
                let told = RingNews::Missed {
                    since,
                    why: why.clone(),
                };
                self.tell(told).await;
                Err(why)
            }
        }
    }

    async fn fetch(&mut self) -> Result<Fetched, Cause> {
        let length = Duration::from_secs(self.pace.seconds.into());
        let timeout = length + GRACE.max(self.options.timeout);
        fetch(&mut self.client, &self.path, timeout, &self.options).await
    }

    async fn tell(&self, news: RingNews) {
        let told = Message::Ring {
            target: self.id,
            at: self.options.now(),
            news,
        };
        drop(self.out.send(told).await);
    }
}

/// Ours says that it ended the capture, or who was there first; Go's only that somebody was.
fn missed(cause: Cause) -> Missed {
    match cause {
        Cause::Busy(why) if why.contains("was cancelled by") => Missed::Yielded(why),
        Cause::Busy(why) => Missed::Refused(why),
        cause => Missed::Failed(cause),
    }
}
