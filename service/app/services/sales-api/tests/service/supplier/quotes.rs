//! What users get, and what the supplier hears.

use std::time::Duration;

use hyper::Method;
use sales_api::supplier::Settings;
use sales_client::QuoteSource;
use serde_json::{Value, json};

use super::{Shop, app, quote, source, variables};
use crate::support::{Service, serve, spawn_app};

#[tokio::test]
async fn a_quote_says_where_it_is_from_and_how_old_it_is() {
    let shop = Shop::open("ok,error=500*9").await;
    let app = app(&shop.settings()).await;
    let fresh = quote(&app, 7).await.json();
    assert_eq!(fresh["product_id"], 7);
    assert_eq!(fresh["price"], json!({"amount": 675, "currency": "EUR"}));
    assert_eq!(
        (&fresh["source"], &fresh["age_ms"]),
        (&"supplier".into(), &0.into())
    );

    let old = quote(&app, 7).await.json();
    assert_eq!(old["source"], "fallback");
    for same in ["price", "quoted_at", "product_id"] {
        assert_eq!(old[same], fresh[same], "{same}");
    }
    let quoted_at = old["quoted_at"].as_str().expect("a time");
    let quoted_at = humantime::parse_rfc3339(quoted_at).expect("as of RFC 3339");
    let age = Duration::from_millis(old["age_ms"].as_u64().expect("a number"));
    // Both are cut to whole milliseconds.
    let now = quoted_at + age;
    assert!(now <= std::time::SystemTime::now(), "{old}");

    let typed = crate::typed::client(&app).quote(7).await.expect("a quote");
    assert_eq!(
        (typed.price.amount, typed.source),
        (675, QuoteSource::Fallback)
    );

    let none = quote(&app, 8).await;
    assert_eq!(
        (none.status.as_u16(), &*none.code()),
        (503, "supplier_failed")
    );
    assert_eq!(none.header("retry-after"), "1");
    let told = variables(&app);
    assert_eq!(
        told["quotes"],
        json!({"supplier": 1, "fallback": 2, "none": 1})
    );
    assert_eq!(
        (&told["remembered"], &told["attempts"]),
        (&1.into(), &4.into())
    );
    assert_eq!(told["attempts_failed"], json!({"status": 3}));
    assert_eq!(
        told["last_error"],
        "the answer was 500 Internal Server Error"
    );
}

#[tokio::test]
async fn what_is_too_old_stands_in_for_nothing() {
    let shop = Shop::open("ok,reset*9").await;
    let settings = Settings {
        max_age: Duration::ZERO,
        ..shop.settings()
    };
    let app = app(&settings).await;
    let fresh = quote(&app, 7).await.json();
    let quoted_at = fresh["quoted_at"].as_str().expect("a time");
    let quoted_at = humantime::parse_rfc3339(quoted_at).expect("as of RFC 3339");
    // The clock counts on, if not always at once.
    while quoted_at + Duration::from_millis(1) >= std::time::SystemTime::now() {
        tokio::task::yield_now().await;
    }
    assert_eq!(source(&app, 7).await, "supplier_failed");
}

#[tokio::test]
async fn products_that_the_shop_or_the_supplier_does_not_have_are_told_apart() {
    // A supplier that has nothing.
    let url = serve(axum::Router::new()).await;
    let settings = Settings {
        address: url.parse().ok(),
        ..Settings::default()
    };
    let empty = app(&settings).await;
    for (product, code) in [(7, "not_supplied"), (99_999, "not_found"), (0, "not_found")] {
        let answer = quote(&empty, product).await;
        assert_eq!((answer.status.as_u16(), &*answer.code()), (404, code));
    }
    let told = variables(&empty);
    assert_eq!(told["quotes"], json!({"unknown": 1}));
    assert_eq!(told["attempts_failed"], json!({}), "404 is an answer");
    let bare = spawn_app().await;
    assert_eq!(source(&bare, 7).await, "no_supplier");
    assert_eq!(variables(&bare), Value::Null);
}

#[tokio::test]
async fn the_supplier_hears_of_the_trace() {
    let shop = Shop::open("ok").await;
    let app = app(&shop.settings()).await;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736";
    let parent = format!("{trace}-00f067aa0ba902b7-01");
    let headers = [("traceparent", &*parent)];
    let path = "/v1/products/7/quote";
    let answer = app.client.send(Method::GET, path, &headers, "").await;
    assert_eq!(answer.expect("an answer").status, 200);
    let seen = shop.supplier.seen();
    assert_eq!(
        (&seen[0].method, &*seen[0].path),
        (&Method::GET, "/prices/7")
    );
    let heard = seen[0].traceparent.as_deref().expect("a trace");
    assert!(heard.starts_with(trace) && heard != parent, "{heard}");
    assert!(!seen[0].has_token);
}

/// The program, whose requests have less time than the supplier may take.
#[tokio::test]
async fn a_request_is_answered_before_its_time_is_over() {
    let shop = Shop::open("ok,hang*9").await;
    let directory = tempfile::tempdir().expect("a directory");
    let service = Service::new(directory.path())
        .flags(&["--supplier", &shop.url, "--request-timeout", "4s"])
        .flags(&[
            "--supplier-timeout",
            "1h",
            "--supplier-attempt-timeout",
            "1h",
        ])
        .start();
    let client = service.client();
    let first = client.get("/v1/products/7/quote").await.json();
    assert_eq!(first["source"], "supplier", "{first}");
    let (known, unknown) = tokio::join!(
        client.get("/v1/products/7/quote"),
        client.get("/v1/products/8/quote")
    );
    assert_eq!(known.json()["source"], "fallback", "{known:?}");
    assert_eq!(unknown.code(), "supplier_failed", "{unknown:?}");
    let told = service.variables().await;
    assert_eq!(told["supplier"]["attempts_failed"], json!({"late": 2}));
    let (status, log) = service.stop().await;
    assert!(status.success() && log.contains(&shop.url), "{log}");
}
