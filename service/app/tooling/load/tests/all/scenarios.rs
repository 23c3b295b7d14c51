//! Every scenario against the real service.

use serde_json::Value;

use crate::faults::Fault;
use crate::support::{Door, End, Service, end, load};

async fn run(scenario: &str, flags: &[&str]) -> End {
    let service = Service::start(Door::with(Fault::None));
    let always = ["--scenario", scenario, "--duration", "1s", "--exclusive"];
    end(load(&service.url(), &[&always[..], flags].concat())).await
}

fn due(summary: &Value) -> Vec<u64> {
    let phases = summary["phases"].as_array().expect("phases");
    let due = phases.iter().map(|phase| phase["due"].as_u64());
    due.map(|due| due.expect("a number")).collect()
}

#[tokio::test]
async fn a_flash_sale_sells_what_there_is_and_no_more() {
    let ended = run("flash-sale", &["--rate", "100", "--pieces", "20"]).await;
    let summary = ended.is_fine();
    assert_eq!(summary["verification"]["passed"], true, "{summary}");
    assert_eq!(summary["operations"]["order"]["errors"], 0, "{summary}");
    assert_eq!(due(summary), [20, 250, 30], "{summary}");
    assert!(summary["out_of_stock"].as_u64() >= Some(50), "{summary}");
    let back = &summary["operations"]["give_back"];
    assert!(back["answered"].as_u64() >= Some(1), "{summary}");
}

#[tokio::test]
async fn a_spike_is_ten_times_the_rate_for_a_fifth_of_the_time() {
    let ended = run("spike", &["--rate", "50"]).await;
    assert_eq!(due(ended.is_fine()), [20, 100, 20], "{}", ended.summary);
}

#[tokio::test]
async fn a_retry_storm_is_five_times_the_rate_from_clients_that_come_back() {
    let ended = run("retry-storm", &["--rate", "50", "--timeout", "30s"]).await;
    let summary = ended.is_fine();
    assert_eq!(due(summary), [15, 75, 20], "{summary}");
    assert_eq!(summary["retry_budget"], 10, "{summary}");
}

#[tokio::test]
async fn slow_clients_get_their_answer_and_their_orders_are_checked() {
    let ended = run("slow-clients", &["--rate", "20", "--slow", "4"]).await;
    let summary = ended.is_fine();
    let slow = &summary["operations"]["slow"];
    assert!(slow["answered"].as_u64() >= Some(1), "{summary}");
    assert_eq!(slow["errors"], 0, "{summary}");
    assert_eq!(summary["total"]["answered"], 20, "{summary}");
    assert_eq!(summary["verification"]["passed"], true, "{summary}");
}
