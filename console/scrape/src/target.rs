//! What a person types, turned into targets.
//!
//! The grammar is expvarmon's `-ports` and a little more: `4000`, `4000-4003`, `host:4000`, `host:4000-4003`,
//! `[::1]:4000`, `http://user:password@host:4000/path`, joined by commas. Where expvarmon gives up on the whole list, an
//! item that is not clear is named with its reason and the others are kept.

use std::borrow::Cow;
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cutaway_model::{Pod, sanitize};

use crate::connect::{Connect, Way};
use crate::selector::SCHEME;

/// The most targets one range may stand for.
pub const MAX_RANGE: usize = 5_000;

/// Secrets shorter than this are not looked for in texts.
const SHORTEST: usize = 4;

/// One process to watch: where it listens, and what to read there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    host: String,
    port: u16,
    path: Option<String>,
    credentials: Option<Credentials>,
    secure: bool,
    /// Where the host's name is not the way to it.
    way: Option<Way>,
}

/// An item of a list that is not a target.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{item}: {why}")]
pub struct BadTarget {
    /// The item as typed, its password masked.
    pub item: String,
    /// What is wrong with it and, where that is known, what would be right.
    pub why: String,
}

/// User name and password of HTTP's basic authentication, or a bearer's token. None is ever printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials(Secret);

#[derive(Clone, PartialEq, Eq)]
enum Secret {
    Basic { user: String, password: String },
    Bearer(String),
}

impl Target {
    /// Reads a comma-separated list. A target named twice is kept once.
    pub fn parse_list(list: &str) -> (Vec<Self>, Vec<BadTarget>) {
        let mut targets: Vec<Self> = Vec::new();
        let mut bad = Vec::new();
        for item in list
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
        {
            match parse_item(item) {
                Ok(found) => targets.extend(found),
                Err(why) => bad.push(BadTarget::new(item, why)),
            }
        }
        let mut seen = std::collections::HashSet::new();
        targets.retain(|target| seen.insert(target.url()));
        (targets, bad)
    }

    /// One that is reached by streams from elsewhere. It is told that it is `localhost`, as whoever forwards ports does.
    pub fn through(
        name: impl Into<String>,
        url: impl Into<String>,
        connect: Arc<dyn Connect>,
    ) -> Self {
        let way = Way {
            connect,
            name: name.into(),
            url: url.into(),
            pod: None,
        };
        Self {
            host: "localhost".to_owned(),
            port: 80,
            path: None,
            credentials: None,
            secure: false,
            way: Some(way),
        }
    }

    /// The same as the pod that it is, read at a port of it, and at a path if one is named.
    pub fn in_pod(mut self, pod: Arc<Pod>, port: u16, path: Option<String>) -> Self {
        if let Some(way) = &mut self.way {
            way.pod = Some(pod);
        }
        Self { port, path, ..self }
    }

    /// The pod that it is, if it is one.
    pub fn pod(&self) -> Option<&Arc<Pod>> {
        self.way.as_ref()?.pod.as_ref()
    }

    /// Whether the way to it is the same, whatever else is known of the two.
    pub(crate) fn is_reached_like(&self, other: &Self) -> bool {
        let same_way = match (&self.way, &other.way) {
            (Some(way), Some(other)) => Arc::ptr_eq(&way.connect, &other.connect),
            (way, other) => way.is_none() && other.is_none(),
        };
        same_way && (self.port, &self.path) == (other.port, &other.path)
    }

    /// How to get to it, if its address is not the way.
    pub(crate) fn way(&self) -> Option<&Arc<dyn Connect>> {
        Some(&self.way.as_ref()?.connect)
    }

    /// Host name or address, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The path to read, when the target names one; otherwise the usual paths are probed.
    pub fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }

    /// Who to be.
    pub fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }

    /// `host:port`, IPv6 addresses in brackets; what the `Host` header says.
    pub fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// Whether it is spoken to by TLS.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// A short name for lists.
    pub fn name(&self) -> String {
        if let Some(way) = &self.way {
            return way.name.clone();
        }
        self.authority() + self.path().unwrap_or_default()
    }

    /// The address, without user and password.
    pub fn url(&self) -> String {
        if let Some(way) = &self.way {
            return way.url.clone();
        }
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{}", self.name())
    }
}

