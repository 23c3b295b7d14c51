//! The command line.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use clap::{Parser, ValueEnum};

use crate::target::Target;

/// Open-loop load on the sales API, the way shoppers make it: they browse, order, and look up what
/// they ordered.
///
/// Requests start on the clock at the set rate whether or not earlier ones have been answered, and
/// latency counts from the moment a request was meant to start. An order that the shop is out of
/// stock for is a normal answer, not an error. The load goes on when the service goes away, and
/// picks up again when it is back. Ends after the duration or on SIGINT/SIGTERM, with a summary.
#[derive(Debug, Parser)]
#[command(name = "sales-load", version)]
pub(crate) struct Args {
    /// The service's address
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    pub target: Target,

    /// Requests per second, all kinds together
    #[arg(long, value_name = "N", default_value = "50", value_parser = rate)]
    pub rate: f64,

    /// How long, such as 30s or 5m; 0 or "forever" goes on until it is told to stop
    #[arg(long, value_name = "TIME", default_value = "30s")]
    pub duration: Length,

    /// What the shoppers do
    #[arg(long, value_enum, default_value_t = Scenario::Steady)]
    pub scenario: Scenario,

    /// Print the summary as one JSON document
    #[arg(long)]
    pub json: bool,

    /// Requests that may wait for their answer at once; arrivals beyond that are dropped and
    /// counted
    #[arg(long, value_name = "N", default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub in_flight: u32,

    /// How long to wait for one answer
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = humantime::parse_duration)]
    pub timeout: Duration,

    /// How long to wait for the service to be ready before the first request
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = humantime::parse_duration)]
    pub wait: Duration,

    /// Time between two lines of progress on stderr; 0 for none
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = humantime::parse_duration)]
    pub progress: Duration,

    /// Start of the random choices; the same number makes the same shoppers
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,

    /// Allow a target that is not on this machine. Only with its owner's consent
    #[arg(long)]
    pub allow_remote: bool,
}

/// What the shoppers do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scenario {
    /// 60 % browse the catalogue, 30 % order one to three products, 10 % look up an order
    Steady,
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scenario::Steady => f.write_str("steady"),
        }
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
}
