//! One reading after the other, and what is told of them.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use exposition::{Family, Kind};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::convert::{Converted, convert};
use crate::rules::Rules;
use crate::source::{ScrapeError, Source};

/// What a reading may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long it may take, from connecting to the last byte.
    pub timeout: Duration,
    /// The longest document, in bytes.
    pub max_body: usize,
    /// How many samples at most are made of it.
    pub max_samples: usize,
    /// How old a reading may be to be given to another who asks.
    pub fresh: Duration,
}

/// Reads the variables whenever somebody asks for the metrics; those who ask at the same time share a reading.
#[derive(Clone, Debug)]
pub struct Exporter {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    from: Source,
    rules: Rules,
    limits: Limits,
    /// When this program started to read: the beginning of what OpenTelemetry calls a cumulative sum.
    since: SystemTime,
    last: Mutex<Last>,
}

#[derive(Debug, Default)]
struct Last {
    reading: Option<(Instant, Arc<Vec<Family>>)>,
    scrapes: u64,
    failures: u64,
    is_up: Option<bool>,
}

impl Exporter {
    /// Nothing is read yet.
    pub fn new(from: Source, rules: Rules, limits: Limits) -> Exporter {
        let last = Mutex::default();
        Exporter {
            shared: Arc::new(Shared {
                from,
                rules,
                limits,
                since: SystemTime::now(),
                last,
            }),
        }
    }

    /// Since when sums are added up, as far as this program knows.
    pub fn since(&self) -> SystemTime {
        self.shared.since
    }

    /// The metrics of now. If there are none, `up` is 0 and `scrape_error_info` has the cause.
    pub async fn families(&self) -> Arc<Vec<Family>> {
        let Shared {
            from,
            rules,
            limits,
            ..
        } = &*self.shared;
        // Whoever waits here gets what the one in front reads.
        let mut last = self.shared.last.lock().await;
        if let Some((at, families)) = &last.reading
            && at.elapsed() <= limits.fresh
        {
            return Arc::clone(families);
        }
        let started = Instant::now();
        let read = from.read(limits.timeout, limits.max_body).await;
        let took = started.elapsed();
        last.note(from, &read);
        let families = match read {
            Ok((document, bytes)) => {
                let converted = convert(&document, rules, limits.max_samples);
                let own = last.own(from, took, Some((&converted, bytes)), None);
                own.into_iter()
                    .chain(converted.families.into_iter().filter(is_not_own))
                    .collect()
            }
            Err(error) => last.own(from, took, None, Some(&error)),
        };
        let families = Arc::new(families);
        last.reading = Some((Instant::now(), Arc::clone(&families)));
        families
    }
}

/// The names that tell of the reading itself; a variable of such a name gives way.
const OWN: [&str; 8] = [
    "up",
    "scrape_duration_seconds",
    "scrape_document_bytes",
    "scrape_samples",
    "scrape_left_out",
    "scrapes",
    "scrape_failures",
    "scrape_error",
];

fn is_not_own(family: &Family) -> bool {
    !OWN.contains(&family.name.as_str())
}

impl Last {
    /// Counts a reading, and says so in the log when it is news.
    fn note<T>(&mut self, from: &Source, read: &Result<T, ScrapeError>) {
        self.scrapes += 1;
        self.failures += u64::from(read.is_err());
        match (read, self.is_up) {
            (Ok(_), Some(true)) | (Err(_), Some(false)) => {}
            (Ok(_), _) => tracing::info!(%from, "reading"),
            (Err(error), _) => tracing::warn!(%from, code = error.code(), "cannot read: {error}"),
        }
        self.is_up = Some(read.is_ok());
    }

    fn own(
        &self,
        from: &Source,
        took: Duration,
        read: Option<(&Converted, usize)>,
        error: Option<&ScrapeError>,
    ) -> Vec<Family> {
        let from = from.to_string();
        let from = ("from", from.as_str());
        let one = |name: &str, kind, help: &str, value: f64| {
            let mut family = Family::new(name, kind).help(help);
            family.push([from], value);
            family
        };
        let mut all = vec![
            one(
                "up",
                Kind::Gauge,
                "Whether the service's variables could be read.",
                f64::from(u8::from(error.is_none())),
            ),
            one(
                "scrape_duration_seconds",
                Kind::Gauge,
                "How long reading them took.",
                took.as_secs_f64(),
            ),
            one(
                "scrapes",
                Kind::Counter,
                "How often they were read.",
                self.scrapes as f64,
            ),
            one(
                "scrape_failures",
                Kind::Counter,
                "How often that failed.",
                self.failures as f64,
            ),
        ];
        if let Some((converted, bytes)) = read {
            all.push(one(
                "scrape_document_bytes",
                Kind::Gauge,
                "The length of the document.",
                bytes as f64,
            ));
            all.push(one(
                "scrape_samples",
                Kind::Gauge,
                "Samples made of it.",
                converted.samples as f64,
            ));
            let mut left = Family::new("scrape_left_out", Kind::Gauge)
                .help("Values that are in no metric, by reason.");
            let why = [
                ("clash", converted.clashes),
                ("limit", converted.over_limit),
                ("no_number", converted.without_metric),
            ];
            for (reason, count) in why {
                left.push([from, ("reason", reason)], count as f64);
            }
            all.push(left);
        }
        if let Some(error) = error {
            let mut family = Family::new("scrape_error", Kind::Info)
                .help("Why the variables could not be read.");
            family.push(
                [from, ("code", error.code()), ("cause", &error.to_string())],
                1.0,
            );
            all.push(family);
        }
        all
    }
}
