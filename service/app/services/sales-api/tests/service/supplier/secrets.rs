//! The token comes out nowhere.

use sales_peers::supplier::Supplier;

use super::{Shop, read};
use crate::support::Service;

const TOKEN: &str = "canary-5dXw.7~Qz";

#[tokio::test]
async fn the_token_goes_to_the_supplier_and_nowhere_else() {
    let supplier = Supplier::new(read("ok,garbage,reset,error=500*9"));
    let shop = Shop::of(supplier.guarded(TOKEN)).await;
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("token");
    std::fs::write(&file, format!("{TOKEN}\n")).expect("written");
    let file = file.to_str().expect("text");
    for (with, good) in [
        ("a file", true),
        ("the environment", true),
        ("another", false),
    ] {
        let database = tempfile::tempdir().expect("a directory");
        let mut service = Service::new(database.path());
        service.flags(&["--supplier", &shop.url, "--log-level", "trace"]);
        match with {
            "a file" => service.flags(&["--supplier-token-file", file]),
            "the environment" => service.env("SALES_SUPPLIER_TOKEN", TOKEN),
            _ => service.env("SALES_SUPPLIER_TOKEN", "canary-other"),
        };
        shop.follow("ok,garbage,reset,error=500*9");
        let service = service.start();
        let client = service.client();
        let mut shown = String::new();
        for _ in 0..4 {
            let answer = client.get("/v1/products/7/quote").await;
            assert_eq!(answer.status == 200, good, "{with}: {answer:?}");
            let text = format!("{answer:?} {:?}", answer.body);
            shown.push_str(&text);
        }
        let debug = service.debug_client();
        for path in [
            "/debug/vars",
            "/metrics",
            "/debug/pprof/cmdline",
            "/debug/pprof/heap",
        ] {
            shown.push_str(&String::from_utf8_lossy(&debug.get(path).await.body));
        }
        shown.push_str(&String::from_utf8_lossy(
            &client.get("/v1/readiness").await.body,
        ));
        let (status, log) = service.stop().await;
        assert!(status.success(), "{log}");
        shown.push_str(&log);
        assert!(shown.contains("/v1/products/7/quote"), "{with}");
        assert!(!shown.contains("canary"), "{with}: {shown}");
    }
    let seen = shop.supplier.seen();
    assert!(seen.iter().all(|request| request.has_token), "{seen:?}");
}

#[test]
fn a_bad_token_is_refused_and_not_repeated() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut service = Service::new(directory.path());
    service.flags(&["--supplier", "http://127.0.0.1:1"]);
    service.env("SALES_SUPPLIER_TOKEN", "canary with space");
    let output = crate::support::run_to_end(&mut service);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(
        error.contains("SALES_SUPPLIER_TOKEN") && !error.contains("canary"),
        "{error}"
    );
}
