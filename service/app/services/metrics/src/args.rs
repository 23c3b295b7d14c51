//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use sales_metrics::source::Source;

/// Reads a service's variables (/debug/vars, of this project's services, Go programs and whoever else serves expvar's JSON)
/// and republishes them at /metrics, as Prometheus' text or OpenMetrics.
///
/// The variables are read when somebody asks for the metrics. If that fails, `up` is 0 and `scrape_error_info` has the cause.
/// Ends on SIGINT or SIGTERM: readiness fails, and answers under way are finished.
#[derive(Parser)]
#[command(name = "sales-metrics", version, after_help = AFTER)]
pub(crate) struct Args {
    /// Where the variables are: http://[USER:PASSWORD@]HOST[:PORT][/PATH]; without a path, /debug/vars
    // A text until `check`: clap would repeat a value that it refuses, password and all.
    #[arg(
        long,
        env = "SALES_METRICS_FROM",
        value_name = "URL",
        default_value = "http://127.0.0.1:4000",
        hide_env_values = true
    )]
    pub(crate) from: String,

    /// File with the token of a debug listener that wants one
    #[arg(long, env = "SALES_METRICS_TOKEN_FILE", value_name = "PATH")]
    pub(crate) token_file: Option<PathBuf>,

    /// Address of the metrics
    #[arg(
        long,
        env = "SALES_METRICS_LISTEN",
        value_name = "ADDR",
        default_value = "127.0.0.1:9464"
    )]
    pub(crate) listen: SocketAddr,

    /// TOML file of rules: what is a counter, what becomes a label, what is left out
    #[arg(long, env = "SALES_METRICS_RULES", value_name = "PATH")]
    pub(crate) rules: Option<PathBuf>,

    /// How long reading the variables may take
    #[arg(long, env = "SALES_METRICS_TIMEOUT", value_name = "TIME", default_value = "5s", value_parser = humantime::parse_duration)]
    pub(crate) timeout: Duration,

    /// The longest document of variables
    #[arg(long, env = "SALES_METRICS_MAX_BODY", value_name = "BYTES", default_value_t = 4 << 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_body: u32,

    /// How many samples at most; what is over that is counted, and left out
    #[arg(long, env = "SALES_METRICS_MAX_SAMPLES", value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_samples: u32,

    /// Those who ask within this time of each other share a reading
    #[arg(long, env = "SALES_METRICS_FRESH", value_name = "TIME", default_value = "500ms", value_parser = humantime::parse_duration)]
    pub(crate) fresh: Duration,

    /// Send the metrics to an OpenTelemetry collector too: http://HOST[:PORT], to which /v1/metrics is added. OTLP over HTTP
    /// with protobuf; OTEL_EXPORTER_OTLP_HEADERS, OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES are heeded
    #[arg(long, env = "SALES_METRICS_OTLP", value_name = "URL")]
    pub(crate) otlp: Option<String>,

    /// How often they are sent
    #[arg(long, env = "SALES_METRICS_OTLP_EVERY", value_name = "TIME", default_value = "15s", value_parser = every)]
    pub(crate) otlp_every: Duration,

    /// How long answers under way may still take at the end
    #[arg(long, env = "SALES_METRICS_DRAIN", value_name = "TIME", default_value = "5s", value_parser = humantime::parse_duration)]
    pub(crate) drain: Duration,
}

const AFTER: &str = "\
Rules, the first that fits counts:
  prefix = \"shop_\"                       # before every metric's name
  [[rule]]
  path = \"pages.{page}.*\"                # {label} makes a label of a key, * is any key, ** all that follow
  type = \"counter\"                       # counter, gauge or skip
  name = \"page_hits\"                     # unit = \"ms\" and help = \"…\" are the others
Without a rule the name says it: requests, errors.total and waits are counters; sizes, depths, and what may be negative,
gauges. Keys that are no words become the labels key, key_2 and so on. Objects with count, sum and p50 are summaries.

Exit codes:
    0  ended as it was asked to
    1  could not start; the cause is on the error output
    2  a setting makes no sense
  130  ended at once by a second signal";

impl Args {
    /// The command line. Ends the process if it makes no sense (exit code 2) or help was asked for (0).
    pub(crate) fn read() -> (Args, Source) {
        let args = Args::try_parse().unwrap_or_else(|error| {
            if !error.use_stderr() {
                error.exit()
            }
            refuse(error.to_string().trim_end())
        });
        match args.from.parse() {
            Ok(from) => (args, from),
            Err(cause) => refuse(&format!("error: --from: {cause}")),
        }
    }
}

/// Clap repeats what it does not understand, and that may hold a password.
fn refuse(message: &str) -> ! {
    eprintln!("{}", debug::mask::mask(message));
    std::process::exit(2)
}

fn every(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(every) if every >= Duration::from_millis(100) => Ok(every),
        Ok(_) => Err("must be 100ms at least".into()),
        Err(error) => Err(error.to_string()),
    }
}
