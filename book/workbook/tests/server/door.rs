//! Who may read, who may run, and who may not even ask.

use crate::harness::{PATIENT, Server, text};
use http::{StatusCode, header};
use tokio::net::TcpListener;
use workbook::server::Door;
use workbook::server::token::Token;

#[tokio::test]
async fn pages_of_other_origins_and_rebound_names_are_refused() {
    let server = Server::start("touch started", PATIENT).await;
    let json = ("content-type", "application/json");
    let own = format!("http://{}", server.address);
    for (path, method) in [
        ("/api/labs/queue/run", "POST"),
        ("/api/labs/queue/stop", "POST"),
        ("/api/labs/queue", "GET"),
        ("/api/labs/queue/timeline?run=1&from=0&to=9", "GET"),
        ("/api/access", "GET"),
        ("/", "GET"),
        ("/nothing.html", "GET"),
    ] {
        for foreign in [
            ("host", "evil.example"),
            ("origin", "http://evil.example"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            let response = server.send(method, path, &[json, foreign], "{}").await;
            assert_eq!(
                response.status(),
                StatusCode::FORBIDDEN,
                "{method} {path} with {foreign:?}"
            );
        }
    }
    assert!(
        !server.path("started").exists(),
        "none of these may start the program"
    );
    let page = server
        .send(
            "GET",
            "/api/labs/queue",
            &[("origin", &own), ("sec-fetch-site", "same-origin")],
            "",
        )
        .await;
    assert_eq!(page.status(), StatusCode::OK);
    assert!(text(page).await.contains("\"running\":false"));
    server.end().await;
}

#[tokio::test]
async fn the_book_is_for_this_machine_only() {
    let refused = door()
        .bind("0.0.0.0:0".parse().expect("an address"))
        .expect_err("not on every address");
    assert!(
        refused.to_string().contains("--book 0.0.0.0:0"),
        "{refused}"
    );
    let taken = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let busy = door()
        .bind(taken.local_addr().expect("an address"))
        .expect_err("it is taken");
    assert!(busy.to_string().contains("--book"), "{busy}");
}

fn door() -> Door {
    Door {
        token: Token::random().expect("randomness"),
        names: Vec::new(),
    }
}

#[tokio::test]
async fn other_machines_are_let_in_by_name_only() {
    let door = Door {
        names: vec!["books.example".to_owned()],
        ..door()
    };
    let address = "0.0.0.0:0".parse().expect("an address");
    let listener = door.bind(address).expect("it was told so");
    let port = listener.local_addr().expect("an address").port();
    let link = door.link(listener.local_addr().expect("an address"));
    assert!(
        link.starts_with(&format!("http://books.example:{port}/?token=")),
        "{link}"
    );
}

#[tokio::test]
async fn without_the_token_pages_are_read_and_nothing_is_run() {
    let server = Server::start("touch started", PATIENT).await;
    let name = format!("cutaway-{}", server.address.port());
    let foreign = Token::random().expect("randomness");
    let cookies = |name: &str, value: &str| ("cookie", format!("a=b; {name}={value}"));
    let none = [
        ("authorization", String::new()),
        ("authorization", "Bearer ".to_owned()),
        ("authorization", format!("Bearer {}x", server.token)),
        ("authorization", format!("Bearer {}", foreign.reveal())),
        ("authorization", format!("Basic {}", server.token)),
        cookies(&name, foreign.reveal()),
        cookies(&name, ""),
        // That of a server on another port.
        cookies("cutaway-1", &server.token),
    ];
    for (header, value) in &none {
        let without = [
            ("content-type", "application/json"),
            (*header, value.as_str()),
        ];
        for path in [
            "/api/labs/queue/run",
            "/api/labs/queue/stop",
            "/api/labs/nothing/run",
            "/",
        ] {
            let response = server.send("POST", path, &without, "{}").await;
            assert_eq!(
                response.status(),
                StatusCode::UNAUTHORIZED,
                "{path} {value}"
            );
            assert_eq!(response.headers()[header::WWW_AUTHENTICATE], "Bearer");
            let said = text(response).await;
            assert!(
                said.contains("`cargo workbook link --book 127.0.0.1:"),
                "{said}"
            );
            assert!(!said.contains(&server.token), "{said}");
        }
        for path in ["/", "/api/labs/queue"] {
            let response = server.send("GET", path, &without, "").await;
            assert_eq!(response.status(), StatusCode::OK, "{path} {value}");
        }
        let access = text(server.send("GET", "/api/access", &without, "").await).await;
        assert!(
            access.contains("\"run\":false") && access.contains("workbook link"),
            "{access}"
        );
    }
    assert!(
        !server.path("started").exists(),
        "none of these may start the program"
    );
    server.end().await;
}

#[tokio::test]
async fn the_printed_link_becomes_a_cookie() {
    let server = Server::start("cat run.json", PATIENT).await;
    let nobody = ("authorization", "");
    let link = format!("/index.html?token={}&search=x", server.token);
    let response = server.send("GET", &link, &[nobody], "").await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    let headers = response.headers();
    assert_eq!(headers[header::LOCATION], "/index.html?search=x");
    assert_eq!(headers[header::CACHE_CONTROL], "no-store");
    assert_eq!(headers["referrer-policy"], "no-referrer");
    let cookie = headers[header::SET_COOKIE]
        .to_str()
        .expect("text")
        .to_owned();
    let (pair, rest) = cookie.split_once(';').expect("attributes");
    assert!(
        pair.starts_with(&format!("cutaway-{}=", server.address.port())),
        "{pair}"
    );
    assert_eq!(rest, " Path=/; HttpOnly; SameSite=Strict");

    let json = ("content-type", "application/json");
    let run = server
        .send(
            "POST",
            "/api/labs/queue/run",
            &[json, ("cookie", pair)],
            "{}",
        )
        .await;
    assert_eq!(run.status(), StatusCode::OK);
    assert!(text(run).await.contains("finished"));
    let access = server
        .send("GET", "/api/access", &[("cookie", pair)], "")
        .await;
    assert_eq!(text(access).await, "{\"run\":true}");

    for forged in ["", "x", &server.token[1..], &format!("{}x", server.token)] {
        let response = server
            .send("GET", &format!("/?token={forged}"), &[nobody], "")
            .await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{forged}");
        assert!(!response.headers().contains_key(header::SET_COOKIE));
        assert!(text(response).await.contains("not this server's"));
    }
    // Not even the right one brings in another site's page.
    let elsewhere = [nobody, ("sec-fetch-site", "cross-site")];
    let response = server.send("GET", &link, &elsewhere, "").await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    server.end().await;
}
