//! The command line and the environment. Defaults are overridden by `SALES_…` variables, and those
//! by flags.

use std::fmt;
use std::io::Write as _;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::{CommandFactory, Parser, ValueEnum};
use cpulimit::Downward;
use debug::{Sampling, Token};
use http::{HeaderValue, Uri};
use stores::Location;
use tracing_subscriber::EnvFilter;

use crate::access::Profile;
use crate::chaos;
use crate::logins;
use crate::manual;
use crate::outbox;
use crate::process;
use crate::protection::Protection;
use crate::spans;
use crate::supplier;
use crate::variables::table;

/// The settings that are in force.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the API listens.
    pub api: SocketAddr,
    /// Where the debug listener listens.
    pub debug: SocketAddr,
    /// Whether other machines may reach the debug listener.
    pub debug_allow_remote: bool,
    /// The file that the debug listener's token was read from, if it was.
    pub debug_token_file: Option<PathBuf>,
    /// What requests to the debug listener must carry.
    pub debug_token: Option<Token>,
    /// How often the heap and waits are sampled.
    pub sampling: Sampling,
    /// Where products and orders are kept.
    pub store: Location,
    /// How long the service goes on serving, not ready any more, once it is told to end.
    pub drain_delay: Duration,
    /// How long requests under way may still take after that.
    pub drain: Duration,
    /// How long one request may take.
    pub request_timeout: Duration,
    /// How many bytes a request's body may have.
    pub max_body: usize,
    /// How much the service lets in.
    pub protection: Protection,
    /// How the steps of `/v1/process` work, and which of them fail.
    pub process: process::Settings,
    /// How events are published.
    pub outbox: outbox::Settings,
    /// Where the supplier is, and how much patience there is.
    pub supplier: supplier::Settings,
    /// For whom the service runs.
    pub profile: Profile,
    /// Where the keys of tokens are.
    pub keys: Option<PathBuf>,
    /// How long what people get by logging in is good for.
    pub logins: logins::Settings,
    /// What goes wrong on purpose.
    pub chaos: chaos::Plan,
    /// The origins whose pages may use the API.
    pub cors_origins: Vec<HeaderValue>,
    /// Worker threads of the runtime; without it, what the CPU limit of this process makes useful.
    pub workers: Option<NonZeroUsize>,
    /// The CPU limit that Kubernetes' downward API tells, as a check on what the cgroup says.
    pub cpu_limit: Option<Downward>,
    /// Where spans go, and how many.
    pub spans: spans::Settings,
    /// How the log is written.
    pub log: LogFormat,
    /// What is logged: a level, or directives as of `tracing`'s `EnvFilter`.
    pub log_level: String,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// The reference sales service: products and orders over HTTP, with its insides on a debug
