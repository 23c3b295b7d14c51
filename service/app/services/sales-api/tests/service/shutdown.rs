//! The end of the service, as a program: nothing acknowledged is ever lost.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::{Process, Service};
use rusqlite::Connection;
use rustix::process::Signal;
use serde_json::json;
use stores::seed;
use tokio::task::JoinSet;

const CLIENTS: i64 = 50;
const ORDERS_EACH: i64 = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_amid_a_thousand_orders_loses_none_that_was_acknowledged() {
    let directory = tempfile::tempdir().expect("a directory");
    let service = Service::new(directory.path()).start();
    let acknowledged = shop_until(&service, 300, Signal::TERM).await;
    let (status, log) = service.wait().await;
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(log.contains("\"message\":\"closed the store\""), "{log}");
    check_books(directory.path(), &acknowledged);
    check_restart(directory.path(), &acknowledged).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_service_finds_every_acknowledged_order_again() {
    let directory = tempfile::tempdir().expect("a directory");
    let service = Service::new(directory.path()).start();
    let acknowledged = shop_until(&service, 300, Signal::KILL).await;
    let (status, _) = service.wait().await;
    assert_eq!(status.code(), None);
    check_books(directory.path(), &acknowledged);
    check_restart(directory.path(), &acknowledged).await;
}

/// 50 clients order 20 times each; the signal comes once `after` orders have been acknowledged. The
/// acknowledged orders with the product and quantity of each.
async fn shop_until(service: &Process, after: usize, signal: Signal) -> BTreeMap<i64, (i64, i64)> {
    let count = Arc::new(AtomicUsize::new(0));
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        let (client, count) = (service.client(), Arc::clone(&count));
        clients.spawn(async move {
            let mut placed = Vec::new();
            for turn in 0..ORDERS_EACH {
                let (product, quantity) = (1 + (number + turn) % 12, 1 + turn % 3);
                // After the signal the listener is gone: most of the rest is refused.
                if let Ok(Some(id)) = client.try_order(product, quantity).await {
                    count.fetch_add(1, Ordering::Relaxed);
                    placed.push((id, (product, quantity)));
                }
            }
            placed
        });
    }
    while count.load(Ordering::Relaxed) < after {
        tokio::task::yield_now().await;
    }
    service.signal(signal);
    let acknowledged: BTreeMap<_, _> = clients.join_all().await.into_iter().flatten().collect();
    assert_eq!(
        acknowledged.len(),
        count.load(Ordering::Relaxed),
        "no id was given twice"
    );
    assert!(
        acknowledged.len() < (CLIENTS * ORDERS_EACH) as usize,
        "the signal came in the middle"
    );
    acknowledged
}

/// Every acknowledged order is in the database as it was, and stock and orders add up to what was
/// seeded.
fn check_books(directory: &Path, acknowledged: &BTreeMap<i64, (i64, i64)>) {
    let database = Connection::open(directory.join("sales.db")).expect("opens");
    let kept = rows(
        &database,
        "SELECT order_id, product_id, quantity FROM order_lines",
    );
    let kept: BTreeMap<i64, (i64, i64)> = kept
        .into_iter()
        .map(|(id, product, quantity)| (id, (product, quantity)))
        .collect();
    for (id, line) in acknowledged {
        assert_eq!(kept.get(id), Some(line), "order {id} was acknowledged");
    }
    let books = rows(
        &database,
        "SELECT id, stock, (SELECT coalesce(sum(quantity), 0) FROM order_lines WHERE product_id = products.id) FROM products",
    );
    assert_eq!(books.len(), 12);
    for (product, stock, sold) in books {
        assert_eq!(stock + sold, seed::STOCK, "product {product}");
    }
    let check: String = database
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .expect("readable");
    assert_eq!(check, "ok");
}

fn rows(database: &Connection, sql: &str) -> Vec<(i64, i64, i64)> {
    let mut statement = database.prepare(sql).expect("valid SQL");
    let rows = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .expect("readable");
    rows.collect::<Result<_, _>>().expect("numbers")
}

/// The service finds them again at its next start, and goes on from there.
async fn check_restart(directory: &Path, acknowledged: &BTreeMap<i64, (i64, i64)>) {
    let service = Service::new(directory).start();
    let client = service.client();
    for (id, (product, quantity)) in acknowledged.iter().step_by(37) {
        let order = client.get(&format!("/v1/orders/{id}")).await.json();
        assert_eq!(order["items"][0]["product_id"], json!(product));
        assert_eq!(order["items"][0]["quantity"], json!(quantity));
    }
    let next = client
        .try_order(1, 1)
        .await
        .expect("served")
        .expect("placed");
    assert!(acknowledged.keys().all(|id| *id < next), "{next}");
    let (status, log) = service.stop().await;
    assert_eq!(status.code(), Some(0), "{log}");
}

