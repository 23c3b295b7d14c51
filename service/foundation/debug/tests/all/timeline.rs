//! Timelines of tasks.

use std::net::SocketAddr;

use debug::Config;
use http::Method;
use serde_json::Value;
use tokio::sync::Mutex;

use crate::client::{Answer, get, request};
use crate::serve;

/// Each of these looks at who else records.
static TURN: Mutex<()> = Mutex::const_new(());

#[tokio::test]
async fn a_timeline_shows_what_tasks_did_meanwhile() {
    let _turn = TURN.lock().await;
    let running = serve(Config::new(expvar::Registry::new()));
    let addr = running.addr();
    let answer = tokio::spawn(async move { get(addr, "/debug/timeline?seconds=1").await });
    while !answer.is_finished() {
        let (sender, receiver) = sync::channel("parcels", 1);
        let packer = sync::spawn("packer", async move { sender.send(1).await });
        receiver.recv().await.expect("a parcel");
        packer.await.expect("no panic").expect("it was received");
    }
    let answer = answer.await.expect("no panic");
    assert_eq!(answer.status, 200, "{}", answer.text_if_any());
    assert_eq!(
        answer.header("content-type"),
        "application/json; charset=utf-8"
    );
    assert_eq!(
        answer.header("content-disposition"),
        "attachment; filename=\"timeline.json\""
    );
    let timeline: Value = serde_json::from_slice(&answer.body).expect("JSON");
    let events = answer.header("x-timeline-events");
    assert_eq!(timeline["otherData"]["events"].to_string(), events);
    assert!(timeline["otherData"]["duration_ms"].as_u64() >= Some(1000));
    let spans = timeline["traceEvents"].as_array().expect("events");
    let polls = |event: &&Value| event["cat"] == "poll" && event["name"] == "packer";
    assert!(spans.iter().any(|event| polls(&event)), "{spans:?}");
    answer
        .header("x-timeline-dropped")
        .parse::<u64>()
        .expect("a count");
}

#[tokio::test]
async fn there_is_one_at_a_time_and_it_ends_with_its_client() {
    let _turn = TURN.lock().await;
    let running = serve(Config::new(expvar::Registry::new()));
    let addr = running.addr();
    let long = tokio::spawn(long_recording(addr));
    until_held(addr).await;
    let forced = "/debug/timeline?seconds=1&force=true";
    assert_eq!(get(addr, forced).await.status, 405);
    let answer = request(addr, Method::POST, forced, &[]).await;
    assert_eq!(answer.status, 200, "{}", answer.text_if_any());
    let cancelled = long.await.expect("no panic");
    assert_eq!(cancelled.status, 409);
    assert!(
        cancelled.text().contains("was cancelled by 127.0.0.1:"),
        "{}",
        cancelled.text()
    );

    let left = tokio::spawn(long_recording(addr));
    until_held(addr).await;
    left.abort();
    while get(addr, "/debug/timeline?seconds=1").await.status == 409 {
        tokio::task::yield_now().await;
    }
}

/// Records for longer than any of these tests takes.
async fn long_recording(addr: SocketAddr) -> Answer {
    get(addr, "/debug/timeline?seconds=60").await
}

/// Asks again and again until somebody else's recording is the reason not to get one; in the background, so that this
/// does not get in the other's way.
async fn until_held(addr: SocketAddr) {
    while !get(addr, "/debug/timeline?seconds=1&background=1")
        .await
        .text_if_any()
        .contains("has been capturing timeline since")
    {}
}

#[tokio::test]
async fn a_recording_is_bounded_and_head_asks_without_recording() {
    let running = serve(Config::new(expvar::Registry::new()));
    let addr = running.addr();
    for seconds in ["0", "601", "soon"] {
        let answer = get(addr, &format!("/debug/timeline?seconds={seconds}")).await;
        assert_eq!(answer.status, 400);
        assert_eq!(
            answer.text(),
            format!("seconds must be a whole number from 1 to 600, not \"{seconds}\"\n")
        );
    }
    let head = request(addr, Method::HEAD, "/debug/timeline?seconds=60", &[]).await;
    assert_eq!(
        (head.status.as_u16(), head.header("content-type")),
        (200, "application/json; charset=utf-8")
    );
    let other = get(addr, "/debug/pprof/trace?seconds=1").await;
    assert_eq!(other.status, 501);
    assert!(
        other.text().contains("/debug/timeline?seconds="),
        "{}",
        other.text()
    );
}
