//! What clients make depend on what they have seen: entity tags, and keys for what is sent twice.

use crate::support::{Answer, TestApp, order, spawn_app, spawn_app_with_stock};
use hyper::Method;
use serde_json::{Value, json};

const JSON: (&str, &str) = ("content-type", "application/json");
const PATCH: (&str, &str) = ("content-type", "application/merge-patch+json");

async fn send(
    app: &TestApp,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: &Value,
) -> Answer {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let answer = app.client.send(method, path, headers, &body).await;
    answer.expect("an answer")
}

async fn get_if_changed(app: &TestApp, path: &str, etag: &str) -> Answer {
    let headers = [("if-none-match", etag)];
    send(app, Method::GET, path, &headers, &Value::Null).await
}

#[tokio::test]
async fn what_the_client_has_is_not_sent_again_until_it_changes() {
    let app = spawn_app().await;
    app.client.post("/v1/orders", &order(&[(2, 1)])).await;
    let user = json!({"name": "Ada", "roles": ["staff"]});
    app.client.post("/v1/users", &user).await;
    for (path, changes) in [
        ("/v1/products/1", true),
        ("/v1/products?limit=3", true),
        ("/v1/statistics", true),
        ("/v1/orders", true),
        ("/v1/orders/1", false),
        ("/v1/users", false),
        ("/v1/users/1", false),
        ("/v1/openapi.json", false),
    ] {
        let first = app.client.get(path).await;
        let etag = first.header("etag").to_owned();
        assert!(
            etag.starts_with('"') && etag.ends_with('"'),
            "{path}: {etag}"
        );
        assert_eq!(first.header("cache-control"), "no-cache", "{path}");
        for known in [
            etag.clone(),
            format!("W/{etag}"),
            format!("\"x\", {etag}"),
            "*".to_owned(),
        ] {
            let again = get_if_changed(&app, path, &known).await;
            assert_eq!(
                (again.status.as_u16(), again.header("etag")),
                (304, &*etag),
                "{path}"
            );
            assert!(again.body.is_empty());
        }
        assert_eq!(
            get_if_changed(&app, path, "\"x\"").await.status,
            200,
            "{path}"
        );

        // Takes one piece of product 1.
        app.client.post("/v1/orders", &order(&[(1, 1)])).await;
        let status = if changes { 200 } else { 304 };
        assert_eq!(
            get_if_changed(&app, path, &etag).await.status,
            status,
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_change_needs_the_version_it_is_based_on() {
    let app = spawn_app().await;
    app.client
        .post("/v1/users", &json!({"name": "Ada", "roles": []}))
        .await;
    let price = json!({"amount": 100, "currency": "EUR"});
    let put = json!({"name": "Tea", "price": price});
    for (method, path, kind, body) in [
        (Method::PUT, "/v1/products/1", JSON, put),
        (
            Method::PATCH,
            "/v1/products/1",
            PATCH,
            json!({"name": "Teapot"}),
        ),
        (
            Method::PATCH,
            "/v1/users/1",
            PATCH,
            json!({"roles": ["admin"]}),
        ),
    ] {
        let before = app.client.get(path).await;
        let etag = before.header("etag").to_owned();
        let change = async |based_on: Option<&str>| {
            let mut headers = vec![kind];
            headers.extend(based_on.map(|etag| ("if-match", etag)));
            let answer = send(&app, method.clone(), path, &headers, &body).await;
            (answer.status.as_u16(), answer)
        };
        for (based_on, status, code) in [
            (None, 428, "precondition_required"),
            (Some("\"77\""), 412, "precondition_failed"),
            (Some("\"what\""), 412, "precondition_failed"),
            (Some(&*format!("W/{etag}")), 412, "precondition_failed"),
            (Some("77"), 400, "invalid_header"),
        ] {
            let (got, answer) = change(based_on).await;
            assert_eq!(
                (got, &*answer.code()),
                (status, code),
                "{path} {based_on:?}"
            );
        }
        assert_eq!(app.client.get(path).await.json(), before.json());

        let (status, changed) = change(Some(&format!("\"77\", {etag}"))).await;
        assert_eq!(status, 200, "{changed:?}");
        assert_ne!(changed.header("etag"), etag);
        assert_eq!(app.client.get(path).await.json(), changed.json());
        assert_eq!(
            change(Some(&etag)).await.0,
            412,
            "it is another version now"
        );
        assert_eq!(change(Some("*")).await.0, 200, "whatever version it is in");
    }
}

#[tokio::test]
async fn stock_that_is_sold_is_in_no_ones_way() {
    let app = spawn_app().await;
    let etag = app
        .client
        .get("/v1/products/1")
        .await
        .header("etag")
        .to_owned();
    app.client.post("/v1/orders", &order(&[(1, 1)])).await;
    assert_eq!(
        get_if_changed(&app, "/v1/products/1", &etag).await.status,
        200
    );
    let headers = [PATCH, ("if-match", &*etag)];
    let answer = send(
        &app,
        Method::PATCH,
        "/v1/products/1",
        &headers,
        &json!({"name": "Pot"}),
    )
    .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.json()["stock"], 999_999);
}

#[tokio::test]
async fn put_replaces_and_patch_merges() {
    let app = spawn_app().await;
    let any = ("if-match", "*");
    let path = "/v1/products/1";
    let answer = send(
        &app,
        Method::PUT,
        path,
        &[JSON, any],
        &json!({"name": "Pot"}),
    )
    .await;
    assert_eq!(
        (&*answer.code(), answer.fields()),
        ("invalid_body", vec!["price".to_owned()])
    );

    let patch = json!({"price": {"amount": 7}});
    let answer = send(&app, Method::PATCH, path, &[PATCH, any], &patch).await;
    assert_eq!(
        answer.json()["price"],
        json!({"amount": 7, "currency": "EUR"})
    );
    assert_eq!(answer.json()["name"], "Teapot, blue enamel");

    // RFC 7396 takes a field away by null; these cannot be taken away.
    let patch = json!({"name": null, "price": {"currency": null, "tax": 1}, "id": 2});
    let answer = send(&app, Method::PATCH, path, &[JSON, any], &patch).await;
    assert_eq!(answer.code(), "invalid_body");
    assert_eq!(
        answer.fields(),
        ["id", "name", "price.tax", "price.currency"]
    );

    let version = app.client.get(path).await.json()["version"].clone();
    let answer = send(&app, Method::PATCH, path, &[PATCH, any], &json!({})).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["version"]),
        (200, &version)
    );

    let other = ("content-type", "application/json-patch+json");
    let answer = send(&app, Method::PATCH, path, &[other, any], &json!([])).await;
    assert_eq!(answer.status, 415);
    assert_eq!(
        answer.header("accept-patch"),
        "application/merge-patch+json, application/json"
    );
}

