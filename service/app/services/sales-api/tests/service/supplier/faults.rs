//! Whatever an answer can be.

use std::time::Duration;

use expvar::Registry;
use hyper::Method;
use sales_api::health::Health;
use sales_api::supplier::http::Http;
use sales_api::supplier::{Ask, Caller, Environment, Settings};
use serde_json::{Value, json};

use super::{LONG, Shop, app, source, variables};
use crate::support::serve;

#[tokio::test]
async fn no_fault_is_taken_for_a_price() {
    for (script, cause, why) in [
        ("error=500*9", "status", "500 Internal Server Error"),
        ("busy=1*9", "status", "503 Service Unavailable"),
        ("error=403*9", "refused", "403 Forbidden"),
        ("reset*9", "broken", "no answer came"),
        ("garbage*9", "nonsense", "no price in JSON"),
        ("wrong*9", "nonsense", "the price of another product"),
        ("endless*9", "nonsense", "too long"),
    ] {
        let shop = Shop::open(script).await;
        let app = app(&shop.settings()).await;
        assert_eq!(source(&app, 7).await, "supplier_failed", "{script}");
        let told = variables(&app);
        assert_eq!(told["attempts_failed"], json!({cause: 1}), "{script}");
        let error = told["last_error"].as_str().expect("text");
        assert!(error.contains(why), "{script}: {error}");
        assert_eq!(shop.supplier.requests(), 1);
    }
}

#[tokio::test]
async fn whoever_is_slow_is_given_up_and_asked_again() {
    for script in ["hang,ok", "drip=1h,ok", "latency=1h,ok"] {
        let shop = Shop::open(script).await;
        let settings = Settings {
            attempts: 100,
            retry_reserve: 100,
            // On a slow machine the answer that comes at once may be late as well, but not a hundred times.
            attempt_timeout: Duration::from_millis(100),
            ..shop.settings()
        };
        // The request's own time is another matter.
        let app = app(&settings).await;
        assert_eq!(source(&app, 7).await, "supplier", "{script}");
        let told = variables(&app);
        let late = told["attempts_failed"]["late"].as_u64();
        assert!(late >= Some(1), "{script}: {told}");
        assert_eq!(told["retries"].as_u64(), late);
    }
}

#[tokio::test]
async fn a_supplier_that_is_gone_is_unreachable_and_one_that_sends_elsewhere_is_not_followed() {
    let shop = Shop::open("ok").await;
    let settings = shop.settings();
    drop(shop);
    let gone = app(&settings).await;
    assert_eq!(source(&gone, 7).await, "supplier_failed");
    // Its port may be taken by somebody else before it is asked.
    let causes = variables(&gone)["attempts_failed"].clone();
    assert!(
        causes["unreachable"] == 1 || causes["broken"] == 1,
        "{causes}"
    );

    let elsewhere = Shop::open("ok").await;
    let to = format!("{}/prices/7", elsewhere.url);
    let redirect = axum::routing::get(async move || axum::response::Redirect::temporary(&to));
    let url = serve(axum::Router::new().route("/prices/{id}", redirect)).await;
    let settings = Settings {
        address: url.parse().ok(),
        ..elsewhere.settings()
    };
    let app = app(&settings).await;
    assert_eq!(source(&app, 7).await, "supplier_failed");
    let error = variables(&app)["last_error"].clone();
    let error = error.as_str().expect("text");
    assert!(error.contains("redirects are not followed"), "{error}");
    assert_eq!(elsewhere.supplier.requests(), 0);
}

#[tokio::test]
async fn only_what_is_idempotent_is_sent_again() {
    for (method, script, requests) in [
        (Method::GET, "error=503*2,ok", 3),
        (Method::PUT, "reset,ok", 2),
        (Method::POST, "error=503*2,ok", 1),
        (Method::POST, "reset,ok", 1),
    ] {
        let shop = Shop::open(script).await;
        let settings = Settings {
            attempts: 3,
            ..shop.settings()
        };
        let registry = Registry::new();
        let caller = Caller::new(
            Http::new(),
            shop.url.parse().expect("an address"),
            &settings,
            Health::new(std::time::SystemTime::now).part("supplier", false),
            &registry.map("supplier").expect("a free name"),
            Environment::default(),
        );
        let ask = Ask {
            method: method.clone(),
            path: "/prices/7".to_owned(),
            template: "/prices/{id}",
            time: LONG,
            trace: &trace::Context::NONE,
        };
        let caller = caller.expect("free names");
        let answer = caller.call(&ask, |reply| Ok(reply.status)).await;
        assert_eq!(answer.is_ok(), method.is_idempotent(), "{method} {script}");
        assert_eq!(shop.supplier.requests(), requests, "{method} {script}");
        let told: Value = serde_json::from_str(&registry.to_json()).expect("JSON");
        let left = &told["supplier"]["not_retried"];
        let expected = if method.is_idempotent() {
            json!({})
        } else {
            json!({"not_idempotent": 1})
        };
        assert_eq!(*left, expected, "{method} {script}");
    }
}
