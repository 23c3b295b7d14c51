//! Where the supplier is, and how much patience there is.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use http::uri::Scheme;
use http::{HeaderValue, Uri};
use resilience::{Backoff, BreakerSettings, Retry};
use secret::Secret;

use crate::values::{patience, share};

/// Where the supplier is, and how much patience there is. The arguments have ids of their own: those of all flattened settings
/// share one space.
#[derive(Args, Clone, Debug)]
#[group(id = "supplier")]
pub struct Settings {
    /// The supplier that is asked what products cost to buy: http://HOST:PORT/PATH, to which /prices/ID is added
    /// [default: none, and there are no quotes]
    #[arg(
        id = "supplier_address",
        long = "supplier",
        env = "SALES_SUPPLIER",
        value_name = "URL"
    )]
    pub address: Option<Address>,

    /// File with the bearer token that the supplier wants. The environment variable SALES_SUPPLIER_TOKEN can hold the token
    /// itself [default: none]
    #[arg(
        id = "supplier_token_file",
        long = "supplier-token-file",
        env = "SALES_SUPPLIER_TOKEN_FILE",
        value_name = "PATH",
        requires = "supplier_address"
    )]
    pub token_file: Option<PathBuf>,

    /// What the file or the environment variable holds.
    #[arg(skip)]
    pub token: Option<Token>,

    /// How long the supplier may take in all, retries included; never more than three quarters of the request's time
    #[arg(id = "supplier_timeout", long = "supplier-timeout", env = "SALES_SUPPLIER_TIMEOUT", value_name = "TIME", default_value = "2s", value_parser = patience)]
    pub timeout: Duration,

    /// How long it may take for one attempt
    #[arg(id = "supplier_attempt_timeout", long = "supplier-attempt-timeout", env = "SALES_SUPPLIER_ATTEMPT_TIMEOUT", value_name = "TIME", default_value = "500ms", value_parser = patience)]
    pub attempt_timeout: Duration,

    /// How often it is asked at most, the first time included
    #[arg(id = "supplier_attempts", long = "supplier-attempts", env = "SALES_SUPPLIER_ATTEMPTS", value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub attempts: u32,

    /// The bound of the random pause before the first retry; it doubles each time
    #[arg(id = "supplier_backoff", long = "supplier-backoff", env = "SALES_SUPPLIER_BACKOFF", value_name = "TIME", default_value = "50ms", value_parser = patience)]
    pub backoff: Duration,

    /// Retries there may be for each request, from 0 to 1, so that retries do not add to the supplier's trouble
    #[arg(id = "supplier_retry_share", long = "supplier-retry-share", env = "SALES_SUPPLIER_RETRY_SHARE", value_name = "SHARE", default_value_t = 0.1, value_parser = share)]
    pub retry_share: f64,

    /// Retries there may be beyond that after a quiet time
    #[arg(id = "supplier_retry_reserve", long = "supplier-retry-reserve", env = "SALES_SUPPLIER_RETRY_RESERVE", value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub retry_reserve: u32,

    /// The supplier is left alone once this share of the latest attempts failed, from 0 to 1
    #[arg(id = "supplier_breaker_rate", long = "supplier-breaker-rate", env = "SALES_SUPPLIER_BREAKER_RATE", value_name = "SHARE", default_value_t = 0.5, value_parser = share)]
    pub breaker_rate: f64,

    /// How long an attempt counts among the latest
    #[arg(id = "supplier_breaker_window", long = "supplier-breaker-window", env = "SALES_SUPPLIER_BREAKER_WINDOW", value_name = "TIME", default_value = "10s", value_parser = patience)]
    pub breaker_window: Duration,

    /// How many there must be before the share counts
    #[arg(id = "supplier_breaker_least", long = "supplier-breaker-least", env = "SALES_SUPPLIER_BREAKER_LEAST", value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub breaker_least: u64,

    /// How long the supplier is left alone before one attempt may look whether it works again
    #[arg(id = "supplier_breaker_open", long = "supplier-breaker-open", env = "SALES_SUPPLIER_BREAKER_OPEN", value_name = "TIME", default_value = "2s", value_parser = patience)]
    pub breaker_open: Duration,

    /// How many requests may wait for the supplier at once
    #[arg(id = "supplier_at_once", long = "supplier-at-once", env = "SALES_SUPPLIER_AT_ONCE", value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub at_once: u32,

    /// How old a price may be that stands in while the supplier cannot be asked
    #[arg(id = "supplier_max_age", long = "supplier-max-age", env = "SALES_SUPPLIER_MAX_AGE", value_name = "TIME", default_value = "1day", value_parser = humantime::parse_duration)]
    pub max_age: Duration,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            address: None,
            token_file: None,
            token: None,
            timeout: Duration::from_secs(2),
            attempt_timeout: Duration::from_millis(500),
            attempts: 3,
            backoff: Duration::from_millis(50),
            retry_share: 0.1,
            retry_reserve: 10,
            breaker_rate: 0.5,
            breaker_window: Duration::from_secs(10),
            breaker_least: 10,
            breaker_open: Duration::from_secs(2),
            at_once: 32,
            max_age: Duration::from_hours(24),
        }
    }
}

