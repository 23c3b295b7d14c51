//! How events are published.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use http::Uri;
use http::uri::Scheme;

use crate::values::patience;

/// How events are published.
#[derive(Args, Clone, Debug)]
#[group(id = "outbox")]
pub struct Settings {
    /// Where each change of orders, products and the shop is told, in order and at least once: http://HOST:PORT/PATH or
    /// file:PATH [default: nowhere, and nothing is kept to be told]
    #[arg(long = "events", env = "SALES_EVENTS", value_name = "SINK")]
    pub sink: Option<Address>,

    /// File with the secret that events sent over HTTP are signed with: whsec_ and 24 to 64 bytes in base64 [default: none,
    /// and they are not signed]
    #[arg(
        long = "events-secret-file",
        env = "SALES_EVENTS_SECRET_FILE",
        value_name = "PATH",
        requires = "sink"
    )]
    pub secret: Option<PathBuf>,

    /// How long a consumer may take for an event
    #[arg(long = "events-timeout", env = "SALES_EVENTS_TIMEOUT", value_name = "TIME", default_value = "5s", value_parser = patience)]
    pub timeout: Duration,

    /// How often an event may be refused before it becomes a dead letter
    #[arg(long = "events-attempts", env = "SALES_EVENTS_ATTEMPTS", value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub attempts: u32,

    /// The bound of the random pause after the first refusal; it doubles each time, up to 5 minutes
    #[arg(long = "events-backoff", env = "SALES_EVENTS_BACKOFF", value_name = "TIME", default_value = "500ms", value_parser = patience)]
    pub backoff: Duration,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            sink: None,
            secret: None,
            timeout: Duration::from_secs(5),
            attempts: 16,
            backoff: Duration::from_millis(500),
        }
    }
}

/// Where events go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// To a consumer over HTTP.
    Webhook(Uri),
    /// To a file, a line each.
    File(PathBuf),
}

impl FromStr for Address {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Address, &'static str> {
        if let Some(path) = text.strip_prefix("file:") {
            return match path {
                "" => Err("a path must follow file:"),
                path => Ok(Address::File(path.into())),
            };
        }
        let uri: Uri = text
            .parse()
            .map_err(|_| "must be http://HOST[:PORT]/PATH or file:PATH")?;
        let Some(authority) = uri.authority() else {
            return Err("must be http://HOST[:PORT]/PATH or file:PATH");
        };
        if uri.scheme() == Some(&Scheme::HTTPS) {
            return Err("this build has no TLS: put a proxy on this machine before the consumer");
        }
        if uri.scheme() != Some(&Scheme::HTTP) {
            return Err("must be http://HOST[:PORT]/PATH or file:PATH");
        }
        if authority.as_str().contains('@') || uri.query().is_some() {
            return Err("must hold no user, password or query; events can be signed instead");
        }
        Ok(Address::Webhook(uri))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Webhook(uri) => uri.fmt(f),
            Address::File(path) => write!(f, "file:{}", path.display()),
        }
    }
}

/// As the flags that would make it.
impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(sink) = &self.sink else {
            return Ok(());
        };
        let [timeout, backoff] = [self.timeout, self.backoff].map(humantime::format_duration);
        write!(f, "--events {sink} ")?;
        if let Some(path) = &self.secret {
            write!(f, "--events-secret-file {} ", path.display())?;
        }
        write!(
            f,
            "--events-timeout {timeout} --events-attempts {} --events-backoff {backoff} ",
            self.attempts
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_plain_and_holds_no_secret() {
        for (text, fine) in [
            ("http://127.0.0.1:9090/events", true),
            ("http://consumer", true),
            ("file:/var/lib/sales/events.log", true),
            ("file:", false),
            ("https://consumer/", false),
            ("http://me:canary@consumer/", false),
            ("http://consumer/?token=canary", false),
            ("/events", false),
            ("consumer:9090", false),
        ] {
            match text.parse::<Address>() {
                Ok(address) => assert!(fine && address.to_string().starts_with(text)),
                Err(error) => assert!(!fine && !error.contains("canary"), "{text}"),
            }
        }
    }
}
