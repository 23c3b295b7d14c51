//! One round of one target: probe what is unknown, read what is there, judge what came.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cutaway_model::{Cause, Endpoints, Message, ProfileKind, Source, TargetId};
use futures_util::future::join_all;
use tokio::sync::mpsc::Sender;
use tokio::time::Instant;

use crate::http::{Answer, Client};
use crate::options::Options;
use crate::quantiles::Histograms;
use crate::read::{self, Reading};
use crate::restart;
use crate::target::Target;

/// What is known of one target.
#[derive(Debug)]
pub(crate) struct Reader {
    id: TargetId,
    options: Arc<Options>,
    slots: Vec<Slot>,
    /// Whether it is unknown what there is.
    probing: bool,
}

/// One path of a target.
#[derive(Debug)]
struct Slot {
    source: Source,
    path: String,
    client: Client,
    /// Found by the last probe.
    present: bool,
    /// Failures in a row.
    failures: u32,
    /// The last good reading, to notice a restart by.
    last: Option<Reading>,
    /// The buckets of the last reading.
    histograms: Histograms,
    /// Whether the last reading showed a restart.
    noticed: bool,
    /// The format found there, which may be another than the one expected.
    served: Source,
    /// The profiles on the index page, if this is one.
    profiles: Vec<ProfileKind>,
}

/// What reading one path came to.
#[derive(Debug)]
enum Finding {
    Read,
    /// The path is nothing of ours.
    Absent(Cause),
    Failed(Cause),
}

/// What the slots of one round share.
struct Round<'a> {
    id: TargetId,
    options: &'a Options,
    out: &'a Sender<Message>,
    probing: bool,
    restarted: AtomicBool,
}

impl Reader {
    pub(crate) fn new(id: TargetId, target: &Target, options: Arc<Options>) -> Self {
        let profiles = options.profiles_path(target);
        let variables = target.path().unwrap_or(&options.endpoint).to_owned();
        let mut paths = Vec::new();
        if !variables.contains("/debug/pprof") {
            paths.push((Source::Expvar, variables.clone()));
        }
        if target.path().is_none() && variables != "/metrics" {
            paths.push((Source::Prometheus, "/metrics".to_owned()));
        }
        paths.push((Source::Pprof, profiles));
        let slot = |(source, path)| Slot::new(source, path, Client::new(target, &options));
        Self {
            id,
            slots: paths.into_iter().map(slot).collect(),
            options,
            probing: true,
        }
    }

    /// Reads the target once and sends what was read as it comes. An error says why the target as a whole failed; it is
    /// left to the caller to tell. Failures of single paths are told here.
    pub(crate) async fn round(&mut self, out: &Sender<Message>) -> Result<(), Cause> {
        if self.probing {
            // One attempt, not three, when nobody is there.
            self.slots[0].client.connect(self.options.timeout).await?;
        }
        let round = Round {
            id: self.id,
            options: &self.options,
            out,
            probing: self.probing,
            restarted: AtomicBool::new(false),
        };
        let asked = self
            .slots
            .iter_mut()
            .filter(|slot| round.probing || slot.present);
        let findings = Findings(join_all(asked.map(|slot| slot.read(&round))).await);
        let restarted = round.restarted.into_inner();
        self.settle(&findings, restarted);
        self.tell(&findings, out).await;
        let verdict = findings.judge();
        self.probing = verdict.is_err() || restarted;
        verdict
    }

    /// The message that the target as a whole failed.
    pub(crate) fn failed(&self, cause: Cause, failures: u32, retry_in: Duration) -> Message {
        let cause = self.slots[0].client.explain(cause);
        Message::Failed {
            target: self.id,
            at: self.options.now(),
            source: None,
            cause,
            failures,
            retry_in,
        }
    }

