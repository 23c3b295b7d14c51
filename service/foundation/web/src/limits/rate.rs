//! How many requests one client may make.
//!
//! A token bucket per client, kept as the one number that the generic cell rate algorithm needs: the moment at which the
//! bucket will be full again. The table has a fixed size. A client that finds no place takes that of the one whose bucket
//! is the fullest, which loses the least: a full bucket may be forgotten without anybody noticing.

use std::hash::{BuildHasher, Hash, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use expvar::{Counter, Map};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use tokio::time::Instant;

use crate::error::whole_seconds;
use crate::{ApiError, Caller};

/// How fast one client may send requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Requests a second in the long run.
    pub per_second: NonZeroU32,
    /// Requests at once, after a pause.
    pub burst: NonZeroU32,
}

/// Whose bucket a request draws from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Client {
    /// Somebody who is known.
    Known(Caller),
    /// Anybody at this address; of an IPv6 address the network counts (its first 64 bits), which belongs to one customer.
    Address(IpAddr),
    /// Anybody at this address again, for requests that are to be counted apart from their others: those that ask after
    /// health, lest many bad requests from behind a balancer make it take the service for dead.
    Prober(IpAddr),
}

impl Hash for Client {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        let (kind, address) = match self {
            Self::Known(caller) => return (0_u8, caller).hash(state),
            Self::Address(address) => (1_u8, address),
            Self::Prober(address) => (2_u8, address),
        };
        match address.to_canonical() {
            IpAddr::V4(address) => (kind, address).hash(state),
            IpAddr::V6(address) => (kind, &address.octets()[..8]).hash(state),
        }
    }
}

/// Limits clients to a rate. Publishes, in the map it is given:
///
/// | variable | what it holds |
/// |---|---|
/// | `allowed` | requests let through |
/// | `refused` | requests answered 429 |
/// | `forgotten` | clients whose bucket was not full when another took its place: the table is too small |
#[derive(Debug)]
pub struct RateLimit {
    /// Nanoseconds between requests in the long run.
    interval: u64,
    /// Nanoseconds' worth of requests that a full bucket holds.
    depth: u64,
    policy: HeaderValue,
    start: Instant,
    hasher: RandomState,
    shards: Box<[Mutex<Shard>]>,
    allowed: Counter,
    refused: Counter,
    forgotten: Counter,
}

const SHARDS: usize = 64;
const SETS: usize = 128;
/// Places a client may have.
const WAYS: usize = 8;

/// 64 Ki clients in 1 MiB.
type Shard = Box<[[Slot; WAYS]; SETS]>;

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    client: u64,
    /// When the bucket is full again, in nanoseconds since the start.
    full_at: u64,
}

const RATELIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATELIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

impl RateLimit {
    /// A limit with all buckets full.
    ///
    /// # Errors
    /// One of the names holds another kind of variable.
    pub fn new(rate: Rate, variables: &Map) -> Result<Self, expvar::Error> {
        let interval = 1_000_000_000 / u64::from(rate.per_second.get());
        let depth = interval * u64::from(rate.burst.get());
        let window = whole_seconds(Duration::from_nanos(depth)).max(1);
        let policy = format!("\"client\";q={};w={window}", rate.burst);
        let shards =
            std::iter::repeat_with(|| Mutex::new(Shard::from([[Slot::default(); WAYS]; SETS])));
        Ok(Self {
            interval,
            depth,
            policy: HeaderValue::try_from(policy).expect("plain characters"),
            start: Instant::now(),
            hasher: RandomState::new(),
            shards: shards.take(SHARDS).collect(),
            allowed: variables.counter("allowed")?,
            refused: variables.counter("refused")?,
            forgotten: variables.counter("forgotten")?,
        })
    }

    /// Counts something that a handler does for a client, such as trying a password.
    ///
    /// # Errors
    /// 429 `too_many_requests` if it was done too often.
    pub fn count(&self, client: &Client) -> Result<(), ApiError> {
        self.check(client).map(drop)
    }

    /// Takes a token from the client's bucket.
    ///
    /// # Errors
    /// 429 `too_many_requests` if there is none.
    pub(crate) fn check(&self, client: &Client) -> Result<Allowance, ApiError> {
        let now = self.start.elapsed().as_nanos() as u64;
        match self.take(self.hasher.hash_one(client), now) {
            Ok(full_in) => {
                self.allowed.inc();
                Ok(Allowance {
                    remaining: (self.depth - full_in) / self.interval,
                    full_in,
                })
            }
            Err(wait) => {
                self.refused.inc();
                Err(self.refuse(Duration::from_nanos(wait)))
            }
        }
    }

    /// How long until the bucket is full again, or until there is a token in it.
    fn take(&self, client: u64, now: u64) -> Result<u64, u64> {
        let shard = &self.shards[client as usize % SHARDS];
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        let set = &mut shard[(client >> 32) as usize % SETS];
        let slot = match set.iter_mut().position(|slot| slot.client == client) {
            Some(found) => &mut set[found],
            None => self.evict(set, client, now),
        };
        let full_in = slot.full_at.max(now) - now + self.interval;
        if full_in > self.depth {
            return Err(full_in - self.depth);
        }
        slot.full_at = now + full_in;
        Ok(full_in)
    }

