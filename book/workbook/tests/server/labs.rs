//! Labs that are run from the page, and what is done about them.

use crate::harness::{Events, PATIENT, Server, gone, text};
use http::{StatusCode, header};
use serde_json::json;
use std::time::Duration;
use workbook::labs::Limits;

#[tokio::test]
async fn lines_come_while_the_lab_runs_and_the_picture_at_its_end() {
    // It goes on only when the test has seen its first line.
    let server = Server::start(
        "echo args: $* >&2; read x < go; echo more >&2; cat run.json",
        PATIENT,
    )
    .await;
    let response = server
        .post("/api/labs/queue/run", r#"{"knobs":{"capacity":7}}"#)
        .await;
    assert_eq!(
        response.headers()[header::CONTENT_TYPE],
        "application/x-ndjson"
    );
    let mut events = Events {
        body: response.into_body(),
        pending: Vec::new(),
    };
    assert_eq!(
        events.next().await,
        Some(json!({ "event": "status", "text": "Running …" }))
    );
    events
        .line("args: --json --samples --capacity 7 --work 100")
        .await;
    std::fs::write(server.path("go"), "\n").expect("the lab waits for this");
    events.line("more").await;
    let result = events.next().await.expect("a result");
    assert_eq!(result["event"], "result");
    assert!(
        result["svg"]
            .as_str()
            .is_some_and(|svg| svg.starts_with("<svg") && svg.contains("producer 1"))
    );
    assert!(
        result["report"]
            .as_str()
            .is_some_and(|report| report.contains("<td class=\"number\">1.25 ms</td>"))
    );
    assert_eq!(
        result["numbers"]["0/send p50"],
        json!({ "text": "1.25 ms", "value": 1_250_000.0 })
    );
    assert_eq!(result["numbers"]["*/send p50"]["text"], "900 ns");
    assert_eq!(result["knobs"], json!({ "capacity": 0, "work": 100 }));
    assert_eq!(result["too_busy"], false);
    assert_eq!(
        events.ending().await,
        json!({ "event": "ended", "how": "finished", "text": "Finished." })
    );
    server.end().await;
}

#[tokio::test]
async fn samples_come_while_the_lab_runs_and_are_no_part_of_its_result() {
    let line = |at: u64| {
        format!(
            r#"{{"sample":{{"at_ns":{at},"readings":[{{"name":"depth","value":2.0,"grows":false}}]}}}}"#
        )
    };
    let script = format!(
        "echo '{}'; read x < go; echo '{}'; cat run.json",
        line(1),
        line(2)
    );
    let server = Server::start(&script, PATIENT).await;
    let mut events = server.run().await;
    let _running = events.next().await;
    let sample = |at: u64| json!({ "event": "sample", "at_ns": at, "readings": [{ "name": "depth", "value": 2.0, "grows": false }] });
    assert_eq!(events.next().await, Some(sample(1)));
    std::fs::write(server.path("go"), "\n").expect("the lab waits for this");
    assert_eq!(events.next().await, Some(sample(2)));
    assert_eq!(events.next().await.expect("a result")["event"], "result");
    assert_eq!(events.ending().await["how"], "finished");
    server.end().await;
}

#[tokio::test]
async fn a_page_looks_closer_at_the_last_run_and_at_no_other() {
    let server = Server::start("cat run.json", PATIENT).await;
    let source = async || {
        let mut events = server.run().await;
        let result = loop {
            let event = events.next().await.expect("a result comes");
            if event["event"] == "result" {
                break event;
            }
        };
        let svg = result["svg"].as_str().expect("a picture").to_owned();
        events.ending().await;
        let source = svg.split("data-source=\"").nth(1).expect("where to ask");
        source.split('"').next().expect("a value").to_owned()
    };
    let ask = async |source: &str, part: &str| {
        let response = server
            .send("GET", &format!("{source}{part}"), &[], "")
            .await;
        let status = response.status().as_u16();
        (status, text(response).await)
    };
    let first = source().await;
    let (status, svg) = ask(&first, "&from=200000&to=300000").await;
    assert_eq!(status, 200, "{svg}");
    assert!(
        svg.starts_with("<svg") && svg.contains("data-from=\"200000\" data-to=\"300000\""),
        "{svg}"
    );
    for (part, expected) in [
        ("&from=5&to=5", 400),
        ("&from=9&to=3", 400),
        ("&from=99000000000&to=99000000001", 400),
        ("&from=-1&to=3", 400),
        ("&from=0", 400),
        ("&from=0&to=9&width=9", 400),
    ] {
        assert_eq!(ask(&first, part).await.0, expected, "{part}");
    }
    let second = source().await;
    assert_ne!(first, second);
    let (status, why) = ask(&first, "&from=0&to=9").await;
    assert_eq!(status, 410);
    assert!(why.contains("another_run"), "{why}");
    assert_eq!(ask(&second, "&from=0&to=9").await.0, 200);
    assert_eq!(
        ask("/api/labs/nothing/timeline?run=1", "&from=0&to=9")
            .await
            .0,
        404
    );
    server.end().await;
}

#[tokio::test]
async fn only_known_labs_with_knobs_in_range_are_started() {
    let server = Server::start("touch started", PATIENT).await;
    let cases = [
        (
            "/api/labs/nothing/run",
            "{}",
            StatusCode::NOT_FOUND,
            "there is no lab",
        ),
        (
            "/api/labs/..%2Fqueue/run",
            "{}",
            StatusCode::NOT_FOUND,
            "there is no lab",
        ),
        (
            "/api/labs/queue/run",
            r#"{"knobs":{"capacity":65}}"#,
            StatusCode::BAD_REQUEST,
            "--capacity 65 is out of range: it takes 0 to 64 orders",
        ),
        (
            "/api/labs/queue/run",
            r#"{"knobs":{"work":75}}"#,
            StatusCode::BAD_REQUEST,
            "lies between two steps",
        ),
        (
            "/api/labs/queue/run",
            r#"{"knobs":{"hold":1}}"#,
            StatusCode::BAD_REQUEST,
            "queue has no knob --hold",
        ),
        (
            "/api/labs/queue/run",
            r#"{"knobs":{"work":"1; rm"}}"#,
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid type",
        ),
        (
            "/api/labs/queue/run",
            r#"{"command":"x"}"#,
            StatusCode::UNPROCESSABLE_ENTITY,
            "unknown field",
        ),
        (
            "/api/labs/queue/run",
            "{",
            StatusCode::BAD_REQUEST,
            "EOF while parsing",
        ),
        (
            "/api/labs/nothing/stop",
            "",
            StatusCode::NOT_FOUND,
            "there is no lab",
        ),
        (
            "/api/labs/queue/stop",
            "",
            StatusCode::CONFLICT,
            "queue is not running",
        ),
    ];
    for (path, body, status, message) in cases {
        let response = server.post(path, body).await;
        assert_eq!(response.status(), status, "{path} {body}");
        let answer = text(response).await;
        assert!(answer.contains(message), "{path} {body}: {answer}");
    }
    let form = server
        .send(
            "POST",
            "/api/labs/queue/run",
            &[("content-type", "text/plain")],
            "{}",
        )
        .await;
    assert_eq!(
        form.status(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "what a form of another page can send"
    );
    let large = format!("{{\"knobs\":{{\"{}\":1}}}}", "x".repeat(20 << 10));
    assert_eq!(
        server.post("/api/labs/queue/run", &large).await.status(),
        StatusCode::PAYLOAD_TOO_LARGE
    );
    assert!(
        !server.path("started").exists(),
        "none of these may start the program"
    );
    server.end().await;
}

#[tokio::test]
async fn a_lab_runs_once_at_a_time_and_stops_when_told() {
    let server = Server::start("exec 3>alive; sleep 1000 & echo up >&2; wait", PATIENT).await;
    let alive = server.alive();
    let mut events = server.run().await;
    events.line("up").await;
    let second = server.post("/api/labs/queue/run", "{}").await;
    assert_eq!(second.status(), StatusCode::CONFLICT);
    assert!(text(second).await.contains("queue is running already"));
    let described = server.send("GET", "/api/labs/queue", &[], "").await;
    assert!(text(described).await.contains("\"running\":true"));

    assert_eq!(
        server.post("/api/labs/queue/stop", "").await.status(),
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        events.ending().await,
        json!({ "event": "ended", "how": "stopped", "text": "Stopped." })
    );
    gone(alive).await;
    server.end().await;
}

#[tokio::test]
async fn the_place_is_free_when_the_run_is_over() {
    let server = Server::start("cat run.json", PATIENT).await;
    for _ in 0..3 {
        assert_eq!(server.run().await.ending().await["how"], "finished");
    }
    server.end().await;
}

#[tokio::test]
async fn a_page_that_leaves_ends_everything_the_lab_has_started() {
    let server = Server::start(
        "exec 3>alive; (sleep 1000 & sleep 1000) & echo up >&2; wait",
        PATIENT,
    )
    .await;
    let alive = server.alive();
    let mut events = server.run().await;
    events.line("up").await;
    drop(events);
    gone(alive).await;
    server.end().await;
}

/// A process that has left its process group and its session, and whose parent has ended.
#[cfg(target_os = "linux")]
const ESCAPES: &str = "exec 3>alive; setsid sh -c 'setsid sleep 1000 >/dev/null 2>&1 & exit'";

#[tokio::test]
#[cfg(target_os = "linux")]
async fn whoever_leaves_the_process_group_is_ended_too() {
    let server = Server::start(&format!("{ESCAPES}; cat run.json"), PATIENT).await;
    let alive = server.alive();
    assert_eq!(server.run().await.ending().await["how"], "finished");
    gone(alive).await;
    server.end().await;

    let server = Server::start(&format!("{ESCAPES}; echo up >&2; sleep 1000"), PATIENT).await;
    let alive = server.alive();
    let mut events = server.run().await;
    events.line("up").await;
    // The page is closed.
    drop(events);
    gone(alive).await;
    server.end().await;
}

#[tokio::test]
async fn a_lab_that_does_not_listen_is_killed() {
    let limits = Limits {
        grace: Duration::from_millis(100),
        ..PATIENT
    };
    let server = Server::start(
        "trap '' TERM; exec 3>alive; echo up >&2; while :; do sleep 1000; done",
        limits,
    )
    .await;
    let alive = server.alive();
    let mut events = server.run().await;
    events.line("up").await;
    server.post("/api/labs/queue/stop", "").await;
    assert_eq!(events.ending().await["how"], "stopped");
    gone(alive).await;
    server.end().await;
}

#[tokio::test]
async fn what_a_lab_leaves_behind_is_ended_with_it() {
    let server = Server::start(
        "exec 3>alive; sleep 1000 >/dev/null 2>&1 & cat run.json",
        PATIENT,
    )
    .await;
    let alive = server.alive();
    assert_eq!(server.run().await.ending().await["how"], "finished");
    gone(alive).await;
    server.end().await;
}

#[tokio::test]
async fn time_output_memory_and_processes_are_limited() {
    let short = Limits {
        deadline: Duration::from_millis(300),
        ..PATIENT
    };
    let cases = [
        (
            "exec 3>alive; sleep 1000",
            short,
            "deadline",
            "Ended: it took longer than 0.3 s.",
        ),
        (
            "exec 3>alive; yes >&2",
            PATIENT,
            "output",
            "Ended: it wrote more than a page can hold.",
        ),
        (
            "exec 3>alive; yes",
            PATIENT,
            "output",
            "Ended: it wrote more than a page can hold.",
        ),
        (
            "exec 3>alive; head -c 1000000 /dev/zero >&2",
            PATIENT,
            "output",
            "Ended: it wrote more than a page can hold.",
        ),
        (
            "exec 3>alive; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do sleep 1000 & done; wait",
            PATIENT,
            "processes",
            "It was more than 16 processes and was ended.",
        ),
        // Each starts two more, but not without end: a machine that runs this may have no other limit.
        (
            "exec 3>alive; breed() { [ $1 = 0 ] || { breed $(($1 - 1)) & breed $(($1 - 1)) & }; sleep 1000; }; breed 6",
            PATIENT,
            "processes",
            "It was more than 16 processes and was ended.",
        ),
        // It keeps the last lines, and a line of zeros never ends.
        (
            "exec 3>alive; tail /dev/zero",
            Limits {
                memory: 64 << 20,
                ..PATIENT
            },
            "memory",
            "It used more than 64 MiB of memory and was ended.",
        ),
    ];
    for (script, limits, how, text) in cases {
        let server = Server::start(script, limits).await;
        let alive = server.alive();
        assert_eq!(
            server.run().await.ending().await,
            json!({ "event": "ended", "how": how, "text": text }),
            "{script}"
        );
        gone(alive).await;
        server.end().await;
    }
}

#[tokio::test]
async fn a_lab_without_a_result_has_failed() {
    let cases = [
        (
            "echo no such knob >&2; exit 3",
            "queue has failed (exit status: 3).",
        ),
        ("kill -SEGV $$", "queue has failed (signal: 11 (SIGSEGV)"),
        (
            "echo hello",
            "Its result cannot be used: it is no run of a lab: expected value at line 1",
        ),
        (
            "true",
            "Its result cannot be used: it is no run of a lab: EOF",
        ),
    ];
    for (script, expected) in cases {
        let server = Server::start(script, PATIENT).await;
        let ending = server.run().await.ending().await;
        assert_eq!(ending["how"], "failed", "{script}");
        assert!(
            ending["text"]
                .as_str()
                .is_some_and(|text| text.starts_with(expected)),
            "{script}: {ending}"
        );
        server.end().await;
    }
}

#[tokio::test]
async fn the_servers_end_is_the_runs_end() {
    let server = Server::start("exec 3>alive; echo up >&2; sleep 1000", PATIENT).await;
    let alive = server.alive();
    let mut events = server.run().await;
    events.line("up").await;
    server.shutdown.trigger("test");
    assert_eq!(events.ending().await["how"], "shutdown");
    gone(alive).await;
    server.end().await;
}
