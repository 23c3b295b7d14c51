//! Attempts under a clock that only waits move.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use expvar::Registry;
use http::{HeaderMap, StatusCode};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use trace::{Sampler, Sink, Span, Tracer};

use super::*;
use crate::health::Health;

/// What becomes of an attempt, and after how long.
type Step = (Duration, Result<(u16, Option<u64>), Cause>);

/// Attempts follow a list, and succeed at its end.
#[derive(Debug, Default)]
struct Scripted {
    steps: Mutex<VecDeque<Step>>,
    /// The requests that came.
    came: Mutex<Vec<HeaderMap>>,
}

impl Transport for Arc<Scripted> {
    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<Reply, Failure> {
        let (head, _) = request.into_parts();
        self.came.lock().expect("no panics").push(head.headers);
        let step = self.steps.lock().expect("no panics").pop_front();
        let (time, outcome) = step.unwrap_or((Duration::ZERO, Ok((200, None))));
        tokio::time::sleep(time).await;
        let (status, retry_after) = outcome.map_err(|cause| Failure::new(cause, cause.name()))?;
        let mut headers = HeaderMap::new();
        if let Some(seconds) = retry_after {
            headers.insert(http::header::RETRY_AFTER, seconds.into());
        }
        Ok(Reply {
            status: StatusCode::from_u16(status).expect("a status"),
            headers,
            body: Bytes::new(),
        })
    }
}

fn caller(settings: &Settings, steps: &[Step]) -> (Arc<Scripted>, Caller<Arc<Scripted>>, Registry) {
    let scripted = Arc::new(Scripted {
        steps: Mutex::new(steps.iter().copied().collect()),
        ..Scripted::default()
    });
    let registry = Registry::new();
    let caller = Caller::new(
        Arc::clone(&scripted),
        "http://supplier".parse().expect("an address"),
        settings,
        Health::new(SystemTime::now).part("supplier", false),
        &registry.map("supplier").expect("a free name"),
        Environment::default(),
    );
    (scripted, caller.expect("free names"), registry)
}

fn ask(method: Method, time: Duration) -> Ask<'static> {
    Ask {
        method,
        path: "/prices/7".to_owned(),
        template: "/prices/{id}",
        time,
        trace: &Context::NONE,
    }
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "it is the form in which answers are read"
)]
fn fine(reply: &Reply) -> Result<StatusCode, Failure> {
    Ok(reply.status)
}

const MOMENT: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_hours(1);

