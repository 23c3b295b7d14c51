//! What the pipeline does around handlers, seen from outside: answers and variables.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use expvar::Registry;
use futures_util::FutureExt;
use http::{Method, Request, StatusCode};
use serde_json::json;
use tower::ServiceExt;
use web::{ApiError, Config, Deadline, Json, Metrics, Path, Query, RequestId, TraceContext};

use crate::support::{Api, request, with};

#[derive(serde::Deserialize, serde::Serialize)]
struct Order {
    quantity: u32,
}

#[derive(serde::Deserialize)]
struct Page {
    limit: u32,
}

fn routes() -> Router {
    Router::new()
        .route(
            "/v1/orders",
            post(async |Json(order): Json<Order>| Json(order)),
        )
        .route(
            "/v1/orders/{id}",
            get(async |Path(id): Path<u64>| format!("order {id}")),
        )
        .route(
            "/v1/page",
            get(async |Query(page): Query<Page>| format!("{} lines", page.limit)),
        )
        .route("/v1/id", get(async |id: RequestId| id.to_string()))
        .route(
            "/v1/trace",
            get(async |trace: TraceContext| trace.trace_id().to_string()),
        )
        .route(
            "/v1/deadline",
            get(async |deadline: Deadline| deadline.remaining().as_millis().to_string()),
        )
        .route("/v1/gives-up", get(gives_up))
        .route("/v1/panic", get(async || -> () { panic!("on purpose") }))
        .route("/v1/never", get(std::future::pending::<()>))
        .route("/v1/sold-out", get(sold_out))
        .route(
            "/v1/broken",
            get(async || -> ApiError { ApiError::internal("disk /dev/sdb1 is on fire") }),
        )
}

/// A handler with a budget of its own.
async fn gives_up(deadline: Deadline) -> Result<(), ApiError> {
    let own = Deadline::after(Duration::from_secs(2)).min(deadline);
    own.within(std::future::pending()).await
}

async fn sold_out() -> ApiError {
    ApiError::new(StatusCode::CONFLICT, "out_of_stock", "only 2 left")
        .with_field("items[0].quantity", "at most 2")
}

fn api() -> Api {
    let config = Config {
        time_limit: Duration::from_secs(20),
        body_timeout: Duration::from_secs(5),
        body_limit: 64,
        body_memory: 128,
        id_seed: 0xabc,
        ..Config::default()
    };
    Api::new(routes(), config, |onion, _| onion)
}

#[tokio::test(start_paused = true)]
async fn every_error_has_the_same_form() {
    let api = api();
    let answer = api.get("/v1/sold-out").await;
    assert_eq!(answer.status, 409);
    assert_eq!(
        answer.json(),
        json!({
            "type": "/errors/out_of_stock",
            "title": "Out of stock",
            "status": 409,
            "detail": "only 2 left",
            "code": "out_of_stock",
            "errors": [{ "field": "items[0].quantity", "message": "at most 2" }],
            "request_id": "000000000abc-000001",
            "trace_id": answer.json()["trace_id"],
        })
    );
    assert_eq!(answer.header("x-request-id"), "000000000abc-000001");
}

#[tokio::test(start_paused = true)]
async fn what_clients_do_wrong_has_stable_codes() {
    let api = api();
    let long = format!("{{\"quantity\": {}1}}", " ".repeat(64));
    for (answer, status, code) in [
        (api.get("/v1/nowhere").await, 404, "not_found"),
        (api.get("/v1/orders").await, 405, "method_not_allowed"),
        (
            api.post("/v1/orders", "{\"quantity\":").await,
            400,
            "malformed_json",
        ),
        (
            api.post("/v1/orders", "{\"quantity\": -1}").await,
            422,
            "invalid_body",
        ),
        (api.post("/v1/orders", "{}").await, 422, "invalid_body"),
        (api.post("/v1/orders", &long).await, 413, "body_too_large"),
        (api.get("/v1/orders/many").await, 400, "invalid_path"),
        (api.get("/v1/page?limit=few").await, 400, "invalid_query"),
        (api.get("/v1/page").await, 400, "invalid_query"),
        (api.get("/v1/never").await, 504, "timed_out"),
        (api.get("/v1/broken").await, 500, "internal"),
        (api.get("/v1/panic").await, 500, "internal"),
    ] {
        assert_eq!(answer.code(), (status, code.to_owned()), "{}", answer.body);
        assert_eq!(
            answer.json()["request_id"],
            json!(answer.header("x-request-id"))
        );
    }
    let untyped = Request::builder()
        .method(Method::POST)
        .uri("/v1/orders")
        .body(Body::from("{}"));
    let answer = api.ask(untyped.expect("a valid request")).await;
    assert_eq!(answer.code(), (415, "unsupported_media_type".to_owned()));
    assert_eq!(api.get("/v1/orders").await.header("allow"), "POST");
}

