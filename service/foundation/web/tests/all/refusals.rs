//! What may keep a request from its handler: policy, rate, body. (Load has a file of its own.)

use std::convert::Infallible;
use std::num::NonZeroU32;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::request::Parts;
use http::{Method, Request, StatusCode};
use web::{ApiError, Auth, Caller, Client, Config, Cors, Onion, Rate, RateLimit};

use crate::support::{Api, request, with};

fn routes() -> Router {
    Router::new()
        .route("/v1/page", get(async || "a page"))
        .route(
            "/v1/me",
            get(async |axum::Extension(caller): axum::Extension<Caller>| caller.to_string()),
        )
        .route("/v1/echo", post(async |body: String| body))
        .route("/v1/keep", post(std::future::pending::<()>))
}

/// Lets in who has a name.
struct Door;

impl Auth for Door {
    fn check<'a>(
        &'a self,
        request: &'a mut Parts,
    ) -> BoxFuture<'a, Result<Option<Caller>, ApiError>> {
        async {
            let name = request.headers.get("x-name");
            match name.map(|name| name.to_str().expect("text")) {
                Some("nobody") => panic!("on purpose"),
                Some("slow") => std::future::pending().await,
                Some(name) => Ok(Some(Caller(name.into()))),
                None => Err(ApiError::new(
                    StatusCode::UNAUTHORIZED,
                    "unauthenticated",
                    "who are you?",
                )),
            }
        }
        .boxed()
    }
}

fn guarded() -> Api {
    Api::new(routes(), Config::default(), |onion, _| onion.auth(Door))
}

fn named(name: &str, path: &str) -> Request<Body> {
    with(Method::GET, path, &[("x-name", name)], "")
}

