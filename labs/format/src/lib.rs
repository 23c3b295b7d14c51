//! What labs write and the workbook reads: knobs, timeline, report, and how a timeline is drawn.
//!
//! A lab is a program that shows one idea. It declares its [`Knob`]s once, in a [`LabInfo`]; it
//! records what its tasks do in a [`Timeline`]; it sums up in a [`Report`]; a whole run, with the
//! machine it ran on, is a [`Run`]. All four are plain JSON documents, so that the workbook, the
//! terminal and the committed figures draw the same recording without knowing the lab.
//!
//! | document | comes from | on |
//! |---|---|---|
//! | [`LabInfo`] | `<lab> --describe json` | standard output |
//! | [`Run`] | `<lab> --json` | standard output, exactly one; people's lines go to standard error |
//! | a Chrome trace ([`trace`]) | `<lab> --trace FILE` | that file |
//! | [`Run`] | `<lab> --figures`, each [`Figure`] that it declares | `labs/<lab>/figures/NAME.json`, its picture beside it |
//!
//! The crate does no I/O and reads no clock.
//!
//! ```
//! use lab_format::draw::{self, TerminalOptions};
//! use lab_format::{Lane, LaneId, LaneKind, Span, SpanKind, Timeline};
//!
//! let mut timeline = Timeline::new();
//! timeline.lanes.push(Lane::new(LaneId(0), "producer 1", LaneKind::Task));
//! timeline.lanes.push(Lane::new(LaneId(1), "consumer 1", LaneKind::Task));
//! timeline.spans.push(
//!     Span::new(LaneId(0), 0, 1_200_000, SpanKind::Waiting, "send").let_go_by(LaneId(1)),
//! );
//! timeline.check()?;
//! let picture = draw::terminal(&timeline, &TerminalOptions::default());
//! assert!(picture.contains("producer 1"));
//! # Ok::<(), lab_format::TimelineError>(())
//! ```

use std::net::{Ipv4Addr, SocketAddr};

pub mod draw;
mod info;
mod knob;
mod report;
mod run;
mod sample;
mod shrink;
mod timeline;
pub mod trace;
pub mod units;

pub use info::{Figure, Knobs, LabInfo};
pub use knob::{Knob, KnobError};
pub use report::{Cell, Column, Report, Unit};
pub use run::{Build, Machine, RUN_VERSION, Run, RunError};
pub use sample::{Reading, Sample};
pub use timeline::{
    Arrow, Counter, Lane, LaneId, LaneKind, Mark, STEP, Span, SpanKind, TIMELINE_VERSION, TimeUnit,
    Timeline, TimelineError,
};

/// The port on loopback where a lab that is held open is looked into, unless told otherwise.
pub const DEBUG_PORT: u16 = 4100;

/// The address of [`DEBUG_PORT`].
pub const DEBUG_ADDR: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), DEBUG_PORT);