/// listener.
///
/// Ends on SIGINT or SIGTERM: readiness fails, it goes on serving for --drain-delay, stops accepting, finishes
/// what is under way within --drain and closes the store; a second signal ends it at once.
#[derive(Parser)]
#[command(name = "sales-api", version, after_help = EXIT_CODES)]
#[command(args_override_self = true)]
struct Flags {
    /// Address of the API
    #[arg(
        long,
        env = "SALES_API",
        value_name = "ADDR",
        default_value = "127.0.0.1:8080"
    )]
    api: SocketAddr,

    /// Address of the debug listener (variables and profiles); keep it on this machine
    #[arg(
        long,
        env = "SALES_DEBUG",
        value_name = "ADDR",
        default_value = "127.0.0.1:4000"
    )]
    debug: SocketAddr,

    /// Allow a debug address that other machines can reach; it needs a token then
    #[arg(long, env = "SALES_DEBUG_ALLOW_REMOTE")]
    debug_allow_remote: bool,

    /// File with the token that requests to the debug listener must carry, on this machine too. The environment variable
    /// SALES_DEBUG_TOKEN can hold the token itself [default: none]
    // There is no flag for the token itself: everybody on a machine can read command lines.
    #[arg(long, env = "SALES_DEBUG_TOKEN_FILE", value_name = "PATH")]
    debug_token_file: Option<PathBuf>,

    /// Heap profiles: sample one allocation in so many bytes, 512 at least; 0 samples none
    #[arg(long, env = "SALES_HEAP_RATE", value_name = "BYTES", default_value_t = Sampling::default().heap_bytes, value_parser = heap_rate)]
    heap_rate: u64,

    /// Profiles of who waits: one sample in so many nanoseconds of waiting; 1 samples all, 0 none
    #[arg(long, env = "SALES_BLOCK_RATE", value_name = "NS", default_value_t = Sampling::default().block_ns)]
    block_rate: u64,

    /// Profiles of who keeps others waiting: sample one in so many; 1 samples all, 0 none
    #[arg(long, env = "SALES_MUTEX_FRACTION", value_name = "N", default_value_t = Sampling::default().mutex_fraction)]
    mutex_fraction: u64,

    /// Where products and orders are kept: sqlite:PATH (made if missing) or, in builds with the feature
    /// `postgres`, postgres://USER:PASSWORD@HOST/DATABASE
    // A text until `Config::check`: clap would repeat a value that it refuses, password and all.
    #[arg(
        long,
        env = "SALES_STORE",
        value_name = "URL",
        default_value = "sqlite:.cutaway/sales.db",
        hide_env_values = true
    )]
    store: String,

    /// How long to go on serving at the end after readiness fails, so that balancers hear of it first
    #[arg(long, env = "SALES_DRAIN_DELAY", value_name = "TIME", default_value = "0s", value_parser = humantime::parse_duration)]
    drain_delay: Duration,

    /// How long requests under way may still take at the end
    #[arg(long, env = "SALES_DRAIN", value_name = "TIME", default_value = "10s", value_parser = humantime::parse_duration)]
    drain: Duration,

    /// How long one request may take
    #[arg(long, env = "SALES_REQUEST_TIMEOUT", value_name = "TIME", default_value = "5s", value_parser = humantime::parse_duration)]
    request_timeout: Duration,

    /// How many bytes a request's body may have
    #[arg(long, env = "SALES_MAX_BODY", value_name = "BYTES", default_value_t = 65_536, value_parser = clap::value_parser!(u32).range(1..))]
    max_body: u32,

    #[command(flatten)]
    protection: Protection,

    #[command(flatten)]
    process: process::Settings,

    #[command(flatten)]
    outbox: outbox::Settings,

    #[command(flatten)]
    supplier: supplier::Settings,

    /// For whom the service runs
    #[arg(long, env = "SALES_PROFILE", value_enum, default_value_t)]
    profile: Profile,

    /// Directory of the keys of tokens, read again every second; production needs it. With it, development asks for tokens too,
    /// where roles matter [default in development: keys beside the database, made if missing, for those who want to log in]
    #[arg(long, env = "SALES_KEYS", value_name = "DIR")]
    keys: Option<PathBuf>,

    #[command(flatten)]
    logins: logins::Settings,

    /// What goes wrong on purpose [default: nothing], such as "seed=7; POST /v1/orders latency=20ms..80ms error=0.1";
    /// effects are latency, error, cpu, memory, lock, block and drop
    #[arg(
        long,
        env = "SALES_CHAOS",
        value_name = "RULES",
        default_value = "",
        hide_default_value = true
    )]
    chaos: chaos::Plan,

    /// Origins whose pages may use the API, with commas between, such as https://shop.example [default: none]
    #[arg(long = "cors-origin", env = "SALES_CORS_ORIGIN", value_name = "ORIGIN", value_delimiter = ',', value_parser = origin)]
    cors_origins: Vec<HeaderValue>,

    /// Worker threads [default: the CPU limit of this process, rounded up]
    #[arg(long, env = "SALES_WORKERS", value_name = "N")]
    workers: Option<NonZeroUsize>,

    /// The CPU limit as Kubernetes' downward API tells it, such as 2 or 1500m [default: from the cgroup]
    #[arg(long, env = "SALES_CPU_LIMIT", value_name = "CPU")]
    cpu_limit: Option<Downward>,

    #[command(flatten)]
    spans: spans::Settings,

    /// How the log is written
    #[arg(long, env = "SALES_LOG", value_enum, default_value_t = LogFormat::Pretty)]
    log: LogFormat,

    /// What is logged: error, warn, info, debug, trace, or directives such as info,stores=debug
    #[arg(long, env = "SALES_LOG_LEVEL", value_name = "LEVEL", default_value = "info", value_parser = log_level)]
    log_level: String,

    /// Print every variable of the debug listener, with its unit and meaning, and end
    #[arg(long, exclusive = true)]
    variables: bool,

    /// Print every endpoint of the API and of the debug listener, and end
    #[arg(long, exclusive = true)]
    endpoints: bool,

    /// Print every setting, and end
    #[arg(long, exclusive = true)]
    settings: bool,
}

