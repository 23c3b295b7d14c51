//! The budget of retries and the breaker while an outage lasts.

use std::cell::Cell;
use std::time::{Duration, Instant};

use sales_api::supplier::{Environment, Settings};
use serde_json::{Value, json};

use super::{Shop, app, quote, source, variables};
use crate::support::{TestApp, spawn_app_with_supplier, until};

thread_local! {
    static BEGAN: Instant = Instant::now();
    static PASSED: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// A clock that goes on when it is told to. Test and service share a thread.
fn now() -> Instant {
    BEGAN.with(|began| *began) + PASSED.get()
}

fn pass(time: Duration) {
    PASSED.set(PASSED.get() + time);
}

async fn app_by_that_clock(settings: &Settings) -> TestApp {
    let chance = || 0.5;
    spawn_app_with_supplier(settings, Environment { now, chance }).await
}

/// Successes, failures, state, and how often it opened.
fn breaker(app: &TestApp) -> (u64, u64, String, u64) {
    let told = variables(app)["breaker"].clone();
    let number = |name: &str| told[name].as_u64().expect("a number");
    let state = told["state"].as_str().expect("text").to_owned();
    assert_eq!(told["closed"] == 1, state == "closed");
    (
        number("successes"),
        number("failures"),
        state,
        number("opened"),
    )
}

async fn readiness(app: &TestApp) -> (u16, Value, Value) {
    let answer = app.client.get("/v1/readiness").await;
    let json = answer.json();
    let parts = json["parts"].as_array().expect("parts");
    let part = parts.iter().find(|part| part["name"] == "supplier");
    let state = part.expect("the supplier")["state"].clone();
    (answer.status.as_u16(), json["status"].clone(), state)
}

#[tokio::test]
async fn retries_are_a_share_of_the_requests() {
    let shop = Shop::open("error=500,repeat").await;
    let settings = Settings {
        attempts: 3,
        retry_share: 0.1,
        retry_reserve: 5,
        ..shop.settings()
    };
    let app = app(&settings).await;
    for _ in 0..100 {
        assert_eq!(source(&app, 7).await, "supplier_failed");
    }
    let told = variables(&app);
    let retries = told["retries"].as_u64().expect("a number");
    // A full budget takes no more, so the first request's share is lost.
    assert!((14..=15).contains(&retries), "{retries}");
    assert_eq!(shop.supplier.requests(), 100 + retries);
    assert_eq!(told["attempts"], 100 + retries);
    let left = &told["not_retried"];
    let (spent, often) = (&left["budget"], &left["attempts"]);
    let sum = spent.as_u64().unwrap_or_default() + often.as_u64().unwrap_or_default();
    assert_eq!(sum, 100, "{left}");
    assert!(spent.as_u64() >= Some(80), "{left}");
    assert!(told["retry_budget"].as_f64() < Some(1.0), "{told}");
}

#[tokio::test]
async fn the_breaker_opens_by_the_share_of_failures_and_closes_when_one_look_succeeds() {
    let shop = Shop::open("ok*8,error=500,repeat").await;
    let settings = Settings {
        breaker_rate: 0.5,
        breaker_least: 10,
        ..shop.settings()
    };
    let app = app_by_that_clock(&settings).await;
    // Failures alone would be enough: ten of them. Among so many successes they are not.
    for _ in 0..90 {
        quote(&app, 7).await;
    }
    assert_eq!(breaker(&app), (80, 10, "closed".into(), 0));
    assert_eq!(readiness(&app).await, (200, "ready".into(), "ok".into()));

    // Once they are forgotten, half of at least ten will do.
    pass(settings.breaker_window * 2);
    assert_eq!(breaker(&app), (0, 0, "closed".into(), 0));
    shop.follow("ok*5,error=500*99");
    for _ in 0..9 {
        quote(&app, 7).await;
    }
    assert_eq!(breaker(&app), (5, 4, "closed".into(), 0));
    assert_eq!(source(&app, 7).await, "fallback");
    assert_eq!(breaker(&app), (0, 0, "open".into(), 1));

    // Nobody bothers the supplier, and users get the last price; the service can work without.
    let before = shop.supplier.requests();
    for _ in 0..5 {
        assert_eq!(source(&app, 7).await, "fallback");
    }
    assert_eq!(source(&app, 8).await, "supplier_failed");
    assert_eq!(shop.supplier.requests(), before);
    assert_eq!(variables(&app)["breaker"]["rejected"], 6);
    let degraded = (200, "degraded".into(), "failing".into());
    assert_eq!(readiness(&app).await, degraded);

    // One looks, in vain.
    pass(settings.breaker_open);
    assert_eq!(breaker(&app).2, "half_open");
    assert_eq!(source(&app, 7).await, "fallback");
    assert_eq!(shop.supplier.requests(), before + 1);
    assert_eq!(breaker(&app), (0, 0, "open".into(), 2));
    assert_eq!(readiness(&app).await, degraded);

    // While one looks, the others do not.
    pass(settings.breaker_open);
    shop.follow("hang,ok*9");
    let looks = tokio::spawn({
        let client = app.new_client();
        async move { client.try_get("/v1/products/7/quote").await }
    });
    until("it asks", async || shop.supplier.requests() == before + 2).await;
    assert_eq!(source(&app, 7).await, "fallback");
    assert_eq!(shop.supplier.requests(), before + 2);

    // It leaves, another one may look, and all is well.
    looks.abort();
    until("it has left", async || variables(&app)["waiting"] == 0).await;
    assert_eq!(source(&app, 7).await, "supplier");
    assert_eq!(breaker(&app), (0, 0, "closed".into(), 2));
    assert_eq!(readiness(&app).await, (200, "ready".into(), "ok".into()));
    assert_eq!(source(&app, 7).await, "supplier");
    assert_eq!(breaker(&app), (1, 0, "closed".into(), 2));
}

#[tokio::test]
async fn a_few_failures_say_little() {
    let shop = Shop::open("error=500*4,ok*9").await;
    let settings = Settings {
        breaker_least: 5,
        ..shop.settings()
    };
    let app = app_by_that_clock(&settings).await;
    for _ in 0..4 {
        assert_eq!(source(&app, 7).await, "supplier_failed");
    }
    assert_eq!(breaker(&app), (0, 4, "closed".into(), 0));
    // A success opens nothing, whatever the share.
    assert_eq!(source(&app, 7).await, "supplier");
    assert_eq!(breaker(&app), (1, 4, "closed".into(), 0));
}

#[tokio::test]
async fn a_supplier_that_hangs_takes_no_more_than_its_places() {
    let shop = Shop::open("hang,ok*9").await;
    let settings = Settings {
        at_once: 1,
        ..shop.settings()
    };
    let app = app(&settings).await;
    let waits = tokio::spawn({
        let client = app.new_client();
        async move { client.try_get("/v1/products/7/quote").await }
    });
    until("it waits", async || shop.supplier.requests() == 1).await;
    assert_eq!(variables(&app)["waiting"], 1);
    assert_eq!(source(&app, 7).await, "supplier_failed");
    assert_eq!(variables(&app)["full"], 1);
    assert_eq!(shop.supplier.requests(), 1);
    waits.abort();
    until("it has left", async || variables(&app)["waiting"] == 0).await;
    assert_eq!(source(&app, 7).await, "supplier");
    assert_eq!(variables(&app)["quotes"], json!({"supplier": 1, "none": 1}));
}
