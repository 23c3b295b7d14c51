//! Each rule and each effect, on dice that fall the same way every time.

use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use serde_json::Value;
use tower::ServiceExt as _;

use super::*;

struct Setup {
    router: Router,
    variables: Registry,
}

fn setup(plan: &str) -> Setup {
    let variables = Registry::new();
    let plan: Plan = plan.parse().expect("a plan");
    let chaos = Chaos::new(&plan, &variables).expect("free names");
    let router = Router::new().route("/a/b", get(|| async { "fine" }));
    let router = match chaos {
        Some(chaos) => router.layer(from_fn_with_state(chaos, pass)),
        None => router,
    };
    Setup { router, variables }
}

impl Setup {
    async fn status(&self) -> u16 {
        let request = Request::get("/a/b").body(Body::empty()).expect("a request");
        let answer = self.router.clone().oneshot(request).await;
        answer.expect("an answer").status().as_u16()
    }

    fn variables(&self) -> Value {
        let all: Value = serde_json::from_str(&self.variables.to_json()).expect("JSON");
        all["chaos"].clone()
    }

    fn count(&self, effect: &str) -> u64 {
        self.variables()["effects"][effect]
            .as_u64()
            .unwrap_or_default()
    }
}

/// Which of 1,000 requests fail.
async fn failures(plan: &str) -> Vec<bool> {
    let setup = setup(plan);
    let mut failed = Vec::new();
    for _ in 0..1_000 {
        failed.push(setup.status().await == 500);
    }
    let count = failed.iter().filter(|failed| **failed).count() as u64;
    assert_eq!(setup.count("error"), count);
    failed
}

#[tokio::test]
async fn the_seed_alone_decides_who_fails() {
    let first = failures("seed=1; /a error=0.3").await;
    assert_eq!(first, failures("seed=1; /a error=0.3").await);
    assert_eq!(first, failures("seed=1; /a error=0.3 latency=0s").await);
    assert_ne!(first, failures("seed=2; /a error=0.3").await);
    assert_ne!(first, failures("seed=1; /x error=1; /a error=0.3").await);
    let count = first.iter().filter(|failed| **failed).count();
    assert!((250..350).contains(&count), "{count}");
}

#[tokio::test]
async fn without_rules_nothing_happens() {
    let setup = setup("");
    assert_eq!(setup.status().await, 200);
    assert_eq!(setup.variables()["in_force"], "off");
}

#[tokio::test(start_paused = true)]
async fn latency_stays_in_its_range() {
    let setup = setup("GET /a/b latency=20ms..80ms");
    let mut times = Vec::new();
    for _ in 0..50 {
        let began = tokio::time::Instant::now();
        assert_eq!(setup.status().await, 200);
        times.push(began.elapsed());
    }
    let (least, most) = (Duration::from_millis(20), Duration::from_millis(82));
    assert!(
        times.iter().all(|time| (least..most).contains(time)),
        "{times:?}"
    );
    times.dedup();
    assert!(times.len() > 10, "they differ: {times:?}");
    assert_eq!(setup.count("latency"), 50);
}

#[tokio::test(start_paused = true)]
async fn the_lock_is_held_by_one_after_the_other() {
    let setup = setup("/a lock=10ms");
    let began = tokio::time::Instant::now();
    let answers = tokio::join!(setup.status(), setup.status(), setup.status());
    assert_eq!(answers, (200, 200, 200));
    assert!(began.elapsed() >= Duration::from_millis(30));
    assert_eq!(setup.count("lock"), 3);
}

/// How often another task of the same worker had its turn while a request was served.
async fn turns_of_others(plan: &str) -> usize {
    let setup = setup(plan);
    let turns = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&turns);
    let other = tokio::spawn(async move {
        loop {
            counted.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
        }
    });
    assert_eq!(setup.status().await, 200);
    other.abort();
    turns.load(Ordering::Relaxed)
}

#[tokio::test]
async fn a_burning_cpu_lets_others_in_and_a_blocked_worker_does_not() {
    assert!(turns_of_others("/a cpu=5ms").await >= 5);
    assert_eq!(turns_of_others("/a block=5ms").await, 0);
}

#[tokio::test]
async fn memory_is_kept_up_to_a_bound() {
    let setup = setup("/a memory=100MiB");
    for _ in 0..4 {
        assert_eq!(setup.status().await, 200);
    }
    assert_eq!(setup.variables()["kept_bytes"], 200 * 1_048_576);
    assert_eq!(setup.count("memory"), 2);
}

#[tokio::test]
async fn a_dropped_request_has_no_answer() {
    let setup = setup("/a drop=1");
    let request = Request::get("/a/b").body(Body::empty()).expect("a request");
    let answer = setup.router.clone().oneshot(request).await.expect("one");
    let body = axum::body::to_bytes(answer.into_body(), 1_000).await;
    assert!(body.is_err(), "{body:?}");
    assert_eq!(setup.count("drop"), 1);
}

#[test]
fn rules_fit_by_method_and_path() {
    for (rule, method, path, fits) in [
        ("/v1/orders cpu=1ms", Method::GET, "/v1/orders", true),
        ("* /v1/orders cpu=1ms", Method::POST, "/v1/orders/7", true),
        ("/v1/orders cpu=1ms", Method::GET, "/v1/ordersome", false),
        ("POST /v1/orders cpu=1ms", Method::GET, "/v1/orders", false),
        ("/ cpu=1ms", Method::GET, "/v1/orders", true),
        ("/v1/ cpu=1ms", Method::GET, "/v1/orders", true),
    ] {
        let rule: Rule = rule.parse().expect("a rule");
        assert_eq!(rule.fits(&method, path), fits, "{rule:?} {method} {path}");
    }
}

#[test]
fn plans_are_shown_as_they_would_be_written() {
    let written = "seed=7; slow_auth; db_failure; POST /v1/orders memory=65536 cpu=1ms block=2ms lock=3ms \
        latency=20ms..1s500ms drop=0.25 error=0.5; * / error=1";
    let plan: Plan = written.parse().expect("a plan");
    assert_eq!(plan.to_string(), written);
    let other: Plan = "seed=7\nslow_auth;;db_failure\n  POST /v1/orders error=0.5 drop=0.25 latency=20ms..1500ms lock=3ms \
        block=2ms cpu=1ms memory=64KiB\n/ error=1"
        .parse()
        .expect("a plan");
    assert_eq!(other, plan);
}

#[test]
fn what_makes_no_sense_is_named() {
    for (plan, cause) in [
        ("seed=x", "seed: \"x\" must be a whole number"),
        ("fast /a cpu=1ms", "\"fast\" is neither a method nor a path"),
        ("GET cpu=1ms", "has no path"),
        ("GET /a", "has no effect"),
        ("/a speed=1", "\"speed\" is no effect"),
        ("/a latency=x", "latency: \"x\" must be a time"),
        ("/a latency=2s..1s", "ends before it begins"),
        ("/a cpu", "cpu: \"\" must be a time"),
        ("/a error=1.1", "error: \"1.1\" must be a share"),
        ("/a drop=NaN", "drop: \"NaN\" must be a share"),
        ("/a memory=1GB", "memory: \"1GB\" must be a size"),
    ] {
        let error = plan.parse::<Plan>().expect_err(plan);
        assert!(error.contains(cause), "{plan}: {error}");
    }
}
