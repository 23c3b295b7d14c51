//! Which requests the loopback guard lets through.

mod client;

use std::convert::Infallible;
use std::net::SocketAddr;

use bytes::Bytes;
use client::Client;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use listen::guard::{self, Refusal, check, check_request};
use tower::Layer;

fn addr(text: &str) -> SocketAddr {
    text.parse().expect("a valid address")
}

fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&'static str, &str)| {
        (
            HeaderName::from_static(name),
            HeaderValue::from_str(value).expect("a valid value"),
        )
    };
    let mut headers = HeaderMap::new();
    for (name, value) in lines.iter().map(pair) {
        headers.append(name, value);
    }
    headers
}

/// `ok`, or the rule that refused.
fn verdict(result: &Result<(), Refusal>) -> &'static str {
    match result {
        Ok(()) => "ok",
        Err(Refusal::ForeignHost(_)) => "host",
        Err(Refusal::ForeignOrigin(_)) => "origin",
        Err(Refusal::CrossSite(_)) => "site",
    }
}

#[test]
fn hosts() {
    for (host, expected) in [
        ("localhost:4000", "ok"),
        ("LocalHost:4000", "ok"),
        ("localhost", "ok"),
        ("127.0.0.1:4000", "ok"),
        ("127.0.0.1", "ok"),
        ("127.1.2.3:4000", "ok"),
        ("[::1]:4000", "ok"),
        ("[::1]", "ok"),
        ("[0:0:0:0:0:0:0:1]:4000", "ok"),
        // The port of another server.
        ("localhost:4001", "host"),
        ("127.0.0.1:80", "host"),
        ("[::1]:3000", "host"),
        ("localhost:", "host"),
        ("localhost:+4000", "host"),
        ("localhost:4000:4000", "host"),
        ("localhost:69536", "host"),
        ("localhost:4000a", "host"),
        // Names that a page could have rebound to this machine.
        ("evil.example:4000", "host"),
        ("evil.example", "host"),
        ("localhost.evil.example:4000", "host"),
        ("127.0.0.1.evil.example:4000", "host"),
        ("127.0.0.1.nip.io:4000", "host"),
        ("app.localhost:4000", "host"),
        ("localhost.:4000", "host"),
        // Addresses that are not loopback, or are only almost written like it.
        ("0.0.0.0:4000", "host"),
        ("10.0.0.1:4000", "host"),
        ("128.0.0.1:4000", "host"),
        ("127.1:4000", "host"),
        ("2130706433:4000", "host"),
        ("0x7f000001:4000", "host"),
        ("127.0.0.01:4000", "host"),
        ("[::]:4000", "host"),
        ("[::ffff:127.0.0.1]:4000", "host"),
        ("[::1%25lo]:4000", "host"),
        ("[::1:4000", "host"),
        ("::1:4000", "host"),
        ("[127.0.0.1]:4000", "host"),
        ("[::1]x:4000", "host"),
        // Tricks.
        ("localhost:4000@evil.example", "host"),
        ("evil.example@localhost:4000", "host"),
        ("localhost:4000/", "host"),
        ("localhost:4000, evil.example", "host"),
        ("localhost:4000 ", "host"),
        (" localhost:4000", "host"),
        ("http://localhost:4000", "host"),
        ("", "host"),
    ] {
        let result = check(&headers(&[("host", host)]), addr("127.0.0.1:4000"));
        assert_eq!(verdict(&result), expected, "Host: {host}");
    }
}

#[test]
fn a_host_must_be_there_once() {
    let local = addr("127.0.0.1:4000");
    assert_eq!(
        check(&headers(&[]), local),
        Err(Refusal::ForeignHost(String::new()))
    );
    let twice = headers(&[("host", "localhost:4000"), ("host", "localhost:4000")]);
    assert_eq!(verdict(&check(&twice, local)), "host");
    let mut invalid = HeaderMap::new();
    invalid.insert(
        "host",
        HeaderValue::from_bytes(b"localhost\xff").expect("allowed in a header"),
    );
    assert_eq!(verdict(&check(&invalid, local)), "host");
}

#[test]
fn origins() {
    for (origin, expected) in [
        ("http://localhost:4000", "ok"),
        ("http://127.0.0.1:4000", "ok"),
        ("http://127.0.0.2:4000", "ok"),
        ("http://[::1]:4000", "ok"),
        ("null", "origin"),
        ("", "origin"),
        ("http://localhost", "origin"),
        ("http://localhost:3000", "origin"),
        ("https://localhost:4000", "origin"),
        ("HTTP://localhost:4000", "origin"),
        ("localhost:4000", "origin"),
        ("file://", "origin"),
        ("http://evil.example:4000", "origin"),
        ("http://evil.example", "origin"),
        ("http://localhost:4000.evil.example", "origin"),
        ("http://localhost:4000@evil.example", "origin"),
        ("http://localhost:4000/", "origin"),
        ("http://localhost:4000 http://evil.example", "origin"),
        ("chrome-extension://abcdef", "origin"),
    ] {
        let headers = headers(&[("host", "localhost:4000"), ("origin", origin)]);
        assert_eq!(
            verdict(&check(&headers, addr("127.0.0.1:4000"))),
            expected,
            "Origin: {origin}"
        );
    }
    let twice = headers(&[
        ("host", "localhost"),
        ("origin", "http://localhost:4000"),
        ("origin", "http://evil.example"),
    ]);
    assert_eq!(verdict(&check(&twice, addr("127.0.0.1:4000"))), "origin");
}

