//! The forms of requests and answers: parts, filters, methods, types, other origins, the document and its pages.

use crate::support::{Answer, TestApp, order, spawn_app, spawn_app_for, spawn_app_with_stock};
use hyper::Method;
use sales_api::access::Strictness;
use serde_json::{Value, json};

async fn send(app: &TestApp, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
    let answer = app.client.send(method, path, headers, "").await;
    answer.expect("an answer")
}

#[tokio::test]
async fn clients_get_the_fields_they_ask_for() {
    let app = spawn_app().await;
    app.client.post("/v1/orders", &order(&[(1, 1)])).await;
    app.client
        .post("/v1/users", &json!({"name": "Ada", "roles": []}))
        .await;
    let document = app.client.get("/v1/openapi.json").await.json();
    let mut selectable = 0;
    for (template, item) in document["paths"].as_object().expect("paths") {
        let parameters = item["get"]["parameters"].as_array().into_iter().flatten();
        let fields = parameters
            .into_iter()
            .find(|parameter| parameter["name"] == "fields");
        let Some(pattern) = fields.and_then(|fields| fields["schema"]["pattern"].as_str()) else {
            continue;
        };
        let names = pattern
            .trim_start_matches("^(")
            .split(')')
            .next()
            .expect("names");
        let path = template.replace("{id}", "1");
        let all = app
            .client
            .get(&format!("{path}?fields={}", names.replace('|', ",")))
            .await;
        assert_eq!(all.json(), app.client.get(&path).await.json(), "{path}");
        selectable += 1;
    }
    assert_eq!(selectable, 8);
    for (path, expected) in [
        ("/v1/products/1?fields=id", json!({"id": 1})),
        (
            "/v1/orders/1?fields=status,id,status",
            json!({"id": 1, "status": "placed"}),
        ),
        (
            "/v1/products?limit=2&fields=id,version",
            json!({"items": [{"id": 1, "version": 1}, {"id": 2, "version": 1}], "next": 2}),
        ),
        (
            "/v1/orders?fields=customer",
            json!({"items": [{"customer": null}], "next": null}),
        ),
    ] {
        let answer = app.client.get(path).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()),
            (200, expected),
            "{path}"
        );
    }
    let answer = app.client.get("/v1/products/1?fields=").await;
    assert_eq!(
        (&*answer.code(), answer.fields()),
        ("invalid_request", vec!["fields".to_owned()])
    );
}

#[tokio::test]
async fn lists_are_filtered_and_sorted_page_by_page() {
    let app = spawn_app_with_stock(1).await;
    app.client.post("/v1/orders", &order(&[(9, 1)])).await;
    for (query, expected) in [
        ("name=TEA&sort=-price", vec![1, 2, 3, 11]),
        ("name=TEA&sort=name", vec![11, 3, 2, 1]),
        ("in_stock=false", vec![9]),
        ("min_price=1250&max_price=1340&sort=price", vec![2, 4]),
        (
            "name=tea&in_stock=true&max_price=1000&sort=-id",
            vec![11, 3],
        ),
        ("name=nothing", vec![]),
    ] {
        let mut seen = Vec::new();
        let mut after = json!(0);
        while !after.is_null() {
            let path = format!("/v1/products?{query}&limit=3&after={after}");
            let page = app.client.get(&path).await.json();
            let items = page["items"].as_array().expect("items").clone();
            seen.extend(
                items
                    .iter()
                    .map(|item| item["id"].as_i64().expect("a number")),
            );
            after = page["next"].clone();
        }
        assert_eq!(seen, expected, "{query}");
    }
}

