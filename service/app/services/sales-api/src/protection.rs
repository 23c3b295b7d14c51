//! What keeps the service at work when more is asked of it than it can do: who may ask how often, how much is under way at
//! once, and who waits.

use std::fmt;
use std::net::IpAddr;
use std::num::{NonZeroU16, NonZeroU32, NonZeroUsize};

use crate::access::{Access, Profile};
use axum::extract::Request;
use clap::Args;
use expvar::{Error, Registry};
use http::{HeaderValue, Method};
use listen::{Cut, Limits, Peer, Traffic};
use web::{Caller, Capacity, Client, Cors, Gate, Metrics, Onion, Priority, Rate, RateLimit};

/// How much the service lets in.
#[derive(Args, Clone, Debug)]
pub struct Protection {
    /// How many connections may be open; more wait until one closes
    #[arg(long, env = "SALES_MAX_CONNECTIONS", value_name = "N", default_value_t = number(10_000))]
    pub max_connections: NonZeroUsize,

    /// How many requests are worked on at once; more wait, orders first, and are refused if that takes too long
    #[arg(long, env = "SALES_CONCURRENCY", value_name = "N", default_value_t = number(256))]
    pub concurrency: NonZeroUsize,

    /// How many requests may wait for that
    #[arg(long, env = "SALES_QUEUE", value_name = "N", default_value_t = 1024)]
    pub queue: usize,

    /// How many requests a second one client may make; 0 is any number. In development, clients on this machine are not limited
    #[arg(
        long,
        env = "SALES_RATE_LIMIT",
        value_name = "N",
        default_value_t = 200
    )]
    pub rate_limit: u32,

    /// How many requests one client may make at once after a pause
    #[arg(long, env = "SALES_RATE_BURST", value_name = "N", default_value_t = number(400))]
    pub rate_burst: NonZeroU32,
}

fn number<N: From<NonZeroU16>>(number: u16) -> N {
    NonZeroU16::new(number)
        .expect("a default is not zero")
        .into()
}

impl Protection {
    /// The pipeline with all of its limits. Its variables are `overload` and `rate_limit`.
    ///
    /// # Errors
    /// A variable's name is taken.
    pub fn onion(
        &self,
        config: web::Config,
        origins: Vec<HeaderValue>,
        metrics: Metrics,
        access: Access,
        variables: &Registry,
    ) -> Result<Onion, Error> {
        let mut onion = self
            .limits(config, metrics, access.profile(), variables)?
            .auth(access);
        if !origins.is_empty() {
            onion = onion.cors(Cors::new(origins));
        }
        Ok(onion)
    }

    /// The limits alone, which ask nobody who they are: what [`onion`](Protection::onion) is measured against.
    ///
    /// # Errors
    /// A variable's name is taken.
    pub fn limits(
        &self,
        mut config: web::Config,
        metrics: Metrics,
        profile: Profile,
        variables: &Registry,
    ) -> Result<Onion, Error> {
        config.quiet = HEALTH.map(str::to_owned).to_vec();
        let capacity = Capacity {
            concurrency: self.concurrency.get(),
            queue: self.queue,
            ..Capacity::default()
        };
        let gate = Gate::new(capacity, &variables.map("overload")?)?;
        let mut onion = Onion::new(config, metrics).limit_load(gate, priority);
        if let Some(per_second) = NonZeroU32::new(self.rate_limit) {
            let rate = Rate {
                per_second,
                burst: self.rate_burst,
            };
            let limit = RateLimit::new(rate, &variables.map("rate_limit")?)?;
            onion = onion.limit_rate(limit, move |request, caller| {
                client(profile, request, caller)
            });
        }
        Ok(onion)
    }

    /// The limits of the listener. Its variables are `connections`.
    ///
    /// # Errors
    /// A variable's name is taken.
    pub fn listener(&self, variables: &Registry) -> Result<Limits, Error> {
        let traffic = Traffic::default();
        publish_connections(variables, &traffic)?;
        let max_connections = self.max_connections.get();
        Ok(Limits {
            max_connections: max_connections.min(listen::raise_descriptor_limit()),
            traffic,
            ..Limits::default()
        })
    }
}

/// Asked every few seconds by whoever looks after the service.
pub(crate) const HEALTH: [&str; 2] = ["/v1/liveness", "/v1/readiness"];

/// Health before orders before browsing.
fn priority(_: &Method, route: &str) -> Priority {
    if HEALTH.contains(&route) {
        Priority::Vital
    } else if route.starts_with("/v1/orders") || route == "/v1/process" {
        Priority::High
    } else {
        Priority::Low
    }
}

/// Who is known by name is counted by name, others by their address. In development whoever is on this machine is not
/// counted.
fn client(profile: Profile, request: &Request, caller: Option<&Caller>) -> Option<Client> {
    if let Some(caller) = caller {
        return Some(Client::Known(caller.clone()));
    }
    let Peer(peer) = request.extensions().get::<Peer>()?;
    let address: IpAddr = peer.ip().to_canonical();
    let counted = profile == Profile::Production || !address.is_loopback();
    counted.then_some(Client::Address(address))
}

fn publish_connections(variables: &Registry, traffic: &Traffic) -> Result<(), Error> {
    let connections = variables.map("connections")?;
    let publish = |map: &expvar::Map, name: &str, read: fn(&Traffic) -> u64| {
        let traffic = traffic.clone();
        map.func(name, move || read(&traffic).into())
    };
    publish(&connections, "accepted", Traffic::accepted)?;
    publish(&connections, "open", Traffic::open)?;
    publish(&connections, "full", |traffic| traffic.is_full().into())?;
    let cut = connections.map("cut")?;
    for why in Cut::ALL {
        let traffic = traffic.clone();
        cut.func(why.word(), move || traffic.cut(why).into())?;
    }
    Ok(())
}

/// As the flags that would make it.
impl fmt::Display for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "--max-connections {} --concurrency {} --queue {} --rate-limit {} --rate-burst {}",
            self.max_connections, self.concurrency, self.queue, self.rate_limit, self.rate_burst
        )
    }
}

impl Default for Protection {
    fn default() -> Self {
        Self {
            max_connections: number(10_000),
            concurrency: number(256),
            queue: 1024,
            rate_limit: 200,
            rate_burst: number(400),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn health_goes_before_orders_and_these_before_browsing() {
        for (route, expected) in [
            ("/v1/readiness", Priority::Vital),
            ("/v1/orders", Priority::High),
            ("/v1/orders/{id}", Priority::High),
            ("/v1/products", Priority::Low),
            ("none", Priority::Low),
        ] {
            assert_eq!(priority(&Method::GET, route), expected, "{route}");
        }
    }

    #[test]
    fn in_development_only_clients_from_elsewhere_are_limited() {
        for (peer, limited) in [
            ("127.0.0.1:1", false),
            ("[::1]:1", false),
            ("[::ffff:127.0.0.1]:1", false),
            ("192.0.2.1:1", true),
        ] {
            let mut request = Request::new(Body::empty());
            let peer = peer.parse().expect("an address");
            request.extensions_mut().insert(Peer(peer));
            let client = |profile, caller| client(profile, &request, caller);
            let (development, production) = (Profile::Development, Profile::Production);
            assert_eq!(client(development, None).is_some(), limited, "{peer}");
            assert!(client(production, None).is_some(), "{peer}");
            let caller = Caller("ann".into());
            let expected = Some(Client::Known(caller.clone()));
            assert_eq!(client(development, Some(&caller)), expected);
        }
    }
}
