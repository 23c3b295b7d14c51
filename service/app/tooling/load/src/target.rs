//! The service's address, and the rule that it is on this machine.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use anyhow::{Context, anyhow, bail};
use http::Uri;
use http::uri::{Authority, Scheme};

/// An address of the form `http://HOST[:PORT]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target(Authority);

impl Target {
    /// Host and port as in the URL.
    pub(crate) fn authority(&self) -> &str {
        self.0.as_str()
    }

    /// Host and port to connect to.
    pub(crate) fn address(&self) -> String {
        format!("{}:{}", self.0.host(), self.0.port_u16().unwrap_or(80))
    }

    /// Refuses an address that is not on this machine: load on somebody else's service is an attack
    /// on it.
    pub(crate) fn check_local(&self) -> anyhow::Result<()> {
        let host = self.0.host();
        let address = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse::<IpAddr>();
        let local = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
        if local {
            return Ok(());
        }
        bail!("{self} is not on this machine; with its owner's consent, --allow-remote allows it")
    }
}

impl FromStr for Target {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Target> {
        let uri: Uri = text
            .parse()
            .map_err(|_| anyhow!("must be a URL such as http://127.0.0.1:8080"))?;
        if uri.scheme() != Some(&Scheme::HTTP) {
            bail!("must start with http://");
        }
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            bail!("must be a host and port, without a path");
        }
        let authority = uri.into_parts().authority.context("must name a host")?;
        if authority.as_str().contains('@') {
            bail!("must not hold a user or password");
        }
        Ok(Target(authority))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_addresses_are_targets() {
        for (text, fine) in [
            ("http://127.0.0.1:8080", true),
            ("http://localhost:8080/", true),
            ("http://[::1]:8080", true),
            ("https://localhost", false),
            ("127.0.0.1:8080", false),
            ("http://localhost/v1", false),
            ("http://me:secret@localhost", false),
            ("", false),
        ] {
            assert_eq!(text.parse::<Target>().is_ok(), fine, "{text}");
        }
    }

    #[test]
    fn a_target_elsewhere_needs_consent() {
        for (text, local) in [
            ("http://127.9.9.9", true),
            ("http://[::1]", true),
            ("http://localhost:1", true),
            ("http://localhost.example.com", false),
            ("http://10.0.0.1", false),
            ("http://example.com", false),
        ] {
            let target: Target = text.parse().expect("a plain address");
            assert_eq!(target.check_local().is_ok(), local, "{text}");
        }
    }
}
