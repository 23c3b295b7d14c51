//! A program whose allocator is not jemalloc: what needs that answers 501 and says why, and the rest works.

#[path = "all/client.rs"]
#[allow(dead_code, reason = "another program uses the rest")]
mod client;

use client::get;
use debug::Config;

#[tokio::test]
async fn what_is_missing_is_named_and_the_rest_works() {
    let why = collect::support().heap.expect_err("the system's allocator");
    let listener = listen::bind("127.0.0.1:0".parse().expect("an address"), "--debug");
    let running = debug::start(
        listener.expect("a free port"),
        Config::new(expvar::Registry::new()),
        std::future::pending(),
    )
    .expect("it starts");
    let addr = running.addr();
    for path in [
        "/debug/pprof/heap",
        "/debug/pprof/heap?debug=1",
        "/debug/pprof/allocs?seconds=1",
        "/debug/flame?profile=heap",
    ] {
        let answer = get(addr, path).await;
        assert_eq!(
            (answer.status.as_u16(), answer.text()),
            (501, format!("{why}\n").as_str()),
            "{path}"
        );
    }
    let index = get(addr, "/debug/pprof/").await;
    assert!(!index.text().contains("href=\"heap"), "{}", index.text());
    for path in ["/debug/pprof/", "/debug/"] {
        let page = get(addr, path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(
            page.text().contains(&why.replace('\'', "&#39;")),
            "{path}: {}",
            page.text()
        );
    }
    for path in [
        "/debug/pprof/block",
        "/debug/pprof/mutex?debug=1",
        "/debug/vars",
        "/metrics",
    ] {
        assert_eq!(get(addr, path).await.status, 200, "{path}");
    }
}