    fn evict<'a>(&self, set: &'a mut [Slot; WAYS], client: u64, now: u64) -> &'a mut Slot {
        let fullest = set
            .iter_mut()
            .min_by_key(|slot| slot.full_at)
            .expect("a set has places");
        if fullest.full_at > now {
            self.forgotten.inc();
        }
        *fullest = Slot {
            client,
            full_at: now,
        };
        fullest
    }

    fn refuse(&self, wait: Duration) -> ApiError {
        let reset = whole_seconds(wait).max(1);
        ApiError::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_requests",
            "more requests than one client may make; try again later",
        )
        .with_retry_after(wait)
        .with_header(RATELIMIT_POLICY, self.policy.clone())
        .with_header(RATELIMIT, state(0, reset))
    }

    /// Tells the client what it has left.
    pub(crate) fn tell(&self, allowance: &Allowance, headers: &mut HeaderMap) {
        let full_in = whole_seconds(Duration::from_nanos(allowance.full_in));
        headers.insert(RATELIMIT_POLICY, self.policy.clone());
        headers.insert(RATELIMIT, state(allowance.remaining, full_in));
    }
}

/// What a client has left after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Allowance {
    remaining: u64,
    /// Nanoseconds until the bucket is full again.
    full_in: u64,
}

/// As in draft-ietf-httpapi-ratelimit-headers: what is left, and in how many seconds there will be more.
fn state(remaining: u64, reset: u64) -> HeaderValue {
    HeaderValue::try_from(format!("\"client\";r={remaining};t={reset}")).expect("plain characters")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(per_second: u32, burst: u32) -> RateLimit {
        let number = |number| NonZeroU32::new(number).expect("not zero");
        let rate = Rate {
            per_second: number(per_second),
            burst: number(burst),
        };
        RateLimit::new(rate, &Map::default()).expect("free names")
    }

    fn address(text: &str) -> Client {
        Client::Address(text.parse().expect("an address"))
    }

    #[tokio::test(start_paused = true)]
    async fn a_bucket_holds_a_burst_and_fills_at_its_rate() {
        let limit = limit(10, 3);
        let client = address("192.0.2.1");
        let left =
            |allowance: Result<Allowance, ApiError>| allowance.map(|left| left.remaining).ok();
        for expected in [Some(2), Some(1), Some(0), None, None] {
            assert_eq!(left(limit.check(&client)), expected);
        }
        assert_eq!(left(limit.check(&address("192.0.2.2"))), Some(2));
        tokio::time::advance(Duration::from_millis(99)).await;
        assert_eq!(left(limit.check(&client)), None);
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(left(limit.check(&client)), Some(0));
        assert_eq!(left(limit.check(&client)), None);
        tokio::time::advance(Duration::from_hours(1)).await;
        assert_eq!(left(limit.check(&client)), Some(2));
        assert_eq!((limit.allowed.value(), limit.refused.value()), (6, 4));
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_says_when_to_come_back() {
        let limit = limit(1, 1);
        let client = address("192.0.2.1");
        limit.check(&client).expect("the first");
        tokio::time::advance(Duration::from_millis(100)).await;
        let error = limit.check(&client).expect_err("the bucket is empty");
        let headers: HeaderMap = error.headers.into_iter().collect();
        assert_eq!(headers["retry-after"], "1");
        assert_eq!(headers["ratelimit-policy"], "\"client\";q=1;w=1");
        assert_eq!(headers["ratelimit"], "\"client\";r=0;t=1");
    }

    #[tokio::test(start_paused = true)]
    async fn clients_are_told_apart_and_networks_are_not() {
        let known = |name: &str| Client::Known(Caller(name.into()));
        let prober = |text: &str| Client::Prober(text.parse().expect("an address"));
        for (one, other, same) in [
            (address("192.0.2.1"), address("192.0.2.2"), false),
            (address("192.0.2.1"), address("::ffff:192.0.2.1"), true),
            (address("2001:db8::1"), address("2001:db8::2"), true),
            (address("2001:db8::1"), address("2001:db8:0:1::1"), false),
            (address("192.0.2.1"), prober("192.0.2.1"), false),
            (prober("2001:db8::1"), prober("2001:db8::2"), true),
            (known("ann"), known("ann"), true),
            (known("ann"), known("bob"), false),
        ] {
            let limit = limit(1, 1);
            limit.check(&one).expect("a full bucket");
            assert_eq!(limit.check(&other).is_err(), same, "{one:?}, {other:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_of_clients_takes_no_more_memory_and_costs_the_greedy_nothing() {
        let limit = limit(1, 100);
        let greedy = address("192.0.2.1");
        while limit.check(&greedy).is_ok() {}
        for network in 0..1_000_000_u32 {
            let [a, b, c, d] = network.to_be_bytes();
            let _some_are_refused = limit.check(&address(&format!("10.{b}.{c}.{d}")));
            assert_eq!(a, 0);
        }
        assert!(limit.forgotten.value() > 0, "there was no place for all");
        assert!(limit.check(&greedy).is_err(), "the emptiest bucket is kept");
    }
}
