//! The one log line of a request. All tests of this program share one log and tell their lines apart by request id.

use std::io::{self, Write};
use std::sync::{LazyLock, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::Request;
use http::request::Parts;
use serde_json::{Value, json};
use tower::ServiceExt;
use web::{ApiError, Auth, Caller, Config, Shed};

use crate::support::Api;

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Writes to the log.
struct Writer;

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

static LOGGING: LazyLock<()> = LazyLock::new(|| {
    tracing_subscriber::fmt()
        .json()
        .with_writer(|| Writer)
        .init();
});

/// The lines about one request, as JSON.
fn lines(request_id: &str) -> Vec<Value> {
    let log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
    let lines = log
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    lines
        .filter(|line| line["fields"]["request_id"] == request_id)
        .collect()
}

fn api() -> Router {
    LazyLock::force(&LOGGING);
    let routes = Router::new()
        .route("/v1/page", get(async || "a page"))
        .route(
            "/v1/broken",
            get(async || -> ApiError { ApiError::internal("disk /dev/sdb1 is on fire") }),
        )
        .route("/v1/overload", get(async || ApiError::from(Shed::Full)))
        .route("/v1/never", get(std::future::pending::<()>))
        .route("/v1/liveness", get(async || "alive"));
    let config = Config {
        quiet: vec!["/v1/liveness".to_owned()],
        ..Config::default()
    };
    Api::new(routes, config, |onion, _| onion.auth(Named)).router
}

/// Takes everybody for whom they say they are.
struct Named;

impl Auth for Named {
    fn check<'a>(
        &'a self,
        request: &'a mut Parts,
    ) -> BoxFuture<'a, Result<Option<Caller>, ApiError>> {
        let name = request.headers.get("x-name");
        let name = name.map(|name| Caller(name.to_str().expect("text").into()));
        async { Ok(name) }.boxed()
    }
}

fn request(path: &str, id: &str) -> Request<Body> {
    Request::builder()
        .uri(path)
        .header("x-request-id", id)
        .header("x-name", "ann")
        .header("traceparent", PARENT)
        .body(Body::empty())
        .expect("a valid request")
}

async fn ask(path: &str, id: &str) {
    api()
        .oneshot(request(path, id))
        .await
        .expect("a router does not fail");
}

#[tokio::test]
async fn a_request_is_one_line_without_its_query() {
    ask("/v1/page?limit=5&token=s3cret", "ok-1").await;
    let lines = lines("ok-1");
    assert_eq!(lines.len(), 1, "{lines:?}");
    let fields = &lines[0]["fields"];
    assert_eq!(
        (&lines[0]["level"], &fields["message"]),
        (&json!("INFO"), &json!("request"))
    );
    assert_eq!(
        (&fields["method"], &fields["status"]),
        (&json!("GET"), &json!(200))
    );
    assert_eq!(
        (&fields["route"], &fields["path"]),
        (&json!("/v1/page"), &json!("/v1/page"))
    );
    assert!(fields["took_us"].is_u64());
    assert_eq!(fields["caller"], "ann");
    assert_eq!(fields["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
    let span = fields["span_id"].as_str().expect("a text");
    assert!(span.len() == 16 && span != "00f067aa0ba902b7", "{span}");
    assert!(!lines[0].to_string().contains("s3cret"));
}

#[tokio::test]
async fn an_error_inside_is_logged_with_what_the_client_is_not_told() {
    ask("/v1/broken", "broken-1").await;
    let lines = lines("broken-1");
    assert_eq!((lines.len(), &lines[0]["level"]), (1, &json!("ERROR")));
    assert_eq!(lines[0]["fields"]["code"], "internal");
    assert_eq!(lines[0]["fields"]["cause"], "disk /dev/sdb1 is on fire");
}

#[tokio::test]
async fn too_much_to_do_is_no_error_of_the_services_and_its_reason_is_logged() {
    ask("/v1/overload", "busy-1").await;
    let lines = lines("busy-1");
    assert_eq!((lines.len(), &lines[0]["level"]), (1, &json!("INFO")));
    assert_eq!(lines[0]["fields"]["cause"], "full");
}

#[tokio::test]
async fn quiet_routes_are_below_the_level_shown() {
    ask("/v1/liveness", "quiet-1").await;
    assert_eq!(lines("quiet-1"), Vec::<Value>::new());
}

#[tokio::test]
async fn a_client_that_leaves_is_logged_without_a_status() {
    assert!(
        api()
            .oneshot(request("/v1/never", "gone-1"))
            .now_or_never()
            .is_none(),
        "it was under way"
    );
    let lines = lines("gone-1");
    assert_eq!(
        (lines.len(), &lines[0]["fields"]["status"]),
        (1, &Value::Null)
    );
}