/// Holds the token where no file does.
const TOKEN: &str = "SALES_SUPPLIER_TOKEN";

impl Settings {
    /// With the token from the file or, where there is none, from the environment variable's value.
    ///
    /// # Errors
    /// The file cannot be read, or holds no token. Names the setting, and repeats nothing of what it holds.
    pub fn with_token(self, variable: Option<&str>) -> Result<Settings, String> {
        let token = match (&self.address, &self.token_file, variable) {
            (Some(_), Some(path), _) => {
                let of = |cause: &dyn fmt::Display| {
                    format!("error: --supplier-token-file: {}: {cause}", path.display())
                };
                let text = std::fs::read_to_string(path).map_err(|error| of(&error))?;
                Some(Token::new(&text).map_err(|error| of(&error))?)
            }
            (Some(_), None, Some(text)) if !text.is_empty() => {
                Some(Token::new(text).map_err(|error| format!("error: {TOKEN}: {error}"))?)
            }
            _ => None,
        };
        Ok(Settings { token, ..self })
    }

    /// What [`Settings::with_token`] wants to know of the environment.
    pub fn token_variable() -> Option<String> {
        std::env::var(TOKEN).ok()
    }

    pub(super) fn breaker(&self) -> BreakerSettings {
        BreakerSettings {
            window: self.breaker_window,
            rate: self.breaker_rate,
            least: self.breaker_least,
            open_for: self.breaker_open,
            probes: 1,
        }
    }

    pub(super) fn retry(&self) -> Retry {
        Retry {
            attempts: self.attempts,
            backoff: Backoff {
                base: self.backoff,
                cap: self.timeout,
            },
        }
    }
}

/// Where the supplier is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(Uri);

impl Address {
    /// The address of something there.
    pub(super) fn at(&self, path: &str) -> String {
        let base = self.0.to_string();
        format!("{}{path}", base.trim_end_matches('/'))
    }

    pub(super) fn host(&self) -> &str {
        self.0.host().unwrap_or_default()
    }

    pub(super) fn port(&self) -> u16 {
        self.0.port_u16().unwrap_or(80)
    }
}

impl FromStr for Address {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Address, &'static str> {
        let wrong = "must be http://HOST[:PORT][/PATH]";
        let uri: Uri = text.parse().map_err(|_| wrong)?;
        let authority = uri.authority().ok_or(wrong)?;
        if uri.scheme() == Some(&Scheme::HTTPS) {
            return Err("this build has no TLS: put a proxy on this machine before the supplier");
        }
        if uri.scheme() != Some(&Scheme::HTTP) {
            return Err(wrong);
        }
        if authority.as_str().contains('@') || uri.query().is_some() {
            return Err("must hold no user, password or query; a token has a file of its own");
        }
        Ok(Address(uri))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What the supplier knows this service by. It is never shown.
#[derive(Clone, Debug)]
pub struct Token(Secret<String>);

/// Longer ones do not fit into what servers take for headers.
const MOST_OF_TOKEN: usize = 4_096;

impl Token {
    /// The token without space around it: the characters of RFC 6750, section 2.1.
    ///
    /// # Errors
    /// It is empty or too long, or has other characters.
    pub fn new(text: &str) -> Result<Token, &'static str> {
        let text = text.trim();
        if text.is_empty() || text.len() > MOST_OF_TOKEN {
            return Err("must hold a token of 1 to 4096 characters");
        }
        let fine = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
        if !text.bytes().all(fine) {
            return Err("must hold a token, which consists of letters, digits and -._~+/=");
        }
        Ok(Token(Secret::new(text.to_owned())))
    }