#[tokio::test(start_paused = true)]
async fn a_policy_decides_and_handlers_learn_whom_it_let_in() {
    let api = guarded();
    assert_eq!(api.ask(named("ann", "/v1/me")).await.body, "ann");
    let refused = api.get("/v1/me").await;
    assert_eq!(refused.code(), (401, "unauthenticated".to_owned()));
    assert_eq!(api.variable("routes.GET./v1/me.4xx"), "1");
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_panics_or_hangs_costs_its_own_request() {
    let api = guarded();
    let answer = api.ask(named("nobody", "/v1/me")).await;
    assert_eq!(answer.code(), (500, "internal".to_owned()));
    let answer = api.ask(named("slow", "/v1/me")).await;
    assert_eq!(answer.code(), (504, "timed_out".to_owned()));
}

fn rated(onion: Onion, variables: &expvar::Registry) -> Onion {
    let two = NonZeroU32::new(2).expect("not zero");
    let rate = Rate {
        per_second: two,
        burst: two,
    };
    let variables = variables.map("rate_limit").expect("a free name");
    let limit = RateLimit::new(rate, &variables).expect("free names");
    onion.auth(Door).limit_rate(limit, |_, caller| {
        let limited = caller.filter(|caller| &*caller.0 != "friend");
        limited.cloned().map(Client::Known)
    })
}

#[tokio::test(start_paused = true)]
async fn clients_that_ask_too_often_are_refused_one_by_one() {
    let api = Api::new(routes(), Config::default(), rated);
    let ask = |name| api.ask(named(name, "/v1/page"));
    let first = ask("ann").await;
    assert_eq!(first.header("ratelimit-policy"), "\"client\";q=2;w=1");
    assert_eq!(first.header("ratelimit"), "\"client\";r=1;t=1");
    assert_eq!(ask("ann").await.status, 200);
    let refused = ask("ann").await;
    assert_eq!(refused.code(), (429, "too_many_requests".to_owned()));
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(refused.header("ratelimit"), "\"client\";r=0;t=1");
    assert_eq!(ask("bob").await.status, 200);
    for _ in 0..10 {
        let answer = ask("friend").await;
        assert_eq!((answer.status, answer.header("ratelimit")), (200, ""));
    }
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(ask("ann").await.status, 200);
    assert_eq!(api.variable("rate_limit.allowed"), "4");
    assert_eq!(api.variable("rate_limit.refused"), "1");
    assert_eq!(api.variable("errors"), "0");
}

#[tokio::test(start_paused = true)]
async fn what_the_policy_refuses_is_not_free() {
    let api = Api::new(routes(), Config::default(), |onion, variables| {
        let two = NonZeroU32::new(2).expect("not zero");
        let rate = Rate {
            per_second: two,
            burst: two,
        };
        let variables = variables.map("rate_limit").expect("a free name");
        let limit = RateLimit::new(rate, &variables).expect("free names");
        onion.auth(Door).limit_rate(limit, |_, caller| {
            let address = || Client::Address("192.0.2.1".parse().expect("an address"));
            Some(caller.cloned().map_or_else(address, Client::Known))
        })
    });
    for status in [401, 401, 429, 429] {
        assert_eq!(api.get("/v1/page").await.status, status);
    }
    // Who is known is counted by name, wherever they are.
    assert_eq!(api.ask(named("ann", "/v1/page")).await.status, 200);
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(api.get("/v1/page").await.status, 401);
}

fn bodies() -> Api {
    let config = Config {
        body_limit: 64,
        body_memory: 128,
        body_timeout: Duration::from_secs(5),
        ..Config::default()
    };
    Api::new(routes(), config, |onion, _| onion)
}

/// A body that does not say its size.
fn streamed(
    pieces: impl futures_util::Stream<Item = &'static str> + Send + 'static,
) -> Request<Body> {
    use futures_util::StreamExt;
    let body = Body::from_stream(pieces.map(Ok::<_, Infallible>));
    request(Method::POST, "/v1/echo", "").map(|_| body)
}

#[tokio::test(start_paused = true)]
async fn a_body_may_be_as_large_as_the_limit_and_not_larger() {
    let api = bodies();
    let fits = "x".repeat(64);
    assert_eq!(api.post("/v1/echo", &fits).await.body, fits);
    let answer = api.post("/v1/echo", &"x".repeat(65)).await;
    assert_eq!(answer.code(), (413, "body_too_large".to_owned()));
    let endless = streamed(futures_util::stream::repeat("      "));
    let answer = api.ask(endless).await;
    assert_eq!(answer.code(), (413, "body_too_large".to_owned()));
    assert_eq!(api.variable("request_bodies.bytes"), "0");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_arrive_in_time_is_the_clients_error() {
    let api = bodies();
    let started = tokio::time::Instant::now();
    let answer = api.ask(streamed(futures_util::stream::pending())).await;
    assert_eq!(answer.code(), (408, "body_timed_out".to_owned()));
    assert_eq!(started.elapsed().as_secs(), 5);
    assert_eq!(api.variable("errors"), "0");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_breaks_off_is_no_request() {
    let broken = futures_util::stream::iter([Ok("{"), Err(std::io::Error::other("gone"))]);
    let sent = request(Method::POST, "/v1/echo", "").map(|_| Body::from_stream(broken));
    let answer = bodies().ask(sent).await;
    assert_eq!(answer.code(), (400, "incomplete_body".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn the_memory_of_all_bodies_is_bounded_and_given_back() {
    use tower::ServiceExt;
    let api = bodies();
    // Two that promise nothing take as much as they might need.
    let keep = || {
        let stream = futures_util::stream::pending();
        Box::pin(api.router.clone().oneshot(streamed(stream)))
    };
    let (mut one, mut other) = (keep(), keep());
    assert!((&mut one).now_or_never().is_none());
    assert!((&mut other).now_or_never().is_none());
    assert_eq!(api.variable("request_bodies.bytes"), "128");
    let refused = api.post("/v1/echo", "x").await;
    assert_eq!(refused.code(), (503, "overloaded".to_owned()));
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(api.get("/v1/page").await.status, 200);
    drop((one, other));
    assert_eq!(api.post("/v1/echo", "x").await.status, 200);
    assert_eq!(api.variable("request_bodies.bytes"), "0");
    assert_eq!(api.variable("request_bodies.refused"), "1");
}

#[tokio::test(start_paused = true)]
async fn pages_of_other_origins_may_read_nothing_unless_they_are_named() {
    let shop = [("origin", "https://shop.example")];
    let ask = || with(Method::GET, "/v1/page", &shop, "");
    let off = Api::new(routes(), Config::default(), |onion, _| onion);
    let answer = off.ask(ask()).await;
    let is_cors = |name: &http::HeaderName| name.as_str().starts_with("access-control");
    assert!(!answer.headers.keys().any(is_cors), "{:?}", answer.headers);

    let on = Api::new(routes(), Config::default(), |onion, _| {
        let origin = "https://shop.example".parse().expect("a value");
        onion.auth(Door).cors(Cors::new([origin]))
    });
    // Also an error may be read.
    let answer = on.ask(ask()).await;
    assert_eq!(answer.status, 401);
    assert_eq!(
        answer.header("access-control-allow-origin"),
        "https://shop.example"
    );
    assert_eq!(answer.header("vary"), "origin");
    let foreign = [("origin", "https://evil.example")];
    let answer = on.ask(with(Method::GET, "/v1/page", &foreign, "")).await;
    assert!(!answer.headers.keys().any(is_cors), "{:?}", answer.headers);
}

#[tokio::test(start_paused = true)]
async fn a_browser_that_asks_first_needs_no_name() {
    let on = Api::new(routes(), Config::default(), |onion, _| {
        let origin = "https://shop.example".parse().expect("a value");
        onion.auth(Door).cors(Cors::new([origin]))
    });
    for (origin, allowed) in [
        ("https://shop.example", true),
        ("https://evil.example", false),
    ] {
        let headers = [("origin", origin), ("access-control-request-method", "PUT")];
        let answer = on
            .ask(with(Method::OPTIONS, "/v1/page", &headers, ""))
            .await;
        assert_eq!(answer.status == 204, allowed, "{}", answer.status);
        let methods = answer.header("access-control-allow-methods");
        assert_eq!(methods.contains("PUT"), allowed);
    }
}
