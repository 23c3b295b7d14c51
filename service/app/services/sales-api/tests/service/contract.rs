//! What the API promises, request by request.

use crate::support::{order, spawn_app, spawn_app_starting, spawn_app_with_stock};
use hyper::Method;
use serde_json::json;

/// A request that is refused, and how.
struct Refused {
    method: Method,
    path: &'static str,
    body: String,
    status: u16,
    code: &'static str,
    fields: &'static [&'static str],
}

fn get(
    path: &'static str,
    status: u16,
    code: &'static str,
    fields: &'static [&'static str],
) -> Refused {
    Refused {
        method: Method::GET,
        path,
        body: String::new(),
        status,
        code,
        fields,
    }
}

fn post(
    body: &impl ToString,
    status: u16,
    code: &'static str,
    fields: &'static [&'static str],
) -> Refused {
    Refused {
        method: Method::POST,
        path: "/v1/orders",
        body: body.to_string(),
        status,
        code,
        fields,
    }
}

fn refused() -> Vec<Refused> {
    let many: Vec<(i64, i64)> = (1..=51).map(|_| (1, 1)).collect();
    vec![
        get("/v1/products?limit=0", 400, "invalid_request", &["limit"]),
        get("/v1/products?limit=101", 400, "invalid_request", &["limit"]),
        get(
            "/v1/orders?after=-1&limit=0",
            400,
            "invalid_request",
            &["after", "limit"],
        ),
        get("/v1/orders?limit=many", 400, "invalid_query", &["limit"]),
        get(
            "/v1/products?colour=blue&sort=stock&in_stock=maybe&limit=5&limit=6&fields=id,taste",
            400,
            "invalid_query",
            &["limit", "colour", "sort", "in_stock", "fields"],
        ),
        get(
            "/v1/orders?from=yesterday&status=lost&customer=0&product=0",
            400,
            "invalid_request",
            &["status", "customer", "product", "from"],
        ),
        get("/v1/products/99", 404, "not_found", &[]),
        get("/v1/users/1", 404, "not_found", &[]),
        get("/errors/bad_luck", 404, "not_found", &[]),
        get("/v1/orders/1", 404, "not_found", &[]),
        get("/v1/orders/0", 404, "not_found", &[]),
        get("/v1/orders/-7", 404, "not_found", &[]),
        get("/v1/orders/9223372036854775807", 404, "not_found", &[]),
        get("/v1/orders/abc", 400, "invalid_path", &[]),
        get("/v1/nothing", 404, "not_found", &[]),
        Refused {
            method: Method::DELETE,
            ..get("/v1/orders", 405, "method_not_allowed", &[])
        },
        Refused {
            method: Method::PUT,
            ..get("/v1/products", 405, "method_not_allowed", &[])
        },
        post(&"{", 400, "malformed_json", &[]),
        post(&"{}", 422, "invalid_body", &["items"]),
        post(&json!({"items": "tea"}), 422, "invalid_body", &["items"]),
        post(
            &json!([[{"product_id": 1, "quantity": 1}]]),
            422,
            "invalid_body",
            &[],
        ),
        post(
            &json!({"items": [[1, 1]]}),
            422,
            "invalid_body",
            &["items[0]"],
        ),
        post(
            &json!({"items": [{"product_id": 1, "quantity": 1.5, "size": "XL"}, null], "now": true}),
            422,
            "invalid_body",
            &["now", "items[0].size", "items[0].quantity", "items[1]"],
        ),
        post(
            &json!({"items": [{"product_id": 1}, {"product_id": 0, "quantity": 1}]}),
            422,
            "invalid_body",
            &["items[0].quantity", "items[1].product_id"],
        ),
        post(&order(&[]), 422, "invalid_request", &["items"]),
        post(&order(&many), 422, "invalid_request", &["items"]),
        post(
            &order(&[(1, 0), (0, 1001), (2, 1)]),
            422,
            "invalid_request",
            &[
                "items[0].quantity",
                "items[1].product_id",
                "items[1].quantity",
            ],
        ),
        post(
            &order(&[(2, 1), (1, 600), (1, 401)]),
            422,
            "invalid_request",
            &["items[2].quantity"],
        ),
        post(
            &order(&[(1, 1), (99, 1), (98, 1)]),
            422,
            "unknown_product",
            &["items[1].product_id", "items[2].product_id"],
        ),
        post(
            &order(&[(2, 10), (1, 11), (3, 6), (3, 6)]),
            409,
            "out_of_stock",
            &["items[1].quantity", "items[2].quantity"],
        ),
        post(&" ".repeat(9_000), 413, "body_too_large", &[]),
    ]
}

#[tokio::test]
async fn what_is_refused_says_why_and_changes_nothing() {
    let app = spawn_app_with_stock(10).await;
    for case in refused() {
        let headers = [("content-type", "application/json")];
        let answer = app
            .client
            .send(case.method.clone(), case.path, &headers, &case.body)
            .await
            .expect("an answer");
        let what = format!(
            "{} {} {:.60} → {answer:?}",
            case.method, case.path, case.body
        );
        assert_eq!(answer.status, case.status, "{what}");
        assert_eq!(answer.code(), case.code, "{what}");
        assert_eq!(answer.fields(), case.fields, "{what}");
        assert_eq!(
            answer.json()["request_id"],
            answer.header("x-request-id"),
            "{what}"
        );
        assert!(
            answer.json()["detail"]
                .as_str()
                .is_some_and(|message| !message.is_empty()),
            "{what}"
        );
    }
    assert_eq!(
        app.client.get("/v1/orders").await.json(),
        json!({"items": [], "next": null})
    );
    assert_eq!(
        (app.stock(1).await, app.stock(2).await, app.stock(3).await),
        (10, 10, 10)
    );
}

