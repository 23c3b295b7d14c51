//! Who sent a request that came through proxies.

use std::net::{IpAddr, SocketAddr};

use http::header::{FORWARDED, HeaderName};
use http::{HeaderMap, HeaderValue};

/// The header in which proxies write for whom they ask. Only one is read: a proxy that writes one may pass on the other as the
/// client made it up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ForwardedBy {
    /// `X-Forwarded-For: 192.0.2.60, 10.0.0.1`.
    #[default]
    XForwardedFor,
    /// `Forwarded: for=192.0.2.60, for="[2001:db8::17]:4711"` (RFC 7239).
    Forwarded,
}

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address of who sent a request: `peer`, or if that is a trusted proxy, whoever it asks for, and so on.
///
/// Each proxy adds whom it asks for at the end. So the list is read from its end, and only for as long as who added the entry is
/// trusted: what stands before may be made up. Where an entry is missing or no address, the last one that is known counts.
pub fn client_address(
    peer: IpAddr,
    headers: &HeaderMap,
    by: ForwardedBy,
    is_trusted: impl Fn(IpAddr) -> bool,
) -> IpAddr {
    let mut client = peer.to_canonical();
    if !is_trusted(client) {
        return client;
    }
    for added in added(headers, by).into_iter().rev() {
        match added {
            Some(address) => client = address,
            None => break,
        }
        if !is_trusted(client) {
            break;
        }
    }
    client
}

/// The entries, in their order.
fn added(headers: &HeaderMap, by: ForwardedBy) -> Vec<Option<IpAddr>> {
    let (name, read): (_, fn(&str) -> Option<IpAddr>) = match by {
        ForwardedBy::XForwardedFor => (X_FORWARDED_FOR, address),
        ForwardedBy::Forwarded => (FORWARDED, forwarded_for),
    };
    let lines = headers.get_all(name).iter();
    lines.flat_map(|line| entries(line, read)).collect()
}

fn entries(line: &HeaderValue, read: fn(&str) -> Option<IpAddr>) -> Vec<Option<IpAddr>> {
    match line.to_str() {
        Ok(line) => split(line, ',').into_iter().map(read).collect(),
        Err(_) => vec![None],
    }
}

/// The address in `for=192.0.2.60;proto=http`.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    split(element, ';').into_iter().find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        let value = value.trim();
        let unquoted = value
            .strip_prefix('"')
            .and_then(|value| value.strip_suffix('"'));
        let is_for = name.trim().eq_ignore_ascii_case("for");
        is_for.then(|| address(unquoted.unwrap_or(value)))?
    })
}

/// An address alone or with a port, IPv6 in brackets or without.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    let address = bare.unwrap_or(text).parse().ok();
    let with_port = || text.parse().ok().map(|address: SocketAddr| address.ip());
    address
        .or_else(with_port)
        .map(|found: IpAddr| found.to_canonical())
}

/// The parts of a text, of which some may be in quotes: what is in there parts nothing.
fn split(text: &str, at: char) -> Vec<&str> {
    let (mut quoted, mut escaped) = (false, false);
    let part = |c: char| {
        let parts = c == at && !quoted;
        quoted ^= c == '"' && !escaped;
        escaped = c == '\\' && quoted && !escaped;
        parts
    };
    text.split(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Trusted are 10.0.0.0/8 and 2001:db8:a::1.
    fn found(peer: &str, by: ForwardedBy, lines: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            for name in [X_FORWARDED_FOR, FORWARDED] {
                let wanted = (name == FORWARDED) == (by == ForwardedBy::Forwarded);
                let value = if wanted { *line } else { "203.0.113.99" };
                headers.append(name, value.parse().expect("a header"));
            }
        }
        let peer = peer.parse().expect("an address");
        let trusted = |address: IpAddr| {
            let text = address.to_string();
            text.starts_with("10.") || text == "2001:db8:a::1"
        };
        client_address(peer, &headers, by, trusted).to_string()
    }

    #[test]
    fn a_list_is_believed_from_its_end_as_far_as_proxies_are_trusted() {
        for (peer, lines, expected) in [
            ("192.0.2.1", &["198.51.100.7"][..], "192.0.2.1"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.7"], "198.51.100.7"),
            ("::ffff:10.0.0.1", &["198.51.100.7"], "198.51.100.7"),
            ("10.0.0.1", &["1.2.3.4, 198.51.100.7"], "198.51.100.7"),
            (
                "10.0.0.1",
                &["1.2.3.4, 198.51.100.7, 10.0.0.2"],
                "198.51.100.7",
            ),
            (
                "10.0.0.1",
                &["1.2.3.4", "198.51.100.7", "10.0.0.2"],
                "198.51.100.7",
            ),
            ("10.0.0.1", &["10.0.0.3,10.0.0.2"], "10.0.0.3"),
            ("10.0.0.1", &["198.51.100.7, unknown"], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.7,"], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.7:4711"], "198.51.100.7"),
            ("10.0.0.1", &["2001:db8::17"], "2001:db8::17"),
            ("10.0.0.1", &["[2001:db8::17]:4711"], "2001:db8::17"),
            ("2001:db8:a::1", &["::ffff:198.51.100.7"], "198.51.100.7"),
        ] {
            let found = found(peer, ForwardedBy::XForwardedFor, lines);
            assert_eq!(found, expected, "{peer} {lines:?}");
        }
    }

    #[test]
    fn the_standard_header_is_read_as_it_is_written() {
        for (lines, expected) in [
            (&["for=198.51.100.7"][..], "198.51.100.7"),
            (
                &["For=\"198.51.100.7:80\";proto=http;by=10.0.0.1"],
                "198.51.100.7",
            ),
            (
                &["proto=https; for = \"[2001:db8::17]:4711\""],
                "2001:db8::17",
            ),
            (
                &["for=1.2.3.4, for=198.51.100.7, for=10.0.0.2"],
                "198.51.100.7",
            ),
            (
                &["for=198.51.100.7;host=\"x, for=1.2.3.4\""],
                "198.51.100.7",
            ),
            (
                &["for=198.51.100.7;host=\"x\\\", for=1.2.3.4\""],
                "198.51.100.7",
            ),
            (&["for=unknown"], "10.0.0.1"),
            (&["for=_hidden, for=10.0.0.2"], "10.0.0.2"),
            (&["proto=http"], "10.0.0.1"),
            (&["for=\"198.51.100.7"], "10.0.0.1"),
        ] {
            let found = found("10.0.0.1", ForwardedBy::Forwarded, lines);
            assert_eq!(found, expected, "{lines:?}");
        }
    }
}
