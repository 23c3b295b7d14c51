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

fn token(key: &SigningKey, subject: &str, role: Role) -> String {
    let hour = Duration::from_hours(1);
    let claims = Claims::new(subject, Roles::of(&[role]), SystemTime::now(), hour);
    format!("Bearer {}", key.sign(&claims.expect("claims")))
}

async fn send(client: &Client, method: Method, path: &str, token: &str, body: &Value) -> Answer {
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
    for path in ["/v1/products", "/v1/process", "/docs", "/v1/openapi.json"] {
        let answer = client.get(path).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (401, "unauthenticated")
        );
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
    }
    for path in ["/v1/liveness", "/v1/readiness"] {
        assert_eq!(client.get(path).await.status, 200);
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

    // Shut out: the token is still good, but not for orders.
    let path = format!("/v1/users/{id}");
    let headers = [
        ("authorization", &*admin),
        ("content-type", "application/merge-patch+json"),
        ("if-match", &*etag),
    ];
    let shut = client.send(Method::PATCH, &path, &headers, r#"{"enabled":false}"#);
    assert_eq!(shut.await.expect("an answer").status, 200);
    let refused = send(&client, Method::POST, "/v1/orders", &ada, &order(&[(1, 1)])).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code().as_str()),
        (403, "forbidden")
    );
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
