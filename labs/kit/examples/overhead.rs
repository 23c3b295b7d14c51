//! What recording costs: the same sends and receives with and without it.
//!
//! `cargo run -p lab-kit --example overhead`

use std::process::ExitCode;
use std::time::{Duration, Instant};

use lab_kit::anyhow::Result;
use lab_kit::{Cell, Column, Context, Knob, LabInfo, Report, Unit, channel, spawn};

/// What a send tells and what a receive tells: the depth, and in the receiver's case also who sent the value.
const EVENTS: u64 = 3;

fn main() -> ExitCode {
    let about = LabInfo::new(
        "overhead",
        "What recording costs",
        "One task sends to itself, with and without recording.",
    );
    let items = Knob::new("items", 1_000..=400_000)
        .step(1_000)
        .default(200_000)
        .help("How many values are sent");
    lab_kit::run(&lab_kit::lab!(about.knob(items)), story)
}

async fn story(lab: Context) -> Result<Report> {
    let items = lab.knob("items");
    // The first pass pays for what only happens once.
    pass(items).await?;
    let silent = pass(items).await?;
    let recorded = lab.record(pass(items)).await?;
    let mut report = Report::new([
        Column::new("", Unit::None),
        Column::new("per value", Unit::Nanoseconds),
    ]);
    let each = |time: Duration| time.as_nanos() as f64 / items as f64;
    report.row([Cell::from("without"), each(silent).into()]);
    report.row([Cell::from("recorded"), each(recorded).into()]);
    report.row([
        Cell::from("per event"),
        ((each(recorded) - each(silent)) / EVENTS as f64).into(),
    ]);
    Ok(report)
}

async fn pass(items: u64) -> Result<Duration> {
    let work = async move {
        let (sender, receiver) = channel("numbers", 1);
        let began = Instant::now();
        for number in 0..items {
            sender.send(number).await?;
            receiver.recv().await;
        }
        lab_kit::anyhow::Ok(began.elapsed())
    };
    spawn("both ends", work).await?
}
