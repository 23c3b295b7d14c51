//! How long a frame takes, each view at 200×60 with 500 variables, ten minutes of history and a large profile; how long it
//! takes from the bytes of a profile to its first frame; and the same with a thousand targets of six variables.
//!
//! `cargo run --release -p cutaway-tui --example frames [SAMPLES [FILE]]` (the goals: 5 ms a frame; 150 ms to the first one of
//! 50,000 samples, 3 s of 1,000,000). With a file's name, the profile is left there, for others to read. With `--each`, the
//! times of frames for `make bench`.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cutaway_model::{
    Message, Number, Path, Profile, ProfileKind, Scalar, Source, TargetId, TargetInfo,
};
use cutaway_tui::{FileNews, Input, Options, State, draw, update};
use profile::{Function, Line, Location, Sample, ValueType};
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;

const SIZE: (u16, u16) = (200, 60);
const VARIABLES: u64 = 500;
const SECONDS: u64 = 600;
const FRAMES: usize = 200;
const TARGETS: u32 = 1_000;

/// The views, each with the keys that lead to it from the one before.
const VIEWS: [(&str, &str); 14] = [
    ("overview", "1"),
    ("variables", "2"),
    ("board", "3"),
    ("graph", "4"),
    ("zoomed", "jjjj\n"),
    ("searched", "/function1\n"),
    ("top", "t"),
    ("callers", "c"),
    ("lines", "L"),
    ("tags", "T"),
    ("stacks", "S"),
    ("difference", "ttm"),
    ("changes", "t"),
    ("keys", "?"),
];

/// The views of many targets, likewise.
const FLEET: [(&str, char); 9] = [
    ("overview", '1'),
    ("fleet", 'z'),
    ("by name", 's'),
    ("by state", 's'),
    ("by lints", 's'),
    ("by number", 's'),
    ("board", '3'),
    ("overlay", 'o'),
    ("across", 'a'),
];

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1).peekable();
    if arguments.next_if_eq("--each").is_some() {
        each();
        return Ok(());
    }
    let samples = arguments.next().and_then(|count| count.parse().ok());
    let samples: u32 = samples.unwrap_or(50_000);
    let profile = large_profile(samples);
    let bytes = profile.encode();
    if let Some(file) = arguments.next() {
        std::fs::write(file, profile.encode_gzip())?;
    }
    println!("{samples} samples, {} bytes", bytes.len());
    for _ in 0..3 {
        let begun = Instant::now();
        let decoded = Profile::decode_bounded(&bytes, 1 << 30).map_err(std::io::Error::other)?;
        let read = begun.elapsed();
        let mut state = State::of_file(Options::default(), "a file", None, None);
        update(&mut state, Input::Resize(SIZE.0, SIZE.1));
        let opened = FileNews::Opened {
            profile: Arc::new(decoded),
            base: None,
            complaint: None,
        };
        take_in(&mut state, Input::File(opened));
        let ready = begun.elapsed();
        let mut screen = Buffer::empty(Rect::new(0, 0, SIZE.0, SIZE.1));
        draw(&state, &mut screen);
        println!(
            "decoded after {read:.1?}, made ready after {ready:.1?}, on the screen after {:.1?}",
            begun.elapsed()
        );
    }
    let mut state = profiled(profile);
    println!(
        "{:<11} {:>10} {:>10} {:>10}",
        "view", "opened in", "median", "slowest"
    );
    for (view, keys) in VIEWS {
        let begun = Instant::now();
        press(&mut state, keys);
        let opened = begun.elapsed();
        let (median, slowest) = timed(&state);
        println!("{view:<11} {opened:>10.1?} {median:>10.1?} {slowest:>10.1?}");
    }
    many_targets();
    Ok(())
}

/// With all the work there is because of it.
fn take_in(state: &mut State, input: Input) {
    update(state, input);
    for work in state.work() {
        if let Some(prepared) = work.run() {
            take_in(state, Input::Prepared(prepared));
        }
    }
}

/// Every view's frames for a program: `view: nanoseconds nanoseconds …`, a line each.
fn each() {
    let print = |view: &str, state: &State| {
        let times: Vec<String> = frames(state, 40)
            .iter()
            .map(|time| time.as_nanos().to_string())
            .collect();
        println!("{view}: {}", times.join(" "));
    };
    let mut state = profiled(large_profile(50_000));
    for (view, keys) in VIEWS {
        press(&mut state, keys);
        print(view, &state);
    }
    let mut state = fleet();
    for (view, key) in FLEET {
        press(&mut state, &key.to_string());
        print(&format!("1,000 targets, {view}"), &state);
    }
}

/// A target that is watched for long, and its profile.
fn profiled(profile: Profile) -> State {
    let mut state = watched();
    press(&mut state, "4");
    let message = Message::Profile {
        target: TargetId(0),
        at: Duration::from_secs(SECONDS),
        kind: ProfileKind::Cpu,
        profile: Arc::new(profile),
    };
    take_in(&mut state, Input::Message(message));
    state
}

fn press(state: &mut State, keys: &str) {
    for key in keys.chars() {
        let code = match key {
            '\n' => KeyCode::Enter,
            key => KeyCode::Char(key),
        };
        take_in(state, Input::Key(KeyEvent::new(code, KeyModifiers::NONE)));
    }
}

