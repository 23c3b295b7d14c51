//! The lists in the service's README are those of the service, and what is listed is there.

use sales_api::manual;
use sales_api::variables::table;

use crate::support::Service;

#[test]
fn the_readme_lists_what_there_is() {
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../README.md");
    let readme = std::fs::read_to_string(readme).expect("the README");
    let endpoints = manual::endpoints().expect("documented routes");
    for (flag, table) in [
        ("--endpoints", endpoints),
        ("--settings", manual::settings()),
        ("--variables", table::markdown()),
    ] {
        let begin = format!("<!-- generated: sales-api {flag} -->\n");
        let (_, rest) = readme.split_once(&begin).expect("a part that is generated");
        let (kept, _) = rest.split_once("<!-- end -->").expect("its end");
        let table = table.trim_end();
        assert!(
            kept.trim() == table,
            "service/README.md is stale: make reference, and commit it; it should have\n{table}"
        );
    }
}

#[tokio::test]
async fn each_endpoint_that_is_listed_answers() {
    let directory = tempfile::tempdir().expect("a directory");
    let service = Service::new(directory.path()).start();
    let endpoints = manual::endpoints().expect("documented routes");
    let mut asked = 0;
    for line in endpoints.lines() {
        let Some(endpoint) = line.split('`').nth(1) else {
            continue;
        };
        let endpoint = endpoint.replace("{code}", "out_of_stock");
        let endpoint = endpoint.replace("{name}", "heap?debug=1");
        let (client, path) = match endpoint.split_once(' ') {
            Some(("GET", path)) if !path.contains('{') => (service.client(), path),
            None => (service.debug_client(), &*endpoint),
            // What changes something, or asks for what is not there, is the contract's.
            Some(_) => continue,
        };
        // Not what stays, or takes its time.
        let path = match path {
            "/debug/pprof/profile" => "/debug/pprof/profile?seconds=0",
            "/debug/timeline" => "/debug/timeline?seconds=0",
            "/debug/flame" => "/debug/flame?seconds=0",
            path => path,
        };
        let answer = client.get(path).await;
        assert_ne!(answer.status, 404, "{path}");
        asked += 1;
    }
    assert!(asked > 25, "{asked} of\n{endpoints}");
    let (status, _) = service.stop().await;
    assert!(status.success());
}