    /// `Authorization`, marked as a secret.
    pub(super) fn header(&self) -> HeaderValue {
        let value = HeaderValue::try_from(format!("Bearer {}", self.0.expose()));
        let mut value = value.unwrap_or_else(|_| unreachable!("its characters were checked"));
        value.set_sensitive(true);
        value
    }
}

/// As the flags that would make it.
impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(address) = &self.address else {
            return Ok(());
        };
        write!(f, "--supplier {address} ")?;
        if let Some(path) = &self.token_file {
            write!(f, "--supplier-token-file {} ", path.display())?;
        }
        let [timeout, attempt, backoff] =
            [self.timeout, self.attempt_timeout, self.backoff].map(humantime::format_duration);
        write!(
            f,
            "--supplier-timeout {timeout} --supplier-attempt-timeout {attempt} --supplier-attempts {} --supplier-backoff {backoff} \
            --supplier-retry-share {} --supplier-retry-reserve {} ",
            self.attempts, self.retry_share, self.retry_reserve
        )?;
        let [window, open, age] =
            [self.breaker_window, self.breaker_open, self.max_age].map(humantime::format_duration);
        write!(
            f,
            "--supplier-breaker-rate {} --supplier-breaker-window {window} --supplier-breaker-least {} \
            --supplier-breaker-open {open} --supplier-at-once {} --supplier-max-age {age} ",
            self.breaker_rate, self.breaker_least, self.at_once
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_plain_and_holds_no_secret() {
        for (text, path) in [
            (
                "http://127.0.0.1:9091",
                Some("http://127.0.0.1:9091/prices/7"),
            ),
            ("http://supplier/", Some("http://supplier/prices/7")),
            (
                "http://supplier/api/v1",
                Some("http://supplier/api/v1/prices/7"),
            ),
            ("https://supplier/", None),
            ("http://me:canary@supplier/", None),
            ("http://supplier/?token=canary", None),
            ("supplier:9091", None),
            ("/prices", None),
        ] {
            match text.parse::<Address>() {
                Ok(address) => assert_eq!(Some(&*address.at("/prices/7")), path, "{text}"),
                Err(error) => assert!(path.is_none() && !error.contains("canary"), "{text}"),
            }
        }
    }

    #[test]
    fn a_token_is_read_and_never_shown() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("token");
        let settings = Settings {
            address: "http://supplier".parse().ok(),
            token_file: Some(path.clone()),
            ..Settings::default()
        };
        for (text, fine) in [("canary-1\n", true), ("", false), ("canary 1", false)] {
            std::fs::write(&path, text).expect("written");
            let shown = match settings.clone().with_token(Some("canary-2")) {
                Ok(settings) => {
                    let header = settings.token.as_ref().map(Token::header).expect("a token");
                    assert_eq!(
                        header.to_str().ok(),
                        Some("Bearer canary-1"),
                        "the file counts"
                    );
                    assert!(fine, "{text}");
                    format!("{settings} {settings:?} {header:?}")
                }
                Err(error) => {
                    assert!(!fine && error.contains("--supplier-token-file"), "{error}");
                    error
                }
            };
            assert!(!shown.contains("canary"), "{shown}");
        }
        let bare = Settings {
            token_file: None,
            ..settings
        };
        let error = bare
            .clone()
            .with_token(Some("canary ?"))
            .expect_err("no token");
        assert!(
            error.contains(TOKEN) && !error.contains("canary"),
            "{error}"
        );
        assert!(
            bare.with_token(Some("canary"))
                .expect("fine")
                .token
                .is_some()
        );
    }
}