#[tokio::test(start_paused = true)]
async fn what_is_right_goes_through() {
    let api = api();
    assert_eq!(
        api.post("/v1/orders", "{\"quantity\": 3}").await.json(),
        json!({ "quantity": 3 })
    );
    assert_eq!(api.get("/v1/orders/7").await.body, "order 7");
    assert_eq!(api.get("/v1/page?limit=5").await.body, "5 lines");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_arrive_in_time_is_the_clients_error() {
    let api = api();
    let nothing = futures_util::stream::pending::<Result<&str, std::convert::Infallible>>();
    let request = Request::builder()
        .method(Method::POST)
        .uri("/v1/orders")
        .header("content-type", "application/json")
        .body(Body::from_stream(nothing))
        .expect("a valid request");
    let answer = api.ask(request).await;
    assert_eq!(answer.code(), (408, "body_timed_out".to_owned()));
    assert_eq!(api.variable("errors"), "0");
}

/// A body that does not say its size, in pieces.
#[tokio::test(start_paused = true)]
async fn a_body_that_hides_its_size_is_stopped_while_it_is_read() {
    let pieces = futures_util::stream::repeat(Ok::<_, std::convert::Infallible>("      "));
    let request = Request::builder()
        .method(Method::POST)
        .uri("/v1/orders")
        .header("content-type", "application/json");
    let answer = api()
        .ask(
            request
                .body(Body::from_stream(pieces))
                .expect("a valid request"),
        )
        .await;
    assert_eq!(answer.code(), (413, "body_too_large".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn what_went_wrong_inside_is_not_told_outside() {
    let api = api();
    assert!(!api.get("/v1/broken").await.body.contains("sdb1"));
    assert!(!api.get("/v1/panic").await.body.contains("on purpose"));
}

#[tokio::test(start_paused = true)]
async fn a_clients_id_is_kept_if_it_is_sane_and_handlers_see_it() {
    let api = api();
    for (given, kept) in [("trace-1.a_B", true), ("a b", false)] {
        let mut request = request(Method::GET, "/v1/id", "");
        request
            .headers_mut()
            .insert("x-request-id", given.parse().expect("a valid value"));
        let answer = api.ask(request).await;
        assert_eq!(
            answer.header("x-request-id") == given,
            kept,
            "{given:?} became {:?}",
            answer.body
        );
        assert_eq!(answer.body, answer.header("x-request-id"));
    }
}

#[tokio::test(start_paused = true)]
async fn requests_are_counted_by_route_and_timed() {
    let api = api();
    for path in [
        "/v1/orders/1",
        "/v1/orders/2",
        "/v1/broken",
        "/v1/never",
        "/wp-login.php",
        "/.env",
    ] {
        api.get(path).await;
    }
    api.post("/v1/orders", "{}").await;
    let odd = Method::from_bytes(b"BREW").expect("a valid method");
    api.ask(request(odd, "/v1/orders", "")).await;
    for (path, expected) in [
        ("requests", "8"),
        ("errors", "2"),
        ("in_flight", "0"),
        ("latency_ns.count", "8"),
        ("latency_recent_ns.count", "8"),
        ("routes.GET./v1/orders/{id}.2xx", "2"),
        ("routes.GET./v1/broken.5xx", "1"),
        ("routes.GET./v1/never.5xx", "1"),
        ("routes.GET.none.4xx", "2"),
        ("routes.POST./v1/orders.4xx", "1"),
        ("routes.other./v1/orders.4xx", "1"),
    ] {
        assert_eq!(api.variable(path), expected, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_counted_and_the_next_request_is_served() {
    let api = api();
    let before: f64 = api.variable("panics").parse().expect("a number");
    assert_eq!(api.get("/v1/panic").await.status, 500);
    assert_eq!(api.get("/v1/orders/1").await.status, 200);
    let after: f64 = api.variable("panics").parse().expect("a number");
    // Other tests of this program panic on purpose too, at the same time.
    assert!(after >= before + 1.0, "{before} panics became {after}");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_is_counted() {
    let api = api();
    let left = api
        .router
        .clone()
        .oneshot(request(Method::GET, "/v1/never", ""))
        .now_or_never();
    assert!(left.is_none(), "it was under way");
    assert_eq!(api.variable("in_flight"), "0");
    assert_eq!(api.variable("routes.GET./v1/never.gone"), "1");
}

#[tokio::test(start_paused = true)]
async fn a_request_under_way_is_in_flight() {
    let api = api();
    let mut underway = Box::pin(
        api.router
            .clone()
            .oneshot(request(Method::GET, "/v1/never", "")),
    );
    assert!((&mut underway).now_or_never().is_none());
    assert_eq!(api.variable("in_flight"), "1");
    drop(underway);
    assert_eq!(api.variable("in_flight"), "0");
}

#[test]
fn names_that_hold_other_kinds_are_errors() {
    let variables = Registry::new();
    variables.text("requests").expect("a free name");
    let error = Metrics::new(&variables).expect_err("it is a text");
    assert!(error.to_string().contains("requests"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_handler_knows_the_trace_and_the_time_it_has() {
    let api = api();
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    for path in ["/v1/trace", "/v1/nowhere"] {
        let sent = with(Method::GET, path, &[("traceparent", parent)], "");
        let answer = api.ask(sent).await;
        assert!(
            answer.body.contains("4bf92f3577b34da6a3ce929d0e0e4736"),
            "{}",
            answer.body
        );
    }
    assert_eq!(api.get("/v1/deadline").await.body, "20000");
    let started = tokio::time::Instant::now();
    assert_eq!(
        api.get("/v1/gives-up").await.code(),
        (504, "timed_out".to_owned())
    );
    assert_eq!(started.elapsed().as_secs(), 2);
}

#[tokio::test(start_paused = true)]
async fn options_are_the_methods_that_a_route_has() {
    let api = api();
    let answer = api.ask(request(Method::OPTIONS, "/v1/orders", "")).await;
    assert_eq!((answer.status, answer.header("allow")), (204, "POST"));
    let answer = api.ask(request(Method::OPTIONS, "/v1/nowhere", "")).await;
    assert_eq!(answer.code(), (404, "not_found".to_owned()));
}

/// For those who measure what the parts cost.
#[tokio::test(start_paused = true)]
async fn what_only_watches_can_be_left_out() {
    let parts = web::Parts {
        ids: false,
        traces: false,
        log: false,
        metrics: false,
    };
    let config = Config {
        parts,
        ..Config::default()
    };
    let api = Api::new(routes(), config, |onion, _| onion);
    let answer = api.get("/v1/sold-out").await;
    assert_eq!(answer.code(), (409, "out_of_stock".to_owned()));
    assert_eq!(answer.header("x-request-id"), "");
    assert_eq!(answer.json().get("request_id"), None);
    assert_eq!(api.variable("requests"), "0");
}

#[tokio::test(start_paused = true)]
async fn at_the_end_clients_are_told_to_go_elsewhere() {
    let ending = lifecycle::Shutdown::new();
    let api = Api::new(routes(), Config::default(), |onion, _| {
        onion.close_on(ending.clone())
    });
    assert_eq!(api.get("/v1/orders/1").await.header("connection"), "");
    ending.trigger("enough");
    for path in ["/v1/orders/1", "/v1/nowhere"] {
        assert_eq!(api.get(path).await.header("connection"), "close");
    }
}
