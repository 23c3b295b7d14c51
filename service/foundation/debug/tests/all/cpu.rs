//! CPU profiles over HTTP. There is one capture at a time in a process, so these tests take turns.

use std::hint::black_box;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use debug::{Config, Running};
use http::Method;
use profile::Profile;
use tokio::sync::Mutex;

use crate::client::{Answer, get, request};

static TURN: Mutex<()> = Mutex::const_new(());

fn serve() -> Running {
    crate::serve(Config::new(expvar::Registry::new()))
}

/// Where there is no sampler every request must say so, and there is nothing more to test.
async fn is_unsupported(addr: SocketAddr) -> bool {
    let Err(why) = collect::support().cpu else {
        return false;
    };
    let answer = get(addr, "/debug/pprof/profile?seconds=1").await;
    assert_eq!(
        (answer.status.as_u16(), answer.text()),
        (501, format!("{why}\n").as_str())
    );
    true
}

/// A thread that burns CPU time until it is dropped.
struct Burner {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<u64>>,
}

impl Burner {
    fn start() -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let thread = std::thread::spawn(move || burn_the_time_away(&told));
        Self {
            stop,
            thread: Some(thread),
        }
    }
}

impl Drop for Burner {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("it does not panic");
        }
    }
}

#[inline(never)]
fn burn_the_time_away(stop: &AtomicBool) -> u64 {
    let mut sum: u64 = 0;
    while !stop.load(Ordering::Relaxed) {
        for n in 0..10_000 {
            sum = black_box(sum.rotate_left(5) ^ n);
        }
    }
    sum
}

#[tokio::test]
async fn a_profile_is_gzip_protobuf_with_this_programs_own_functions() {
    let _turn = TURN.lock().await;
    let running = serve();
    if is_unsupported(running.addr()).await {
        return;
    }
    let burner = Burner::start();
    let answer = get(running.addr(), "/debug/pprof/profile?seconds=1&hz=100").await;
    drop(burner);
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    assert_eq!(answer.header("content-type"), "application/octet-stream");
    assert_eq!(
        answer.header("content-disposition"),
        "attachment; filename=\"profile\""
    );
    assert_eq!(answer.body[..2], [0x1f, 0x8b], "gzip");

    let profile = Profile::decode(&answer.body).expect("a valid profile");
    let hot = profile
        .functions
        .iter()
        .any(|function| function.name.contains("burn_the_time_away"));
    assert!(hot, "the thread that burns is in it");
    let kept: u64 = count(&answer, "x-profile-kept");
    assert_eq!(
        profile
            .samples
            .iter()
            .map(|sample| sample.values[0])
            .sum::<i64>(),
        kept as i64
    );
    assert!(count(&answer, "x-profile-asked") >= count(&answer, "x-profile-deliverable"));
    assert!(kept > 0);
    assert!(count(&answer, "x-profile-cpu-ns") > 0);
    what_the_names_cost_is_a_variable();
}

fn what_the_names_cost_is_a_variable() {
    let registry = expvar::Registry::new();
    debug::publish_standard(&registry, debug::Standard::new(debug::build!())).expect("free names");
    let document: serde_json::Value =
        serde_json::from_str(&registry.to_json()).expect("it is JSON");
    let symbols = &document["symbols"];
    assert!(symbols["lookups"].as_u64() >= Some(1), "{symbols}");
    for spent in ["addresses", "took_ns", "peak_mapped_bytes", "kept_bytes"] {
        assert!(symbols[spent].as_u64() > Some(0), "{spent}: {symbols}");
    }
    let bound = 16 << 20;
    assert!(symbols["kept_bytes"].as_u64() < Some(bound), "{symbols}");
}

fn count(answer: &Answer, name: &str) -> u64 {
    answer
        .header(name)
        .parse()
        .unwrap_or_else(|_| panic!("{name} is {:?}", answer.header(name)))
}

#[tokio::test]
async fn a_second_capture_is_refused_and_one_whose_client_leaves_ends() {
    let _turn = TURN.lock().await;
    let running = serve();
    let addr = running.addr();
    if is_unsupported(addr).await {
        return;
    }
    let long = tokio::spawn(long_capture(addr));
    until_captured(true).await;
    let refused = get(addr, "/debug/pprof/profile?seconds=1").await;
    assert_eq!(refused.status, 409);
    assert!(
        refused.text().contains("has been capturing profile since"),
        "{}",
        refused.text()
    );
    assert!(!long.is_finished(), "the first goes on");

    // Dropping the request closes its connection: that is all the server learns of it.
    long.abort();
    until_captured(false).await;
    assert_eq!(
        get(addr, "/debug/pprof/profile?seconds=1").await.status,
        200
    );
}

