//! What is refused, and what is not.

use crate::faults::Fault;
use crate::support::{Door, Service, any_port, end, load};

#[tokio::test]
async fn out_of_stock_is_a_normal_answer() {
    let service = Service::of(0, Door::with(Fault::None), any_port());
    let flags = ["--rate", "300", "--duration", "1s"];
    let ended = end(load(&service.url(), &flags)).await;
    let summary = ended.is_fine();
    assert_eq!(summary["total"]["errors"], 0, "{summary}");
    assert_eq!(summary["out_of_stock"], service.door.visits().orders);
}

#[tokio::test]
async fn a_service_that_breaks_is_an_error_by_cause_and_never_an_early_end() {
    let service = Service::start(Door::with(Fault::Broken));
    let flags = ["--rate", "200", "--duration", "1s", "--verify", "0s"];
    let ended = end(load(&service.url(), &flags)).await;
    // Nothing was answered as it should.
    let summary = &ended.summary;
    assert_eq!(ended.code, Some(1), "{summary}");
    assert_eq!(summary["total"]["errors"], 200, "{summary}");
    assert_eq!(summary["errors_by_cause"]["HTTP 500 internal"], 200);
}

#[tokio::test]
async fn a_service_without_books_is_refused_unless_they_are_not_wanted() {
    let service = Service::start(Door::with(Fault::Broken));
    let ended = end(load(&service.url(), &[])).await;
    assert_eq!(ended.code, Some(1));
    let said = "cannot read the statistics, which the check at the end needs; --verify 0s does \
                without: HTTP 500 internal";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let here = "http://127.0.0.1";
    for (target, flags, code, cause) in [
        ("http://192.0.2.1", &[][..], 1, "is not on this machine"),
        ("https://localhost", &[], 2, "must start with http://"),
        (here, &["--rate", "none"], 2, "must be a number"),
        (here, &["--duration", "soon"], 2, "invalid value 'soon'"),
        (here, &["--timeout", "0s"], 2, "must be more than 0"),
        (here, &["--retries", "21"], 2, "21 is not in 0..=20"),
        (here, &["--clients", "0"], 2, "0 is not in 1..=10000"),
        (here, &["--think", "1s"], 2, "--clients <N>"),
        (
            here,
            &["--clients", "1", "--rate", "5"],
            2,
            "cannot be used with",
        ),
        (
            here,
            &["--no-retry-budget", "--retry-budget", "5"],
            2,
            "cannot be used with",
        ),
        (
            here,
            &["--token-file", "/nowhere"],
            1,
            "the token in /nowhere",
        ),
        (
            here,
            &["--scenario", "riot"],
            2,
            "possible values: steady, flash-sale, spike, slow-clients, retry-storm",
        ),
        (
            "http://127.0.0.1:1",
            &["--wait", "0s"],
            1,
            "was not ready within 0s: connection refused",
        ),
    ] {
        let ended = end(load(target, flags)).await;
        assert_eq!(ended.code, Some(code), "{}", ended.stderr);
        assert!(ended.stderr.contains(cause), "{}", ended.stderr);
    }
}
