//! Readings of the channels lab, with the capacity at 0 and at 16.

use super::exercise::{Reading, Setting, moved};
use Setting::{Off, On};
use gym::{Check, expect};

/// The cases.
pub fn check() -> Check {
    Check::new()
        .case("nothing was read", nothing)
        .case("the knob's own variable", own)
        .case("a counter grows at both settings", counter)
        .case(
            "a value that scatters follows only if it does not overlap",
            scatter,
        )
        .case("a variable of one setting only", appears)
        .case("it may fall as well as rise", falls)
}

/// A reading for each setting, with the values of each variable; what is not a number was not published.
fn readings(knobs: &[Setting], variables: &[(&str, &[f64])]) -> Vec<Reading> {
    let reading = |(at, knob): (usize, &Setting)| Reading {
        knob: *knob,
        variables: variables
            .iter()
            .filter(|(_, values)| !values[at].is_nan())
            .map(|(name, values)| ((*name).to_owned(), values[at]))
            .collect(),
    };
    knobs.iter().enumerate().map(reading).collect()
}

fn check_moved(readings: &[Reading], right: &[&str], why: &str) {
    let found = moved(readings);
    let list = |names: &[&str]| match names {
        [] => "none".to_owned(),
        names => names.join(", "),
    };
    let names: Vec<&str> = found.iter().map(String::as_str).collect();
    expect(names == right, &list(right), || list(&names), why);
}

async fn nothing() {
    check_moved(&[], &[], "Without readings nothing is known.");
}

async fn own() {
    let readings = readings(
        &[Off, On, Off, On],
        &[
            ("channels.orders.capacity", &[0.0, 16.0, 0.0, 16.0]),
            ("runtime.workers", &[2.0; 4]),
        ],
    );
    check_moved(
        &readings,
        &["channels.orders.capacity"],
        "It has one value at one setting and another at the other; the number of workers is always the same.",
    );
}

async fn counter() {
    let readings = readings(
        &[Off, On, Off, On],
        &[
            ("channels.orders.capacity", &[0.0, 16.0, 0.0, 16.0]),
            (
                "channels.orders.received",
                &[510.0, 1_020.0, 1_498.0, 2_011.0],
            ),
            ("process.uptime_seconds", &[3.0, 6.0, 9.0, 12.0]),
        ],
    );
    check_moved(
        &readings,
        &["channels.orders.capacity"],
        "What grows all the time differs between any two readings, whatever the knob does. Read the settings in turn, and it overlaps.",
    );
}

async fn scatter() {
    let readings = readings(
        &[Off, On, Off, On, Off, On],
        &[
            ("channels.orders.depth", &[0.0, 16.0, 0.0, 14.0, 1.0, 15.0]),
            (
                "channels.orders.senders_waiting",
                &[2.0, 3.0, 1.0, 2.0, 2.0, 3.0],
            ),
        ],
    );
    check_moved(
        &readings,
        &["channels.orders.depth"],
        "Two senders wait at one setting, and at the other setting too: on average there are fewer, but no single reading could tell. The depth \
         is never below 14 at one setting and never above 1 at the other.",
    );
}

async fn appears() {
    let gone = f64::NAN;
    let readings = readings(
        &[Off, On, Off, On],
        &[
            ("channels.orders.capacity", &[0.0, 16.0, 0.0, 16.0]),
            ("channels.orders.full_total", &[gone, 0.0, gone, 4.0]),
            ("lab.handovers_total", &[500.0, gone, 990.0, gone]),
        ],
    );
    check_moved(
        &readings,
        &[
            "channels.orders.capacity",
            "channels.orders.full_total",
            "lab.handovers_total",
        ],
        "A variable that is published only at one setting follows the knob, whichever setting that is.",
    );
}

async fn falls() {
    let readings = readings(
        &[On, Off, On, Off],
        &[
            (
                "channels.orders.sends_that_wait_share",
                &[0.81, 0.97, 0.84, 0.96],
            ),
            ("temperature", &[-4.0, -2.0, -3.0, -1.0]),
        ],
    );
    check_moved(
        &readings,
        &["channels.orders.sends_that_wait_share", "temperature"],
        "Which setting has the higher values doesn't matter, nor which was read first.",
    );
}
