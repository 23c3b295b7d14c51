//! The command line.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Parser, Subcommand};

use crate::consume;
use crate::scenarios::Scenario;
use crate::supply;
use crate::target::Target;

/// Load on the sales API, the way shoppers make it: they browse, order, look up what they ordered, and check in the end
/// that nothing was lost or sold twice.
///
/// Requests start on the clock at the set rate whether or not earlier ones have been answered, and latency counts from the
/// moment a request was meant to start (open loop). With --clients, each client waits for its answer first (closed loop).
/// An order that the shop is out of stock for is a normal answer, not an error. The load goes on when the service goes
/// away, and picks up again when it is back. Ends after the duration or on SIGINT/SIGTERM, with the check and a summary; a
/// second signal ends it at once.
#[derive(Debug, Parser)]
#[command(name = "sales-load", version, after_help = EXIT_CODES, args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub command: Option<Command>,

    /// The service's address
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    pub target: Target,

    /// What the shoppers do
    #[arg(long, value_enum, default_value_t = Scenario::Steady)]
    pub scenario: Scenario,

    /// Open loop: visits per second, all kinds together; a scenario may multiply it for a while
    #[arg(long, value_name = "N", default_value = "50", value_parser = rate, allow_negative_numbers = true)]
    pub rate: f64,

    /// Closed loop: so many clients, each of which waits for its answer before it asks again; a scenario may multiply
    /// them for a while
    #[arg(long, value_name = "N", conflicts_with = "rate", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub clients: Option<u32>,

    /// Closed loop: how long a client thinks between an answer and its next request
    #[arg(long, value_name = "TIME", requires = "clients", default_value = "0s", value_parser = humantime::parse_duration)]
    pub think: Duration,

    /// How long, such as 30s or 5m; 0 or "forever" goes on until it is told to stop, and repeats the scenario every minute
    #[arg(long, value_name = "TIME", default_value = "30s")]
    pub duration: Length,

    /// Start of the random choices; the same number makes the same shoppers
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,

    /// Open loop: visits that may be under way at once; arrivals beyond that are dropped and counted [default: 512; 8192 in
    /// retry-storm]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub in_flight: Option<u32>,

    /// How long to wait for one answer [default: 5s; 500ms in retry-storm]
    #[arg(long, value_name = "TIME", value_parser = timeout)]
    pub timeout: Option<Duration>,

    /// How often a request that was turned away (429, 502, 503, 504) or lost is tried again, after a growing random pause
    /// that is never shorter than the answer's Retry-After. An order keeps its idempotency key, so it is placed once
    /// [default: 0; 4 in retry-storm]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=20))]
    pub retries: Option<u32>,

    /// Retries allowed for each 100 visits, so that they cannot multiply the load of a service in trouble
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(..=1_000))]
    pub retry_budget: u32,

    /// Retry without a budget, to see what happens then
    #[arg(long, conflicts_with = "retry_budget")]
    pub no_retry_budget: bool,

    /// Connections that send and read a few bytes at a time [default: 0; 50 in slow-clients]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=10_000))]
    pub slow: Option<u32>,

    /// flash-sale: pieces of the product that is put up for sale; 0 puts up none and sells the first one there is
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    pub pieces: u32,

    /// How long the check at the end may take: no product oversold, the books balance, every acknowledged order is there;
    /// 0 does without [default: 1m; 0 if the duration is forever]
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub verify: Option<Duration>,

    /// Nobody else orders meanwhile: the check then expects in the books what was ordered here, and nothing more
    #[arg(long)]
    pub exclusive: bool,

    /// Print the summary as one JSON document; times are in nanoseconds
    #[arg(long)]
    pub json: bool,

    /// Time between two lines of progress on stderr; 0 for none. On a terminal it is one line that is rewritten at least
    /// every second
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = humantime::parse_duration)]
    pub progress: Duration,

    /// How long to wait for the service to be ready before the first request
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = humantime::parse_duration)]
    pub wait: Duration,

    /// A file with a bearer token to send, of staff: others may not put up the product of a flash sale, or look up all orders
    #[arg(long, value_name = "PATH")]
    pub token_file: Option<PathBuf>,

    /// Allow a target that is not on this machine. Only with its owner's consent
    #[arg(long)]
    pub allow_remote: bool,
}

/// What else it does.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Takes the service's events and applies each once, however often it comes
    Consume(consume::Args),
    /// Tells the service what things cost to buy, and fails as a script says
    Supply(supply::Args),
}

