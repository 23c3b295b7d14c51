//! The load tool as a program, against a small stand-in for the service.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::net::TcpSocket;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;

/// A shop that does what the tests tell it to.
struct Shop {
    orders: AtomicUsize,
    look_ups: AtomicUsize,
    browses: AtomicUsize,
    waiting: AtomicUsize,
    sold_out: AtomicBool,
    /// A permit for each request that may be answered; closed means all.
    open: Semaphore,
}

impl Default for Shop {
    fn default() -> Shop {
        let open = Semaphore::new(0);
        open.close();
        let [orders, look_ups, browses, waiting] = [(); 4].map(|()| AtomicUsize::new(0));
        Shop {
            orders,
            look_ups,
            browses,
            waiting,
            sold_out: AtomicBool::new(false),
            open,
        }
    }
}

impl Shop {
    /// One that answers nothing for now.
    fn stalled() -> Shop {
        Shop {
            open: Semaphore::new(0),
            ..Shop::default()
        }
    }

    async fn door(&self) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let _opened = self.open.acquire().await;
    }

    fn visits(&self) -> [usize; 3] {
        [&self.browses, &self.orders, &self.look_ups].map(|count| count.load(Ordering::Relaxed))
    }
}

async fn products(State(shop): State<Arc<Shop>>) -> Json<Value> {
    // The first is the load tool getting to know the catalogue.
    if shop.browses.fetch_add(1, Ordering::Relaxed) > 0 {
        shop.door().await;
    }
    Json(json!({"items": [product(1), product(2)], "next": null}))
}

async fn place(State(shop): State<Arc<Shop>>) -> Response {
    shop.door().await;
    let id = shop.orders.fetch_add(1, Ordering::Relaxed) + 1;
    if shop.sold_out.load(Ordering::Relaxed) {
        return (
            StatusCode::CONFLICT,
            Json(json!({"code": "out_of_stock", "detail": ""})),
        )
            .into_response();
    }
    (StatusCode::CREATED, Json(order(id as i64))).into_response()
}

async fn look_up(State(shop): State<Arc<Shop>>, Path(id): Path<i64>) -> Json<Value> {
    shop.door().await;
    shop.look_ups.fetch_add(1, Ordering::Relaxed);
    Json(order(id))
}

fn product(id: i64) -> Value {
    let price = json!({"amount": 1250, "currency": "EUR"});
    json!({"id": id, "name": "Tea", "price": price, "stock": 10, "supplied": 10, "version": 1})
}

fn order(id: i64) -> Value {
    let price = json!({"amount": 1250, "currency": "EUR"});
    json!({
        "id": id,
        "status": "placed",
        "placed_at": "2026-01-31T12:00:00.123Z",
        "reversed_at": null,
        "customer": null,
        "items": [{"product_id": 1, "quantity": 1, "unit_price": price}],
        "total": price,
        "version": 1,
    })
}

/// An open shop. Dropping it closes it, with all its connections.
struct Server {
    addr: SocketAddr,
    runtime: Option<Runtime>,
}

