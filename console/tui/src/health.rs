//! How a target does, told truthfully: it is healthy only while fresh samples arrive.

use std::collections::BTreeMap;
use std::time::Duration;

use cutaway_model::{At, Cause, Source};

/// How many intervals may pass before a sample is called stale.
const PATIENCE: u32 = 2;
/// How long a restart is worth mentioning in the header.
pub(crate) const RESTART_NEWS: Duration = Duration::from_mins(1);

/// What is known about the contact with a target.
#[derive(Clone, Debug, Default)]
pub(crate) struct Contact {
    /// The newest reading of each source.
    readings: BTreeMap<Source, Reading>,
    /// Why the target as a whole cannot be read.
    trouble: Option<Trouble>,
    /// Why a source cannot be read while another one can.
    partial: BTreeMap<Source, Trouble>,
}

/// A reading that succeeded.
#[derive(Copy, Clone, Debug)]
struct Reading {
    at: At,
    took: Duration,
    warnings: usize,
}

/// A reading that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// Why.
    pub(crate) cause: Cause,
    /// How often in a row.
    pub(crate) failures: u32,
    /// When it will be tried again.
    pub(crate) retry: At,
}

/// A target's state at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Health {
    /// Nothing was heard from it yet.
    Waiting,
    /// It is about to run.
    Starting {
        /// What it waits for.
        why: String,
    },
    /// Samples arrive.
    Live {
        /// Since the last one.
        age: Duration,
        /// What reading it took.
        took: Duration,
    },
    /// Samples arrive from one source, while another one cannot be read.
    Partial {
        /// Since the last one.
        age: Duration,
        /// The source that fails.
        source: Source,
        /// Why, and what comes next.
        trouble: Trouble,
    },
    /// Samples arrived and should still, but do not.
    Stale {
        /// Since the last one.
        age: Duration,
    },
    /// It cannot be read.
    Failing {
        /// Why, and what comes next.
        trouble: Trouble,
        /// Since the last sample, if there was one.
        age: Option<Duration>,
    },
    /// It went away, and was meant to.
    Gone {
        /// How.
        why: String,
        /// Since the last sample, if there was one.
        age: Option<Duration>,
    },
}

impl Contact {
    pub(crate) fn succeeded(&mut self, source: Source, at: At, took: Duration, warnings: usize) {
        self.trouble = None;
        self.partial.remove(&source);
        self.readings.insert(source, Reading { at, took, warnings });
    }

    pub(crate) fn failed(&mut self, source: Option<Source>, trouble: Trouble) {
        match source {
            None => self.trouble = Some(trouble),
            Some(source) => drop(self.partial.insert(source, trouble)),
        }
    }

    /// Forgets sources that the target no longer serves. One that fails is remembered: its failure is news.
    pub(crate) fn keep(&mut self, sources: &[Source]) {
        let partial = &self.partial;
        self.readings
            .retain(|source, _| sources.contains(source) || partial.contains_key(source));
    }

    /// How long ago the last sample may be for the numbers to count as present.
    ///
    /// A target that takes longer to answer than the interval is read as often as it can be.
    pub(crate) fn patience(&self, interval: Duration) -> Duration {
        let slowest = self
            .readings
            .values()
            .map(|reading| reading.took)
            .max()
            .unwrap_or_default();
        interval.max(slowest) * PATIENCE
    }

    pub(crate) fn health(&self, now: At, interval: Duration) -> Health {
        let newest = self.readings.values().max_by_key(|reading| reading.at);
        let age = newest.map(|reading| now.saturating_sub(reading.at));
        if let Some(trouble) = &self.trouble {
            return match &trouble.cause {
                Cause::Starting(why) => Health::Starting { why: why.clone() },
                Cause::Gone(why) => Health::Gone {
                    why: why.clone(),
                    age,
                },
                _ => Health::Failing {
                    trouble: trouble.clone(),
                    age,
                },
            };
        }
        let working = self
            .readings
            .iter()
            .filter(|(source, _)| !self.partial.contains_key(source));
        match working
            .map(|(_, reading)| reading)
            .min_by_key(|reading| reading.at)
        {
            None => self
                .partial
                .values()
                .next()
                .map_or(Health::Waiting, |trouble| Health::Failing {
                    trouble: trouble.clone(),
                    age,
                }),
            Some(oldest) => {
                let age = now.saturating_sub(oldest.at);
                match self.partial().next() {
                    _ if age > self.patience(interval) => Health::Stale { age },
                    Some((source, trouble)) => Health::Partial {
                        age,
                        source,
                        trouble: trouble.clone(),
                    },
                    None => Health::Live {
                        age,
                        took: oldest.took,
                    },
                }
            }
        }
    }

    /// Sources that fail while others do not.
    pub(crate) fn partial(&self) -> impl Iterator<Item = (Source, &Trouble)> {
        self.partial
            .iter()
            .map(|(source, trouble)| (*source, trouble))
    }