impl Flags {
    /// The table that is asked for instead of the service.
    fn table(&self) -> Option<String> {
        match (self.variables, self.endpoints, self.settings) {
            (true, ..) => Some(table::markdown()),
            (_, true, _) => Some(manual::endpoints().unwrap_or_else(|error| refuse(&error))),
            (.., true) => Some(manual::settings()),
            _ => None,
        }
    }
}

/// The command line.
pub(crate) fn command() -> clap::Command {
    let mut command = Flags::command();
    command.build();
    command
}

const EXIT_CODES: &str = "\
Exit codes:
    0  ended as it was asked to, requests cut off at the deadline included
    1  could not start, or could not close the store; the cause is on the error output
    2  a setting makes no sense
  130  ended at once by a second signal";

/// Holds the debug listener's token where no file does.
const DEBUG_TOKEN: &str = "SALES_DEBUG_TOKEN";

impl Config {
    /// The settings of this process. Ends the process if they make no sense (exit code 2) or help
    /// was asked for (0).
    pub fn read() -> Config {
        match Flags::try_parse() {
            Ok(flags) => {
                if let Some(table) = flags.table() {
                    // A reader that has gone away is no reason to panic.
                    let _gone = std::io::stdout().write_all(table.as_bytes());
                    std::process::exit(0)
                }
                let token = std::env::var(DEBUG_TOKEN).ok();
                let config = flags.check(token.as_deref());
                config.unwrap_or_else(|message| refuse(&message))
            }
            Err(error) if error.use_stderr() => refuse(&error.to_string()),
            // Help or the version.
            Err(error) => error.exit(),
        }
    }
}

/// Clap repeats what it does not understand, and that may hold a password.
fn refuse(message: &str) -> ! {
    eprintln!("{}", debug::mask::mask(message.trim_end()));
    if let Some(variable) = guilty_variable(message, std::env::args()) {
        eprintln!("\nThe value is that of the environment variable {variable}.");
    }
    std::process::exit(2)
}

/// Messages name the flag even where nobody has given one: the variable that has its value instead.
fn guilty_variable(message: &str, mut given: impl Iterator<Item = String>) -> Option<String> {
    let flags = Flags::command();
    let guilty = flags.get_arguments().find(|arg| {
        let flag = arg.get_long().map(|long| format!("--{long}"));
        // Followed by its value's name or a quote in clap's messages, by a colon in ours; `--log` is not `--log-level`.
        flag.is_some_and(|flag| {
            let named = [' ', '\'', ':'].map(|end| format!("{flag}{end}"));
            named.iter().any(|named| message.contains(named))
                && !given.any(|arg| arg.split('=').next() == Some(&flag))
        })
    })?;
    let variable = guilty.get_env()?.to_str()?;
    std::env::var_os(variable).map(|_| variable.to_owned())
}

