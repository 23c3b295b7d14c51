//! The server.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use profile::{Function, Label, LabelValue, Line, Location, Mapping, Profile, Sample, ValueType};
use tokio::runtime::Runtime;

use crate::fake::{Fake, Reply, path};
use crate::{EVIL, MARK};

/// Serves until it is dropped.
pub(crate) struct Server {
    fake: Fake,
    mood: Arc<AtomicU64>,
    _runtime: Runtime,
}

/// What it does.
#[derive(Clone, Copy)]
pub(crate) enum Mood {
    /// Serves everything.
    Serves,
    /// Fails with what it has to say as the body.
    Fails,
    /// Serves what is none of the formats.
    Breaks,
    /// Answers with no HTTP at all.
    Speaks,
}

impl Server {
    pub(crate) fn start() -> Self {
        let mood = Arc::new(AtomicU64::new(0));
        let (now, asked) = (Arc::clone(&mood), AtomicI64::new(1));
        let reply = move |head: &str| match now.load(Ordering::SeqCst) {
            0 => serve(path(head), asked.fetch_add(1, Ordering::SeqCst)),
            1 => Reply::Answer(500, "text/plain", raw()),
            2 => Reply::Answer(200, "application/json", [b"{\"a\": ", &*raw()].concat()),
            _ => Reply::Raw(raw()),
        };
        let runtime = Runtime::new().expect("a runtime can be started");
        let fake = runtime.block_on(Fake::start(reply));
        Self {
            fake,
            mood,
            _runtime: runtime,
        }
    }

    pub(crate) fn target(&self) -> String {
        self.fake.target()
    }

    pub(crate) fn turn(&self, mood: Mood) {
        self.mood.store(mood as u64, Ordering::SeqCst);
    }
}

/// Bytes that are not even text.
fn raw() -> Vec<u8> {
    [
        format!("{MARK} {EVIL}").as_bytes(),
        b"\x9b31m\xff\x9d0;owned\x9c",
    ]
    .concat()
}

fn serve(path: &str, asked: i64) -> Reply {
    let name = path.split('?').next().unwrap_or_default();
    match name {
        "/debug/vars" => Reply::json(variables(asked)),
        "/metrics" => Reply::text(metrics(asked)),
        "/debug/pprof/" => Reply::html(
            "<a href='profile'>a</a><a href='heap'>a</a><a href='goroutine'>a</a><a href='mutex'>a</a>",
        ),
        "/debug/pprof/goroutine" => Reply::Answer(500, "text/plain", raw()),
        "/debug/pprof/heap" => Reply::Answer(200, "application/octet-stream", raw()),
        _ if name.starts_with("/debug/pprof/") => {
            let profile = evil_profile(asked).encode_gzip();
            Reply::Answer(200, "application/octet-stream", profile)
        }
        _ => Reply::not_found(),
    }
}

/// Names, texts and whatever makes lints speak of them.
fn variables(asked: i64) -> String {
    let evil = format!("{MARK} {EVIL}");
    serde_json::json!({
        evil.clone(): asked,
        "text": evil,
        "cmdline": [format!("/bin/{evil}"), evil],
        "build": {"name": evil, "commit": evil},
        "cpu": {"workers": 9, "limit_cores": 2.0, "limit_by": evil},
        format!("{evil} breaker"): {"state": "open"},
        format!("{evil} pool"): {"waiting": 7, "wait_ns": asked * 7_000_000_000},
        format!("{evil} queue"): {"depth": 99, "capacity": 100},
        format!("{evil} client"): {"retries": asked * 1000},
        "requests": asked * 10,
        "errors": asked * 9,
        "list": [evil, {evil.clone(): evil}],
        "deep": {evil.clone(): {evil.clone(): {"p99": asked, "p50": asked}}},
    })
    .to_string()
}

fn metrics(asked: i64) -> String {
    // The format quotes line breaks, quotes and backslashes; nothing else.
    let quoted = EVIL.replace('\\', "\\\\");
    let mut text = format!("# HELP sent_total {quoted}\n# TYPE sent_total counter\n");
    let _ = writeln!(text, "sent_total{{code=\"{MARK} {quoted}\"}} {asked}");
    let _ = writeln!(text, "{{\"{MARK} {quoted}\", l=\"{quoted}\"}} {asked}");
    let _ = writeln!(text, "bad line {quoted}");
    text
}

/// With everything that is text hostile.
pub(crate) fn evil_profile(times: i64) -> Profile {
    let evil = format!("{MARK} {EVIL}");
    let function = |name: String| Function {
        name: name.into(),
        system_name: evil.clone().into(),
        filename: format!("/src/{evil}.rs").into(),
        start_line: 1,
    };
    let location = |function: u32| Location {
        address: u64::from(function) + 1,
        mapping: Some(0),
        lines: vec![Line { function, line: 7 }],
        folded: false,
    };
    let label = |key: &str, value: LabelValue| Label {
        key: key.into(),
        value,
    };
    let sample = |locations: Vec<u32>, value: i64| Sample {
        locations,
        values: vec![times, value * times],
        labels: vec![
            label(&evil, LabelValue::Text(evil.clone().into())),
            label("size", LabelValue::Number(5, evil.clone().into())),
        ],
    };
    Profile {
        sample_types: vec![
            ValueType::new(&evil, &evil),
            ValueType::new("delay", "nanoseconds"),
        ],
        samples: vec![
            sample(vec![1, 0], 9_000_000_000),
            sample(vec![2, 1, 0], 5_000_000_000),
        ],
        locations: (0..3).map(location).collect(),
        functions: (0..3)
            .map(|at| function(format!("main::{evil}::{at}")))
            .collect(),
        mappings: vec![Mapping {
            filename: format!("/bin/{evil}"),
            build_id: evil.clone(),
            has_functions: true,
            ..Mapping::default()
        }],
        period_type: Some(ValueType::new(&evil, &evil)),
        period: 1,
        time_nanos: 1_700_000_000_000_000_000,
        duration_nanos: 1_000_000_000,
        default_sample_type: Some("delay".to_owned()),
        comments: vec![evil.clone()],
        doc_url: Some(format!("http://{evil}")),
        ..Profile::default()
    }
}