#[tokio::test]
async fn a_request_under_way_is_finished_and_one_that_hangs_is_cut_off() {
    let directory = tempfile::tempdir().expect("a directory");
    let service = Service::new(directory.path())
        .flags(&["--drain", "2s", "--request-timeout", "60s"])
        .start();
    let body = r#"{"items":[{"product_id":1,"quantity":2}]}"#;
    let mut finishes = half_sent(&service, body);
    let hangs = half_sent(&service, body);
    while service.variables().await["in_flight"] != 2 {
        tokio::task::yield_now().await;
    }
    service.signal(Signal::TERM);
    while TcpStream::connect(service.api).is_ok() {
        tokio::task::yield_now().await;
    }
    finishes
        .write_all(&body.as_bytes()[10..])
        .expect("still open");
    let mut answer = String::new();
    finishes.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 201 Created"), "{answer}");

    let (status, log) = service.wait().await;
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(
        log.contains("\"message\":\"stopped serving\"") && log.contains("\"cut_off\":1"),
        "{log}"
    );
    assert!(log.contains("\"reason\":\"SIGTERM\""), "{log}");
    drop(hangs);
}

#[tokio::test]
async fn while_unready_it_serves_those_who_have_not_heard_and_a_second_signal_ends_that() {
    let directory = tempfile::tempdir().expect("a directory");
    let service = Service::new(directory.path())
        .flags(&["--drain-delay", "1h"])
        .start();
    let client = service.client();
    let phase = || async { service.variables().await["lifecycle"]["phase"].clone() };
    assert_eq!(client.get("/v1/readiness").await.status, 200);
    assert_eq!(phase().await, "serving");

    service.signal(Signal::TERM);
    while phase().await != "unready" {
        tokio::task::yield_now().await;
    }
    let readiness = client.get("/v1/readiness").await;
    assert_eq!(readiness.status, 503);
    assert_eq!(readiness.code(), "not_ready");
    let placed = service.client().try_order(1, 1).await;
    assert!(matches!(placed, Ok(Some(_))), "{placed:?}");
    let life = service.variables().await["lifecycle"].clone();
    assert_eq!(life["reason"], "SIGTERM");
    assert_eq!(life["tracked"]["api"]["running"], 1);

    service.signal(Signal::TERM);
    let (status, log) = service.wait().await;
    assert_eq!(status.code(), Some(130), "{log}");
    let last = log.lines().last().unwrap_or_default();
    assert!(
        last.contains("cut off") && last.contains("\"task\":\"api\""),
        "{log}"
    );
}

#[tokio::test]
async fn the_end_goes_through_its_phases_in_order() {
    let directory = tempfile::tempdir().expect("a directory");
    let service = Service::new(directory.path())
        .flags(&["--drain-delay", "10ms"])
        .start();
    let (status, log) = service.stop().await;
    assert_eq!(status.code(), Some(0), "{log}");
    let at = |message: &str| {
        let line = format!("\"message\":\"{message}\"");
        log.find(&line)
            .unwrap_or_else(|| panic!("{message}: {log}"))
    };
    let order = [
        "not ready any more",
        "stopped serving",
        "closed the store",
        "ended",
    ];
    assert!(order.map(at).is_sorted(), "{log}");
}

/// A request whose body is on its way.
fn half_sent(service: &Process, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(service.api).expect("listens");
    let head = format!(
        "POST /v1/orders HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).expect("open");
    stream.write_all(&body.as_bytes()[..10]).expect("open");
    stream
}

/// A client that goes to sleep in the middle of a request's header would otherwise hold up every deployment.
#[tokio::test]
async fn half_a_header_does_not_hold_up_the_end() {
    let directory = tempfile::tempdir().expect("a directory");
    let service = Service::new(directory.path())
        .flags(&["--drain", "1h"])
        .start();
    let mut half = TcpStream::connect(service.api).expect("listens");
    half.write_all(b"GET /v1/products HTTP/1.1\r\nhost: lo")
        .expect("open");
    while service.variables().await["connections"]["open"] != 1 {
        tokio::task::yield_now().await;
    }
    let (status, log) = service.stop().await;
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(log.contains("\"cut_off\":0"), "{log}");
}

#[tokio::test]
async fn what_protects_the_service_can_be_seen() {
    let directory = tempfile::tempdir().expect("a directory");
    let service = Service::new(directory.path())
        .flags(&[
            "--concurrency",
            "3",
            "--queue",
            "5",
            "--max-connections",
            "7",
        ])
        .start();
    assert_eq!(service.client().get("/v1/products").await.status, 200);
    let variables = service.variables().await;
    let overload = &variables["overload"];
    assert_eq!(
        (&overload["limit"], &overload["queue_limit"]),
        (&json!(3), &json!(5))
    );
    assert_eq!(
        (&overload["admitted"], &overload["running"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(
        (&overload["waiting"], &overload["overloaded"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(variables["rate_limit"]["refused"], 0);
    assert_eq!(variables["connections"]["accepted"], 1);
    assert_eq!(variables["connections"]["cut"]["reader"], 0);
    assert_eq!(variables["request_bodies"]["bytes"], 0);
}