impl Flags {
    /// `token` is the debug listener's, where no file holds it.
    fn check(mut self, token: Option<&str>) -> Result<Config, String> {
        let (plan, process) = (&mut self.chaos, &mut self.process);
        plan.slow_auth |= process.slow_auth;
        plan.db_failure |= process.db_failure;
        (process.slow_auth, process.db_failure) = (plan.slow_auth, plan.db_failure);
        self.check_profile()?;
        let debug_token = self.debug_token(token)?;
        self.check_debug(debug_token.as_ref())?;
        let store = self
            .store
            .parse()
            .map_err(|error| format!("error: --store: {error}"))?;
        let supplier_token = supplier::Settings::token_variable();
        let supplier = self.supplier.with_token(supplier_token.as_deref())?;
        Ok(Config {
            api: self.api,
            debug: self.debug,
            debug_allow_remote: self.debug_allow_remote,
            debug_token_file: self.debug_token_file,
            debug_token,
            sampling: Sampling {
                heap_bytes: self.heap_rate,
                block_ns: self.block_rate,
                mutex_fraction: self.mutex_fraction,
            },
            store,
            drain_delay: self.drain_delay,
            drain: self.drain,
            request_timeout: self.request_timeout,
            max_body: self.max_body as usize,
            protection: self.protection,
            process: self.process,
            outbox: self.outbox,
            supplier,
            profile: self.profile,
            keys: self.keys,
            logins: self.logins,
            chaos: self.chaos,
            cors_origins: self.cors_origins,
            workers: self.workers,
            cpu_limit: self.cpu_limit,
            spans: self.spans,
            log: self.log,
            log_level: self.log_level,
        })
    }
}

impl Flags {
    fn debug_token(&self, token: Option<&str>) -> Result<Option<Token>, String> {
        if let Some(path) = &self.debug_token_file {
            let refused = |cause: &dyn fmt::Display| {
                format!("error: --debug-token-file: {}: {cause}", path.display())
            };
            let text = std::fs::read_to_string(path).map_err(|error| refused(&error))?;
            return Token::new(&text).map(Some).map_err(|error| refused(&error));
        }
        let token = token.map(Token::new).transpose();
        token.map_err(|error| format!("error: {DEBUG_TOKEN}: {error}"))
    }

    /// Whoever reaches the debug listener learns much and can slow the service down.
    fn check_debug(&self, token: Option<&Token>) -> Result<(), String> {
        let remote = !self.debug.ip().is_loopback();
        let missing = match (self.debug_allow_remote, token) {
            (false, _) if remote => "--debug-allow-remote",
            (true, None) if remote => "a token (--debug-token-file PATH)",
            _ => return Ok(()),
        };
        Err(format!(
            "error: --debug: other machines can reach {}, which needs {missing}",
            self.debug
        ))
    }

    /// Nothing goes wrong on purpose where it would hurt, and nobody is let in unchecked.
    fn check_profile(&self) -> Result<(), String> {
        if self.profile == Profile::Development {
            return Ok(());
        }
        if !self.chaos.is_off() {
            return Err(format!(
                "error: --chaos: the production profile refuses faults on purpose ({})",
                self.chaos
            ));
        }
        if self.keys.is_none() {
            return Err("error: --keys: with --profile production the service needs the keys that tokens are checked with; \
                `sales-admin genkey` makes one"
                .to_owned());
        }
        Ok(())
    }
}

/// As browsers write it in `Origin`: scheme, host and port, nothing after them.
fn origin(text: &str) -> Result<HeaderValue, String> {
    let wrong = "must be an origin such as https://shop.example, without a path";
    let (scheme, host) = text.split_once("://").ok_or(wrong)?;
    let uri: Uri = text.parse().map_err(|_| wrong)?;
    if matches!(scheme, "http" | "https") && uri.authority().is_some_and(|uri| uri == host) {
        HeaderValue::from_str(text).map_err(|_| wrong.to_owned())
    } else {
        Err(wrong.to_owned())
    }
}

fn log_level(text: &str) -> Result<String, String> {
    match EnvFilter::try_new(text) {
        Ok(_) if !text.trim().is_empty() => Ok(text.to_owned()),
        _ => Err("must be a level or directives such as info,stores=debug".to_owned()),
    }
}

