//! Networks of addresses, as they are written in CIDR notation (RFC 4632; RFC 4291, section 2.3).

use std::fmt;
use std::net::{AddrParseError, IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A network: `10.0.0.0/8`, `2001:db8::/32`, or one address alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    first: IpAddr,
    bits: u8,
}

/// Why a text names no network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// Before the slash, or without one.
    #[error("must be a network such as 10.0.0.0/8, or an address")]
    Address(#[from] AddrParseError),
    /// After the slash.
    #[error("after the slash must be a number of bits, at most {max}")]
    Bits {
        /// Those of the address.
        max: u8,
    },
    /// Perhaps one address was meant, perhaps all of them.
    #[error("{first} is not the first address of its network; that would be {network}")]
    NotFirst {
        /// The address given.
        first: IpAddr,
        /// The network that it is in.
        network: Network,
    },
}

impl Network {
    /// This machine, by the addresses at which only it reaches itself.
    pub const LOOPBACK: [Network; 2] = [
        Network {
            first: IpAddr::V4(Ipv4Addr::new(127, 0, 0, 0)),
            bits: 8,
        },
        Network {
            first: IpAddr::V6(Ipv6Addr::LOCALHOST),
            bits: 128,
        },
    ];

    /// The network of so many leading bits that an address is in.
    pub(crate) fn of(address: IpAddr, bits: u8) -> Network {
        let first = match address {
            IpAddr::V4(address) => IpAddr::V4((u32::from(address) & mask32(bits)).into()),
            IpAddr::V6(address) => IpAddr::V6((u128::from(address) & mask128(bits)).into()),
        };
        Network { first, bits }
    }

    /// The first address.
    pub(crate) fn first(self) -> IpAddr {
        self.first
    }

    /// Whether an address is in it. An IPv4 address written as an IPv6 one counts as what it is.
    pub fn contains(self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.first.is_ipv4() && Network::of(address, self.bits) == self
    }
}

fn mask32(bits: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0)
}

fn mask128(bits: u8) -> u128 {
    u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0)
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let first: IpAddr = address.parse()?;
        let max = if first.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            None => max,
            Some(bits) => bits
                .parse()
                .ok()
                .filter(|bits| *bits <= max)
                .ok_or(NetworkError::Bits { max })?,
        };
        let network = Network::of(first, bits);
        if network.first != first {
            return Err(NetworkError::NotFirst { first, network });
        }
        Ok(network)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_what_begins_like_it() {
        for (network, address, holds) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.0.0.0/8", "::ffff:10.0.0.1", true),
            ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.8", false),
            ("0.0.0.0/0", "192.0.2.8", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("2001:db8::/32", "2001:db8:1::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("::/0", "2001:db9::1", true),
            ("::/0", "192.0.2.8", false),
        ] {
            let network: Network = network.parse().expect("a network");
            let address = address.parse().expect("an address");
            assert_eq!(network.contains(address), holds, "{network} {address}");
        }
        for address in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            let address = address.parse().expect("an address");
            let here = |network: &Network| network.contains(address);
            assert!(Network::LOOPBACK.iter().any(here), "{address}");
        }
    }

    #[test]
    fn what_is_no_network_is_told() {
        for (text, expected) in [
            ("balancer", "must be a network such as"),
            ("10.0.0.0/33", "at most 32"),
            ("10.0.0.0/", "at most 32"),
            ("2001:db8::/129", "at most 128"),
            ("10.0.0.1/8", "that would be 10.0.0.0/8"),
        ] {
            let error = text.parse::<Network>().expect_err(text).to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
