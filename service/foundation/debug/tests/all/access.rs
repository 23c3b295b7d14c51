//! Who is let in.

use debug::{Config, Error, Token};
use http::Method;

use crate::client::{get, request};
use crate::{bind, serve};

fn config() -> Config {
    Config::new(expvar::Registry::new())
}

fn token() -> Token {
    Token::new("0123456789abcdef").expect("long enough")
}

#[tokio::test]
async fn requests_from_foreign_pages_are_refused() {
    let running = serve(config());
    for (name, value, status) in [
        ("host", "evil.example", 403),
        ("host", "localhost", 200),
        ("origin", "http://evil.example", 403),
        ("origin", "null", 403),
        ("sec-fetch-site", "cross-site", 403),
        ("sec-fetch-site", "same-origin", 200),
    ] {
        for path in ["/debug/vars", "/debug/", "/debug/pprof/"] {
            let answer = request(running.addr(), Method::GET, path, &[(name, value)]).await;
            assert_eq!(answer.status, status, "{path} with {name}: {value}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
            let policy = answer.header("content-security-policy");
            assert!(policy.starts_with("default-src 'none';"), "{policy}");
        }
    }
}

#[test]
fn other_addresses_than_loopback_need_a_flag_and_a_token() {
    let start = |config| debug::start(bind("0.0.0.0:0"), config, std::future::pending());
    let refused = start(config()).expect_err("open to all");
    assert!(
        matches!(refused, Error::NotLoopback { addr } if addr.ip().is_unspecified()),
        "{refused}"
    );
    let with_token_alone = Config {
        token: Some(token()),
        ..config()
    };
    let refused = start(with_token_alone.clone()).expect_err("not allowed");
    assert!(matches!(refused, Error::NotLoopback { .. }), "{refused}");
    let with_flag_alone = Config {
        allow_remote: true,
        ..config()
    };
    let refused = start(with_flag_alone).expect_err("unguarded");
    assert!(matches!(refused, Error::NoToken { .. }), "{refused}");
    assert!(refused.to_string().contains("need a token"), "{refused}");
    let with_both = Config {
        allow_remote: true,
        ..with_token_alone
    };
    start(with_both).expect("allowed and guarded").stop();
}

#[tokio::test]
async fn without_the_token_there_is_nothing_to_see() {
    let running = serve(Config {
        token: Some(token()),
        ..config()
    });
    let addr = running.addr();
    for path in [
        "/debug/",
        "/debug/page.js",
        "/debug/vars",
        "/debug/pprof/",
        "/metrics",
        "/nowhere",
    ] {
        let answer = get(addr, path).await;
        assert_eq!(answer.status, 401, "{path}");
        assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"debug\"");
        assert!(!answer.text().contains("0123456789abcdef"), "{path}");
        for (value, status) in [
            ("Bearer 0123456789abcdee", 401),
            ("Bearer 0123456789abcdef", 200),
            // any:0123456789abcdef
            ("Basic YW55OjAxMjM0NTY3ODlhYmNkZWY=", 200),
        ] {
            let answer = request(addr, Method::GET, path, &[("authorization", value)]).await;
            let status = if path == "/nowhere" && status == 200 {
                404
            } else {
                status
            };
            assert_eq!(answer.status, status, "{path} with {value}");
        }
    }
    let foreign = [
        ("authorization", "Bearer 0123456789abcdef"),
        ("origin", "http://evil.example"),
    ];
    let answer = request(addr, Method::GET, "/debug/vars", &foreign).await;
    assert_eq!(answer.status, 403, "a browser may know the token");
}