#[test]
fn the_default_port_may_be_left_out_of_an_origin() {
    let headers = headers(&[("host", "localhost"), ("origin", "http://localhost")]);
    assert_eq!(verdict(&check(&headers, addr("127.0.0.1:80"))), "ok");
}

#[test]
fn fetch_sites() {
    for (site, expected) in [
        ("same-origin", "ok"),
        ("none", "ok"),
        ("same-site", "site"),
        ("cross-site", "site"),
        ("", "site"),
        ("None", "site"),
        ("same-origin, none", "site"),
    ] {
        let headers = headers(&[("host", "localhost:4000"), ("sec-fetch-site", site)]);
        assert_eq!(
            verdict(&check(&headers, addr("127.0.0.1:4000"))),
            expected,
            "Sec-Fetch-Site: {site}"
        );
    }
}

#[test]
fn absolute_targets_are_checked_beside_the_host() {
    for (target, host, expected) in [
        ("/debug/vars", "localhost:4000", "ok"),
        ("http://localhost:4000/debug/vars", "localhost:4000", "ok"),
        ("http://evil.example/debug/vars", "localhost:4000", "host"),
        ("http://localhost:4000/debug/vars", "evil.example", "host"),
        (
            "http://evil.example@localhost:4000/",
            "localhost:4000",
            "host",
        ),
        ("http://localhost:4001/", "localhost:4000", "host"),
        ("localhost:4000", "localhost:4000", "ok"),
        ("evil.example:443", "localhost:4000", "host"),
    ] {
        let target: Uri = target.parse().expect("a valid target");
        let result = check_request(&target, &headers(&[("host", host)]), addr("127.0.0.1:4000"));
        assert_eq!(verdict(&result), expected, "{target} with Host: {host}");
    }
}

#[test]
fn a_server_that_is_not_on_loopback_is_addressed_by_its_address_and_never_by_a_name() {
    for (local, host, expected) in [
        ("10.0.0.5:4000", "10.0.0.5:4000", "ok"),
        ("10.0.0.5:4000", "10.0.0.6:4000", "host"),
        ("10.0.0.5:4000", "localhost:4000", "ok"),
        ("10.0.0.5:4000", "sales.internal:4000", "host"),
        ("0.0.0.0:4000", "10.0.0.6:4000", "ok"),
        ("0.0.0.0:4000", "0.0.0.0:4000", "host"),
        ("[::]:4000", "[fd00::1]:4000", "ok"),
        ("[::]:4000", "evil.example:4000", "host"),
        ("[::]:4000", "[fd00::1]:4001", "host"),
    ] {
        let result = check(&headers(&[("host", host)]), addr(local));
        assert_eq!(verdict(&result), expected, "Host: {host} on {local}");
    }
}

#[tokio::test]
async fn the_layer_answers_403_with_the_reason_and_lets_the_rest_through() {
    let listener = listen::bind(addr("127.0.0.1:0"), "--test").expect("a free port");
    let local = listener.local_addr().expect("it is bound");
    let listener = tokio::net::TcpListener::from_std(listener).expect("it is non-blocking");
    let called = guard::layer(local).also_called(["books.example".to_owned()]);
    let service = called.layer(tower::service_fn(|_: Request<Incoming>| async {
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from("let through"))))
    }));
    tokio::spawn(listen::serve(
        listener,
        service,
        listen::Limits::default(),
        std::future::pending(),
    ));

    let mut client = Client::connect(local).await;
    assert!(client.get("/").await.ends_with("let through"));
    let port = local.port();
    for (name, expected) in [("Books.example", "200"), ("books.example.evil", "403")] {
        client
            .write(&format!(
                "GET / HTTP/1.1\r\nHost: {name}:{port}\r\nOrigin: http://{name}:{port}\r\n\r\n"
            ))
            .await;
        let answer = client.read_answer().await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {expected}")),
            "{name}: {answer}"
        );
    }
    client
        .write("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n")
        .await;
    let answer = client.read_answer().await;
    assert!(answer.starts_with("HTTP/1.1 403 Forbidden"), "{answer}");
    assert!(
        answer.contains("content-type: text/plain; charset=utf-8"),
        "{answer}"
    );
    assert!(
        answer.contains("refused: Host \"evil.example\" is not this server's own"),
        "{answer}"
    );
    client.write("GET / HTTP/1.0\r\n\r\n").await;
    assert!(
        client.rest().await.starts_with("HTTP/1.0 403"),
        "a request without a Host"
    );
}
