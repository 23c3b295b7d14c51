//! `sales-load consume`, at the other end of the real service's events.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::{Duration, SystemTime};

use lifecycle::Shutdown;
use sales_api::outbox::{self, Settings, Sink, Worker};
use sales_client::{Client, NewItem, Options};
use sales_peers::consumer::{Entry, entries};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::support::{DEADLINE, End, Service, any_port, end};

/// The program, which ends after so many events.
struct Consumer {
    child: Child,
    addr: SocketAddr,
    /// Open as long as the program may write to it.
    _said: BufReader<ChildStderr>,
}

impl Consumer {
    fn start(state: &Path, listen: SocketAddr, count: u64) -> Consumer {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sales-load"))
            .args(["consume", "--json", "--listen", &listen.to_string()])
            .args(["--count", &count.to_string(), "--state"])
            .arg(state)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts");
        let mut said = BufReader::new(child.stderr.take().expect("piped"));
        let mut line = String::new();
        said.read_line(&mut line).expect("readable");
        let addr = line.split_once("http://").and_then(|(_, rest)| {
            let addr = rest.trim_end().strip_suffix('/')?;
            addr.parse().ok()
        });
        Consumer {
            addr: addr.unwrap_or_else(|| panic!("an address: {line}")),
            child,
            _said: said,
        }
    }

    /// What it says in the end, to which it comes by itself.
    async fn end(self) -> End {
        end(self.child).await
    }
}

/// Publishes the service's events to this address until it is told to stop.
fn publish(service: &Service, addr: SocketAddr) -> (Shutdown, JoinHandle<()>) {
    let sink = format!("http://{addr}/events").parse();
    let settings = Settings {
        sink: Some(sink.expect("a sink")),
        backoff: Duration::from_millis(1),
        ..Settings::default()
    };
    let sink = Sink::open(&settings).expect("it can be used");
    let told = outbox::Variables::new(&service.variables, SystemTime::now).expect("free names");
    let (store, stop) = (service.store.clone(), Shutdown::new());
    let sink = sink.expect("there is one");
    let worker = Worker::new(store, sink, settings, told, SystemTime::now, || 0.5);
    (stop.clone(), tokio::spawn(worker.run(stop)))
}

/// Sends an event as the service would if it had not heard that it was taken; the answer.
async fn send_again(addr: SocketAddr, event: &Entry) -> String {
    let Entry {
        key,
        r#type,
        subject,
        sequence,
    } = event;
    let body = json!({"type": r#type, "subject": subject, "sequence": sequence}).to_string();
    let mut connection = TcpStream::connect(addr).await.expect("it is there");
    let request = format!(
        "POST /events HTTP/1.1\r\nHost: {addr}\r\nwebhook-id: {key}\r\nConnection: close\r\n\
        Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let sent = connection.write_all(request.as_bytes()).await;
    sent.expect("it reads");
    let mut answer = String::new();
    let read = connection.read_to_string(&mut answer);
    let read = tokio::time::timeout(DEADLINE, read).await;
    read.expect("in time").expect("it answers");
    answer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_applies_each_event_once_and_ends_by_itself() {
    let directory = tempfile::tempdir().expect("a directory");
    let state = directory.path().join("applied.jsonl");
    let service = Service::with_events();
    let shop = Client::new(&service.url(), Options::default()).expect("a plain address");
    let place = async || {
        let items = [NewItem {
            product_id: 1,
            quantity: 2,
        }];
        let placed = shop.place_order(&items, None).await;
        placed.expect("enough").value.id
    };
    let first = place().await;
    place().await;
    shop.reverse_order(first, None).await.expect("it stands");

    // It ends before all is told: the rest waits until it is back.
    let consumer = Consumer::start(&state, any_port(), 1);
    let addr = consumer.addr;
    let (stop, publisher) = publish(&service, addr);
    let ended = consumer.end().await;
    let report = ended.is_fine();
    assert!(report["applied"].as_u64() >= Some(1), "{report}");

    let consumer = Consumer::start(&state, addr, 4);
    let applied = entries(&state).expect("a ledger");
    let answer = send_again(addr, &applied[0]).await;
    assert!(answer.ends_with("applied before\n"), "{answer}");
    place().await;
    let ended = consumer.end().await;
    let report = ended.is_fine();
    assert_eq!(
        (&report["applied"], &report["out_of_order"]),
        (&json!(4), &json!(0)),
        "{report}"
    );
    assert!(report["again"].as_u64() >= Some(1), "{report}");
    assert_eq!(
        report["by_type"],
        json!({"order.placed": 3, "order.reversed": 1})
    );
    let applied = entries(&state).expect("a ledger");
    let keys: BTreeSet<_> = applied.iter().map(|entry| &entry.key).collect();
    assert_eq!((applied.len(), keys.len()), (4, 4), "{applied:?}");

    stop.trigger("test");
    let stopped = tokio::time::timeout(DEADLINE, publisher).await;
    stopped.expect("it stops").expect("no panics");
}
