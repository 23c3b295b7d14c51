//! The debug endpoints, asked over HTTP.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc;
use std::time::Duration;

use debug::{Config, Standard};
use expvar::read::{Document, Number, Path, Scalar};
use http::Method;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use crate::client::{get, request};
use crate::{bind, serve};

fn standard() -> Standard {
    let args = [
        "sales-api",
        "--store",
        "postgres://sales:s3cret@db/sales",
        "--token",
        "t0ken",
    ];
    Standard::new(debug::build!()).cmdline(args.map(str::to_owned).to_vec())
}

fn variables(text: &[u8]) -> Document {
    Document::parse(text).expect("a valid document")
}

fn variable(document: &Document, path: &str) -> Option<Scalar> {
    document.get(&path.parse::<Path>().expect("a valid path"))
}

fn number(document: &Document, path: &str) -> f64 {
    match variable(document, path) {
        Some(Scalar::Number(number)) => number.as_f64(),
        other => panic!("{path} is {other:?}"),
    }
}

#[tokio::test]
async fn variables_are_in_the_shape_of_go() {
    let registry = expvar::Registry::new();
    let standard = standard()
        .runtime(Handle::current())
        .tasks(|| 3)
        .panics(|| 1);
    debug::publish_standard(&registry, standard).expect("free names");
    registry
        .counter("orders_placed")
        .expect("a free name")
        .add(7);
    let running = serve(Config::new(registry));

    let answer = get(running.addr(), "/debug/vars").await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("content-type"),
        "application/json; charset=utf-8"
    );
    let document = variables(&answer.body);
    let masked = [
        "sales-api",
        "--store",
        "postgres://sales:***@db/sales",
        "--token",
        "***",
    ];
    assert_eq!(document.cmdline().expect("it is published"), masked);
    assert_eq!(
        variable(&document, "orders_placed"),
        Some(Scalar::Number(Number::U64(7)))
    );
    assert_eq!(
        variable(&document, "tasks"),
        Some(Scalar::Number(Number::U64(3)))
    );
    assert_eq!(
        variable(&document, "panics"),
        Some(Scalar::Number(Number::U64(1)))
    );
    assert_eq!(
        variable(&document, "build.name"),
        Some(Scalar::Text("debug".into()))
    );
    assert!(number(&document, "uptime") > 0.0);
    assert_eq!(
        variable(&document, "runtime.workers"),
        Some(Scalar::Number(Number::U64(1)))
    );
    assert!(
        matches!(variable(&document, "runtime.busy"), Some(Scalar::Array(workers)) if workers.len() == 1)
    );
    // This program's allocator is jemalloc; what becomes of this with another is told in `plain`.
    assert!(number(&document, "memstats.Alloc") > 0.0);
    assert!(number(&document, "allocator.in_memory_bytes") > 0.0);
    assert_eq!(
        variable(&document, "memstats.NumGC"),
        None,
        "there is no garbage collector"
    );
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_process_is_described() {
    let registry = expvar::Registry::new();
    debug::publish_standard(&registry, standard()).expect("free names");
    let running = serve(Config::new(registry));
    let read = || async { variables(&get(running.addr(), "/debug/vars").await.body) };

    let before = read().await;
    assert!(number(&before, "process.rss_bytes") > 100_000.0);
    assert!(
        number(&before, "process.threads") >= 2.0,
        "this one and the debug thread"
    );
    let files: Vec<_> = (0..50)
        .map(|_| std::fs::File::open("/dev/null").expect("it is there"))
        .collect();
    // It is read anew when it is a quarter of a second old.
    let mut after = read().await;
    while number(&after, "process.fds") < 50.0 {
        after = read().await;
    }
    assert!(number(&after, "process.cpu_ns") >= number(&before, "process.cpu_ns"));
    drop(files);
}

#[test]
fn a_name_that_is_taken_is_an_error_except_the_count_of_panics() {
    let registry = expvar::Registry::new();
    registry.func("panics", || 0.into()).expect("a free name");
    debug::publish_standard(&registry, standard().panics(|| 1)).expect("panics may be there");
    let error = debug::publish_standard(&registry, standard()).expect_err("published already");
    assert!(error.to_string().contains("cmdline"), "{error}");
}

#[tokio::test]
async fn the_index_lists_what_there_is_and_nothing_runs_in_it() {
    let running = serve(Config::new(expvar::Registry::new()));
    let answer = get(running.addr(), "/debug/pprof/").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    assert!(
        answer
            .header("content-security-policy")
            .starts_with("default-src 'none';")
    );
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert!(
        answer.text().contains("<a href=\"cmdline\">"),
        "{}",
        answer.text()
    );
    assert_eq!(
        answer.text().contains("<a href=\"profile\">"),
        collect::support().cpu.is_ok()
    );

    let moved = get(running.addr(), "/debug/pprof").await;
    assert_eq!(
        (moved.status.as_u16(), moved.header("location")),
        (308, "/debug/pprof/")
    );
}

