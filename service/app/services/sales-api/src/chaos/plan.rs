//! The rules as they are written.
//!
//! ```text
//! seed=7; POST /v1/orders latency=20ms..80ms error=0.1; /v1/products cpu=5ms
//! ```
//!
//! Parts are apart by `;` or line breaks: `seed=N`, the experiments `slow_auth` and `db_failure` of `/v1/process`, and rules: a
//! method (or none for all), a path with everything below it, and effects. The first rule that fits a request counts.
//!
//! | effect | what befalls a request |
//! |---|---|
//! | `latency=20ms`, `latency=20ms..80ms` | it waits |
//! | `error=0.1` | this share of them is answered 500 `internal` |
//! | `cpu=5ms` | it keeps a CPU busy |
//! | `memory=64KiB` | it takes memory for good, [`Kept::MOST`](super::effects::Kept::MOST) in all |
//! | `lock=5ms` | it holds a lock that all of them want |
//! | `block=5ms` | it blocks a worker of the runtime |
//! | `drop=0.1` | this share of them gets no answer: the connection ends |

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use http::Method;
use humantime::{format_duration, parse_duration};

/// What goes wrong on purpose.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Where chance begins.
    pub seed: u64,
    /// Authentication in `/v1/process` is too slow.
    pub slow_auth: bool,
    /// The store of `/v1/process` refuses connections.
    pub db_failure: bool,
    /// The first that fits counts.
    pub rules: Vec<Rule>,
}

/// What befalls the requests of a route.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    method: Option<Method>,
    path: String,
    /// What befalls them.
    pub effects: Effects,
}

/// What befalls a request, in the order in which it does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Effects {
    /// Bytes that it keeps.
    pub memory: Option<usize>,
    /// How long it computes.
    pub cpu: Option<Duration>,
    /// How long it blocks its worker.
    pub block: Option<Duration>,
    /// How long it holds the lock.
    pub lock: Option<Duration>,
    /// How long it waits, at least and at most.
    pub latency: Option<(Duration, Duration)>,
    /// The share that gets no answer.
    pub drop: f64,
    /// The share that fails.
    pub error: f64,
}

impl Plan {
    /// True if nothing goes wrong.
    pub fn is_off(&self) -> bool {
        !self.slow_auth && !self.db_failure && self.rules.is_empty()
    }
}

impl Rule {
    pub(super) fn fits(&self, method: &Method, path: &str) -> bool {
        let below = path.strip_prefix(&*self.path);
        let below = below.is_some_and(|rest| {
            rest.is_empty() || rest.starts_with('/') || self.path.ends_with('/')
        });
        below && self.method.as_ref().is_none_or(|own| own == method)
    }
}

impl FromStr for Plan {
    type Err = String;

    fn from_str(text: &str) -> Result<Plan, String> {
        let mut plan = Plan::default();
        let parts = text.split([';', '\n']).map(str::trim);
        for part in parts.filter(|part| !part.is_empty()) {
            match part {
                "slow_auth" => plan.slow_auth = true,
                "db_failure" => plan.db_failure = true,
                _ => match part.strip_prefix("seed=") {
                    Some(seed) => plan.seed = number(seed, "seed")?,
                    None => plan.rules.push(part.parse()?),
                },
            }
        }
        Ok(plan)
    }
}

impl FromStr for Rule {
    type Err = String;

    fn from_str(text: &str) -> Result<Rule, String> {
        let mut words = text.split_whitespace().peekable();
        let method = words.next_if(|word| !word.starts_with('/'));
        let method = match method {
            None | Some("*") => None,
            Some(name) if KNOWN.contains(&name) => Method::from_str(name).ok(),
            Some(name) => return Err(format!("{name:?} is neither a method nor a path (/…)")),
        };
        let path = words.next_if(|word| word.starts_with('/'));
        let path = path.ok_or_else(|| format!("{text:?} has no path (/…)"))?;
        let mut effects = Effects::default();
        let mut any = false;
        for word in words {
            any = true;
            effects.read(word)?;
        }
        if !any {
            return Err(format!("{text:?} has no effect, such as latency=20ms"));
        }
        Ok(Rule {
            method,
            path: path.to_owned(),
            effects,
        })
    }
}

const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

impl Effects {
    fn read(&mut self, word: &str) -> Result<(), String> {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        match name {
            "latency" => {
                let (least, most) = value.split_once("..").unwrap_or((value, value));
                let range = (time(least, name)?, time(most, name)?);
                if range.0 > range.1 {
                    return Err(format!("latency: {value} ends before it begins"));
                }
                self.latency = Some(range);
            }
            "error" => self.error = share(value, name)?,
            "drop" => self.drop = share(value, name)?,
            "cpu" => self.cpu = Some(time(value, name)?),
            "lock" => self.lock = Some(time(value, name)?),
            "block" => self.block = Some(time(value, name)?),
            "memory" => self.memory = Some(bytes(value)?),
            _ => {
                return Err(format!(
                    "{name:?} is no effect: latency, error, cpu, memory, lock, block or drop"
                ));
            }
        }
        Ok(())
    }
}

fn number<N: FromStr>(text: &str, name: &str) -> Result<N, String> {
    let wrong = |_| format!("{name}: {text:?} must be a whole number");
    text.parse().map_err(wrong)
}

fn time(text: &str, name: &str) -> Result<Duration, String> {
    let wrong = |_| format!("{name}: {text:?} must be a time such as 20ms");
    parse_duration(text).map_err(wrong)
}

fn share(text: &str, name: &str) -> Result<f64, String> {
    let share = text
        .parse()
        .ok()
        .filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| format!("{name}: {text:?} must be a share from 0 to 1, such as 0.1"))
}

fn bytes(text: &str) -> Result<usize, String> {
    let units = [("KiB", 1_024), ("MiB", 1_048_576), ("", 1)];
    let unit = units
        .iter()
        .find_map(|(unit, bytes)| Some((text.strip_suffix(unit)?, bytes)));
    unit.and_then(|(number, unit)| number.parse::<usize>().ok()?.checked_mul(*unit))
        .ok_or_else(|| format!("memory: {text:?} must be a size such as 64KiB"))
}

/// As it would be written, or `off`.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_off() {
            return f.write_str("off");
        }
        write!(f, "seed={}", self.seed)?;
        for (name, on) in [
            ("slow_auth", self.slow_auth),
            ("db_failure", self.db_failure),
        ] {
            if on {
                write!(f, "; {name}")?;
            }
        }
        for rule in &self.rules {
            let method = rule.method.as_ref().map_or("*", Method::as_str);
            write!(f, "; {method} {}{}", rule.path, rule.effects)?;
        }
        Ok(())
    }
}

impl fmt::Display for Effects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(bytes) = self.memory {
            write!(f, " memory={bytes}")?;
        }
        for (name, time) in [
            ("cpu", self.cpu),
            ("block", self.block),
            ("lock", self.lock),
        ] {
            if let Some(time) = time {
                write!(f, " {name}={}", short(time))?;
            }
        }
        if let Some((least, most)) = self.latency {
            write!(f, " latency={}..{}", short(least), short(most))?;
        }
        for (name, share) in [("drop", self.drop), ("error", self.error)] {
            if share > 0.0 {
                write!(f, " {name}={share}")?;
            }
        }
        Ok(())
    }
}

/// Without the spaces that would end the word.
fn short(time: Duration) -> String {
    format_duration(time).to_string().replace(' ', "")
}
