//! What keeps the service at work when more is asked of it than it can do: who may ask how often, how much is under way at
//! once, and who waits.

use std::fmt;
use std::num::{NonZeroU16, NonZeroU32, NonZeroUsize};

use crate::access::{Access, Profile};
use axum::extract::MatchedPath;
use clap::{Args, ValueEnum};
use expvar::{About, Error, Registry};
use http::request::Parts;
use http::{HeaderValue, Method};
use listen::{Cut, Limits, Network, Peer, Traffic};
use web::{
    Caller, Capacity, Client, Cors, ForwardedBy, Gate, Metrics, Onion, Priority, Rate, RateLimit,
    client_address,
};

/// How much the service lets in.
#[derive(Args, Clone, Debug)]
pub struct Protection {
    /// How many connections may be open; more wait until one closes
    #[arg(long, env = "SALES_MAX_CONNECTIONS", value_name = "N", default_value_t = number(10_000))]
    pub max_connections: NonZeroUsize,

    /// How many connections one client may have open, told by its address; more are closed at once; 0 is any number. Neither
    /// trusted proxies nor, in development, clients on this machine are limited
    #[arg(
        long,
        env = "SALES_MAX_CLIENT_CONNECTIONS",
        value_name = "N",
        default_value_t = 1_000
    )]
    pub max_client_connections: usize,

    /// How many requests are worked on at once; more wait, orders first, and are refused if that takes too long
    #[arg(long, env = "SALES_CONCURRENCY", value_name = "N", default_value_t = number(256))]
    pub concurrency: NonZeroUsize,

    /// How many requests may wait for that
    #[arg(long, env = "SALES_QUEUE", value_name = "N", default_value_t = 1024)]
    pub queue: usize,

    /// How many requests a second one client may make; 0 is any number. A client is who a token says, or else an address; refused
    /// requests count too. In development, clients on this machine are not limited
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

    /// Networks of proxies, with commas between, such as 10.0.0.0/8, that are believed when they say for whom they ask
    /// [default: nobody]
    #[arg(
        long = "trusted-proxy",
        env = "SALES_TRUSTED_PROXY",
        value_name = "CIDR",
        value_delimiter = ','
    )]
    pub trusted_proxies: Vec<Network>,

    /// The header in which they say so; the other one is not believed
    #[arg(long, env = "SALES_PROXY_HEADER", value_enum, default_value_t)]
    pub proxy_header: ProxyHeader,
}

/// The header in which proxies say for whom they ask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ProxyHeader {
    /// A list of addresses, as most proxies write it
    #[default]
    XForwardedFor,
    /// That of RFC 7239
    Forwarded,
}

impl From<ProxyHeader> for ForwardedBy {
    fn from(header: ProxyHeader) -> ForwardedBy {
        match header {
            ProxyHeader::XForwardedFor => ForwardedBy::XForwardedFor,
            ProxyHeader::Forwarded => ForwardedBy::Forwarded,
        }
    }
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
        let clients = Clients {
            profile,
            proxies: self.trusted_proxies.clone(),
            header: self.proxy_header.into(),
        };
        let mut onion = Onion::new(config, metrics).limit_load(gate, priority);
        if let Some(per_second) = NonZeroU32::new(self.rate_limit) {
            let rate = Rate {
                per_second,
                burst: self.rate_burst,
            };
            let limit = RateLimit::new(rate, &variables.map("rate_limit")?)?;
            onion = onion.limit_rate(limit, move |request, caller| clients.of(request, caller));
        }
        Ok(onion)
    }

    /// The limits of the listener. Its variables are `connections`.
    ///
    /// # Errors
    /// A variable's name is taken.
    pub fn listener(&self, profile: Profile, variables: &Registry) -> Result<Limits, Error> {
        let traffic = Traffic::default();
        publish_connections(variables, &traffic)?;
        let max_connections = self.max_connections.get();
        let mut not_per_client = self.trusted_proxies.clone();
        if profile == Profile::Development {
            not_per_client.extend(Network::LOOPBACK);
        }
        Ok(Limits {
            max_per_client: match self.max_client_connections {
                0 => usize::MAX,
                max => max,
            },
            not_per_client,
            max_connections: max_connections.min(listen::raise_descriptor_limit()),
            traffic,
            ..Limits::default()
        })
    }
}

