//! The pipeline experiment as its users meet it.

use crate::support::{Service, spawn_app};
use hyper::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_request_without_a_body_goes_through_all_steps() {
    let app = spawn_app().await;
    for method in [Method::POST, Method::GET] {
        let answer = app.client.send(method, "/v1/process", &[], "").await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        assert_eq!(answer.header("cache-control"), "no-store");
        let json = answer.json();
        let steps = json["steps"].as_array().expect("steps");
        let names: Vec<_> = steps.iter().map(|step| &step["step"]).collect();
        assert_eq!(names, ["auth", "validate", "ticket", "store"]);
        assert_eq!(json["product_id"], 1);
        assert_eq!(json["stock"], app.stock(1).await);
    }
    let variables: Value = serde_json::from_str(&app.variables.to_json()).expect("JSON");
    assert_eq!(variables["pipeline"]["ended"], json!({"done": 2}));
    assert_eq!(variables["pipeline"]["tickets_free"], 8);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_before_the_store() {
    let app = spawn_app().await;
    for (query, code, field) in [
        ("product_id=0", "invalid_request", "product_id"),
        ("product_id=x", "invalid_query", "product_id"),
        ("colour=blue", "invalid_query", "colour"),
    ] {
        let answer = app.client.get(&format!("/v1/process?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        assert_eq!(
            (answer.code().as_str(), answer.fields()),
            (code, vec![field.to_owned()])
        );
    }
    let answer = app.client.get("/v1/process?product_id=4711").await;
    assert_eq!(answer.json()["stock"], Value::Null);
}

#[tokio::test]
async fn the_experiments_are_switched_on_by_the_environment() {
    for (variable, status, code, ended) in [
        ("SLOW_AUTH", 504, "timed_out", "timed_out"),
        ("DB_FAILURE", 503, "store_failed", "store_failed"),
    ] {
        let directory = tempfile::tempdir().expect("a directory");
        let service = Service::new(directory.path()).env(variable, "true").start();
        let client = service.client();
        let answer = client.send(Method::POST, "/v1/process", &[], "").await;
        let answer = answer.expect("an answer");
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (status, code)
        );
        let ended = json!({ended: 1});
        assert_eq!(service.variables().await["pipeline"]["ended"], ended);
        assert_eq!(client.get("/v1/products").await.status, 200);
    }
}