#[tokio::test]
async fn the_same_key_gives_the_same_answer_and_takes_stock_once() {
    let app = spawn_app_with_stock(10).await;
    let with_key = async |key: &str, body: &Value| {
        send(
            &app,
            Method::POST,
            "/v1/orders",
            &[JSON, ("idempotency-key", key)],
            body,
        )
        .await
    };
    let first = with_key("basket-1", &order(&[(1, 2), (2, 1)])).await;
    assert_eq!(first.status, 201);
    // The same order, though not the same bytes.
    let reversal = format!("{}/reversal", first.header("location"));
    for (items, reversed) in [
        (order(&[(1, 2), (2, 1)]), false),
        (order(&[(1, 1), (1, 1), (2, 1)]), true),
    ] {
        let again = with_key("basket-1", &items).await;
        assert_eq!((again.status, &again.body), (first.status, &first.body));
        for header in ["location", "etag", "content-type"] {
            assert_eq!(again.header(header), first.header(header));
        }
        let stock = if reversed { 10 } else { 8 };
        assert_eq!(app.stock(1).await, stock);
        // Reversing it does not change what was answered, nor what is left.
        app.client.post(&reversal, &Value::Null).await;
    }
    assert_eq!(app.stock(1).await, 10);

    let other = with_key("basket-1", &order(&[(1, 3)])).await;
    assert_eq!(
        (other.status.as_u16(), &*other.code()),
        (409, "idempotency_key_reused")
    );
    assert_eq!(with_key("basket-2", &order(&[(1, 3)])).await.status, 201);
    for key in ["", "two words", &"x".repeat(65), "k\u{e4}se"] {
        let refused = with_key(key, &order(&[(1, 1)])).await;
        assert_eq!(
            (refused.status.as_u16(), &*refused.code()),
            (400, "invalid_header"),
            "{key}"
        );
    }
    let variables: Value = serde_json::from_str(&app.variables.to_json()).expect("JSON");
    assert_eq!(variables["orders_placed"], 2);
}