#[tokio::test]
async fn a_body_that_is_not_declared_as_json_is_refused() {
    let app = spawn_app().await;
    let answer = app
        .client
        .send(Method::POST, "/v1/orders", &[], "{}")
        .await
        .expect("an answer");
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (415, "unsupported_media_type")
    );
}

#[tokio::test]
async fn the_catalogue_is_there_from_the_first_start() {
    let app = spawn_app().await;
    let answer = app.client.get("/v1/products").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "application/json");
    let page = answer.json();
    assert_eq!(page["next"], json!(null));
    let items = page["items"].as_array().expect("items");
    assert_eq!(items.len(), 12);
    assert_eq!(
        items[1],
        json!({
            "id": 2,
            "name": "Tea, Darjeeling first flush, 100 g",
            "price": {"amount": 1250, "currency": "EUR"},
            "stock": 1_000_000,
            "supplied": 1_000_000,
            "version": 1,
        })
    );
}

#[tokio::test]
async fn an_order_is_acknowledged_fetched_and_takes_stock() {
    let app = spawn_app().await;
    let answer = app
        .client
        .post("/v1/orders", &order(&[(2, 1), (1, 1), (2, 2)]))
        .await;
    assert_eq!(answer.status, 201);
    let placed = answer.json();
    assert_eq!(placed["id"], 1);
    assert_eq!(
        placed["total"],
        json!({"amount": 3 * 1250 + 2490, "currency": "EUR"})
    );
    // The two lines of product 2 have become one.
    let price = json!({"amount": 1250, "currency": "EUR"});
    assert_eq!(
        placed["items"][0],
        json!({"product_id": 2, "quantity": 3, "unit_price": price})
    );
    assert_eq!(placed["items"].as_array().map(Vec::len), Some(2));
    let placed_at = placed["placed_at"].as_str().expect("a time");
    assert!(
        placed_at.starts_with("20") && placed_at.ends_with('Z'),
        "{placed_at}"
    );

    let fetched = app.client.get(answer.header("location")).await;
    assert_eq!(fetched.status, 200);
    assert_eq!(fetched.json(), placed);
    assert_eq!((app.stock(1).await, app.stock(2).await), (999_999, 999_997));
}

#[tokio::test]
async fn lists_are_read_page_by_page() {
    let app = spawn_app().await;
    for product in 1..=5 {
        app.client.post("/v1/orders", &order(&[(product, 1)])).await;
    }
    for (list, count) in [("/v1/orders", 5), ("/v1/products", 12)] {
        let mut seen = Vec::new();
        let mut after = json!(0);
        while !after.is_null() {
            let page = app
                .client
                .get(&format!("{list}?after={after}&limit=2"))
                .await
                .json();
            let items = page["items"].as_array().expect("items").clone();
            assert!((1..=2).contains(&items.len()), "{page}");
            seen.extend(
                items
                    .iter()
                    .map(|item| item["id"].as_i64().expect("a number")),
            );
            after = page["next"].clone();
        }
        assert_eq!(seen, (1..=count).collect::<Vec<i64>>(), "{list}");
    }
}

#[tokio::test]
async fn readiness_tells_the_truth_and_liveness_stays() {
    let app = spawn_app().await;
    let ready = app.client.get("/v1/readiness").await.json();
    let part = &ready["parts"][0];
    assert_eq!(
        (&ready["status"], &part["name"], &part["state"]),
        (&json!("ready"), &json!("store"), &json!("ok"))
    );
    let since = part["since"].as_str().expect("a time").to_owned();
    humantime::parse_rfc3339(&since).expect("a time");
    assert_eq!(
        app.client.get("/v1/liveness").await.json(),
        json!({"status": "alive"})
    );

    app.store.close().await;
    let answer = app.client.get("/v1/readiness").await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (503, "not_ready")
    );
    assert_eq!(answer.fields(), ["store"]);
    let again = app.client.get("/v1/readiness").await.json();
    assert_eq!(
        again["errors"],
        answer.json()["errors"],
        "since when it fails"
    );
    let answer = app.client.post("/v1/orders", &order(&[(1, 1)])).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (503, "not_ready")
    );
    assert_eq!(app.client.get("/v1/liveness").await.status, 200);
}

#[tokio::test]
async fn startup_is_complete_once_and_for_all() {
    let app = spawn_app_starting().await;
    let answer = app.client.get("/v1/startup").await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (503, "not_started")
    );
    app.health.started();
    let started = app.client.get("/v1/startup").await.json();
    assert_eq!(started, json!({"status": "started"}));
    app.store.close().await;
    app.shutdown.trigger("test");
    assert_eq!(app.client.get("/v1/startup").await.status, 200);
}

#[tokio::test]
async fn readiness_ends_with_the_shutdown() {
    let app = spawn_app().await;
    app.shutdown.trigger("test");
    let answer = app.client.get("/v1/readiness").await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (503, "not_ready")
    );
    assert_eq!(app.client.get("/v1/liveness").await.status, 200);
    // What is under way is still served.
    assert_eq!(
        app.client
            .post("/v1/orders", &order(&[(1, 1)]))
            .await
            .status,
        201
    );
}