#[tokio::test]
async fn orders_are_filtered_by_status_product_and_time() {
    let app = spawn_app().await;
    for product in [1, 1, 2] {
        app.client.post("/v1/orders", &order(&[(product, 1)])).await;
    }
    app.client.post("/v1/orders/2/reversal", &Value::Null).await;
    let first = app.client.get("/v1/orders/1").await.json();
    let placed_at = first["placed_at"].as_str().expect("a time");
    for (query, expected) in [
        ("status=reversed", vec![2]),
        ("status=placed&sort=-id", vec![3, 1]),
        ("until=2020-01-01T00:00:00Z", vec![]),
        (&format!("from={placed_at}&status=placed"), vec![1, 3]),
        (&format!("until={placed_at}"), vec![]),
        ("customer=1", vec![]),
        ("product=1", vec![1, 2]),
        ("product=1&sort=-id&after=2", vec![1]),
        ("product=2&status=reversed", vec![]),
        ("product=99", vec![]),
    ] {
        let page = app.client.get(&format!("/v1/orders?{query}")).await.json();
        let items = page["items"].as_array().expect("items").iter();
        let ids: Vec<_> = items
            .map(|item| item["id"].as_i64().expect("a number"))
            .collect();
        assert_eq!(ids, expected, "{query}");
    }
}

#[tokio::test]
async fn every_operation_has_head_options_and_its_type() {
    let app = spawn_app().await;
    app.client.post("/v1/orders", &order(&[(1, 1)])).await;
    app.client
        .post("/v1/users", &json!({"name": "Ada", "roles": []}))
        .await;
    let document = app.client.get("/v1/openapi.json").await.json();
    let paths = document["paths"].as_object().expect("paths");
    assert!(paths.len() > 10);
    for (template, item) in paths {
        let path = template.replace("{id}", "1");
        let options = send(&app, Method::OPTIONS, &path, &[]).await;
        assert_eq!(options.status, 204, "{path}");
        let mut allowed: Vec<_> = options
            .header("allow")
            .split(',')
            .map(str::to_owned)
            .collect();
        let delete = send(&app, Method::DELETE, &path, &[]).await;
        assert_eq!(
            (delete.status.as_u16(), &*delete.code()),
            (405, "method_not_allowed")
        );
        assert_eq!(delete.header("allow"), options.header("allow"), "{path}");
        for (method, _) in item.as_object().expect("operations") {
            let method: Method = method.to_uppercase().parse().expect("a method");
            allowed.retain(|allowed| allowed != method.as_str());
            let refused = send(&app, method.clone(), &path, &[("accept", "text/html")]).await;
            assert_eq!(
                (refused.status.as_u16(), &*refused.code()),
                (406, "not_acceptable"),
                "{path}"
            );
            if method == Method::GET {
                let get = app.client.get(&path).await;
                let head = send(&app, Method::HEAD, &path, &[]).await;
                assert!(head.body.is_empty());
                assert_eq!(head.status, get.status, "{path}");
                for header in ["content-type", "content-length", "etag"] {
                    // It tells how long its steps took, in more digits or fewer.
                    if (&*path, header) != ("/v1/process", "content-length") {
                        assert_eq!(head.header(header), get.header(header), "{path}: {header}");
                    }
                }
                allowed.retain(|allowed| allowed != "HEAD");
            }
        }
        assert!(allowed.is_empty(), "{path}: {allowed:?} without a handler");
    }
}

#[tokio::test]
async fn pages_of_other_origins_get_nothing_unless_they_are_on_the_list() {
    let asked = [
        ("origin", "https://shop.example"),
        ("access-control-request-method", "POST"),
    ];
    let cors = |answer: &Answer| {
        let names = answer.headers.keys().map(http::HeaderName::as_str);
        names
            .filter(|name| name.starts_with("access-control"))
            .count()
    };
    let app = spawn_app().await;
    assert_eq!(
        cors(&send(&app, Method::OPTIONS, "/v1/orders", &asked).await),
        0
    );
    assert_eq!(
        cors(&send(&app, Method::GET, "/v1/products", &asked).await),
        0
    );

    let app = spawn_app_for(&["https://shop.example"]).await;
    let preflight = send(&app, Method::OPTIONS, "/v1/orders", &asked).await;
    assert_eq!(
        preflight.header("access-control-allow-origin"),
        "https://shop.example"
    );
    assert!(
        preflight
            .header("access-control-allow-methods")
            .contains("POST")
    );
    let answer = send(&app, Method::GET, "/v1/products", &asked).await;
    assert_eq!(
        answer.header("access-control-allow-origin"),
        "https://shop.example"
    );
    assert_eq!(answer.header("vary"), "origin");
    let other = [
        ("origin", "https://evil.example"),
        ("access-control-request-method", "POST"),
    ];
    assert_eq!(
        cors(&send(&app, Method::OPTIONS, "/v1/orders", &other).await),
        0
    );
}