impl BadTarget {
    /// About an item as it was typed.
    pub(crate) fn new(item: &str, why: String) -> Self {
        let item = mask(item);
        Self { item, why }
    }
}

impl Credentials {
    /// A user and a password.
    pub fn new(user: impl Into<String>, password: impl Into<String>) -> Self {
        Self(Secret::Basic {
            user: user.into(),
            password: password.into(),
        })
    }

    /// A bearer's token.
    pub fn bearer(token: impl Into<String>) -> Self {
        Self(Secret::Bearer(token.into()))
    }

    /// The text without the secret, should somebody have repeated it.
    pub fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let (Secret::Basic {
            password: secret, ..
        }
        | Secret::Bearer(secret)) = &self.0;
        let sent = self.header();
        let sent = sent.split(' ').next_back().unwrap_or_default();
        let mut text = Cow::Borrowed(text);
        for secret in [secret.as_str(), sent] {
            // What is as short as this is in every text by chance.
            if secret.len() >= SHORTEST && text.contains(secret) {
                text = Cow::Owned(text.replace(secret, "***"));
            }
        }
        text
    }

    /// The value of the `Authorization` header.
    pub(crate) fn header(&self) -> String {
        match &self.0 {
            Secret::Basic { user, password } => {
                format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
            }
            Secret::Bearer(token) => format!("Bearer {token}"),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(***)")
    }
}

fn parse_item(item: &str) -> Result<Vec<Target>, String> {
    if item.starts_with(SCHEME) {
        return Err("it stands for pods, and an address is needed".to_owned());
    }
    let secure = item.starts_with("https://");
    let (authority, path) = match item.split_once("://") {
        Some(("http" | "https", rest)) => split_path(rest)?,
        Some((scheme, _)) => {
            return Err(format!(
                "unknown scheme {scheme}://; use http:// or https://"
            ));
        }
        None if item.contains('/') => return Err(format!("a path needs a scheme: http://{item}")),
        None => (item, None),
    };
    let (credentials, place) = split_credentials(authority)?;
    let (host, ports) = if item.contains("://") {
        split_url_place(place, if secure { 443 } else { 80 })?
    } else {
        split_place(place)?
    };
    let target = |port| Target {
        host: host.clone(),
        port,
        path: path.clone(),
        credentials: credentials.clone(),
        secure,
        way: None,
    };
    Ok(ports.map(target).collect())
}

/// `host:port/path?query` into its halves; a lone `/` is no path, a fragment is dropped.
fn split_path(rest: &str) -> Result<(&str, Option<String>), String> {
    let rest = rest.split('#').next().unwrap_or_default();
    let Some(slash) = rest.find(['/', '?']) else {
        return Ok((rest, None));
    };
    let (authority, path) = rest.split_at(slash);
    if path == "/" {
        return Ok((authority, None));
    }
    let path = if path.starts_with('?') {
        format!("/{path}")
    } else {
        path.to_owned()
    };
    http::uri::PathAndQuery::try_from(path.as_str())
        .map_err(|_| "the path has characters that must be %-encoded".to_owned())?;
    Ok((authority, Some(path)))
}

fn split_credentials(authority: &str) -> Result<(Option<Credentials>, &str), String> {
    let Some((secret, place)) = authority.rsplit_once('@') else {
        return Ok((None, authority));
    };
    let (user, password) = secret.split_once(':').unwrap_or((secret, ""));
    Ok((
        Some(Credentials::new(
            percent_decode(user)?,
            percent_decode(password)?,
        )),
        place,
    ))
}

/// A place outside of a URL: the port may stand alone.
fn split_place(place: &str) -> Result<(String, RangeInclusive<u16>), String> {
    if place.starts_with(|c: char| c.is_ascii_digit()) && !place.contains([':', '.']) {
        return Ok(("localhost".to_owned(), parse_ports(place)?));
    }
    match split_host(place)? {
        (host, Some(ports)) => Ok((host, parse_ports(ports)?)),
        (host, None) => Err(format!("no port; did you mean {host}:4000?")),
    }
}

