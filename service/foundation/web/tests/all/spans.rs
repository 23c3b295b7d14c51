//! The span that a request leaves.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::get;
use http::Method;
use trace::{Sampler, Sink, Span, Tracer, Value};
use web::Config;

use crate::support::{Api, request};

#[derive(Default)]
struct Kept(Mutex<Vec<Span>>);

impl Sink for Kept {
    fn take(&self, span: Span) {
        self.0.lock().expect("no panics").push(span);
    }
}

fn attribute<'a>(span: &'a Span, key: &str) -> Option<&'a Value> {
    let mut found = span.attributes.iter().filter(|(have, _)| *have == key);
    found.next().map(|(_, value)| value)
}

#[tokio::test(start_paused = true)]
async fn a_span_says_what_was_asked_and_what_came_of_it() {
    let kept = Arc::new(Kept::default());
    let tracer = Tracer::new(7, Sampler::ALL, Arc::<Kept>::clone(&kept));
    let routes = Router::new().route("/v1/orders/{id}", get(async || "here"));
    let api = Api::new(routes, Config::default(), |onion, _| onion.trace(tracer));
    let long = format!("/v1/orders/{}", "x".repeat(5_000));
    for (method, path, name, known_as, status) in [
        (
            Method::GET,
            "/v1/orders/7?secret=canary",
            "GET /v1/orders/{id}",
            "GET",
            200,
        ),
        (Method::GET, &*long, "GET /v1/orders/{id}", "GET", 200),
        (Method::GET, "/nowhere", "GET", "GET", 404),
        (
            Method::from_bytes(&[b'X'; 5_000]).expect("a method"),
            "/v1/orders/7",
            "HTTP /v1/orders/{id}",
            "_OTHER",
            405,
        ),
    ] {
        assert_eq!(api.ask(request(method, path, "")).await.status, status);
        let span = kept.0.lock().expect("no panics").pop().expect("a span");
        assert_eq!(span.name, name);
        let method = attribute(&span, "http.request.method");
        assert_eq!(method, Some(&Value::from(known_as)));
        let told = attribute(&span, "http.response.status_code");
        assert_eq!(told, Some(&Value::Int(status.into())));
        let shown = format!("{span:?}");
        assert!(!shown.contains("canary"), "{shown}");
        // Whatever is asked, a span that waits takes little memory.
        assert!(shown.len() < 2_000, "{} bytes", shown.len());
    }
}
