//! Retries: they help a busy service's shoppers, never order twice, and are bounded.

use crate::faults::Fault;
use crate::support::{Door, End, Service, end, load};

async fn run(fault: Fault, flags: &[&str]) -> End {
    let service = Service::start(Door::with(fault));
    let always = ["--rate", "100", "--duration", "1s", "--exclusive"];
    end(load(&service.url(), &[&always[..], flags].concat())).await
}

#[tokio::test]
async fn who_is_turned_away_comes_back_and_the_check_does_so_too() {
    let ended = run(Fault::Busy, &["--retries", "20", "--no-retry-budget"]).await;
    let summary = ended.is_fine();
    assert_eq!(summary["total"]["answered"], 100, "{summary}");
    assert_eq!(summary["total"]["errors"], 0, "{summary}");
    let retries = summary["retries"].as_u64();
    assert!(retries >= Some(20), "{summary}");
    assert_eq!(summary["turned_away"].as_u64(), retries, "{summary}");
    for cause in ["HTTP 429 rate_limited", "HTTP 503 overloaded"] {
        assert!(summary["retries_by_cause"][cause].as_u64() >= Some(1));
    }
}

#[tokio::test]
async fn who_is_turned_away_and_does_not_come_back_is_counted() {
    let ended = run(Fault::Busy, &[]).await;
    let summary = ended.is_fine();
    assert_eq!(summary["retries"], 0, "{summary}");
    assert_eq!(summary["turned_away"], summary["total"]["errors"]);
    assert!(summary["total"]["errors"].as_u64() >= Some(20), "{summary}");
}

#[tokio::test]
async fn a_retry_is_never_a_second_order() {
    let flags = ["--retries", "5", "--no-retry-budget"];
    let ended = run(Fault::LosesAnswers, &flags).await;
    let summary = ended.is_fine();
    assert!(summary["retries"].as_u64() >= Some(5), "{summary}");
    assert_eq!(summary["verification"]["passed"], true, "{summary}");
}

#[tokio::test]
async fn where_keys_mean_nothing_the_check_finds_the_second_orders() {
    let flags = ["--retries", "5", "--no-retry-budget"];
    let ended = run(Fault::IgnoresKeys, &flags).await;
    assert_eq!(ended.code, Some(1), "{}", ended.summary);
    assert!(!ended.held("counted") && ended.held("orders"));
}

#[tokio::test]
async fn the_budget_bounds_what_retries_add() {
    let attempts = async |flags: &[&str]| {
        let always = ["--retries", "3", "--verify", "0s"];
        let ended = run(Fault::Overloaded, &[&always[..], flags].concat()).await;
        // Nobody got what he wanted.
        assert_eq!(ended.code, Some(1), "{}", ended.summary);
        assert_eq!(ended.summary["total"]["errors"], 100, "{}", ended.summary);
        ended.summary["attempts"].as_u64().expect("a number")
    };
    assert_eq!(attempts(&["--no-retry-budget"]).await, 400);
    // A tenth of a hundred, and the ten that are there to begin with.
    let bounded = attempts(&["--retry-budget", "10"]).await;
    assert!((110..=120).contains(&bounded), "{bounded}");
}