fn heap_rate(text: &str) -> Result<u64, String> {
    let heap_bytes = text.parse().map_err(|_| "must be a whole number")?;
    let sampling = Sampling {
        heap_bytes,
        ..Sampling::default()
    };
    sampling.check().map_err(|error| error.to_string())?;
    Ok(heap_bytes)
}

/// As the flags that would make it.
impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [drain_delay, drain, request_timeout] =
            [self.drain_delay, self.drain, self.request_timeout].map(humantime::format_duration);
        write!(
            f,
            "--api {} --debug {} --heap-rate {} --block-rate {} --mutex-fraction {} ",
            self.api,
            self.debug,
            self.sampling.heap_bytes,
            self.sampling.block_ns,
            self.sampling.mutex_fraction
        )?;
        if self.debug_allow_remote {
            write!(f, "--debug-allow-remote ")?;
        }
        if let Some(path) = &self.debug_token_file {
            write!(f, "--debug-token-file {} ", path.display())?;
        }
        write!(
            f,
            "--profile {} {} {} {} --store {} --drain-delay {drain_delay} --drain {drain} ",
            self.profile.name(),
            self.protection,
            self.process,
            self.logins,
            self.store
        )?;
        write!(
            f,
            "--request-timeout {request_timeout} --max-body {} ",
            self.max_body
        )?;
        write!(f, "{}{}", self.outbox, self.supplier)?;
        for origin in &self.cors_origins {
            write!(f, "--cors-origin {} ", origin.to_str().unwrap_or_default())?;
        }
        if let Some(keys) = &self.keys {
            write!(f, "--keys {} ", keys.display())?;
        }
        if !self.chaos.is_off() {
            write!(f, "--chaos '{}' ", self.chaos)?;
        }
        if let Some(workers) = self.workers {
            write!(f, "--workers {workers} ")?;
        }
        if let Some(limit) = self.cpu_limit {
            write!(f, "--cpu-limit {limit} ")?;
        }
        if let Some(url) = &self.spans.endpoint {
            write!(f, "--otlp-endpoint {} ", debug::mask::mask(url))?;
        }
        if self.spans.share < 1.0 {
            write!(f, "--trace-share {} ", self.spans.share)?;
        }
        write!(f, "--log {} --log-level {}", self.log, self.log_level)
    }
}