fn split_url_place(place: &str, usual: u16) -> Result<(String, RangeInclusive<u16>), String> {
    match split_host(place)? {
        (host, Some(ports)) => Ok((host, parse_ports(ports)?)),
        (host, None) => Ok((host, usual..=usual)),
    }
}

/// Host and what follows its colon.
fn split_host(place: &str) -> Result<(String, Option<&str>), String> {
    if let Some(rest) = place.strip_prefix('[') {
        let (address, rest) = rest
            .split_once(']')
            .ok_or("the [ of an IPv6 address is never closed")?;
        address
            .parse::<std::net::Ipv6Addr>()
            .map_err(|_| format!("{address} is not an IPv6 address"))?;
        return match rest.strip_prefix(':') {
            Some(ports) => Ok((address.to_owned(), Some(ports))),
            None if rest.is_empty() => Ok((address.to_owned(), None)),
            None => Err(format!("{rest} follows the address where :port should")),
        };
    }
    let (host, ports) = place
        .split_once(':')
        .map_or((place, None), |(host, ports)| (host, Some(ports)));
    if ports.is_some_and(|ports| ports.contains(':')) {
        return Err("an IPv6 address stands in brackets: [::1]:4000".to_owned());
    }
    check_host(host)?;
    Ok((host.to_owned(), ports))
}

fn check_host(host: &str) -> Result<(), String> {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if host.is_empty() {
        return Err("no host name before the colon".to_owned());
    }
    match host.chars().find(|c| !good(*c)) {
        Some(c) => Err(format!(
            "{} cannot stand in a host name",
            c.escape_default()
        )),
        None => Ok(()),
    }
}

fn parse_ports(text: &str) -> Result<RangeInclusive<u16>, String> {
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    let (low, high) = (parse_port(low)?, parse_port(high)?);
    if low > high {
        return Err(format!(
            "the range runs backwards; did you mean {high}-{low}?"
        ));
    }
    if usize::from(high - low) >= MAX_RANGE {
        return Err(format!("a range of more than {MAX_RANGE} ports"));
    }
    Ok(low..=high)
}

fn parse_port(text: &str) -> Result<u16, String> {
    match text.parse::<u16>() {
        Err(_) if text.is_empty() => Err("a port number is missing".to_owned()),
        Ok(port) if port > 0 && text.bytes().all(|b| b.is_ascii_digit()) => Ok(port),
        _ => Err(format!(
            "{} is not a port (1 to 65535)",
            text.escape_default()
        )),
    }
}

fn percent_decode(text: &str) -> Result<String, String> {
    let bad = || "user or password is not %-encoded properly".to_owned();
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || {
            rest.next()
                .and_then(|b| char::from(b).to_digit(16))
                .ok_or_else(bad)
        };
        bytes.push((digit()? * 16 + digit()?) as u8);
    }
    String::from_utf8(bytes).map_err(|_| bad())
}