/// The views of many targets.
fn many_targets() {
    let begun = Instant::now();
    let mut state = fleet();
    let readings = u128::from(SECONDS) * u128::from(TARGETS);
    let each = begun.elapsed().as_nanos() / readings;
    println!("\n{TARGETS} targets: {each} ns to take in a reading");
    for (view, key) in FLEET {
        show(&mut state, view, key);
    }
}

/// Presses a key and measures what comes of it.
fn show(state: &mut State, view: &str, key: char) {
    let key = KeyEvent::new(KeyCode::Char(key), KeyModifiers::NONE);
    update(state, Input::Key(key));
    let (median, slowest) = timed(state);
    println!("{view:<10} {median:>10.1?} {slowest:>10.1?}");
}

/// A thousand targets with six variables each and all their history.
fn fleet() -> State {
    const NAMES: [&str; 6] = [
        "requests",
        "errors",
        "in_flight",
        "tasks",
        "memstats.Alloc",
        "process.cpu_ns",
    ];
    let mut state = State::new(Options::default());
    update(&mut state, Input::Resize(SIZE.0, SIZE.1));
    let info = |id| TargetInfo {
        id: TargetId(id),
        name: format!("host{id}:4000"),
        url: format!("http://host{id}:4000"),
        pod: None,
    };
    let targets = (0..TARGETS).map(info).collect();
    update(&mut state, Input::Message(Message::Targets(targets)));
    for second in 1..=SECONDS {
        for id in 0..TARGETS {
            let value = |at: u64| Number::U64(second * (at + 1 + u64::from(id) % 7));
            let values = NAMES.iter().zip(0..);
            let values = values.map(|(name, at)| (Path::from(*name), Scalar::Number(value(at))));
            let mut values: Vec<_> = values.collect();
            values.sort_by(|a, b| a.0.cmp(&b.0));
            let sample = Message::Sample {
                target: TargetId(id),
                at: Duration::from_secs(second),
                took: Duration::from_millis(2),
                source: Source::Expvar,
                values: Arc::new(values),
                kinds: Arc::new(HashMap::new()),
                warnings: 0,
            };
            update(&mut state, Input::Message(sample));
        }
    }
    state
}

/// Median and slowest of many frames.
fn timed(state: &State) -> (Duration, Duration) {
    let mut times = frames(state, FRAMES);
    times.sort();
    (times[FRAMES / 2], times[FRAMES - 1])
}

fn frames(state: &State, count: usize) -> Vec<Duration> {
    let mut screen = Buffer::empty(Rect::new(0, 0, SIZE.0, SIZE.1));
    let frame = |_| {
        screen.reset();
        let begun = Instant::now();
        draw(state, &mut screen);
        begun.elapsed()
    };
    (0..count).map(frame).collect()
}

/// A target with all its variables and all its history.
fn watched() -> State {
    let mut state = State::new(Options::default());
    update(&mut state, Input::Resize(SIZE.0, SIZE.1));
    let info = TargetInfo {
        id: TargetId(0),
        name: "127.0.0.1:4000".to_owned(),
        url: "http://127.0.0.1:4000".to_owned(),
        pod: None,
    };
    update(&mut state, Input::Message(Message::Targets(vec![info])));
    for second in 1..=SECONDS {
        let sample = Message::Sample {
            target: TargetId(0),
            at: Duration::from_secs(second),
            took: Duration::from_millis(2),
            source: Source::Expvar,
            values: Arc::new(values(second)),
            kinds: Arc::new(HashMap::new()),
            warnings: 0,
        };
        update(&mut state, Input::Message(sample));
    }
    state
}

fn values(second: u64) -> Vec<(Path, Scalar)> {
    let value =
        |at: u64| Scalar::Number(Number::U64(second * (at + 1) + second * second % (at + 7)));
    let name = |at: u64| match at {
        0..20 => Path::new([format!("job{at}_total")]),
        _ => Path::new([
            format!("group{:02}", at / 10),
            format!("requests{}", at % 10),
        ]),
    };
    (0..VARIABLES).map(|at| (name(at), value(at))).collect()
}

/// Stacks of 24 to 40 frames out of 3,000 functions.
fn large_profile(samples: u32) -> Profile {
    let function = |at: u32| Function {
        name: format!("crate{}::module{}::function{at}", at % 40, at % 7).into(),
        filename: format!("/home/me/.cargo/registry/src/crate{}/lib.rs", at % 40).into(),
        ..Function::default()
    };
    let location = |function| Location {
        lines: vec![Line { function, line: 1 }],
        ..Location::default()
    };
    let stack = |at: u32| Sample {
        locations: (0..24 + at % 17)
            .rev()
            .map(|depth| {
                (at >> (16 - depth.min(16)))
                    .wrapping_mul(31)
                    .wrapping_add(depth)
                    % 3_000
            })
            .collect(),
        values: vec![10_000_000],
        labels: Vec::new(),
    };
    Profile {
        sample_types: vec![ValueType::new("cpu", "nanoseconds")],
        functions: (0..3_000).map(function).collect(),
        locations: (0..3_000).map(location).collect(),
        samples: (0..samples).map(stack).collect(),
        ..Profile::default()
    }
}
