//! What the steps are told.

use std::fmt;
use std::num::NonZeroUsize;
use std::time::Duration;

use clap::Args;
use clap::builder::BoolishValueParser;

/// How the steps of `/v1/process` work, and which of them fail.
#[derive(Args, Clone, Debug)]
pub struct Settings {
    /// How many requests of /v1/process may be in its store step at once
    #[arg(
        long = "process-tickets",
        env = "SALES_PROCESS_TICKETS",
        value_name = "N",
        default_value = "8"
    )]
    pub tickets: NonZeroUsize,

    /// How long that step works, besides reading the store
    #[arg(long = "process-work", env = "SALES_PROCESS_WORK", value_name = "TIME", default_value = "5ms", value_parser = humantime::parse_duration)]
    pub work: Duration,

    /// Experiment: authentication in /v1/process takes 3 s, which is longer than it has
    #[arg(long, env = "SLOW_AUTH", value_parser = BoolishValueParser::new())]
    pub slow_auth: bool,

    /// Experiment: the store of /v1/process refuses connections
    #[arg(long, env = "DB_FAILURE", value_parser = BoolishValueParser::new())]
    pub db_failure: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            tickets: NonZeroUsize::new(8).expect("a default is not zero"),
            work: Duration::from_millis(5),
            slow_auth: false,
            db_failure: false,
        }
    }
}

/// As the flags that would make it, but for the experiments, which [`Plan`](crate::chaos::Plan) shows with all that goes wrong
/// on purpose.
impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let work = humantime::format_duration(self.work);
        write!(
            f,
            "--process-tickets {} --process-work {work}",
            self.tickets
        )
    }
}