impl Server {
    fn url(&self) -> String {
        format!("http://{}", self.addr)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn open(addr: SocketAddr, shop: &Arc<Shop>) -> Server {
    let routes = Router::new()
        .route("/v1/readiness", get(|| async { "{}" }))
        .route("/v1/products", get(products))
        .route("/v1/orders", post(place))
        .route("/v1/orders/{id}", get(look_up))
        .with_state(Arc::clone(shop));
    serve(addr, routes)
}

fn serve(addr: SocketAddr, routes: Router) -> Server {
    // With SO_REUSEADDR, so that the same port can be opened again.
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_reuseaddr(true).expect("allowed");
    socket.bind(addr).expect("a free port");
    let addr = socket.local_addr().expect("bound");
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.spawn(async move {
        let listener = socket.listen(1_024).expect("listens");
        axum::serve(listener, routes).await.expect("serves");
    });
    Server {
        addr,
        runtime: Some(runtime),
    }
}

fn any_port() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

fn load(target: &str, flags: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sales-load"));
    command.args(["--target", target, "--json"]).args(flags);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts")
}

/// Its end: exit code, summary (null if there is none), and what it said on stderr.
async fn end(child: Child) -> (Option<i32>, Value, String) {
    let wait = move || child.wait_with_output().expect("it can be waited for");
    let Output {
        status,
        stdout,
        stderr,
    } = tokio::task::spawn_blocking(wait).await.expect("no panics");
    let summary = serde_json::from_slice(&stdout).unwrap_or_default();
    (
        status.code(),
        summary,
        String::from_utf8_lossy(&stderr).into_owned(),
    )
}

fn interrupt(child: &Child) {
    kill_process(Pid::from_child(child), Signal::INT).expect("it runs");
}

async fn until(condition: impl Fn() -> bool) {
    while !condition() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn the_summary_counts_what_the_service_saw() {
    let shop = Arc::new(Shop::default());
    let server = open(any_port(), &shop);
    let (code, summary, stderr) =
        end(load(&server.url(), &["--rate", "500", "--duration", "1s"])).await;
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(summary["total"]["answered"], 500, "{summary}");
    assert_eq!(summary["total"]["errors"], 0, "{summary}");
    let [browses, orders, look_ups] = shop.visits();
    let operations = &summary["operations"];
    assert_eq!(operations["browse"]["answered"], browses - 1, "{summary}");
    assert_eq!(operations["order"]["answered"], orders, "{summary}");
    assert_eq!(operations["look_up"]["answered"], look_ups, "{summary}");
    assert!(orders > 0 && look_ups > 0, "{summary}");
}

#[tokio::test]
async fn out_of_stock_is_a_normal_answer() {
    let shop = Arc::new(Shop {
        sold_out: AtomicBool::new(true),
        ..Shop::default()
    });
    let server = open(any_port(), &shop);
    let (code, summary, stderr) =
        end(load(&server.url(), &["--rate", "300", "--duration", "1s"])).await;
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(summary["total"]["errors"], 0, "{summary}");
    assert_eq!(summary["out_of_stock"], shop.visits()[1], "{summary}");
}

#[tokio::test]
async fn arrivals_do_not_wait_for_answers_and_a_stall_shows_in_the_latency() {
    let shop = Arc::new(Shop::stalled());
    let server = open(any_port(), &shop);
    let child = load(
        &server.url(),
        &["--rate", "100", "--duration", "1s", "--timeout", "60s"],
    );
    // A client that waits for answers would never send as many.
    until(|| shop.waiting.load(Ordering::Relaxed) >= 50).await;
    shop.open.close();
    let (code, summary, stderr) = end(child).await;
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(summary["total"]["answered"], 100, "{summary}");
    // The first was due at least 49 hundredths of a second before the fiftieth came.
    let max = summary["total"]["latency_ns"]["max"]
        .as_u64()
        .expect("a number");
    assert!(max >= 480_000_000, "{summary}");
}

#[tokio::test]
async fn too_many_at_once_are_dropped_and_a_signal_ends_it_with_a_summary() {
    let shop = Arc::new(Shop::stalled());
    let server = open(any_port(), &shop);
    let flags = [
        "--rate",
        "200",
        "--duration",
        "forever",
        "--in-flight",
        "5",
        "--timeout",
        "60s",
    ];
    let child = load(&server.url(), &flags);
    until(|| shop.waiting.load(Ordering::Relaxed) >= 5).await;
    interrupt(&child);
    let (code, summary, stderr) = end(child).await;
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(summary["unanswered"], 5, "{summary}");
    assert_eq!(shop.waiting.load(Ordering::Relaxed), 5);
}

#[tokio::test]
async fn it_waits_for_the_service_and_outlives_its_restart() {
    // A port that is free for now.
    let addr = open(any_port(), &Arc::default()).addr;
    let mut child = load(
        &format!("http://{addr}"),
        &["--rate", "100", "--duration", "0", "--progress", "50ms"],
    );
    let mut stderr = BufReader::new(child.stderr.take().expect("piped"));
    until_said(&mut stderr, "waiting for");
    let shop = Arc::new(Shop::default());
    let first = open(addr, &shop);
    until(|| shop.visits()[1] >= 5).await;
    drop(first);
    until_said(&mut stderr, "errors (connection refused)");
    let _second = open(addr, &shop);
    let before = shop.visits()[1];
    until(|| shop.visits()[1] >= before + 5).await;
    interrupt(&child);
    let (code, summary, _) = end(child).await;
    assert_eq!(code, Some(0), "{summary}");
    assert!(
        summary["errors_by_cause"]["connection refused"].as_u64() >= Some(1),
        "{summary}"
    );
    assert!(
        summary["total"]["answered"].as_u64() >= Some(10),
        "{summary}"
    );
}

fn until_said(stderr: &mut impl BufRead, text: &str) {
    let mut line = String::new();
    while !line.contains(text) {
        line.clear();
        assert!(
            stderr.read_line(&mut line).expect("readable") > 0,
            "it ended before it said {text:?}"
        );
    }
}

#[tokio::test]
async fn a_service_that_breaks_is_an_error_by_cause_and_never_an_exit() {
    let routes = Router::new()
        .route("/v1/readiness", get(|| async { "{}" }))
        .route(
            "/v1/products",
            get(|| async { Json(json!({"items": [product(1)], "next": null})) }),
        )
        .fallback(|| async {
            (
                StatusCode::INTERNAL_SERVER_ERROR,
                Json(json!({"code": "internal"})),
            )
        });
    let server = serve(any_port(), routes);
    let (code, summary, stderr) =
        end(load(&server.url(), &["--rate", "200", "--duration", "1s"])).await;
    assert_eq!(code, Some(0), "{stderr}");
    let orders = &summary["operations"]["order"];
    assert_eq!(orders["answered"], 0, "{summary}");
    assert_eq!(
        summary["errors_by_cause"]["HTTP 500 internal"], orders["errors"],
        "{summary}"
    );
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    for (target, flags, code, cause) in [
        ("http://192.0.2.1", &[][..], 1, "is not on this machine"),
        ("https://localhost", &[], 2, "must start with http://"),
        (
            "http://127.0.0.1",
            &["--rate", "none"],
            2,
            "must be a number",
        ),
        (
            "http://127.0.0.1",
            &["--duration", "soon"],
            2,
            "invalid value 'soon'",
        ),
        (
            "http://127.0.0.1",
            &["--scenario", "riot"],
            2,
            "possible values: steady",
        ),
        (
            "http://127.0.0.1:1",
            &["--wait", "0s"],
            1,
            "was not ready within 0s: connection refused",
        ),
    ] {
        let (status, _, stderr) = end(load(target, flags)).await;
        assert_eq!(status, Some(code), "{stderr}");
        assert!(stderr.contains(cause), "{stderr}");
    }
}