impl fmt::Display for LogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LogFormat::Pretty => "pretty",
            LogFormat::Json => "json",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(flags: &[&str]) -> Result<Config, String> {
        let flags = ["sales-api"].iter().chain(flags);
        Flags::try_parse_from(flags)
            .map_err(|error| error.to_string())?
            .check(None)
    }

    #[test]
    fn settings_are_shown_as_flags_and_the_last_one_counts() {
        let config = read(&[
            "--api",
            "127.0.0.1:1",
            "--api",
            "127.0.0.1:2",
            "--store",
            "sqlite:/x.db",
        ])
        .expect("valid");
        let expected = "--api 127.0.0.1:2 --debug 127.0.0.1:4000 --heap-rate 524288 --block-rate 10000 --mutex-fraction 10 \
            --profile development --max-connections 10000 --max-client-connections 1000 --concurrency 256 --queue 1024 --rate-limit 200 --rate-burst 400 --process-tickets 8 --process-work 5ms \
            --token-life 10m --session-idle 7days --session-life 30days --clock-skew 30s \
            --store sqlite:/x.db --drain-delay 0s --drain 10s --request-timeout 5s --max-body 65536 --log pretty --log-level info";
        assert_eq!(config.to_string(), expected);
    }

    #[test]
    fn the_debug_listener_is_for_others_only_if_allowed_and_with_a_token() {
        let read = |flags: &[&str], token| {
            let flags = Flags::try_parse_from(["sales-api"].iter().chain(flags));
            flags.expect("flags").check(token)
        };
        let remote = ["--debug", "0.0.0.0:4000", "--debug-allow-remote"];
        let error = read(&remote, None).expect_err("no token");
        assert!(error.contains("--debug-token-file"), "{error}");
        let error = read(&remote, Some("canary")).expect_err("too short");
        assert!(
            error.contains("SALES_DEBUG_TOKEN") && !error.contains("canary"),
            "{error}"
        );
        let config = read(&remote, Some("canary-0123456789")).expect("fine");
        assert!(config.debug_token.is_some() && config.debug_allow_remote);
        assert!(config.to_string().contains("--debug-allow-remote"));
        assert!(!format!("{config} {config:?}").contains("canary"));
    }

    #[test]
    fn what_makes_no_sense_is_refused_without_repeating_secrets() {
        for (flag, value, cause) in [
            (
                "--store",
                "mysql://me:canary@db/sales",
                "must be sqlite:PATH",
            ),
            ("--store", "canary", "must be sqlite:PATH"),
            ("--api", "somewhere", "invalid socket address"),
            ("--debug", "0.0.0.0:4000", "needs --debug-allow-remote"),
            ("--debug-token-file", "/nowhere/token", "/nowhere/token"),
            ("--drain", "soon", "expected number"),
            ("--drain-delay", "soon", "expected number"),
            ("--max-body", "0", "0 is not in 1.."),
            ("--heap-rate", "1", "must be 0 or from 512"),
            ("--heap-rate", "much", "must be a whole number"),
            ("--block-rate", "often", "invalid digit"),
            ("--mutex-fraction", "half", "invalid digit"),
            ("--cors-origin", "shop.example", "must be an origin"),
            (
                "--cors-origin",
                "https://shop.example/",
                "must be an origin",
            ),
            ("--concurrency", "0", "number would be zero"),
            ("--trusted-proxy", "balancer", "must be a network"),
            ("--trusted-proxy", "10.0.0.1/8", "that would be 10.0.0.0/8"),
            ("--proxy-header", "via", "x-forwarded-for, forwarded"),
            ("--rate-limit", "much", "invalid digit"),
            ("--process-tickets", "0", "number would be zero"),
            ("--process-work", "long", "expected number"),
            ("--chaos", "/v1 speed=1", "\"speed\" is no effect"),
            ("--events", "https://shop.example/", "no TLS"),
            (
                "--events",
                "http://me:canary@shop.example/",
                "must hold no user",
            ),
            ("--events-attempts", "0", "0 is not in 1..=1000"),
            ("--events-timeout", "0s", "must be from 1ms to 1h"),
            ("--events-backoff", "2h", "must be from 1ms to 1h"),
            ("--supplier", "https://supplier/", "no TLS"),
            (
                "--supplier",
                "http://me:canary@supplier/",
                "must hold no user",
            ),
            ("--supplier-attempts", "0", "0 is not in 1..=100"),
            ("--supplier-timeout", "0s", "must be from 1ms to 1h"),
            ("--supplier-retry-share", "2", "from 0 to 1"),
            ("--supplier-breaker-rate", "half", "from 0 to 1"),
            ("--supplier-max-age", "old", "expected number"),
            ("--profile", "staging", "development, production"),
            (
                "--profile",
                "production",
                "--keys: with --profile production the service needs",
            ),
            ("--token-life", "25h", "must be from 1s to 24h"),
            ("--clock-skew", "6m", "must be at most 5m"),
            ("--session-idle", "long", "expected number"),
            ("--session-life", "0s", "must be from 1s to 3650days"),
            ("--workers", "0", "number would be zero"),
            ("--cpu-limit", "half", "--cpu-limit"),
            ("--trace-share", "2", "from 0 to 1"),
            ("--log", "xml", "possible values: pretty, json"),
            ("--log-level", "loud=shout", "must be a level"),
        ] {
            let error = read(&[flag, value]).expect_err("invalid");
            // As it is shown.
            let error = debug::mask::mask(&error);
            assert!(error.contains(cause) && error.contains(flag), "{error}");
            assert!(!error.contains("canary"), "{error}");
        }
    }
}
