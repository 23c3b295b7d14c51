//! Flame graphs.

use debug::Config;

use crate::client::get;
use crate::profiles::{heap_is_sampled, keep_many_parcels};
use crate::serve;

#[tokio::test]
async fn a_flame_graph_is_a_picture_without_scripts() {
    let running = serve(Config::new(expvar::Registry::new()));
    let addr = running.addr();
    let kept = keep_many_parcels();
    let mut graphs = vec!["block", "mutex"];
    if heap_is_sampled() {
        graphs.extend(["heap", "heap&sample=inuse_objects", "allocs&width=400"]);
    }
    for graph in graphs {
        let answer = get(addr, &format!("/debug/flame?profile={graph}")).await;
        assert_eq!(answer.status, 200, "{graph}: {}", answer.text());
        assert_eq!(answer.header("content-type"), "image/svg+xml");
        let policy = answer.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; style-src 'sha256-"),
            "{policy}"
        );
        assert!(policy.ends_with("frame-ancestors 'self'"), "{policy}");
        assert!(answer.text().starts_with("<svg "), "{graph}");
        assert!(!answer.text().contains("<script"), "{graph}");
    }
    drop(kept);
}

#[tokio::test]
async fn what_cannot_be_drawn_is_refused() {
    let running = serve(Config::new(expvar::Registry::new()));
    for (query, status, message) in [
        (
            "profile=cmdline",
            400,
            "profile must be cpu, heap, allocs, tasks,",
        ),
        ("profile=%3Cscript%3E", 400, "profile must be cpu,"),
        ("profile=trace", 501, "Go's execution trace"),
        ("profile=block&sample=inuse_space", 400, ""),
        (
            "profile=block&width=9999",
            400,
            "width must be a whole number from 200 to 4000",
        ),
        (
            "profile=block&force=true",
            405,
            "force changes something: use POST",
        ),
    ] {
        let answer = get(running.addr(), &format!("/debug/flame?{query}")).await;
        assert_eq!(answer.status, status, "{query}: {}", answer.text());
        assert!(
            answer.text().starts_with(message),
            "{query}: {}",
            answer.text()
        );
        assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    }
}