#[tokio::test]
async fn the_command_line_is_masked_and_nul_separated() {
    let mut config = Config::new(expvar::Registry::new());
    config.cmdline = ["api", "--password", "two words", "--store=redis://:p@h"]
        .map(str::to_owned)
        .to_vec();
    let running = serve(config);
    let answer = get(running.addr(), "/debug/pprof/cmdline").await;
    assert_eq!(
        answer.text(),
        "api\0--password\0***\0--store=redis://:***@h"
    );
}

#[tokio::test]
async fn what_is_listed_is_there() {
    let running = serve(Config::new(expvar::Registry::new()));
    let listed = debug::endpoints();
    assert!(listed.iter().all(|(_, gives)| !gives.is_empty()));
    for (path, gives) in listed {
        if path.contains('{') {
            for name in ["heap", "block", "mutex", "goroutine", "threadcreate"] {
                assert!(gives.contains(&format!("`{name}`")), "{gives}");
                let answer = get(running.addr(), &path.replace("{name}", name)).await;
                assert_ne!(answer.status, 404, "{name}");
            }
        } else {
            // Half of a second is none: whatever takes time refuses at once.
            let answer = get(running.addr(), &format!("{path}?seconds=0.5")).await;
            assert_ne!(answer.status, 404, "{path}");
        }
    }
}

#[tokio::test]
async fn what_is_not_here_says_so_and_what_cannot_be_says_why() {
    let running = serve(Config::new(expvar::Registry::new()));
    for (path, status, body) in [
        ("/debug/pprof/nonsense", 404, "Unknown profile\n"),
        ("/debug/pprof/trace?seconds=1", 501, "Go's execution trace"),
        (
            "/debug/pprof/profile?seconds=0",
            400,
            "seconds must be a whole number from 1 to 600, not \"0\"\n",
        ),
        (
            "/debug/pprof/profile?hz=5000",
            400,
            "hz must be a whole number from 1 to 1000, not \"5000\"\n",
        ),
        ("/", 404, "there is nothing here"),
        ("/debug/vars/", 404, "there is nothing here"),
        ("/debug/pprof/a/b", 404, "there is nothing here"),
    ] {
        let answer = get(running.addr(), path).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.text().starts_with(body), "{path}: {}", answer.text());
        assert_eq!(
            answer.header("content-type"),
            "text/plain; charset=utf-8",
            "{path}"
        );
        assert_eq!(answer.header("x-go-pprof"), "1", "{path}");
    }
}

#[tokio::test]
async fn each_path_has_its_methods() {
    let running = serve(Config::new(expvar::Registry::new()));
    for (path, allowed) in [
        ("/debug/", "GET,HEAD"),
        ("/debug/vars", "GET,HEAD"),
        ("/debug/pprof/", "GET,HEAD"),
        ("/debug/pprof/cmdline", "GET,HEAD"),
        ("/debug/pprof/profile", "GET,HEAD,POST"),
        ("/debug/pprof/heap", "GET,HEAD,POST"),
    ] {
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
            if allowed.contains(method.as_str()) {
                continue;
            }
            let answer = request(running.addr(), method.clone(), path, &[]).await;
            assert_eq!(
                (answer.status.as_u16(), answer.header("allow")),
                (405, allowed),
                "{method} {path}"
            );
        }
    }
    let head = request(running.addr(), Method::HEAD, "/debug/vars", &[]).await;
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
}

#[test]
fn it_answers_while_every_worker_of_the_service_is_blocked() {
    let service = Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .expect("a runtime");
    let registry = expvar::Registry::new();
    debug::publish_standard(&registry, standard().runtime(service.handle().clone()))
        .expect("free names");
    let running = serve(Config::new(registry));

    let (release, blocked_until) = mpsc::channel::<()>();
    let (tell, is_blocked) = mpsc::channel();
    let blocked = service.spawn(async move {
        tell.send(()).expect("the test waits");
        blocked_until.recv()
    });
    is_blocked.recv().expect("the task runs");
    let answer = get_without_runtime(running.addr(), "/debug/vars");
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(answer.contains("\"alive_tasks\":1"), "{answer}");
    release.send(()).expect("the task waits");
    service
        .block_on(blocked)
        .expect("no panic")
        .expect("released");
}

fn get_without_runtime(addr: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(addr).expect("somebody listens");
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\r\n"
    )
    .expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer
}

#[tokio::test]
async fn stopping_it_or_its_service_frees_the_port() {
    let running = serve(Config::new(expvar::Registry::new()));
    let addr = running.addr();
    running.stop();
    listen::bind(addr, "--debug").expect("free again");

    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async move { drop(stopped.await) };
    let config = Config {
        drain: Duration::from_mins(1),
        ..Config::new(expvar::Registry::new())
    };
    let running = debug::start(bind("127.0.0.1:0"), config, shutdown).expect("it starts");
    stop.send(()).expect("it runs");
    // Ends because the service does, not because it is told to.
    let addr = running.addr();
    tokio::task::spawn_blocking(move || while TcpStream::connect(addr).is_ok() {})
        .await
        .expect("no panic");
    drop(running);
}
