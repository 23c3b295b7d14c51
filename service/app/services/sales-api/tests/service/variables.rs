//! The table of variables is true: every variable has its row, and every row its variable.

use expvar::read::{Document, Scalar};
use sales_api::variables::table::{Kind, ROWS};
use serde_json::json;

use crate::support::{Service, order};

#[tokio::test]
async fn every_variable_is_in_the_table_and_the_other_way_round() {
    let directory = tempfile::tempdir().expect("a directory");
    let service = Service::new(directory.path())
        .flags(&[
            "--events",
            "http://127.0.0.1:1",
            "--supplier",
            "http://127.0.0.1:1",
            "--otlp-endpoint",
            "http://127.0.0.1:1",
            "--chaos",
            "GET /v1/shop latency=0ms..1ms",
        ])
        .start();
    let client = service.client();
    for path in [
        "/v1/products",
        "/v1/shop",
        "/v1/process",
        "/v1/readiness",
        "/v1/products/1/quote",
        "/nowhere",
    ] {
        client.get(path).await;
    }
    assert_eq!(
        client.post("/v1/orders", &order(&[(1, 1)])).await.status,
        201
    );
    assert_eq!(client.post("/v1/orders", &json!({})).await.status, 422);
    client.post("/v1/orders", &order(&[(1, 1_000_000)])).await;
    let answer = service.debug_client().get("/debug/vars").await;
    let document = Document::parse(&answer.body).expect("variables");
    let mut used = vec![false; ROWS.len()];
    for (path, value) in document.values() {
        let at = ROWS.iter().position(|row| row.is_of(path));
        let at = at.unwrap_or_else(|| panic!("{path} has no row in the table"));
        used[at] = true;
        let is_number = matches!(value, Scalar::Number(_));
        let row = &ROWS[at];
        match row.kind {
            Kind::Counter => assert!(is_number && value.as_f64() >= Some(0.0), "{path}: {value}"),
            Kind::Gauge => assert!(
                is_number || *value == Scalar::Null || matches!(value, Scalar::Bool(_)),
                "{path}: {value}"
            ),
            Kind::Distribution | Kind::State | Kind::Several => {}
        }
        let by_name = path.name().ends_with("_ns") || path.segments()[0].ends_with("_ns");
        if matches!(row.kind, Kind::Counter | Kind::Gauge | Kind::Distribution) && by_name {
            assert_eq!(row.unit, "ns", "{path}");
        }
    }
    for (row, used) in ROWS.iter().zip(used) {
        assert!(
            used || !row.when.is_empty(),
            "{} is in the table and not there",
            row.path
        );
    }
    // The descriptions of the metrics are the table's.
    let metrics = service.debug_client().get("/metrics").await;
    let metrics = String::from_utf8(metrics.body.to_vec()).expect("text");
    assert!(
        metrics.contains("# HELP orders_placed_total Orders acknowledged.\n"),
        "{metrics}"
    );
    let (status, _) = service.stop().await;
    assert!(status.success());
}
