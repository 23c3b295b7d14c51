//! How many connections each client has open.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::{Limits, Network};

/// Open connections by client. Who has none has no entry, so there are never more entries than connections.
#[derive(Debug, Clone)]
pub(crate) struct Clients {
    max: usize,
    except: Arc<[Network]>,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// A client's connection, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place(Option<(Clients, IpAddr)>);

impl Clients {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            max: limits.max_per_client,
            except: limits.not_per_client.as_slice().into(),
            open: Arc::default(),
        }
    }

    /// A place for a connection of whoever has this address; none if they have too many.
    pub(crate) fn enter(&self, address: IpAddr) -> Option<Place> {
        let excepted = |network: &Network| network.contains(address);
        if self.max == usize::MAX || self.except.iter().any(excepted) {
            return Some(Place(None));
        }
        let client = client(address);
        let mut all = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let open = all.entry(client).or_default();
        if *open >= self.max {
            return None;
        }
        *open += 1;
        Some(Place(Some((self.clone(), client))))
    }

    fn leave(&self, client: IpAddr) {
        let mut all = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(open) = all.get_mut(&client) else {
            return;
        };
        *open -= 1;
        if *open == 0 {
            all.remove(&client);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some((clients, client)) = self.0.take() {
            clients.leave(client);
        }
    }
}

/// One customer has a whole network of 2^64 IPv6 addresses.
fn client(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        address @ IpAddr::V6(_) => Network::of(address, 64).first(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn each_client_has_its_own_places_and_leaves_no_trace() {
        let clients = Clients::new(&Limits {
            max_per_client: 2,
            not_per_client: vec!["198.51.100.0/24".parse().expect("a network")],
            ..Limits::default()
        });
        let enter = |text| clients.enter(address(text));
        let first = enter("192.0.2.1").expect("the first");
        let second = enter("::ffff:192.0.2.1").expect("the second");
        assert!(enter("192.0.2.1").is_none());
        let other = enter("192.0.2.2").expect("somebody else");
        let network = [enter("2001:db8::1"), enter("2001:db8::2")];
        assert!(network.iter().all(Option::is_some));
        assert!(enter("2001:db8::3").is_none(), "the same network");
        let neighbour = enter("2001:db8:0:1::1").expect("the next network");
        let excepted: Vec<_> = (0..9).map(|_| enter("198.51.100.7")).collect();
        assert!(excepted.iter().all(Option::is_some));
        drop(first);
        let again = enter("192.0.2.1").expect("there is a place again");
        drop((second, other, network, again, neighbour));
        assert!(clients.open.lock().expect("no panic").is_empty());
    }
}