#[tokio::test]
async fn the_second_version_says_the_same_in_another_form() {
    let app = spawn_app_with_stock(0).await;
    let page = app.client.get("/v2/products?limit=1&after=1").await.json();
    assert_eq!(
        page,
        json!({
            "data": [{
                "id": 2,
                "title": "Tea, Darjeeling first flush, 100 g",
                "price": {"value": "12.50", "currency": "EUR"},
                "availability": {"status": "sold_out", "pieces": 0},
                "revision": 1,
            }],
            "page": {"count": 1, "next": 2},
        })
    );
    let refused = app.client.get("/v2/products?sort=id").await;
    assert_eq!(refused.fields(), ["sort"]);
}

#[tokio::test]
async fn the_pages_need_nothing_from_elsewhere() {
    let app = spawn_app().await;
    assert_eq!(app.client.get("/").await.header("location"), "/docs");
    for (path, kind) in [
        ("/docs", "text/html; charset=utf-8"),
        ("/docs/docs.js", "text/javascript; charset=utf-8"),
        ("/docs/docs.css", "text/css; charset=utf-8"),
    ] {
        let answer = send(&app, Method::GET, path, &[("accept", "text/html")]).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("content-type")),
            (200, kind)
        );
        assert!(
            answer
                .header("content-security-policy")
                .starts_with("default-src 'none'; script-src 'self'")
        );
        let text = String::from_utf8_lossy(&answer.body);
        assert!(!text.contains("://"), "{path} names another place");
        assert!(
            !text.contains(" style=") && !text.contains(" onclick="),
            "{path} has inline code"
        );
    }
}

#[tokio::test]
async fn every_kind_of_error_has_its_page() {
    let app = spawn_app().await;
    for code in sales_api::errors::catalogue::CODES {
        let answer = app.client.get(&format!("/errors/{}", code.code)).await;
        assert_eq!(answer.status, 200, "{code:?}");
        assert!(String::from_utf8_lossy(&answer.body).contains(code.meaning));
    }
}

#[test]
fn the_document_is_complete() {
    let document = sales_api::app::document(Strictness::Everywhere).expect("documented routes");
    assert_eq!(document["openapi"], "3.1.0");
    let text = document.to_string();
    assert!(!text.contains("x-errors"));
    let schemas = document["components"]["schemas"]
        .as_object()
        .expect("schemas");
    let mut named = Vec::new();
    for (_, rest) in text
        .match_indices("#/components/schemas/")
        .map(|(at, prefix)| text.split_at(at + prefix.len()))
    {
        named.push(rest.split('"').next().expect("a name"));
    }
    for name in &named {
        assert!(schemas.contains_key(*name), "{name} is missing");
    }
    for name in schemas.keys() {
        assert!(named.contains(&&**name), "{name} is used nowhere");
    }
    let codes = sales_api::errors::catalogue::CODES;
    for (index, code) in codes.iter().enumerate() {
        let earlier = codes[..index]
            .iter()
            .any(|earlier| earlier.code == code.code);
        assert!(!earlier, "{} is there twice", code.code);
        let used = text.contains(&format!("`{}`", code.code));
        // Not answers of one operation.
        let general = code.code == "method_not_allowed";
        assert_eq!(used, !general, "{}", code.code);
    }
    let mut ids: Vec<&str> = Vec::new();
    for item in document["paths"].as_object().expect("paths").values() {
        for operation in item.as_object().expect("operations").values() {
            ids.push(operation["operationId"].as_str().expect("an id"));
            assert!(
                operation["summary"].is_string() && operation["tags"].is_array(),
                "{operation}"
            );
        }
    }
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "operations of the same id");
}
