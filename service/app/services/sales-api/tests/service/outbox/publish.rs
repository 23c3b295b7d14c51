//! The worker and its sinks, with consumers that are slow, hostile or gone.

use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::http::{HeaderMap, StatusCode, header::LOCATION};
use axum::routing::post;
use lifecycle::Shutdown;
use sales_api::outbox::{self, Settings, Sink, Worker};
use serde_json::{Value, json};
use stores::Any;
use tokio::net::TcpListener;
use trace::{Kind, Sampler, Span, Tracer};

use super::consumer::Consumer;
use crate::support::{Service, TestApp, order, serve, spawn_app_with_events, until};

/// Settings that are quick to give up.
fn settings(sink: &str) -> Settings {
    Settings {
        sink: Some(sink.parse().expect("a sink")),
        attempts: 2,
        backoff: Duration::from_millis(1),
        ..Settings::default()
    }
}

/// Publishes the events of this service until it is told to stop.
fn publish(app: &TestApp, settings: Settings) -> Shutdown {
    let stop = Shutdown::new();
    tokio::spawn(worker(app, settings).run(stop.clone()));
    stop
}

fn worker(app: &TestApp, settings: Settings) -> Worker<Any> {
    let sink = Sink::open(&settings).expect("it can be used");
    let sink = sink.expect("there is one");
    let told = outbox::Variables::new(&app.variables, SystemTime::now).expect("free names");
    let store = app.store.clone();
    Worker::new(store, sink, settings, told, SystemTime::now, || 0.5)
}

fn variables(app: &TestApp) -> Value {
    let all: Value = serde_json::from_str(&app.variables.to_json()).expect("JSON");
    all["outbox"].clone()
}

async fn place(app: &TestApp) -> i64 {
    let answer = app.client.post("/v1/orders", &order(&[(1, 1)])).await;
    assert_eq!(answer.status, 201, "{:?}", answer.body);
    answer.json()["id"].as_i64().expect("an id")
}

async fn dead_letters(app: &TestApp) -> Vec<Value> {
    let page = app.client.get("/v1/events/dead").await.json();
    page["items"].as_array().expect("items").clone()
}

