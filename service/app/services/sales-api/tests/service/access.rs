//! Tokens and profiles, on the program.

use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::support::{Answer, Client, Process, Service, order};
use auth::{Claims, SigningKey};
use hyper::Method;
use serde_json::{Value, json};
use user::{Role, Roles};

/// The service in production, and a key that it believes.
fn production(directory: &Path, flags: &[&str]) -> (Process, SigningKey) {
    let keys = directory.join("keys");
    let key = SigningKey::from_seed([7; 32]);
    key.write(&keys).expect("writes");
    let service = Service::new(directory)
        .flags(&[
            "--profile",
            "production",
            "--keys",
            &keys.display().to_string(),
        ])
        .flags(flags)
        .start();
    (service, key)
}

pub(crate) fn token(key: &SigningKey, subject: &str, role: Role) -> String {
    let hour = Duration::from_hours(1);
    let claims = Claims::new(subject, Roles::of(&[role]), SystemTime::now(), hour);
    format!("Bearer {}", key.sign(&claims.expect("claims")))
}

pub(crate) async fn send(
    client: &Client,
    method: Method,
    path: &str,
    token: &str,
    body: &Value,
) -> Answer {
    let mut headers = vec![("content-type", "application/json")];
    if !token.is_empty() {
        headers.push(("authorization", token));
    }
    let answer = client.send(method, path, &headers, &body.to_string()).await;
    answer.expect("an answer")
}