/// What is typed before an `@` never appears in messages.
fn mask(item: &str) -> String {
    // The name of a context may have an @ in it; nothing before it is a secret.
    let secret = item.rsplit_once('@').filter(|_| !item.starts_with(SCHEME));
    let Some((secret, place)) = secret else {
        return sanitize(item).into_owned();
    };
    let scheme = secret.find("://").map_or("", |end| &secret[..end + 3]);
    sanitize(&format!("{scheme}***@{place}")).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_found_in_what_others_say() {
        let basic = Credentials::new("me", "canary");
        assert_eq!(
            basic.mask("is canary; Basic bWU6Y2FuYXJ5"),
            "is ***; Basic ***"
        );
        assert_eq!(Credentials::bearer("canary").mask("canary?"), "***?");
        assert_eq!(Credentials::new("me", "").mask("as it is"), "as it is");
    }

    fn urls(list: &str) -> Vec<String> {
        let (targets, bad) = Target::parse_list(list);
        assert_eq!(bad, [], "{list}");
        targets.iter().map(Target::url).collect()
    }

    fn why(item: &str) -> String {
        let (targets, mut bad) = Target::parse_list(item);
        assert_eq!(targets, [], "{item}");
        assert_eq!(bad.len(), 1, "{item}");
        bad.remove(0).to_string()
    }

    #[test]
    fn every_form_of_the_grammar() {
        let cases: &[(&str, &[&str])] = &[
            ("4000", &["http://localhost:4000"]),
            (
                "4000-4002",
                &[
                    "http://localhost:4000",
                    "http://localhost:4001",
                    "http://localhost:4002",
                ],
            ),
            ("host:4000", &["http://host:4000"]),
            ("host:80-81", &["http://host:80", "http://host:81"]),
            ("127.0.0.1:4000", &["http://127.0.0.1:4000"]),
            ("[::1]:4000", &["http://[::1]:4000"]),
            ("http://example.com", &["http://example.com:80"]),
            ("http://example.com/", &["http://example.com:80"]),
            ("http://[::1]/x", &["http://[::1]:80/x"]),
            (
                "http://example.com:80-81",
                &["http://example.com:80", "http://example.com:81"],
            ),
            ("http://h:1/a/b?c=d#e", &["http://h:1/a/b?c=d"]),
            ("http://h:1?c=d", &["http://h:1/?c=d"]),
            ("https://h/x", &["https://h:443/x"]),
            ("https://h:8443", &["https://h:8443"]),
            ("1, 2 ,,1,", &["http://localhost:1", "http://localhost:2"]),
            (
                "23000-23001,http://example.com:80-81",
                &[
                    "http://localhost:23000",
                    "http://localhost:23001",
                    "http://example.com:80",
                    "http://example.com:81",
                ],
            ),
            ("", &[]),
        ];
        for (list, expect) in cases {
            assert_eq!(urls(list), *expect, "{list}");
        }
    }

    #[test]
    fn what_is_not_clear_is_named() {
        let cases = [
            ("0", "0 is not a port"),
            ("65536", "65536 is not a port"),
            ("4003-4000", "did you mean 4000-4003?"),
            ("1-65535", "more than 5000"),
            ("host", "did you mean host:4000?"),
            ("host:", "a port number is missing"),
            (":4000", "no host name"),
            ("host:4000/debug/vars", "http://host:4000/debug/vars"),
            ("https://host:x", "x is not a port"),
            ("k8s:default/pod", "an address is needed"),
            ("ftp://host:1", "unknown scheme ftp"),
            ("::1:4000", "[::1]:4000"),
            ("[::1:4000", "never closed"),
            ("[::x]:4000", "not an IPv6 address"),
            ("[::1]4000", "where :port should"),
            ("ho st:4000", "cannot stand in a host name"),
            ("h\u{1b}[31m:1", "\\u{1b} cannot stand"),
            ("http://h:1/a b", "%-encoded"),
            ("http://u:%zz@h:1", "%-encoded"),
            ("+4000", "cannot stand in a host name"),
            ("4000-", "a port number is missing"),
        ];
        for (item, expect) in cases {
            assert!(why(item).contains(expect), "{item}: {}", why(item));
        }
    }

    #[test]
    fn a_partly_bad_list_keeps_the_good() {
        let (targets, bad) = Target::parse_list("4000,4003-4001,host:1/x,[::1]:5");
        assert_eq!(
            targets.iter().map(Target::name).collect::<Vec<_>>(),
            ["localhost:4000", "[::1]:5"]
        );
        assert_eq!(
            bad.iter().map(|bad| bad.item.as_str()).collect::<Vec<_>>(),
            ["4003-4001", "host:1/x"]
        );
    }

    #[test]
    fn secrets_are_used_and_never_shown() {
        let (targets, _) = Target::parse_list("http://me:p%40ss@host:1/x");
        let header = targets[0].credentials().map(Credentials::header);
        assert_eq!(header.as_deref(), Some("Basic bWU6cEBzcw=="));
        assert_eq!(targets[0].url(), "http://host:1/x");
        assert!(!format!("{targets:?}").contains("ss"), "{targets:?}");
        assert!(!why("http://me:secret@host:0").contains("secret"));
        assert!(!why("ftp://me:se@cret@host:1").contains("cret"));
        let token = Credentials::bearer("tok3n");
        assert_eq!(token.header(), "Bearer tok3n");
        assert!(!format!("{token:?}").contains("tok3n"));
    }
}