    /// Keeps what later rounds need to know.
    fn settle(&mut self, findings: &Findings, restarted: bool) {
        for slot in &mut self.slots {
            let found = findings.read(slot.source) || findings.failed(slot.source);
            if self.probing {
                slot.present = found && (slot.source != Source::Pprof || findings.only_profiles());
                if !slot.present {
                    // Thousands of targets would keep thousands of connections that nobody uses.
                    slot.client.close();
                }
            }
            // What a slot read before the restart is no measure for what it reads after.
            if restarted && !slot.noticed {
                slot.last = None;
            }
        }
    }

    /// Sends what only the whole round shows.
    async fn tell(&self, findings: &Findings, out: &Sender<Message>) {
        if self.probing && findings.any_read() {
            self.tell_endpoints(out).await;
        }
        if findings.judge().is_err() {
            return;
        }
        if findings.only_profiles() {
            let (target, at) = (self.id, self.options.now());
            let alive = Message::Sample {
                target,
                at,
                took: Duration::ZERO,
                source: Source::Pprof,
                values: Arc::default(),
                kinds: Arc::default(),
                warnings: 0,
            };
            return send(out, alive).await;
        }
        for slot in self
            .slots
            .iter()
            .filter(|slot| slot.source != Source::Pprof)
        {
            if let Some(cause) = findings.cause(slot.source) {
                self.tell_failure(slot, cause.clone(), out).await;
            }
        }
    }

    async fn tell_endpoints(&self, out: &Sender<Message>) {
        let sources = self
            .slots
            .iter()
            .filter(|slot| slot.present)
            .map(|slot| slot.served)
            .collect();
        let profiles = self
            .slots
            .iter()
            .flat_map(|slot| slot.profiles.iter().copied())
            .collect();
        let endpoints = Endpoints { sources, profiles };
        send(
            out,
            Message::Endpoints {
                target: self.id,
                at: self.options.now(),
                endpoints,
            },
        )
        .await;
    }

    async fn tell_failure(&self, slot: &Slot, cause: Cause, out: &Sender<Message>) {
        let failed = Message::Failed {
            target: self.id,
            at: self.options.now(),
            source: Some(slot.served),
            cause,
            failures: slot.failures,
            retry_in: self.options.interval,
        };
        send(out, failed).await;
    }
}

impl Slot {
    fn new(source: Source, path: String, client: Client) -> Self {
        Self {
            source,
            path,
            client,
            present: false,
            failures: 0,
            last: None,
            histograms: Histograms::default(),
            noticed: false,
            served: source,
            profiles: Vec::new(),
        }
    }

    async fn read(&mut self, round: &Round<'_>) -> (Source, Finding) {
        let asked = Instant::now();
        let answer = self
            .client
            .get(&self.path, accept(self.source), round.options.limits())
            .await;
        let finding = match answer
            .map_err(Finding::Failed)
            .and_then(|answer| self.interpret(answer, round.probing))
        {
            Ok(reading) => {
                self.tell(reading, asked, round).await;
                Finding::Read
            }
            Err(finding) => finding,
        };
        self.failures = if matches!(finding, Finding::Failed(_)) {
            self.failures.saturating_add(1)
        } else {
            0
        };
        (self.source, finding)
    }

    fn interpret(&mut self, answer: Answer, probing: bool) -> Result<Reading, Finding> {
        let no_such_path = (400..500).contains(&answer.status) || answer.status == 501;
        let not_ours =
            probing && (no_such_path || answer.is_html() || self.source == Source::Pprof);
        let reading = answer.success().and_then(|answer| self.parse(&answer));
        reading.map_err(|cause| {
            if not_ours {
                Finding::Absent(cause)
            } else {
                Finding::Failed(cause)
            }
        })
    }

    fn parse(&mut self, answer: &Answer) -> Result<Reading, Cause> {
        if self.source != Source::Pprof {
            return read::variables(answer, self.source, &mut self.histograms);
        }
        self.profiles = read::profiles(answer);
        if self.profiles.is_empty() {
            return Err(Cause::NotFound(format!(
                "no profiles are listed at {}",
                self.path
            )));
        }
        Ok(Reading {
            source: Source::Pprof,
            values: Arc::default(),
            kinds: Arc::default(),
            warnings: 0,
        })
    }

