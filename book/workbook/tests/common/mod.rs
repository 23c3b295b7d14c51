//! A tiny workspace with one lab, whose book builds, for tests to break.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test program uses a part of this"
)]

use lab_format::draw::{self, SvgOptions};
use lab_format::{
    Build, Column, Knob, LabInfo, Lane, LaneId, LaneKind, Machine, Report, Run, Span, SpanKind,
    Timeline, Unit,
};
use std::path::Path;
use tempfile::TempDir;
use workbook::workspace::Workspace;

/// The workspace and the folder that goes away with it.
pub struct Tiny {
    /// The folder.
    pub folder: TempDir,
    /// The workspace in it.
    pub workspace: Workspace,
}

/// The lab `queue` with two knobs.
pub fn info() -> LabInfo {
    LabInfo::new("queue", "Queues", "Who waits for whom.")
        .knob(
            Knob::new("capacity", 0..=64)
                .unit("orders")
                .help("How many orders the queue holds."),
        )
        .knob(
            Knob::new("work", 0..=1000)
                .step(50)
                .default(100)
                .unit("µs")
                .help("How long an order takes."),
        )
}

/// A run of it with these values.
pub fn run(capacity: i64, work: i64) -> Run {
    let mut report = Report::new([
        Column::new("capacity", Unit::Count),
        Column::new("send p50", Unit::Nanoseconds),
    ]);
    report.row([0_u64.into(), 1_250_000_u64.into()]);
    report.row([16_u64.into(), 900_u64.into()]);
    report.highlight = Some(1);
    report.note("A buffer moves the wait.");
    let mut timeline = Timeline::new();
    timeline
        .lanes
        .push(Lane::new(LaneId(0), "producer 1", LaneKind::Task));
    timeline
        .lanes
        .push(Lane::new(LaneId(1), "consumer 1", LaneKind::Task));
    timeline
        .spans
        .push(Span::new(LaneId(0), 0, 1_200_000, SpanKind::Waiting, "send").let_go_by(LaneId(1)));
    Run {
        version: lab_format::RUN_VERSION,
        lab: "queue".to_owned(),
        date: "2026-01-31T12:00:00Z".to_owned(),
        took_ns: 2_000_000_000,
        machine: Machine {
            os: "linux".to_owned(),
            arch: "x86_64".to_owned(),
            cores: 2,
            cpu: Some("Test CPU".to_owned()),
        },
        build: Build {
            version: "0.1.0".to_owned(),
            rustc: "rustc 1.95.0".to_owned(),
            profile: "release".to_owned(),
        },
        knobs: info()
            .knobs
            .iter()
            .map(|knob| knob.name.clone())
            .zip([capacity, work])
            .collect(),
        report,
        timeline,
    }
}

impl Tiny {
    /// A book without a fault: one chapter, one draft, one lab with a figure.
    pub fn new() -> Tiny {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let workspace = Workspace::at(folder.path().to_path_buf());
        let tiny = Tiny { folder, workspace };
        tiny.write(
            "book/book.toml",
            "[book]\ntitle = \"Tiny\"\n[output.html.print]\nenable = false\n",
        );
        tiny.write(
            "book/src/SUMMARY.md",
            "# Summary\n\n- [Queues](part/queues.md)\n- [Maps]()\n",
        );
        tiny.write(
            "book/src/part/queues.md",
            "# Queues\n\n{{#lab queue}}\n\n## Run it\n\nDone.\n",
        );
        tiny.write("labs/queue/src/main.rs", "fn main() {}\n");
        tiny.write("labs/queue/figures/knobs.json", &json(&info()));
        tiny.figure("defaults", &run(0, 100));
        tiny
    }

    /// Commits a run and its picture.
    pub fn figure(&self, name: &str, run: &Run) {
        self.write(&format!("labs/queue/figures/{name}.json"), &json(run));
        let svg = draw::svg(&run.timeline, &SvgOptions::default());
        self.write(&format!("labs/queue/figures/{name}.svg"), &svg);
    }

    /// Writes a file of the workspace.
    pub fn write(&self, path: &str, text: &str) {
        let file = self.folder.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap_or(Path::new("/"))).expect("a folder");
        std::fs::write(file, text).expect("a file");
    }

    /// Removes a file of the workspace.
    pub fn remove(&self, path: &str) {
        std::fs::remove_file(self.folder.path().join(path)).expect("a file to remove");
    }
}

/// A document of a lab as its file.
pub fn json(document: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(document).expect("documents of a lab are JSON")
}
