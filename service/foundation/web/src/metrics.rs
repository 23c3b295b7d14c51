//! The variables that the pipeline keeps.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use expvar::{Counter, Error, Family, Gauge, Histogram, Recent, Registry};
use http::{Method, StatusCode};

use crate::limits::body::Held;

/// What "recent" means: short enough to show a change within seconds, long enough for a p99.
const RECENT: Duration = Duration::from_secs(10);

/// Counts and times requests, under these names:
///
/// | variable | what it holds |
/// |---|---|
/// | `requests` | requests answered or given up |
/// | `errors` | of these, answered with a status of 500 or more |
/// | `panics` | panics in this process that were caught, those outside requests included |
/// | `in_flight` | requests under way |
/// | `latency_ns` | nanoseconds from a request's header to its answer's header |
/// | `latency_recent_ns` | the same, of the last ten seconds |
/// | `request_bodies.bytes` | bytes of requests' bodies in memory, or promised to those that are being read |
/// | `request_bodies.refused` | requests refused because that was too much |
/// | `routes` | requests by method, route and class of status: `routes.GET./v1/orders/{id}.2xx` |
/// | `route_latency_ns` | `latency_ns` by method and route: `route_latency_ns.GET./v1/orders/{id}` |
#[derive(Debug, Clone)]
pub struct Metrics {
    requests: Counter,
    errors: Counter,
    in_flight: Gauge,
    latency: Histogram,
    routes: Family<Counter>,
    route_latency: Family<Histogram>,
    pub(crate) bodies: Held,
    pub(crate) bodies_refused: Counter,
}

impl Metrics {
    /// Publishes the variables.
    ///
    /// # Errors
    /// One of the names holds another kind of variable.
    pub fn new(registry: &Registry) -> Result<Self, Error> {
        publish_panics(registry)?;
        let latency = registry.histogram("latency_ns")?;
        let recent = Recent::new(latency.clone(), RECENT, Instant::now());
        registry.func("latency_recent_ns", move || recent.to_json(Instant::now()))?;
        let bodies = registry.map("request_bodies")?;
        let held = Held::default();
        let bytes = Held::clone(&held);
        bodies.func("bytes", move || bytes.load(Ordering::Relaxed).into())?;
        Ok(Self {
            bodies: held,
            bodies_refused: bodies.counter("refused")?,
            requests: registry.counter("requests")?,
            errors: registry.counter("errors")?,
            in_flight: registry.gauge("in_flight")?,
            latency,
            routes: registry.counters("routes", &["method", "route", "status"])?,
            route_latency: registry.histograms("route_latency_ns", &["method", "route"])?,
        })
    }

    /// A request has come in. For a pipeline other than [`mount`](crate::mount)'s, and to measure what this costs;
    /// [`ended`](Metrics::ended) must follow.
    pub fn started(&self) {
        self.in_flight.inc();
    }

    /// A request has been answered, or given up: `status` is `None` if the client left before the answer.
    pub fn ended(&self, method: &Method, route: &str, status: Option<StatusCode>, took: Duration) {
        self.in_flight.dec();
        self.requests.inc();
        self.latency.record_duration(took);
        if status.is_some_and(|status| status.is_server_error()) {
            self.errors.inc();
        }
        let labels = [method_label(method), route, class(status)];
        self.routes.update(&labels, Counter::inc);
        self.route_latency
            .update(&labels[..2], |latency| latency.record_duration(took));
    }
}

/// The count is the process's, so whoever comes first publishes it.
fn publish_panics(registry: &Registry) -> Result<(), Error> {
    match registry.func("panics", || lifecycle::panics().into()) {
        Ok(()) | Err(Error::Taken { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Clients can make up methods; variables for them would fill the memory.
pub(crate) fn method_label(method: &Method) -> &str {
    match method.as_str() {
        known @ ("GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS") => known,
        _ => "other",
    }
}

fn class(status: Option<StatusCode>) -> &'static str {
    match status.map(|status| status.as_u16() / 100) {
        Some(1) => "1xx",
        Some(2) => "2xx",
        Some(3) => "3xx",
        Some(4) => "4xx",
        Some(_) => "5xx",
        None => "gone",
    }
}
