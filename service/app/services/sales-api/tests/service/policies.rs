//! Every route with every role: who gets in where. A route that is not in this table fails the test, and so does one of which a
//! service's own document says otherwise.

use std::collections::BTreeMap;

use auth::SigningKey;
use hyper::Method;
use sales_api::access::Strictness;
use serde_json::{Value, json};
use user::Role;

use crate::access::token;
use crate::support::{Client, Service};

/// Nobody needs a token.
const PUBLIC: [u16; 4] = [0, 0, 0, 0];
/// Production needs some token.
const ANYONE: [u16; 4] = [401, 0, 0, 0];
const STAFF: [u16; 4] = [401, 403, 0, 0];
const ADMIN: [u16; 4] = [401, 403, 403, 0];

/// What production answers to nobody, a shopper, staff and an admin: 0 if they get through to the handler.
const TABLE: &[(&str, &str, &str, [u16; 4])] = &[
    ("GET", "/v1/products", "anyone", ANYONE),
    ("POST", "/v1/products", "staff", STAFF),
    ("GET", "/v1/products/{id}", "anyone", ANYONE),
    ("PUT", "/v1/products/{id}", "staff", STAFF),
    ("PATCH", "/v1/products/{id}", "staff", STAFF),
    ("POST", "/v1/products/{id}/restock", "staff", STAFF),
    ("GET", "/v1/products/{id}/quote", "staff", STAFF),
    ("GET", "/v1/orders", "anyone", ANYONE),
    ("POST", "/v1/orders", "anyone", ANYONE),
    ("GET", "/v1/orders/{id}", "anyone", ANYONE),
    ("POST", "/v1/orders/{id}/reversal", "anyone", ANYONE),
    ("GET", "/v1/statistics", "anyone", ANYONE),
    ("GET", "/v1/shop", "anyone", ANYONE),
    ("POST", "/v1/shop/close", "staff", STAFF),
    ("POST", "/v1/shop/open", "staff", STAFF),
    ("GET", "/v1/users", "admin", ADMIN),
    ("POST", "/v1/users", "admin", ADMIN),
    ("GET", "/v1/users/{id}", "admin", ADMIN),
    ("PATCH", "/v1/users/{id}", "admin", ADMIN),
    ("PUT", "/v1/users/{id}/password", "token", ANYONE),
    ("POST", "/v1/login", "public", PUBLIC),
    ("POST", "/v1/refresh", "public", PUBLIC),
    ("POST", "/v1/logout", "public", PUBLIC),
    ("POST", "/v1/revocations", "admin", ADMIN),
    ("GET", "/v1/audit", "admin", ADMIN),
    ("GET", "/v1/events/dead", "admin", ADMIN),
    ("POST", "/v1/events/dead/requeue", "admin", ADMIN),
    ("POST", "/v1/events/dead/{id}/requeue", "admin", ADMIN),
    ("POST", "/v1/events/dead/{id}/discard", "admin", ADMIN),
    ("GET", "/v1/process", "anyone", ANYONE),
    ("POST", "/v1/process", "anyone", ANYONE),
    ("GET", "/v1/liveness", "public", PUBLIC),
    ("GET", "/v1/readiness", "public", PUBLIC),
    ("GET", "/v1/startup", "public", PUBLIC),
    ("GET", "/v2/products", "anyone", ANYONE),
];

/// The routes of a document, with what they declare and how OpenAPI says it.
fn declared(document: &Value) -> BTreeMap<(String, String), (String, Value)> {
    let mut declared = BTreeMap::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let policy = operation["x-policy"].as_str().expect("a policy").to_owned();
            let route = (method.to_uppercase(), path.clone());
            declared.insert(route, (policy, operation["security"].clone()));
        }
    }
    declared
}

#[test]
fn the_document_shows_what_each_route_asks() {
    let document = sales_api::app::document(Strictness::Everywhere).expect("documented routes");
    let mut declared = declared(&document);
    for (method, path, policy, _) in TABLE {
        let route = ((*method).to_owned(), (*path).to_owned());
        let (found, security) = declared.remove(&route).expect("a route");
        assert_eq!(&found, policy, "{method} {path}");
        let expected = match *policy {
            "public" => json!([]),
            "anyone" | "token" => json!([{"token": []}]),
            "staff" => json!([{"token": ["staff"]}, {"token": ["admin"]}]),
            _ => json!([{"token": ["admin"]}]),
        };
        assert_eq!(security, expected, "{method} {path}");
    }
    assert!(declared.is_empty(), "not in the table: {declared:?}");
}

/// Whether a document lets nobody use a route without a token.
fn asks_for_token(security: &Value) -> bool {
    let ways = security.as_array().expect("ways to use a route");
    !ways.is_empty() && !ways.contains(&json!({}))
}

/// What a request gets that says nothing but who sends it: 0 if it comes through to the handler.
async fn turned_away(client: &Client, method: &Method, path: &str, token: Option<&str>) -> u16 {
    let mut headers = vec![("content-type", "application/json")];
    headers.extend(token.map(|token| ("authorization", token)));
    let answer = client.send(method.clone(), path, &headers, "[]").await;
    let answer = answer.expect("an answer");
    match answer.status.as_u16() {
        refused @ (401 | 403) if answer.header("content-length") != "0" => refused,
        _ => 0,
    }
}

#[tokio::test]
async fn every_role_gets_in_where_the_table_says_and_nowhere_else() {
    let directory = tempfile::tempdir().expect("a directory");
    let keys = directory.path().join("keys");
    let key = SigningKey::from_seed([7; 32]);
    key.write(&keys).expect("writes");
    let [shopper, staff, admin] =
        [Role::Shopper, Role::Staff, Role::Admin].map(|role| token(&key, "bot", role));
    let tokens = [None, Some(&*shopper), Some(&*staff), Some(&*admin)];
    let keys = keys.display().to_string();
    let none = [0; 4];
    for (flags, strict) in [
        (
            &["--profile", "production", "--keys", &keys][..],
            Some(true),
        ),
        (&["--keys", &keys], Some(false)),
        // With keys that are only there to log in with, who shows no token may do everything.
        (&[], None),
    ] {
        let service = Service::new(directory.path()).flags(flags).start();
        let client = service.client();
        let documented = declared(&client.get("/v1/openapi.json").await.json());
        for (method, template, policy, expected) in TABLE {
            let path = template.replace("{id}", "1");
            let (_, security) = &documented[&((*method).to_owned(), (*template).to_owned())];
            let method: Method = method.parse().expect("a method");
            let mut expected = *expected;
            if strict.is_none() || (strict == Some(false) && *policy == "anyone") {
                expected[0] = 0;
            }
            let asks = asks_for_token(security);
            assert_eq!(asks, expected[0] == 401, "{method} {template} {flags:?}");
            // What a user who is nobody's customer may not do is the handlers' affair: it is tried elsewhere.
            let handlers_own = template.starts_with("/v1/orders") || *policy == "token";
            let mut got = none;
            for (got, token) in got.iter_mut().zip(tokens) {
                *got = turned_away(&client, &method, &path, token).await;
                if handlers_own && *got == 403 {
                    *got = 0;
                }
            }
            assert_eq!(got, expected, "{method} {template} {flags:?}");
            if method == Method::GET {
                let head = client.send(Method::HEAD, &path, &[], "").await;
                let head = head.expect("an answer").status.as_u16();
                let refused = if head == 401 { 401 } else { 0 };
                assert_eq!(refused, expected[0], "HEAD {template} {flags:?}");
            }
        }
    }
}
