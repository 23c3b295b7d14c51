//! What is sent with pages, and what is no page.

use crate::common::Tiny;
use crate::harness::{PATIENT, Server, text};
use http::{StatusCode, header};
use std::time::Duration;
use workbook::book::Audience;
use workbook::server::pages::{Pages, Source};

#[tokio::test]
async fn pages_come_with_their_headers_and_nothing_else_comes() {
    let server = Server::start("true", PATIENT).await;
    let page = server.send("GET", "/", &[], "").await;
    assert_eq!(page.status(), StatusCode::OK);
    let headers = page.headers().clone();
    assert_eq!(headers["x-content-type-options"], "nosniff");
    let policy = headers[header::CONTENT_SECURITY_POLICY]
        .to_str()
        .expect("text");
    assert!(
        policy.contains("script-src 'self' 'sha256-") && !policy.contains("unsafe-eval"),
        "{policy}"
    );

    let tag = headers[header::ETAG].to_str().expect("text");
    let known = ("if-none-match", tag);
    let same = server.send("GET", "/index.html", &[known], "").await;
    assert_eq!(same.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(
        same.headers()[header::CONTENT_SECURITY_POLICY],
        headers[header::CONTENT_SECURITY_POLICY],
        "a browser forgets the one that it had"
    );
    assert_eq!(
        server.send("HEAD", "/", &[], "").await.status(),
        StatusCode::OK
    );
    assert_eq!(
        server.send("POST", "/", &[], "").await.status(),
        StatusCode::METHOD_NOT_ALLOWED
    );
    for path in [
        "/../secret.html",
        "/..%2fsecret.html",
        "/%2e%2e/secret.html",
        "//secret.html",
        "/secret.html",
        "/index.html/../../secret.html",
    ] {
        let response = server.send("GET", path, &[], "").await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        assert!(text(response).await.contains("Nothing here"), "{path}");
    }
    server.end().await;
}

/// Method, path and headers; the status and the policy that are expected.
type Case<'a> = (
    &'a str,
    &'a str,
    &'a [(&'a str, &'a str)],
    StatusCode,
    &'a str,
);

#[tokio::test]
async fn every_answer_says_what_it_may_load_and_run() {
    let server = Server::start("true", PATIENT).await;
    let elsewhere = ("host", "evil.example");
    let nobody = ("authorization", "");
    let link = format!("/?token={}", server.token);
    let cases: [Case<'_>; 9] = [
        (
            "GET",
            "/",
            &[],
            StatusCode::OK,
            "default-src 'none'; script-src 'self' 'sha256-",
        ),
        (
            "GET",
            "/nothing",
            &[],
            StatusCode::NOT_FOUND,
            "default-src 'none'; script-src 'self';",
        ),
        (
            "GET",
            "/picture.svg",
            &[],
            StatusCode::OK,
            "default-src 'none'; style-src 'unsafe-inline'; frame-",
        ),
        (
            "GET",
            "/api/labs/queue",
            &[],
            StatusCode::OK,
            "default-src 'none'; base-uri 'none'",
        ),
        (
            "GET",
            "/api/access",
            &[],
            StatusCode::OK,
            "default-src 'none'; base-uri 'none'",
        ),
        (
            "POST",
            "/",
            &[],
            StatusCode::METHOD_NOT_ALLOWED,
            "default-src 'none'; base-uri 'none'",
        ),
        (
            "POST",
            "/",
            &[nobody],
            StatusCode::UNAUTHORIZED,
            "default-src 'none'; base-uri 'none'",
        ),
        (
            "GET",
            &link,
            &[],
            StatusCode::SEE_OTHER,
            "default-src 'none'; base-uri 'none'",
        ),
        (
            "GET",
            "/",
            &[elsewhere],
            StatusCode::FORBIDDEN,
            "default-src 'none'; base-uri 'none'",
        ),
    ];
    for (method, path, headers, status, policy) in cases {
        let response = server.send(method, path, headers, "").await;
        assert_eq!(response.status(), status, "{method} {path}");
        let found = response.headers();
        assert_eq!(
            found["x-content-type-options"], "nosniff",
            "{method} {path}"
        );
        let found = found[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .expect("text");
        assert!(found.starts_with(policy), "{method} {path}: {found}");
        let scripts = found
            .split(';')
            .filter(|rule| rule.trim().starts_with("script-src"));
        assert!(
            scripts.into_iter().all(|rule| !rule.contains("unsafe")),
            "{found}"
        );
    }
    server.end().await;
}

/// What the page of the tiny book says, once it holds `expected`.
async fn read(pages: &Pages, expected: &str) {
    let wait = async {
        loop {
            let site = pages.now("/part/queues.html").await;
            let page = site
                .get("/part/queues.html")
                .expect("the page")
                .body
                .clone();
            if String::from_utf8_lossy(&page).contains(expected) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let read = tokio::time::timeout(Duration::from_mins(5), wait).await;
    read.unwrap_or_else(|_| panic!("waited in vain for {expected:?}"));
}

#[tokio::test]
async fn a_page_follows_its_chapter_and_stays_while_that_has_faults() {
    let tiny = Tiny::new();
    let out = tiny.folder.path().join("out/book");
    std::fs::create_dir_all(out.parent().expect("a folder")).expect("a folder");
    let source = Source {
        audience: Audience::Learners,
        workspace: tiny.workspace.clone(),
        out,
    };
    let pages = Pages::of(source).expect("it builds");
    read(&pages, "Done.").await;
    let write = |text: &str| {
        let page = format!("# Queues\n\n{{{{#lab queue}}}}\n\n## Run it\n\n{text}\n");
        tiny.write("book/src/part/queues.md", &page);
    };
    write("Changed.");
    read(&pages, "Changed.").await;
    write("[Nowhere](nothing.md)");
    read(&pages, "Changed.").await;
    write("Put right.");
    read(&pages, "Put right.").await;
}
