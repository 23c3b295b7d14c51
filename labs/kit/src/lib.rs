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
//! # What there is to see
//!
//! Tasks, channels, locks, semaphores and pools of the crate `sync` tell by themselves what they do, while something is
//! recorded ([`Context::record`], [`Context::watch`]). What else there is, a lab says:
//!
//! | to see | say |
//! |---|---|
//! | which worker ran which task when | `lab.with_workers().record(…)` |
//! | a thread of the lab's own | [`thread`] |
//! | what a task does while it runs | [`Context::span`] |
//! | a wait for a timer, a file, a request | [`Context::waiting`]; where it blocks the thread, [`Context::span_of`] |
//! | something held that is no lock | [`Context::span_of`] |
//! | a moment | [`Context::mark`] |
//! | a number over time | [`Context::counter`] |
//! | what was computed and did not happen here | a [`Timeline`] of its own, given to [`Context::show`] |
//!
//! ```no_run
//! # use std::time::Duration;
//! # use lab_kit::{Context, SpanKind};
//! async fn deliver(lab: Context) {
//!     let parcels = lab.counter("parcels").limit(8.0);
//!     for parcel in 1..=8_u32 {
//!         let packing = lab.span("pack"); // the task's lane says: runs pack
//!         lab_kit::busy(Duration::from_millis(1));
//!         drop(packing);
//!         lab.waiting("dry", tokio::time::sleep(Duration::from_millis(2))).await;
//!         parcels.set(f64::from(parcel));
//!     }
//!     let van = lab.span_of(SpanKind::Holding, "van");
//!     lab.mark("all packed");
//!     drop(van);
//! }
//! ```
//!
//! Each is an event of well under 100 ns, and there is room for 2 million. A recording that is long is made small before it
//! is drawn: its format is described with [`Timeline`].
//!
//! # What a lab's process does
//!
//! | | standard output | standard error | exit code |
//! |---|---|---|---|
//! | plain | picture, table, notes | a line per step | 0 |
//! | `--json` | exactly one [`Run`] | a line per step | 0 |
//! | `--json --samples` | a [`Sample`](lab_format::Sample) a line while it runs, then the [`Run`] | a line per step | 0 |
//! | `--trace FILE` | as without, and a Chrome trace of the whole recording in the file | a line per step | 0 |
//! | `--figures` | | a line per file: `figures/` of the lab, as it declares them | 0 |
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
pub mod quota;
mod rate;
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
pub use rate::{Room, rate};
pub use run::{Lab, run};
pub use says::{Counter, SpanGuard, thread};