#[tokio::test]
async fn the_program_tells_of_each_change_once_and_of_the_last_before_it_ends() {
    let directory = tempfile::tempdir().expect("a directory");
    let secret = directory.path().join("secret");
    std::fs::write(&secret, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").expect("written");
    let secret = secret.to_str().expect("text");
    let consumer = Consumer::start_with_secret(directory.path(), secret).await;
    let mut service = Service::new(directory.path());
    service.flags(&["--events", &consumer.url(), "--events-secret-file", secret]);
    let process = service.start();
    let client = process.client();
    for _ in 0..3 {
        let answer = client.post("/v1/orders", &order(&[(1, 1)])).await;
        assert_eq!(answer.status, 201, "{:?}", answer.body);
    }
    let answer = client.post("/v1/orders/2/reversal", &json!({})).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    let answer = client.post("/v1/shop/close", &json!({})).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    let (status, log) = process.stop().await;
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(!log.contains("MfKQ9r8"), "{log}");
    let applied = consumer.applied();
    let mut told: Vec<_> = applied
        .iter()
        .map(|entry| format!("{} {}", entry.r#type, entry.subject))
        .collect();
    told.sort_unstable();
    assert_eq!(
        told,
        [
            "order.placed order/1",
            "order.placed order/2",
            "order.placed order/3",
            "order.reversed order/2",
            "shop.closed shop/1",
        ]
    );
    assert_eq!(consumer.report().out_of_order, 0);
}

#[tokio::test]
async fn an_event_says_what_happened_in_a_form_that_others_know() {
    let (sent, mut received) = tokio::sync::mpsc::unbounded_channel();
    let take = async move |headers: HeaderMap, body: String| {
        let _gone = sent.send((headers, body));
        StatusCode::NO_CONTENT
    };
    let address = serve(Router::new().route("/", post(take))).await;
    let app = spawn_app_with_events().await;
    let _stop = publish(&app, settings(&address));
    let id = place(&app).await;
    let (headers, body) = received.recv().await.expect("an event");
    let event: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(headers["content-type"], "application/cloudevents+json");
    assert_eq!(event["id"].as_str(), headers["webhook-id"].to_str().ok());
    assert!(!headers.contains_key("webhook-signature"));
    assert_eq!(event["specversion"], "1.0");
    assert_eq!(event["type"], "order.placed");
    assert_eq!(event["subject"], format!("order/{id}"));
    let data = json!({"version": 1, "total": {"amount": 2_490, "currency": "EUR"}, "pieces": 1});
    assert_eq!(event["data"], data);
}

#[derive(Default)]
struct Kept(Mutex<Vec<Span>>);

impl trace::Sink for Kept {
    fn take(&self, span: Span) {
        self.0.lock().expect("no panics").push(span);
    }
}

#[tokio::test]
async fn a_batch_and_each_delivery_leave_spans_of_which_the_consumer_hears() {
    let (sent, mut received) = tokio::sync::mpsc::unbounded_channel();
    let take = async move |headers: HeaderMap| {
        let _gone = sent.send(headers);
        StatusCode::NO_CONTENT
    };
    let address = serve(Router::new().route("/", post(take))).await;
    let app = spawn_app_with_events().await;
    place(&app).await;
    place(&app).await;
    let kept = Arc::new(Kept::default());
    let tracer = Tracer::new(7, Sampler::ALL, Arc::<Kept>::clone(&kept));
    let stop = Shutdown::new();
    let worker = worker(&app, settings(&address)).traced(tracer);
    let worker = tokio::spawn(worker.run(stop.clone()));
    let mut heard = Vec::new();
    for _ in 0..2 {
        let headers = received.recv().await.expect("an event");
        heard.push(headers["traceparent"].to_str().expect("text").to_owned());
    }
    stop.trigger("the test ends");
    worker.await.expect("it ends");
    let spans = kept.0.lock().expect("no panics");
    let named = |name: &'static str| spans.iter().filter(move |span| span.name == name);
    let batch = named("outbox.publish").next().expect("a batch");
    assert_eq!(
        batch.attributes[0],
        ("messaging.batch.message_count", 2_i64.into())
    );
    let mut told: Vec<_> = named("outbox.deliver")
        .inspect(|span| {
            assert_eq!(span.context.parent_id(), Some(batch.context.span_id()));
            assert_eq!((span.kind, &span.error), (Kind::Producer, &None));
        })
        .map(|span| span.context.parent_header())
        .collect();
    told.sort_unstable();
    heard.sort_unstable();
    assert_eq!(told, heard);
    // What is due is asked for all the time: that leaves no spans.
    assert_eq!(named("outbox.publish").count(), 1);
}

#[tokio::test]
async fn redirects_are_not_followed_and_become_dead_letters_that_can_be_requeued() {
    let trapped = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&trapped);
    let trap = async move || {
        count.fetch_add(1, Ordering::Relaxed);
    };
    let trap = serve(Router::new().route("/", post(trap))).await;
    let status = Arc::new(AtomicU16::new(307));
    let now = Arc::clone(&status);
    let take = async move || {
        let status = StatusCode::from_u16(now.load(Ordering::Relaxed)).expect("a status");
        (status, [(LOCATION, trap)])
    };
    let address = serve(Router::new().route("/", post(take))).await;
    let app = spawn_app_with_events().await;
    let _stop = publish(&app, settings(&address));
    let (first, second) = (place(&app).await, place(&app).await);
    let reversal = format!("/v1/orders/{first}/reversal");
    assert_eq!(app.client.post(&reversal, &json!({})).await.status, 200);
    until("dead letters", async || dead_letters(&app).await.len() == 2).await;
    let letters = dead_letters(&app).await;
    assert_eq!(letters[0]["subject"], format!("order/{first}"));
    assert_eq!(letters[0]["attempts"], 2);
    let error = letters[0]["error"].as_str().expect("text");
    assert!(error.contains("redirects are not followed"), "{error}");
    until("the variable", async || variables(&app)["dead"] == 2).await;
    let told = variables(&app);
    assert_eq!(told["dead_letters"][1]["number"], second);
    assert_eq!(told["dead_letters"][0]["error"], error);
    assert_eq!(told["published"], 0);
    assert_eq!(told["depth"], 1, "the reversal waits for its order");

    status.store(200, Ordering::Relaxed);
    let of = |letter: &Value, what: &str| format!("/v1/events/dead/{}/{what}", letter["id"]);
    let discard = of(&letters[1], "discard");
    assert_eq!(app.client.post(&discard, &json!({})).await.status, 200);
    assert_eq!(app.client.post(&discard, &json!({})).await.status, 404);
    let requeue = of(&letters[0], "requeue");
    let answer = app.client.post(&requeue, &json!({})).await;
    assert_eq!(answer.json(), json!({"requeued": 1}));
    let request = answer.header("x-request-id");
    let audit = format!("/v1/audit?object=events/{}", letters[0]["id"]);
    let noted = app.client.get(&audit).await.json();
    let noted = noted["items"].as_array().expect("entries");
    assert_eq!(noted.len(), 1, "{noted:?}");
    for (name, expected) in [
        ("subject", "anonymous"),
        ("action", "event.requeue"),
        ("outcome", "done"),
        ("request_id", request),
    ] {
        assert_eq!(noted[0][name], expected);
    }
    until("both", async || variables(&app)["published"] == 2).await;
    assert_eq!(dead_letters(&app).await, [""; 0]);
    assert_eq!(
        app.client.post(&requeue, &json!({})).await.code(),
        "not_found"
    );
    assert_eq!(trapped.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_consumer_that_never_answers_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = format!("http://{}/", listener.local_addr().expect("bound"));
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok(connection) = listener.accept().await {
            held.push(connection);
        }
    });
    let app = spawn_app_with_events().await;
    let settings = Settings {
        timeout: Duration::from_millis(20),
        ..settings(&address)
    };
    let _stop = publish(&app, settings);
    place(&app).await;
    until("a dead letter", async || {
        dead_letters(&app).await.len() == 1
    })
    .await;
    let error = dead_letters(&app).await[0]["error"].clone();
    assert_eq!(error, "no answer came within 20ms");
}

/// From here a host that is gone looks like one whose queue of connections is full: it answers no knock.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_host_that_is_gone_has_refused_nothing() {
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    let any = "127.0.0.1:0".parse().expect("an address");
    socket.bind(any).expect("a free port");
    let listener = socket.listen(0).expect("it listens");
    let addr = listener.local_addr().expect("bound");
    let only_place = tokio::net::TcpStream::connect(addr).await;
    let _taken = only_place.expect("a place");
    let app = spawn_app_with_events().await;
    let settings = Settings {
        timeout: Duration::from_millis(20),
        ..settings(&format!("http://{addr}/"))
    };
    let _stop = publish(&app, settings);
    place(&app).await;
    // More often than an event may be refused.
    until("attempts", async || {
        variables(&app)["unreachable"].as_u64() > Some(2)
    })
    .await;
    assert_eq!(variables(&app)["refused"], 0);
    let error = variables(&app)["last_error"].clone();
    let error = error.as_str().expect("text");
    assert!(error.starts_with("nobody can be reached"), "{error}");
}

