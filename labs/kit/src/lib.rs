//! What every lab shares, so that a lab's `main.rs` is a page of prose: knobs as flags, the recorder, the report, live
//! variables for the console.
//!
//! A lab declares its knobs in a [`LabInfo`] and tells its story in one function that returns a [`Report`]. The kit does
//! the rest: the command line, the picture of who waits for whom, the table, `--json` for machines, and `--hold` with a
//! debug listener, so that the console can look inside.
//!
//! ```no_run
//! use std::process::ExitCode;
//! use lab_kit::{Column, Context, Knob, LabInfo, Report, Unit};
//!
//! fn about() -> LabInfo {
//!     LabInfo::new("greetings", "Greetings", "Someone says something, someone hears it.")
//!         .knob(Knob::new("capacity", 0..=16).help("how many greetings may be under way"))
//! }
//!
//! async fn story(lab: Context) -> anyhow::Result<Report> {
//!     let latency = lab.latency("send");
//!     let (sender, receiver) = lab_kit::channel("greetings", lab.knob("capacity"));
//!     let measured = latency.clone();
//!     lab.record(async move {
//!         let speaker = lab_kit::spawn("speaker", async move { measured.time(sender.send("hello")).await });
//!         let listener = lab_kit::spawn("listener", async move { receiver.recv().await });
//!         listener.await?;
//!         speaker.await??;
//!         anyhow::Ok(())
//!     })
//!     .await?;
//!     let mut report = Report::new([Column::new("send p50", Unit::Nanoseconds)]);
//!     report.row([latency.quantile(0.5).into()]);
//!     Ok(report)
//! }
//!
//! fn main() -> ExitCode {
//!     lab_kit::run(&lab_kit::lab!(about()), story)
//! }
//! ```
//!
//! # What a lab's process does
//!
//! | | standard output | standard error | exit code |
//! |---|---|---|---|
//! | plain | picture, table, notes | a line per step | 0 |
//! | `--json` | exactly one [`Run`] | a line per step | 0 |
//! | `--json --samples` | a [`Sample`](lab_format::Sample) a line while it runs, then the [`Run`] | a line per step | 0 |
//! | `--describe json` | the [`LabInfo`] | | 0 |
//! | a flag or knob is wrong | | what, and the range | 2 |
//! | the story fails | | why | 1 |
//!
//! SIGINT and SIGTERM end it at once. With `--hold` it goes on, repeating its story, until one of them comes; then it
//! ends with exit code 0.

mod assemble;
mod busy;
mod command;
mod context;
mod figure;
mod latency;
mod live;
mod machine;
mod output;
mod recorder;
mod run;
mod samples;
mod says;

pub use anyhow;
pub use lab_format::{Cell, Column, Knob, LabInfo, Report, Run, SpanKind, Timeline, Unit};
pub use sync::{Receiver, SendError, Sender, channel, spawn};

pub use busy::{busy, compute};
pub use context::Context;
pub use latency::Latency;
pub use run::{Lab, run};
pub use says::{Counter, SpanGuard, thread};