    /// When `source` was last read.
    pub(crate) fn last(&self, source: Source) -> Option<At> {
        self.readings.get(&source).map(|reading| reading.at)
    }

    /// Lines that could not be read in the newest answers.
    pub(crate) fn warnings(&self) -> usize {
        self.readings.values().map(|reading| reading.warnings).sum()
    }
}

impl Health {
    /// Whether numbers of the present arrive, from one source at least.
    pub(crate) fn has_news(&self) -> bool {
        matches!(self, Self::Live { .. } | Self::Partial { .. })
    }

    /// A sign that needs no colour.
    pub(crate) fn glyph(&self) -> char {
        match self {
            Self::Waiting | Self::Starting { .. } => '○',
            Self::Live { .. } => '●',
            Self::Partial { .. } => '▲',
            Self::Stale { .. } => '◐',
            Self::Failing { .. } => '✗',
            Self::Gone { .. } => '◌',
        }
    }

    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Starting { .. } => "starting",
            Self::Live { .. } => "live",
            Self::Partial { .. } => "partial",
            Self::Stale { .. } => "stale",
            Self::Failing { .. } => "failing",
            Self::Gone { .. } => "gone",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(1);

    fn s(seconds: u64) -> At {
        Duration::from_secs(seconds)
    }

    fn trouble() -> Trouble {
        Trouble {
            cause: Cause::Refused,
            failures: 1,
            retry: s(9),
        }
    }

    fn read_at(second: u64) -> Contact {
        let mut contact = Contact::default();
        contact.succeeded(Source::Expvar, s(second), Duration::from_millis(2), 0);
        contact
    }

    #[test]
    fn a_sample_is_live_for_two_intervals_and_no_longer() {
        let contact = read_at(10);
        assert!(contact.health(s(12), INTERVAL).has_news());
        assert_eq!(contact.health(s(13), INTERVAL), Health::Stale { age: s(3) });
    }

    #[test]
    fn a_failure_outlives_an_older_sample_and_ends_with_a_newer_one() {
        let mut contact = read_at(10);
        contact.failed(None, trouble());
        assert_eq!(
            contact.health(s(10), INTERVAL),
            Health::Failing {
                trouble: trouble(),
                age: Some(s(0))
            }
        );
        contact.succeeded(Source::Expvar, s(11), s(0), 0);
        assert!(contact.health(s(11), INTERVAL).has_news());
    }

    #[test]
    fn what_is_about_to_run_or_went_away_does_not_fail() {
        let mut contact = Contact::default();
        let told = |cause| Trouble { cause, ..trouble() };
        contact.failed(None, told(Cause::Starting("ContainerCreating".to_owned())));
        assert_eq!(contact.health(s(1), INTERVAL).word(), "starting");
        contact.succeeded(Source::Expvar, s(2), s(0), 0);
        assert_eq!(contact.health(s(2), INTERVAL).word(), "live");
        contact.failed(None, told(Cause::Gone("the pod was deleted".to_owned())));
        let gone = Health::Gone {
            why: "the pod was deleted".to_owned(),
            age: Some(s(3)),
        };
        assert_eq!(contact.health(s(5), INTERVAL), gone);
        assert!(!gone.has_news());
    }

    #[test]
    fn one_source_may_fail_while_the_other_lives() {
        let mut contact = read_at(10);
        contact.failed(Some(Source::Prometheus), trouble());
        let partial = Health::Partial {
            age: s(1),
            source: Source::Prometheus,
            trouble: trouble(),
        };
        assert_eq!(contact.health(s(11), INTERVAL), partial);
        contact.succeeded(Source::Expvar, s(11), s(0), 0);
        assert_eq!(contact.health(s(12), INTERVAL), partial);
        assert_eq!(contact.health(s(19), INTERVAL).word(), "stale");
        contact.failed(Some(Source::Expvar), trouble());
        assert_eq!(contact.health(s(11), INTERVAL).word(), "failing");
        contact.succeeded(Source::Expvar, s(20), s(0), 0);
        contact.succeeded(Source::Prometheus, s(20), s(0), 0);
        assert_eq!(contact.health(s(20), INTERVAL).word(), "live");
    }

    #[test]
    fn the_oldest_source_decides_about_staleness() {
        let mut contact = read_at(10);
        contact.succeeded(Source::Prometheus, s(20), s(0), 0);
        assert_eq!(
            contact.health(s(20), INTERVAL),
            Health::Stale { age: s(10) }
        );
        contact.keep(&[Source::Prometheus]);
        assert!(contact.health(s(20), INTERVAL).has_news());
    }

    #[test]
    fn a_slow_target_is_given_the_time_it_needs() {
        let mut contact = Contact::default();
        contact.succeeded(Source::Expvar, s(10), s(3), 0);
        assert!(contact.health(s(15), INTERVAL).has_news());
    }
}
