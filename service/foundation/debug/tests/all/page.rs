//! The human page, as far as one can tell without a browser.

use debug::Config;

use crate::client::get;
use crate::serve;

#[tokio::test]
async fn the_page_brings_everything_it_needs() {
    let mut config = Config::new(expvar::Registry::new());
    config.cmdline = vec!["/bin/<img src=x onerror=alert(1)>".to_owned()];
    let running = serve(config);
    let page = get(running.addr(), "/debug/").await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let policy = page.header("content-security-policy");
    for rule in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(rule), "{rule}: {policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert!(!page.text().contains("<img"), "{}", page.text());
    assert!(page.text().contains("&lt;img src=x"), "{}", page.text());

    for (path, kind) in [
        ("/debug/page.css", "text/css; charset=utf-8"),
        ("/debug/page.js", "text/javascript; charset=utf-8"),
    ] {
        assert!(page.text().contains(path), "{path}");
        let answer = get(running.addr(), path).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("content-type")),
            (200, kind)
        );
    }
    let moved = get(running.addr(), "/debug").await;
    assert_eq!(
        (moved.status.as_u16(), moved.header("location")),
        (308, "/debug/")
    );
}