#[tokio::test]
async fn nobody_is_given_up_who_is_merely_not_there() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut consumer = Consumer::start(directory.path(), &[]).await;
    consumer.die().await;
    let app = spawn_app_with_events().await;
    let stop = publish(&app, settings(&consumer.url()));
    let id = place(&app).await;
    let reversal = format!("/v1/orders/{id}/reversal");
    assert_eq!(app.client.post(&reversal, &json!({})).await.status, 200);
    // More often than an event may be refused.
    until("attempts", async || {
        variables(&app)["unreachable"].as_u64() > Some(5)
    })
    .await;
    assert_eq!(variables(&app)["dead"], 0);
    consumer.come_back(&[]).await;
    until("both", async || consumer.report().applied == 2).await;
    assert_eq!(consumer.report().out_of_order, 0);
    stop.trigger("the test ends");
    until("its last look", async || variables(&app)["depth"] == 0).await;
}

#[tokio::test]
async fn a_file_has_a_line_for_each_event() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("events.log");
    let app = spawn_app_with_events().await;
    let _stop = publish(&app, settings(&format!("file:{}", path.display())));
    let id = place(&app).await;
    until("the event", async || variables(&app)["published"] == 1).await;
    let text = std::fs::read_to_string(&path).expect("readable");
    let event: Value = serde_json::from_str(&text).expect("one document");
    assert_eq!(event["subject"], format!("order/{id}"));
    assert!(text.ends_with("}\n"), "{text}");
}
