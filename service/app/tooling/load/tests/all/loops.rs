//! Open and closed loop, and how they begin and end.

use std::io::{BufRead, BufReader};

use crate::faults::Fault;
use crate::support::{Door, Service, Visits, end, interrupt, load};

#[tokio::test]
async fn the_summary_counts_what_the_service_saw() {
    let service = Service::start(Door::with(Fault::None));
    let flags = ["--rate", "300", "--duration", "1s", "--exclusive"];
    let ended = end(load(&service.url(), &flags)).await;
    let summary = ended.is_fine();
    assert_eq!(summary["total"]["answered"], 300, "{summary}");
    assert_eq!(summary["total"]["errors"], 0, "{summary}");
    assert_eq!(summary["verification"]["passed"], true, "{summary}");
    let count = |operation: &str| {
        let answered = &summary["operations"][operation]["answered"];
        answered.as_u64().expect("a number") as usize
    };
    let Visits {
        browses,
        orders,
        look_ups,
        ..
    } = service.door.visits();
    // Twice before the first visit, and once for the check, which also fetches every order.
    assert_eq!(count("browse") + 3, browses, "{summary}");
    assert_eq!(count("order"), orders, "{summary}");
    assert_eq!(count("look_up") + orders, look_ups, "{summary}");
    assert!(orders > 0 && count("look_up") > 0, "{summary}");
}

#[tokio::test]
async fn arrivals_do_not_wait_for_answers_and_a_stall_shows_in_the_latency() {
    let service = Service::start(Door::stalled());
    let flags = ["--rate", "100", "--duration", "1s", "--timeout", "60s"];
    let child = load(&service.url(), &[&flags[..], &["--verify", "0s"]].concat());
    // A client that waits for answers would never send as many.
    service.door.until(|visits| visits.waiting >= 50).await;
    service.door.open();
    let ended = end(child).await;
    let summary = ended.is_fine();
    assert_eq!(summary["total"]["errors"], 0, "{summary}");
    assert_eq!(summary["total"]["answered"], 100, "{summary}");
    // The first was due at least 49 hundredths of a second before the fiftieth came.
    let max = summary["total"]["latency_ns"]["max"].as_u64();
    assert!(max >= Some(480_000_000), "{summary}");
}

#[tokio::test]
async fn too_many_at_once_are_dropped_and_a_signal_ends_it_with_a_summary() {
    let service = Service::start(Door::stalled());
    let flags = [
        "--rate",
        "200",
        "--duration",
        "forever",
        "--in-flight",
        "5",
        "--timeout",
        "60s",
    ];
    let child = load(&service.url(), &flags);
    service.door.until(|visits| visits.waiting >= 5).await;
    interrupt(&child);
    let ended = end(child).await;
    assert_eq!(ended.is_fine()["unanswered"], 5, "{}", ended.summary);
    assert!(ended.summary["verification"].is_null());
    assert_eq!(service.door.visits().waiting, 5);
}

#[tokio::test]
async fn in_a_closed_loop_every_client_waits_for_its_answer() {
    let service = Service::start(Door::stalled());
    let flags = ["--clients", "3", "--duration", "0", "--timeout", "60s"];
    let child = load(&service.url(), &flags);
    service.door.until(|visits| visits.waiting >= 3).await;
    interrupt(&child);
    let ended = end(child).await;
    assert_eq!(ended.is_fine()["unanswered"], 3, "{}", ended.summary);
    assert_eq!(service.door.visits().waiting, 3);
    assert_eq!(ended.summary["clients"], 3);
    assert!(ended.summary["rate"].is_null(), "{}", ended.summary);
}

#[tokio::test]
async fn a_closed_loop_ends_after_its_time_with_a_check() {
    let service = Service::start(Door::with(Fault::None));
    let flags = ["--clients", "4", "--think", "5ms", "--duration", "1s"];
    let ended = end(load(&service.url(), &flags)).await;
    let summary = ended.is_fine();
    assert_eq!(summary["verification"]["passed"], true, "{summary}");
    assert!(summary["operations"]["order"]["answered"].as_u64() >= Some(1));
}

#[tokio::test]
async fn it_waits_for_the_service_and_outlives_its_restart() {
    // A port that is free for now.
    let addr = Service::start(Door::stalled()).addr;
    let mut child = load(
        &format!("http://{addr}"),
        &["--rate", "100", "--duration", "0", "--progress", "50ms"],
    );
    let mut stderr = BufReader::new(child.stderr.take().expect("piped"));
    until_said(&mut stderr, "waiting for");
    let first = Service::of(1_000, Door::with(Fault::None), addr);
    first.door.until(|visits| visits.orders >= 5).await;
    drop(first);
    until_said(&mut stderr, "errors (connection refused)");
    let second = Service::of(1_000, Door::with(Fault::None), addr);
    second.door.until(|visits| visits.orders >= 5).await;
    interrupt(&child);
    let ended = end(child).await;
    let summary = ended.is_fine();
    let refused = &summary["errors_by_cause"]["connection refused"];
    assert!(refused.as_u64() >= Some(1), "{summary}");
    assert!(
        summary["total"]["answered"].as_u64() >= Some(10),
        "{summary}"
    );
}

fn until_said(stderr: &mut impl BufRead, text: &str) {
    let mut line = String::new();
    while !line.contains(text) {
        line.clear();
        assert!(
            stderr.read_line(&mut line).expect("readable") > 0,
            "it ended before it said {text:?}"
        );
    }
}