/// Captures for a minute, longer than any of these tests takes. It may meet a look from `until_captured`; then it
/// tries again.
async fn long_capture(addr: SocketAddr) -> Answer {
    loop {
        let answer = get(addr, "/debug/pprof/profile?seconds=60").await;
        if !answer.text_if_any().contains("another CPU profile") {
            return answer;
        }
    }
}

/// Looks until a capture is under way in this process, or until none is.
async fn until_captured(wanted: bool) {
    while matches!(collect::cpu::start(100), Err(collect::Error::Busy { .. })) != wanted {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_post_with_force_takes_the_place_of_another() {
    let _turn = TURN.lock().await;
    let running = serve();
    let addr = running.addr();
    if is_unsupported(addr).await {
        return;
    }
    let long = tokio::spawn(long_capture(addr));
    until_captured(true).await;
    let forced = "/debug/pprof/profile?seconds=1&force=true";
    let refused = get(addr, forced).await;
    assert_eq!(
        (refused.status.as_u16(), refused.header("allow")),
        (405, "POST")
    );
    assert!(!long.is_finished(), "a GET ends nobody's capture");

    let answer = request(addr, Method::POST, forced, &[]).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    Profile::decode(&answer.body).expect("a valid profile");
    let cancelled = long.await.expect("no panic");
    assert_eq!(cancelled.status, 409);
    assert!(
        cancelled.text().contains("was cancelled by 127.0.0.1:"),
        "{}",
        cancelled.text()
    );
}

#[tokio::test]
async fn a_capture_in_the_background_gives_way_to_whoever_asks() {
    let _turn = TURN.lock().await;
    let running = serve();
    let addr = running.addr();
    if is_unsupported(addr).await {
        return;
    }
    let behind = "/debug/pprof/profile?seconds=60&background=1";
    let watching = tokio::spawn(async move {
        loop {
            let answer = get(addr, behind).await;
            if !answer.text_if_any().contains("another CPU profile") {
                return answer;
            }
        }
    });
    until_captured(true).await;
    let other = get(addr, behind).await;
    assert_eq!(other.status, 409, "it gives way to none of its kind");
    assert!(!watching.is_finished());

    let answer = get(addr, "/debug/pprof/profile?seconds=1").await;
    assert_eq!(answer.status, 200, "{}", answer.text_if_any());
    let ended = watching.await.expect("no panic");
    assert_eq!(ended.status, 409);
    let said = ended.text();
    assert!(
        said.starts_with("the background capture of profile was cancelled by 127.0.0.1:"),
        "{said}"
    );
}

#[tokio::test]
async fn head_asks_without_capturing() {
    let _turn = TURN.lock().await;
    let running = serve();
    if is_unsupported(running.addr()).await {
        return;
    }
    // A capture of a minute would make this test the slowest of all.
    let head = request(
        running.addr(),
        Method::HEAD,
        "/debug/pprof/profile?seconds=60",
        &[],
    )
    .await;
    assert_eq!(
        (head.status.as_u16(), head.header("content-type")),
        (200, "application/octet-stream")
    );
    drop(collect::cpu::start(100).expect("nothing is being captured"));
}

#[tokio::test]
async fn other_endpoints_answer_during_a_capture_and_stopping_cuts_it_off() {
    let _turn = TURN.lock().await;
    let running = serve();
    let addr = running.addr();
    if is_unsupported(addr).await {
        return;
    }
    let long = tokio::spawn(long_capture(addr));
    until_captured(true).await;
    assert_eq!(get(addr, "/debug/vars").await.status, 200);
    tokio::task::spawn_blocking(move || running.stop())
        .await
        .expect("no panic");
    let cut_off = long.await.expect("it got an answer");
    assert_eq!(
        (cut_off.status.as_u16(), cut_off.text()),
        (503, "the program is ending\n")
    );
    drop(collect::cpu::start(100).expect("the capture ended with its request"));
}
