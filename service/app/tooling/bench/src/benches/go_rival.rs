//! The sales service against the same in Go.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LOCATION, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use serde_json::Value;

use super::sales::{ORDERS, mix, order};
use super::turns::{LOG_NOTE, start_logged, start_sales, turn};
use super::{Bench, Found, Skipped};
use crate::context::Context;
use crate::get::{Answer, Connection};
use crate::load::Prepared;
use crate::paired::{Arm, Window, alternate, each};
use crate::record::{Limit, Row, Unit};
use crate::server::Server;

pub(crate) const BENCH: Bench = Bench {
    name: "go-rival",
    what: "The same routes with the same features and answers on a store in memory: in Go with net/http and expvar (A), and \
           the sales service (B). Requests per CPU-second of the whole process.",
    run: |context| Box::pin(run(context)),
};

const PAIRS: usize = 200;
const WINDOW: Duration = Duration::from_millis(150);
const PATIENCE: Duration = Duration::from_secs(10);

const NOTE: &str = "Both: request ids, trace context, one line a request in the log, variables, recovery from panics, entity \
     tags, limits of body, time and load; ours has the policy who may do what besides. The log's lines are gathered for 10 ms \
     and written off the request path by both. Ours is the service's own router, handlers and pipeline on a store that keeps \
     everything in memory under one lock, as the rival's does; the rival is `rival/`, the standard library alone. Load: 32 \
     connections, closed, HTTP/1.1 kept alive; of ten requests six list products, three order one piece, one reads an order. \
     Before it is measured both are asked the same and must answer the same.";

async fn run(context: &Context) -> anyhow::Result<Found> {
    let files = Context::scratch()?;
    let (program, version) = build(files.path())?;
    let rival = start_logged(context, &program, &[])?;
    let sales = start_sales(context, &[])?;
    same_answers(&rival, &sales).await?;
    let requests = mix()?;
    let window = context.window(WINDOW);
    let windows = alternate(
        BENCH.name,
        context.times(PAIRS),
        |window: &Window| 1e9 / window.cpu,
        async |arm| {
            let server = if arm == Arm::A { &rival } else { &sales };
            turn(context, server, server.api, &requests, window).await
        },
    )
    .await?;
    let memory = |server: &Server| server.memory().1 as f64;
    let memories = [memory(&rival), memory(&sales)];
    rival.stop()?;
    sales.stop()?;
    let times = |what, unit, of: fn(&Window) -> f64, limit| {
        Row::times(what, unit, each(&windows, of), limit)
    };
    Ok(Found {
        rows: vec![
            times(
                "requests per CPU-second",
                Unit::Rate,
                |window| 1e9 / window.cpu,
                Some(Limit::AtLeast(1.5)),
            ),
            times(
                "requests per second",
                Unit::Rate,
                |window| window.rate,
                None,
            ),
            times("p99", Unit::Nanoseconds, |window| window.p99, None),
            Row::counted("memory at most, Go", Unit::Bytes, memories[0], None),
            Row::counted("memory at most, ours", Unit::Bytes, memories[1], None),
        ],
        notes: vec![NOTE.to_owned(), LOG_NOTE.to_owned(), version],
    })
}

/// The rival's program, and what it was built with.
fn build(into: &Path) -> anyhow::Result<(PathBuf, String)> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("rival");
    let go = |args: &[&str]| {
        let mut command = Command::new("go");
        // What is set for other programs is not for this one.
        command.env("GOFLAGS", "").env("GOWORK", "off");
        command.args(args).current_dir(&source).output()
    };
    let version = match go(&["version"]) {
        Ok(version) => String::from_utf8_lossy(&version.stdout).trim().to_owned(),
        Err(_) => return Err(Skipped("there is no go here; Debian's is golang-go").into()),
    };
    let program = into.join("rival");
    let path = program.to_str().context("a path that can be written")?;
    let built = go(&["build", "-o", path, "."])?;
    if !built.status.success() {
        bail!("go build: {}", String::from_utf8_lossy(&built.stderr));
    }
    Ok((program, version))
}

/// Asks both the same, and compares what they answer but for times and names of requests.
async fn same_answers(rival: &Server, sales: &Server) -> anyhow::Result<()> {
    let mut connections = [
        Connection::open(rival.api).await?,
        Connection::open(sales.api).await?,
    ];
    for question in questions()? {
        let mut answers = Vec::new();
        for connection in &mut connections {
            let request = question.request.clone();
            let answer = connection.exchange(request, PATIENCE).await?;
            ensure!(
                answer.headers.contains_key("x-request-id"),
                "an answer without an id"
            );
            answers.push(told(&answer)?);
        }
        ensure!(
            answers[0] == answers[1],
            "{:?} is answered differently: {:#?}",
            question.request,
            answers
        );
    }
    Ok(())
}

/// At least [`ORDERS`] of them are orders that are read later.
fn questions() -> anyhow::Result<Vec<Prepared>> {
    let mut questions: Vec<_> = (0..ORDERS)
        .map(|number| order(1 + number % 5))
        .collect::<Result<_, _>>()?;
    for path in [
        "/v1/products",
        "/v1/products?limit=12",
        "/v1/products?limit=5&after=2",
        "/v1/products?limit=0",
        "/v1/products/3",
        "/v1/products/99",
        "/v1/orders/1",
        "/v1/orders/100",
        "/v1/orders/100000",
        "/nowhere",
    ] {
        questions.push(Prepared::get(path)?);
    }
    let item = |product, quantity| format!(r#"{{"product_id":{product},"quantity":{quantity}}}"#);
    for items in [
        [item(1, 2), item(2, 1)],
        [item(3, 1), item(3, 4)],
        [item(1, 0), item(0, 1)],
        [item(1, 1), item(99, 1)],
        [item(1, 1), "{}".to_owned()],
    ] {
        let body = format!(r#"{{"items":[{}]}}"#, items.join(","));
        questions.push(Prepared::post("/v1/orders", &body)?);
    }
    for body in ["", "{", "{\"items\":[]}", "{\"things\":[]}"] {
        questions.push(Prepared::post("/v1/orders", body)?);
    }
    for _ in 0..2 {
        let mut once = order(7)?;
        let key = HeaderValue::from_static("the-same-twice");
        once.request.headers_mut().insert("idempotency-key", key);
        questions.push(once);
    }
    let mut known = Prepared::get("/v1/products/12")?;
    let etag = HeaderValue::from_static("\"1-1000000\"");
    known.request.headers_mut().insert(IF_NONE_MATCH, etag);
    questions.push(known);
    Ok(questions)
}

/// What an answer says: its status, its headers and its body; of an error its code.
fn told(answer: &Answer) -> anyhow::Result<(StatusCode, Vec<Option<HeaderValue>>, Value)> {
    let headers = [CONTENT_TYPE, ETAG, LOCATION, CACHE_CONTROL, RETRY_AFTER];
    let headers = headers.map(|name| answer.headers.get(name).cloned());
    let mut body = match &*answer.body {
        [] => Value::Null,
        body => serde_json::from_slice(body).context("an answer is JSON")?,
    };
    if !answer.status.is_success() {
        body = body["code"].take();
    } else if let Some(time) = body.get_mut("placed_at") {
        let given = time.take();
        let given = given.as_str().context("a time is a text")?;
        ensure!(given.len() == "2026-01-31T12:00:00.123Z".len(), "{given:?}");
    }
    Ok((answer.status, headers.into(), body))
}