    async fn tell(&mut self, reading: Reading, asked: Instant, round: &Round<'_>) {
        let (target, at) = (round.id, round.options.now());
        let evidence = self
            .last
            .as_ref()
            .and_then(|last| restart::evidence(last, &reading));
        self.noticed = evidence.is_some();
        if let Some(why) = evidence
            && !round.restarted.swap(true, Ordering::Relaxed)
        {
            send(round.out, Message::Restarted { target, at, why }).await;
        }
        let Reading {
            source,
            values,
            kinds,
            warnings,
        } = reading.clone();
        (self.last, self.served) = (Some(reading), source);
        if source == Source::Pprof {
            // Whether the target is one of profiles only, the whole round shows.
            return;
        }
        send(
            round.out,
            Message::Sample {
                target,
                at,
                took: asked.elapsed(),
                source,
                values,
                kinds,
                warnings,
            },
        )
        .await;
    }
}

/// What the paths of one round came to.
struct Findings(Vec<(Source, Finding)>);

impl Findings {
    /// Whether the target answers, and if not why. Variables that exist but cannot be read are a failure, whatever
    /// profiles there are; so is a target that has nothing at all.
    fn judge(&self) -> Result<(), Cause> {
        if self.read(Source::Expvar) || self.read(Source::Prometheus) {
            return Ok(());
        }
        let failed = [Source::Expvar, Source::Prometheus, Source::Pprof]
            .into_iter()
            .find_map(|source| self.cause(source));
        match failed {
            Some(cause) => Err(cause.clone()),
            None if self.read(Source::Pprof) => Ok(()),
            None => Err(self.nothing_found()),
        }
    }

    /// Every path is absent: the first that is more than "no such path" explains it best.
    fn nothing_found(&self) -> Cause {
        let absent = self.0.iter().filter_map(|(_, finding)| match finding {
            Finding::Absent(cause) => Some(cause),
            Finding::Read | Finding::Failed(_) => None,
        });
        let mut telling = absent
            .filter(|cause| !matches!(cause, Cause::Http { status: 404, .. } | Cause::NotFound(_)));
        telling.next().cloned().unwrap_or_else(|| {
            Cause::NotFound("neither variables, nor metrics, nor profiles".to_owned())
        })
    }

    /// Whether there are no variables, not even ones that cannot be read, but profiles.
    fn only_profiles(&self) -> bool {
        let variables = self.0.iter().filter(|(source, _)| *source != Source::Pprof);
        self.read(Source::Pprof)
            && variables
                .into_iter()
                .all(|(_, finding)| matches!(finding, Finding::Absent(_)))
    }

    fn any_read(&self) -> bool {
        self.0
            .iter()
            .any(|(_, finding)| matches!(finding, Finding::Read))
    }

    fn read(&self, source: Source) -> bool {
        matches!(self.of(source), Some(Finding::Read))
    }

    fn failed(&self, source: Source) -> bool {
        self.cause(source).is_some()
    }

    fn cause(&self, source: Source) -> Option<&Cause> {
        match self.of(source) {
            Some(Finding::Failed(cause)) => Some(cause),
            _ => None,
        }
    }

    fn of(&self, source: Source) -> Option<&Finding> {
        self.0
            .iter()
            .find(|(of, _)| *of == source)
            .map(|(_, finding)| finding)
    }
}

fn accept(source: Source) -> &'static str {
    match source {
        Source::Expvar => "application/json, text/plain;q=0.5, */*;q=0.1",
        Source::Prometheus => {
            "text/plain;version=0.0.4, application/openmetrics-text;q=0.5, */*;q=0.1"
        }
        Source::Pprof => "*/*",
    }
}

/// Whether anybody listens is the poller's concern.
async fn send(out: &Sender<Message>, message: Message) {
    drop(out.send(message).await);
}
