//! Who to be and whom to believe: credentials and TLS, from the environment, from files and from the config.

use std::env;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use cutaway_scrape::{Credentials, Tls, TlsFiles};

use crate::BadUse;
use crate::args::Access;
use crate::config::Config;

/// The credentials for targets that bring none: a token before a password, the environment before files.
pub(crate) fn credentials(
    arguments: &Access,
    config: &Config,
) -> anyhow::Result<Option<Credentials>> {
    let variable = |name| env::var(name).ok().filter(|value| !value.is_empty());
    let bearer_file = arguments
        .bearer_file
        .as_ref()
        .or(config.auth.bearer_file.as_ref());
    if let Some(token) = variable("HTTP_BEARER") {
        return Ok(Some(Credentials::bearer(token)));
    }
    if let Some(file) = bearer_file {
        return Ok(Some(Credentials::bearer(secret(file)?)));
    }
    let Some(user) = variable("HTTP_USER").or_else(|| config.auth.user.clone()) else {
        return Ok(None);
    };
    let password_file = arguments
        .password_file
        .as_ref()
        .or(config.auth.password_file.as_ref());
    let password = match (variable("HTTP_PASSWORD"), password_file) {
        (Some(password), _) => password,
        (None, Some(file)) => secret(file)?,
        (None, None) => String::new(),
    };
    Ok(Some(Credentials::new(user, password)))
}

/// How to speak TLS.
pub(crate) fn tls(arguments: &Access, config: &Config) -> anyhow::Result<Tls> {
    let ca = arguments.ca.as_ref().or(config.tls.ca.as_ref());
    let cert = arguments.cert.as_ref().or(config.tls.cert.as_ref());
    let key = arguments.key.as_ref().or(config.tls.key.as_ref());
    let read =
        |file: &Path| fs::read(file).with_context(|| format!("cannot read {}", file.display()));
    let identity = match (cert, key) {
        (Some(cert), Some(key)) => Some((read(cert)?, read(key)?)),
        (None, None) => None,
        _ => bail!(BadUse(
            "a certificate needs its key, and a key its certificate: --cert and --key".to_owned()
        )),
    };
    let files = TlsFiles {
        authorities: ca.map(|file| read(file)).transpose()?,
        identity,
        insecure: arguments.insecure || config.tls.insecure == Some(true),
    };
    Tls::new(&files).context("TLS cannot be used")
}

/// The first line of a file that holds a secret.
fn secret(file: &Path) -> anyhow::Result<String> {
    let text =
        fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let line = text.lines().next().unwrap_or_default().trim();
    if line.is_empty() || line.chars().any(char::is_control) {
        bail!("{}: its first line is no secret", file.display());
    }
    Ok(line.to_owned())
}