#[tokio::test]
async fn production_lets_in_by_token_and_role() {
    let directory = tempfile::tempdir().expect("a directory");
    let (service, key) = production(directory.path(), &[]);
    let client = service.client();
    for path in ["/v1/products", "/v1/process"] {
        let answer = client.get(path).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (401, "unauthenticated")
        );
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
    }
    for path in [
        "/v1/liveness",
        "/v1/readiness",
        "/v1/startup",
        "/docs",
        "/docs/docs.js",
        "/v1/openapi.json",
        "/errors/unauthenticated",
    ] {
        assert_eq!(client.get(path).await.status, 200, "{path}");
    }

    let admin = token(&key, "root", Role::Admin);
    let new = json!({"name": "ada", "roles": ["shopper"]});
    let user = send(&client, Method::POST, "/v1/users", &admin, &new).await;
    assert_eq!(user.status, 201, "{:?}", user.body);
    let (id, etag) = (user.json()["id"].clone(), user.header("etag").to_owned());

    let ada = token(&key, &id.to_string(), Role::Shopper);
    let placed = send(&client, Method::POST, "/v1/orders", &ada, &order(&[(1, 1)])).await;
    assert_eq!(placed.status, 201, "{:?}", placed.body);
    assert_eq!(placed.json()["customer"], id);
    let bot = token(&key, "bot", Role::Shopper);
    let placed = send(&client, Method::POST, "/v1/orders", &bot, &order(&[(1, 1)])).await;
    assert_eq!(placed.json()["customer"], Value::Null);

    let staff = token(&key, "eve", Role::Staff);
    for (who, order, status) in [
        (&bot, 1, 403),
        (&ada, 2, 403),
        (&ada, 1, 200),
        (&staff, 2, 200),
    ] {
        let path = format!("/v1/orders/{order}/reversal");
        let answer = send(&client, Method::POST, &path, who, &json!({})).await;
        assert_eq!(answer.status, status, "{path}: {:?}", answer.body);
    }
    for (who, path, status) in [
        (&ada, "/v1/shop/close", 403),
        (&staff, "/v1/shop/close", 200),
        (&admin, "/v1/shop/open", 200),
        (&ada, "/v1/products/1/restock", 403),
        (&staff, "/v1/users", 403),
    ] {
        let answer = send(&client, Method::POST, path, who, &json!({})).await;
        assert_eq!(answer.status, status, "{path}: {:?}", answer.body);
    }

    // Shut out: the token is still good, but of no use.
    let path = format!("/v1/users/{id}");
    let headers = [
        ("authorization", &*admin),
        ("content-type", "application/merge-patch+json"),
        ("if-match", &*etag),
    ];
    let shut = client.send(Method::PATCH, &path, &headers, r#"{"enabled":false}"#);
    assert_eq!(shut.await.expect("an answer").status, 200);
    for (method, path) in [
        (Method::POST, "/v1/orders"),
        (Method::GET, "/v1/orders/1"),
        (Method::GET, "/v1/products"),
    ] {
        let refused = send(&client, method, path, &ada, &order(&[(1, 1)])).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code().as_str()),
            (403, "forbidden"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn shoppers_see_their_own_orders_and_staff_all() {
    let directory = tempfile::tempdir().expect("a directory");
    let (service, key) = production(directory.path(), &[]);
    let client = service.client();
    let admin = token(&key, "root", Role::Admin);
    for name in ["ada", "bob", "01"] {
        let new = json!({"name": name, "roles": ["shopper"]});
        let made = send(&client, Method::POST, "/v1/users", &admin, &new).await;
        assert_eq!(made.status, 201);
    }
    let shopper = |subject| token(&key, subject, Role::Shopper);
    // By id, by name, by a name that looks like an id, and by one that nobody has.
    let (ada, bob, one, bot) = (shopper("1"), shopper("bob"), shopper("01"), shopper("bot"));
    for (who, customer) in [
        (&ada, json!(1)),
        (&bob, json!(2)),
        (&one, json!(3)),
        (&bot, Value::Null),
        (&shopper("ada"), json!(1)),
        (&shopper("99"), Value::Null),
    ] {
        let placed = send(&client, Method::POST, "/v1/orders", who, &order(&[(1, 1)])).await;
        assert_eq!(placed.json()["customer"], customer);
    }

    let get = async |who: &str, path: &str| {
        let answer = send(&client, Method::GET, path, who, &Value::Null).await;
        let items = answer.json()["items"].as_array().cloned();
        let ids = items.unwrap_or_default();
        // Of an order, the items have none.
        let ids = ids.iter().filter_map(|order| order["id"].as_i64());
        (answer.status.as_u16(), ids.collect::<Vec<_>>())
    };
    let staff = token(&key, "eve", Role::Staff);
    for (who, path, expected) in [
        (&ada, "/v1/orders/1", (200, vec![])),
        (&ada, "/v1/orders/2", (403, vec![])),
        (&ada, "/v1/orders/4", (403, vec![])),
        (&ada, "/v1/orders/99", (404, vec![])),
        (&bob, "/v1/orders/2", (200, vec![])),
        (&bot, "/v1/orders/4", (403, vec![])),
        (&staff, "/v1/orders/4", (200, vec![])),
        (&ada, "/v1/orders", (200, vec![1, 5])),
        (&ada, "/v1/orders?sort=-id&product=1", (200, vec![5, 1])),
        (&ada, "/v1/orders?customer=1", (200, vec![1, 5])),
        (&ada, "/v1/orders?customer=2", (403, vec![])),
        (&one, "/v1/orders", (200, vec![3])),
        (&bot, "/v1/orders", (403, vec![])),
        (&staff, "/v1/orders", (200, vec![1, 2, 3, 4, 5, 6])),
        (&admin, "/v1/orders?customer=2", (200, vec![2])),
    ] {
        assert_eq!(get(who, path).await, expected, "{path}");
    }
}

#[tokio::test]
async fn requests_without_a_good_token_are_limited_too_and_health_apart_from_them() {
    let directory = tempfile::tempdir().expect("a directory");
    let flags = ["--rate-limit", "1", "--rate-burst", "2"];
    let (service, _) = production(directory.path(), &flags);
    let client = service.client();
    let mut limited = 0;
    // A second goes by between two of these at most.
    for _ in 0..20 {
        let answer = client.get("/v1/shop").await;
        assert!([401, 429].contains(&answer.status.as_u16()), "{answer:?}");
        limited += u32::from(answer.status == 429);
    }
    assert!(limited > 0);
    assert_eq!(client.get("/v1/readiness").await.status, 200);
}

#[tokio::test]
async fn production_limits_this_machine_too() {
    let directory = tempfile::tempdir().expect("a directory");
    let (service, key) = production(
        directory.path(),
        &["--rate-limit", "1", "--rate-burst", "2"],
    );
    let (client, ada) = (service.client(), token(&key, "ada", Role::Shopper));
    let mut refused = false;
    // A second goes by between two of these at most.
    for _ in 0..20 {
        let answer = send(&client, Method::GET, "/v1/shop", &ada, &json!({})).await;
        refused |= answer.status == 429;
    }
    assert!(refused);
}

#[test]
fn a_directory_without_keys_is_named() {
    let directory = tempfile::tempdir().expect("a directory");
    let missing = directory.path().join("missing").display().to_string();
    let mut service = Service::new(directory.path());
    let output = crate::support::run_to_end(service.flags(&["--keys", &missing]));
    let stderr = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(
        stderr.contains("--keys") && stderr.contains(&missing),
        "{stderr}"
    );
}
