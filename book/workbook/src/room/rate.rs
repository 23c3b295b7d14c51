//! How often one client may ask: a bucket of tokens for each.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::{Duration, Instant};

/// How many clients are told apart at a time.
const MOST: usize = 4096;

/// So many at once, and one more after each interval.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// How many at once.
    pub burst: u32,
    /// After how long there is another one.
    pub every: Duration,
}

/// The buckets of all clients.
#[derive(Debug)]
pub(super) struct Buckets<K> {
    rate: Rate,
    /// When each bucket will be full again; those that are full are not kept.
    full: HashMap<K, Instant>,
}

impl<K: Hash + Eq> Buckets<K> {
    pub(super) fn new(rate: Rate) -> Buckets<K> {
        Buckets {
            rate,
            full: HashMap::new(),
        }
    }

    /// Whether `client` may ask now; if so, it has.
    pub(super) fn take(&mut self, client: K, now: Instant) -> bool {
        if self.full.len() >= MOST && !self.full.contains_key(&client) {
            self.full.retain(|_, full| *full > now);
            if self.full.len() >= MOST {
                return false;
            }
        }
        let full = self.full.get(&client).copied().unwrap_or(now).max(now);
        let next = full + self.rate.every;
        let allowed = next - now <= self.rate.every * self.rate.burst;
        if allowed {
            self.full.insert(client, next);
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_one_at_a_time_and_each_client_alone() {
        let second = Duration::from_secs(1);
        let mut buckets = Buckets::new(Rate {
            burst: 3,
            every: second,
        });
        let start = Instant::now();
        let taken = |buckets: &mut Buckets<u8>, client, after: u32| {
            (0..5)
                .filter(|_| buckets.take(client, start + second * after))
                .count()
        };
        assert_eq!(taken(&mut buckets, 1, 0), 3);
        assert_eq!(taken(&mut buckets, 1, 1), 1);
        assert_eq!(taken(&mut buckets, 2, 1), 3);
        assert_eq!(taken(&mut buckets, 1, 60), 3);
    }

    #[test]
    fn many_clients_do_not_fill_the_memory() {
        let mut buckets = Buckets::new(Rate {
            burst: 1,
            every: Duration::from_secs(1),
        });
        let start = Instant::now();
        for client in 0..10_000 {
            buckets.take(client, start);
        }
        assert_eq!(buckets.full.len(), MOST);
        let later = start + Duration::from_secs(2);
        assert!(buckets.take(20_000, later));
        assert_eq!(buckets.full.len(), 1);
    }
}
