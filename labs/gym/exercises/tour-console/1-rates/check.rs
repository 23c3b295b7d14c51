//! Readings of a shop that has 100 requests a second.

use super::exercise::{Reading, rates};
use gym::{Check, expect};

/// The cases.
pub fn check() -> Check {
    Check::new()
        .case("one reading is no rate", first)
        .case("two readings, one second", regular)
        .case("a reading that is late", late)
        .case("a missed reading loses nothing", missed)
        .case("a restart is no fall", restart)
        .case("a restart that has caught up", caught_up)
}

fn reading(at: f64, uptime: f64, requests: u32) -> Reading {
    Reading {
        at,
        uptime,
        requests,
    }
}

fn check_rates(readings: &[Option<Reading>], right: &[Option<f64>], why: &str) {
    let found = rates(readings);
    let near = |(a, b): (&Option<f64>, &Option<f64>)| match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() < 1e-6,
        (None, None) => true,
        _ => false,
    };
    let same = found.len() == right.len() && found.iter().zip(right).all(near);
    let list = |rates: &[Option<f64>]| {
        let one =
            |rate: &Option<f64>| rate.map_or("none".to_owned(), |rate| format!("{rate:.1}/s"));
        rates.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    expect(same, &list(right), || list(&found), why);
}

async fn first() {
    check_rates(&[], &[], "No reading, no rate.");
    check_rates(
        &[Some(reading(10.0, 5.0, 500))],
        &[None],
        "500 requests since the start say nothing of this second. A rate needs two readings.",
    );
}

async fn regular() {
    let readings = [
        Some(reading(10.0, 5.0, 500)),
        Some(reading(11.0, 6.0, 600)),
        Some(reading(12.0, 7.0, 600)),
    ];
    check_rates(
        &readings,
        &[None, Some(100.0), Some(0.0)],
        "The growth between two readings, over the time between them. No growth is a rate of 0, not the lack of one.",
    );
}

async fn late() {
    let readings = [
        Some(reading(10.0, 5.0, 500)),
        Some(reading(12.5, 7.5, 750)),
        Some(reading(13.0, 8.0, 800)),
    ];
    check_rates(
        &readings,
        &[None, Some(100.0), Some(100.0)],
        "Readings do not come on the second: networks and busy machines see to that. Each has its own time.",
    );
}

async fn missed() {
    let readings = [
        Some(reading(10.0, 5.0, 500)),
        None,
        None,
        Some(reading(13.0, 8.0, 800)),
        Some(reading(14.0, 9.0, 900)),
    ];
    check_rates(
        &readings,
        &[None, None, None, Some(100.0), Some(100.0)],
        "What was asked while nobody looked is in the counter: 300 requests are in the next reading, in 3 s.",
    );
}

async fn restart() {
    let readings = [
        Some(reading(10.0, 5.0, 500)),
        Some(reading(11.0, 0.4, 40)),
        Some(reading(12.0, 1.4, 140)),
    ];
    check_rates(
        &readings,
        &[None, None, Some(100.0)],
        "The counter fell, so another process counts. That nobody knows how many asked is not the same as nobody asked, and minus 460 \
         requests there never were.",
    );
}

async fn caught_up() {
    let readings = [
        Some(reading(10.0, 100.0, 100)),
        Some(reading(14.0, 2.0, 200)),
        Some(reading(15.0, 3.0, 300)),
    ];
    check_rates(
        &readings,
        &[None, None, Some(100.0)],
        "The counter is higher than before, and yet it is another process: it has been up for 2 s, not for 104.",
    );
}