#[tokio::test(start_paused = true)]
async fn whatever_the_supplier_does_the_deadline_holds() {
    let mut random = StdRng::seed_from_u64(7);
    let mut seen = std::collections::BTreeMap::new();
    for _ in 0..2_000 {
        let mut millis = |most| Duration::from_millis(random.random_range(1..most));
        let settings = Settings {
            timeout: millis(3_000),
            attempt_timeout: millis(1_000),
            backoff: millis(300),
            attempts: 5,
            retry_reserve: 100,
            breaker_least: 1_000,
            ..Settings::default()
        };
        let (time, mut steps) = (millis(3_000), Vec::new());
        for _ in 0..5 {
            steps.push(match random.random_range(0..5) {
                0 => (HOUR, Ok((200, None))),
                1 => (Duration::ZERO, Err(Cause::Unreachable)),
                2 => (Duration::from_millis(200), Ok((503, Some(1)))),
                3 => (Duration::from_millis(400), Ok((200, None))),
                _ => (Duration::from_millis(100), Ok((500, Some(u64::MAX)))),
            });
        }
        let (_, caller, _) = caller(&settings, &steps);
        let began = tokio::time::Instant::now();
        let result = caller.call(&ask(Method::GET, time), fine).await;
        // The runtime's timers count whole milliseconds, and there are several on the way.
        let limit = time.min(settings.timeout) + 10 * MOMENT;
        assert!(
            began.elapsed() <= limit,
            "{:?} > {limit:?}",
            began.elapsed()
        );
        let name = result.map_or_else(|failure| failure.cause.name(), |_| "fine");
        *seen.entry(name).or_insert(0) += 1;
    }
    assert_eq!(seen.len(), 4, "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn what_may_pass_is_tried_again_and_what_may_not_is_left() {
    let at_once = |outcome| (Duration::ZERO, outcome);
    for (method, first, expected, made) in [
        (Method::GET, Ok((503, None)), Ok(200), 2),
        (Method::GET, Ok((429, None)), Ok(200), 2),
        (Method::PUT, Err(Cause::Broken), Ok(200), 2),
        (Method::DELETE, Err(Cause::Unreachable), Ok(200), 2),
        (Method::POST, Ok((503, None)), Err("status"), 1),
        (Method::POST, Err(Cause::Unreachable), Err("unreachable"), 1),
        (Method::PATCH, Err(Cause::Late), Err("late"), 1),
        (Method::GET, Ok((501, None)), Err("status"), 1),
        (Method::GET, Err(Cause::Nonsense), Err("nonsense"), 1),
        // Whoever reads it decides what it means.
        (Method::GET, Ok((404, None)), Ok(404), 1),
        // There is no time to wait that long.
        (Method::GET, Ok((503, Some(3))), Err("status"), 1),
        (Method::GET, Ok((503, Some(1))), Ok(200), 2),
    ] {
        let (scripted, caller, _) = caller(&Settings::default(), &[at_once(first)]);
        let result = caller.call(&ask(method.clone(), HOUR), fine).await;
        let result = result.map(|status| status.as_u16());
        let result = result.map_err(|failure| failure.cause.name());
        assert_eq!(result, expected, "{method} {first:?}");
        let came = scripted.came.lock().expect("no panics").len();
        assert_eq!(came, made, "{method} {first:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_leaves_keeps_nobody_out() {
    let settings = Settings {
        breaker_least: 1,
        attempts: 1,
        at_once: 1,
        timeout: HOUR,
        attempt_timeout: HOUR,
        ..Settings::default()
    };
    let fails = (Duration::ZERO, Ok((500, None)));
    let hangs = (HOUR, Ok((200, None)));
    let (scripted, caller, registry) = caller(&settings, &[fails, hangs]);
    let get = ask(Method::GET, HOUR);
    caller.call(&get, fine).await.expect_err("it fails");
    let kept_out = caller.call(&get, fine).await.expect_err("it is open");
    assert_eq!(kept_out.cause, Cause::Open);
    tokio::time::advance(settings.breaker_open).await;
    // The one who looks leaves before there is an answer.
    let looks = tokio::time::timeout(MOMENT, caller.call(&get, fine)).await;
    looks.expect_err("it hangs");
    assert_eq!(caller.call(&get, fine).await, Ok(StatusCode::OK));
    assert_eq!(scripted.came.lock().expect("no panics").len(), 3);
    let told: serde_json::Value = serde_json::from_str(&registry.to_json()).expect("JSON");
    assert_eq!(told["supplier"]["waiting"], 0);
    assert_eq!(told["supplier"]["breaker"]["state"], "closed");
    assert_eq!(told["supplier"]["breaker"]["rejected"], 1);
}

#[tokio::test(start_paused = true)]
async fn a_retry_without_time_says_nothing_about_the_supplier() {
    let settings = Settings {
        breaker_least: 2,
        attempt_timeout: Duration::from_millis(500),
        timeout: Duration::from_millis(600),
        backoff: MOMENT,
        ..Settings::default()
    };
    let (_, caller, registry) = caller(&settings, &[(HOUR, Ok((200, None))); 2]);
    let get = ask(Method::GET, HOUR);
    let late = caller.call(&get, fine).await.expect_err("it hangs");
    assert_eq!(late.cause, Cause::Late);
    let told: serde_json::Value = serde_json::from_str(&registry.to_json()).expect("JSON");
    let supplier = &told["supplier"];
    assert_eq!(
        (&supplier["attempts"], &supplier["retries"]),
        (&2.into(), &1.into())
    );
    assert_eq!(supplier["breaker"]["failures"], 1, "the first one counts");
}

#[derive(Default)]
struct Kept(Mutex<Vec<Span>>);

impl Sink for Kept {
    fn take(&self, span: Span) {
        self.0.lock().expect("no panics").push(span);
    }
}

#[tokio::test(start_paused = true)]
async fn each_attempt_has_a_span_that_the_supplier_hears_of() {
    let kept = Arc::new(Kept::default());
    let tracer = Tracer::new(7, Sampler::ALL, Arc::<Kept>::clone(&kept));
    let settings = Settings {
        token: super::super::Token::new("canary").ok(),
        ..Settings::default()
    };
    let (scripted, caller, _) = caller(&settings, &[(Duration::ZERO, Ok((503, None)))]);
    let root = tracer.open(
        &HeaderMap::new(),
        "GET /v1/products/{id}/quote",
        Kind::Server,
    );
    let get = ask(Method::GET, HOUR);
    let result = root.within(caller.call(&get, fine)).await;
    assert_eq!(result, Ok(StatusCode::OK));
    let came = scripted.came.lock().expect("no panics");
    let spans = kept.0.lock().expect("no panics");
    assert_eq!((came.len(), spans.len()), (2, 2));
    for (index, (span, headers)) in spans.iter().zip(&*came).enumerate() {
        assert_eq!((&*span.name, span.kind), ("GET /prices/{id}", Kind::Client));
        assert_eq!(headers["traceparent"], *span.context.parent_header());
        assert_eq!(headers[AUTHORIZATION], "Bearer canary");
        let parent = root.context().map(Context::span_id);
        assert_eq!(span.context.parent_id(), parent);
        assert_eq!(span.error.is_some(), index == 0);
        let shown = format!("{span:?}");
        assert_eq!(shown.contains("http.request.resend_count"), index == 1);
        assert!(shown.contains("http://supplier/prices/7") && !shown.contains("canary"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_trace_that_is_not_recorded_here_is_handed_on() {
    let mut headers = HeaderMap::new();
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    headers.insert("traceparent", parent.parse().expect("a header"));
    let context = Tracer::off(7).context(&headers);
    let (scripted, caller, _) = caller(&Settings::default(), &[]);
    let get = Ask {
        trace: &context,
        ..ask(Method::GET, HOUR)
    };
    caller.call(&get, fine).await.expect("an answer");
    caller
        .call(&ask(Method::GET, HOUR), fine)
        .await
        .expect("an answer");
    let came = scripted.came.lock().expect("no panics");
    let sent = came[0]["traceparent"].to_str().expect("text");
    assert!(
        sent.starts_with(&parent[..35]) && sent.ends_with("-01"),
        "{sent}"
    );
    assert!(!came[1].contains_key("traceparent") && !came[1].contains_key(AUTHORIZATION));
}