/// Asked every few seconds by whoever looks after the service.
pub(crate) const HEALTH: [&str; 3] = ["/v1/liveness", "/v1/readiness", "/v1/startup"];

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

/// Tells clients apart.
#[derive(Debug)]
struct Clients {
    profile: Profile,
    proxies: Vec<Network>,
    header: ForwardedBy,
}

impl Clients {
    /// Who is known by name is counted by name, others by their address, behind proxies that are trusted too; whoever asks
    /// after health, apart from that. In development nobody on this machine is counted.
    fn of(&self, request: &Parts, caller: Option<&Caller>) -> Option<Client> {
        if let Some(caller) = caller {
            return Some(Client::Known(caller.clone()));
        }
        let Peer(peer) = request.extensions.get::<Peer>()?;
        let is_proxy = |address| self.proxies.iter().any(|proxy| proxy.contains(address));
        let address = client_address(peer.ip(), &request.headers, self.header, is_proxy);
        let counted = self.profile == Profile::Production || !address.is_loopback();
        let route = request.extensions.get::<MatchedPath>();
        let probes = route.is_some_and(|route| HEALTH.contains(&route.as_str()));
        let client = if probes {
            Client::Prober
        } else {
            Client::Address
        };
        counted.then(|| client(address))
    }
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
        cut.describe(why.word(), About::new("Connections cut off.").counter());
    }
    let accepted = About::new("Connections accepted.").counter();
    connections.describe("accepted", accepted);
    Ok(())
}

/// As the flags that would make it.
impl fmt::Display for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "--max-connections {} --max-client-connections {} --concurrency {} --queue {} --rate-limit {} --rate-burst {}",
            self.max_connections,
            self.max_client_connections,
            self.concurrency,
            self.queue,
            self.rate_limit,
            self.rate_burst
        )?;
        for proxy in &self.trusted_proxies {
            write!(f, " --trusted-proxy {proxy}")?;
        }
        if self.proxy_header == ProxyHeader::Forwarded {
            write!(f, " --proxy-header forwarded")?;
        }
        Ok(())
    }
}

impl Default for Protection {
    fn default() -> Self {
        Self {
            max_connections: number(10_000),
            max_client_connections: 1_000,
            concurrency: number(256),
            queue: 1024,
            rate_limit: 200,
            rate_burst: number(400),
            trusted_proxies: Vec::new(),
            proxy_header: ProxyHeader::default(),
        }
    }
}

#[cfg(test)]
mod tests {
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

    fn request_from(peer: &str) -> Parts {
        let (mut request, ()) = http::Request::new(()).into_parts();
        let peer = peer.parse().expect("an address");
        request.extensions.insert(Peer(peer));
        request
    }

    fn clients(profile: Profile) -> Clients {
        Clients {
            profile,
            proxies: vec!["10.0.0.0/8".parse().expect("a network")],
            header: ForwardedBy::XForwardedFor,
        }
    }

    #[test]
    fn behind_a_trusted_proxy_its_client_is_counted() {
        for (peer, expected) in [("10.0.0.1:1", "198.51.100.7"), ("192.0.2.1:1", "192.0.2.1")] {
            let mut request = request_from(peer);
            let said = HeaderValue::from_static("198.51.100.7");
            request.headers.insert("x-forwarded-for", said);
            let address = expected.parse().expect("an address");
            let client = clients(Profile::Production).of(&request, None);
            assert_eq!(client, Some(Client::Address(address)));
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
            let request = request_from(peer);
            let client = |profile, caller| clients(profile).of(&request, caller);
            let (development, production) = (Profile::Development, Profile::Production);
            assert_eq!(client(development, None).is_some(), limited, "{peer}");
            assert!(client(production, None).is_some(), "{peer}");
            let caller = Caller("ann".into());
            let expected = Some(Client::Known(caller.clone()));
            assert_eq!(client(development, Some(&caller)), expected);
        }
    }
}