const EXIT_CODES: &str = "\
Exit codes:
  0  the load ran, and the check at the end found nothing wrong
  1  the service was not ready or never answered as it should, or the check found something wrong or could not be made
  2  a flag makes no sense
  130  ended at once by a second signal";

/// How long the check may take unless told otherwise.
const VERIFY: Duration = Duration::from_mins(1);

impl Args {
    /// How long to wait for one answer.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout.unwrap_or(self.scenario.plan().timeout)
    }

    /// Visits that may be under way at once.
    pub(crate) fn in_flight(&self) -> u32 {
        self.in_flight.unwrap_or(self.scenario.plan().in_flight)
    }

    /// How often a request is tried again.
    pub(crate) fn retries(&self) -> u32 {
        self.retries.unwrap_or(self.scenario.plan().retries)
    }

    /// Connections that send and read a few bytes at a time.
    pub(crate) fn slow(&self) -> u32 {
        self.slow.unwrap_or(self.scenario.plan().slow)
    }

    /// How long the check at the end may take; `None` if there is none.
    pub(crate) fn verify(&self) -> Option<Duration> {
        let usual = match self.duration {
            Length::Forever => Duration::ZERO,
            Length::For(_) => VERIFY,
        };
        Some(self.verify.unwrap_or(usual)).filter(|time| !time.is_zero())
    }

    /// Retries for each 100 visits; `None` if there may be any number.
    pub(crate) fn budget(&self) -> Option<u32> {
        (!self.no_retry_budget).then_some(self.retry_budget)
    }
}

/// How long the load lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Length {
    /// Until it is told to stop.
    Forever,
    /// That long.
    For(Duration),
}

impl Length {
    /// `None` if it is without end.
    pub(crate) fn limit(self) -> Option<Duration> {
        match self {
            Length::Forever => None,
            Length::For(length) => Some(length),
        }
    }
}

impl FromStr for Length {
    type Err = humantime::DurationError;

    fn from_str(text: &str) -> Result<Length, Self::Err> {
        if text == "forever" || text == "0" {
            return Ok(Length::Forever);
        }
        let length = humantime::parse_duration(text)?;
        Ok(if length.is_zero() {
            Length::Forever
        } else {
            Length::For(length)
        })
    }
}

fn rate(text: &str) -> Result<f64, String> {
    let rate: f64 = text.parse().map_err(|_| "must be a number".to_owned())?;
    if (0.01..=100_000.0).contains(&rate) {
        Ok(rate)
    } else {
        Err("must be between 0.01 and 100000".to_owned())
    }
}

fn timeout(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(time) if time.is_zero() => Err("must be more than 0, such as 500ms".to_owned()),
        Ok(time) => Ok(time),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_a_time_or_forever() {
        for (text, expected) in [
            ("30s", Some(Length::For(Duration::from_secs(30)))),
            ("1m 5s", Some(Length::For(Duration::from_secs(65)))),
            ("0", Some(Length::Forever)),
            ("0s", Some(Length::Forever)),
            ("forever", Some(Length::Forever)),
            ("soon", None),
            ("-1s", None),
        ] {
            assert_eq!(text.parse().ok(), expected, "{text}");
        }
    }

    #[test]
    fn a_rate_is_positive_and_finite() {
        for (text, fine) in [
            ("1", true),
            ("0.5", true),
            ("0", false),
            ("-1", false),
            ("inf", false),
            ("NaN", false),
            ("x", false),
        ] {
            assert_eq!(rate(text).is_ok(), fine, "{text}");
        }
    }

    #[test]
    fn what_is_not_given_depends_on_the_scenario_and_on_the_end() {
        let read = |flags: &[&str]| {
            Args::try_parse_from(["sales-load"].iter().chain(flags)).expect("valid")
        };
        let steady = read(&[]);
        assert_eq!((steady.retries(), steady.slow()), (0, 0));
        assert_eq!(steady.timeout(), Duration::from_secs(5));
        assert_eq!(steady.verify(), Some(VERIFY));
        let storm = read(&["--scenario", "retry-storm", "--no-retry-budget"]);
        assert_eq!((storm.retries(), storm.budget()), (4, None));
        assert_eq!(storm.timeout(), Duration::from_millis(500));
        assert_eq!(read(&["--scenario", "slow-clients"]).slow(), 50);
        assert_eq!(read(&["--duration", "forever"]).verify(), None);
        assert_eq!(read(&["--verify", "0s"]).verify(), None);
    }
}
