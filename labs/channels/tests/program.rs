//! Runs the lab as people, the page and the console do.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use lab_format::{Cell, LabInfo, LaneId, Run, Sample, SpanKind};
use rustix::process::{Pid, Signal, kill_process};

/// A lab that is still running after this long will not do what is waited for.
const PATIENCE: Duration = Duration::from_mins(1);

fn lab(arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_channels"));
    command
        .args(arguments.split_whitespace())
        .env("NO_COLOR", "1")
        .env("COLUMNS", "100");
    command
}

fn output(arguments: &str) -> Output {
    lab(arguments).output().expect("the lab starts")
}

fn run(arguments: &str) -> Run {
    let output = output(arguments);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let run: Run = serde_json::from_slice(&output.stdout).expect("one document of the run");
    run.timeline.check().expect("well formed");
    run
}

fn info() -> LabInfo {
    serde_json::from_slice(&output("--describe json").stdout).expect("the lab describes itself")
}

#[test]
fn the_help_names_every_knob() {
    let help = String::from_utf8(output("--help").stdout).expect("text");
    for knob in info().knobs {
        assert!(
            help.contains(&format!("--{} <", knob.name)),
            "{}: {help}",
            knob.name
        );
    }
    assert!(help.contains("--hold") && help.contains("--json"), "{help}");
}

#[test]
fn it_describes_itself() {
    let info = info();
    assert_eq!(info.check(), Ok(()));
    let names: Vec<&str> = info.knobs.iter().map(|knob| knob.name.as_str()).collect();
    assert_eq!(
        (info.name.as_str(), names),
        (
            "channels",
            vec!["capacity", "producers", "consumers", "work", "items"]
        )
    );
    assert_eq!(
        (info.knobs[0].min, info.knobs[0].max, info.knobs[0].default),
        (0, 1024, 0)
    );
}

#[test]
fn without_a_buffer_a_send_ends_when_its_order_is_received() {
    let run = run("--json --capacity 0 --producers 3 --consumers 2 --work 100 --items 60");
    assert_eq!(run.timeline.arrows.len(), 60, "every order is handed over");
    let sends = |lane: LaneId| {
        let waits = move |span: &&lab_format::Span| span.lane == lane && span.label == "send";
        run.timeline.spans.iter().filter(waits)
    };
    for arrow in &run.timeline.arrows {
        // The send that this order belongs to has begun by then, and is not over.
        let send = sends(arrow.from_lane)
            .find(|send| send.start_ns <= arrow.at_ns && arrow.at_ns <= send.end_ns);
        let send = send.expect("a send waits until its order is received");
        assert_eq!(
            send.by,
            Some(arrow.to_lane),
            "and it is the receiver that lets it go on"
        );
    }
    let waits = run
        .timeline
        .spans
        .iter()
        .filter(|span| span.kind == SpanKind::Waiting && span.label == "send")
        .count();
    assert_eq!(waits, 60, "no send goes through at once");
    assert!(
        run.timeline
            .counters
            .iter()
            .all(|queue| queue.points.iter().all(|point| point.1 <= 0.0))
    );
}

#[test]
fn a_buffer_is_filled_and_never_more_than_filled() {
    let run = run("--json --capacity 4 --producers 3 --consumers 2 --work 200 --items 60");
    let queue = &run.timeline.counters[0];
    assert_eq!(
        (queue.name.as_str(), queue.limit),
        ("orders queued", Some(4.0))
    );
    let most = queue.points.iter().map(|point| point.1).fold(0.0, f64::max);
    assert!((most - 4.0).abs() < f64::EPSILON, "{most}");
    assert_eq!(run.timeline.arrows.len(), 60);
    assert!(
        run.timeline
            .arrows
            .iter()
            .any(|arrow| arrow.left_ns.is_some_and(|left| left < arrow.at_ns))
    );
}

#[test]
fn the_report_compares_capacities_and_points_at_the_readers_own() {
    let run = run("--json --capacity 7 --work 50 --items 30");
    assert_eq!(run.knobs["capacity"], 7);
    let capacities: Vec<f64> = run
        .report
        .rows
        .iter()
        .filter_map(|row| row[0].number())
        .collect();
    assert_eq!(capacities, [0.0, 1.0, 7.0, 16.0, 512.0]);
    assert_eq!(run.report.highlight, Some(2));
    for (row, capacity) in capacities.iter().enumerate() {
        let number = |column: &str| {
            run.report
                .cell(row, column)
                .and_then(Cell::number)
                .expect("a number")
        };
        assert!(number("most in channel") <= *capacity);
        assert!(
            number("send p50") <= number("send p99") && number("send p99") <= number("send max")
        );
        assert!(number("delivery p50") > 0.0 && number("orders") > 0.0);
        assert!((0.0..=1.0).contains(&number("producers waiting")));
    }
}

#[test]
fn people_get_a_picture_and_a_table() {
    let output = output("--capacity 0 --work 100 --items 30");
    let text = String::from_utf8(output.stdout).expect("text");
    for part in [
        "producer 3",
        "consumer 2",
        "orders queued",
        "▶ 0",
        "send p50",
        "delivery p99",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(
        !text.contains('\u{1b}'),
        "no colours when they are not wanted: {text}"
    );
    let progress = String::from_utf8(output.stderr).expect("text");
    assert!(progress.contains("capacity 16: 30 orders\n"), "{progress}");
}

#[test]
fn wrong_knobs_are_refused_by_name_and_range() {
    for (arguments, expected) in [
        (
            "--capacity 1025",
            "error: --capacity 1025 is out of range: it takes 0 to 1024 orders\n",
        ),
        (
            "--capacity -1",
            "error: --capacity -1 is out of range: it takes 0 to 1024 orders\n",
        ),
        (
            "--consumers=0",
            "error: --consumers 0 is out of range: it takes 1 to 16 tasks\n",
        ),
        (
            "--work 75",
            "error: --work 75 lies between two steps: it takes 0 to 2000 µs in steps of 50\n",
        ),
        (
            "--items many",
            "error: --items \"many\" is not a whole number: it takes 10 to 400 orders in steps of 10\n",
        ),
        ("--speed 3", "error: unexpected argument '--speed' found\n"),
    ] {
        let output = output(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments}");
        assert!(output.stdout.is_empty(), "{arguments}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.starts_with(expected), "{arguments}: {said}");
    }
}

#[test]
fn the_picture_is_written_where_it_is_wanted() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("channels.svg");
    let output = output(&format!(
        "--json --capacity 8 --work 50 --items 30 --svg {}",
        file.display()
    ));
    assert!(output.status.success());
    let picture = std::fs::read_to_string(&file).expect("the picture is there");
    assert!(
        picture.starts_with("<svg ")
            && picture.contains(">channels --capacity 8 --work 50 --items 30<")
    );

    let nowhere = lab("--work 0 --items 10 --svg /nowhere/at/all.svg")
        .output()
        .expect("the lab starts");
    assert_eq!(nowhere.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&nowhere.stderr).contains("cannot write /nowhere/at/all.svg"));
}

#[test]
fn samples_come_before_the_document_and_move() {
    let output = output("--json --samples --capacity 0 --work 500 --items 200");
    let text = String::from_utf8(output.stdout).expect("text");
    let (document, before) = {
        let mut lines: Vec<&str> = text.lines().collect();
        (lines.pop().expect("a last line"), lines)
    };
    let _: Run = serde_json::from_str(document).expect("the run comes last");
    let samples: Vec<Sample> = before
        .iter()
        .map(|line| Sample::of_line(line.as_bytes()).expect("a sample"))
        .collect();
    assert!(samples.is_sorted_by(|a, b| a.at_ns < b.at_ns));
    // What a day's channel has received is there when it is over, and counts the recorded days alone.
    let last = samples.last().expect("a last look at what it came to");
    let received = last
        .readings
        .iter()
        .find(|reading| reading.name == "channels.orders.received")
        .expect("the channel's variables");
    assert_eq!((received.value, received.grows), (800.0, true));
}

#[test]
fn three_answers_to_a_full_shelf() {
    let told = |program: &str| {
        let output = Command::new(program).output().expect("the program starts");
        String::from_utf8(output.stdout).expect("text")
    };
    let unbounded = told(env!("CARGO_BIN_EXE_channels-unbounded"));
    let (shelved, packed) =
        unbounded.split_at(unbounded.find("order 1 is packed").expect("it is packed"));
    assert_eq!(
        (
            shelved.matches("on the shelf").count(),
            packed.matches("packed").count()
        ),
        (5, 5)
    );
    let waits = told(env!("CARGO_BIN_EXE_channels-waits"));
    let first = waits.find("order 1 is packed").expect("it is packed");
    assert!(
        waits.find("order 3 is on the shelf").expect("it gets room") > first,
        "{waits}"
    );
    assert_eq!(waits.matches("packed").count(), 5);
    let refuses = told(env!("CARGO_BIN_EXE_channels-refuses"));
    assert_eq!(
        (
            refuses.matches("refused").count(),
            refuses.matches("packed").count()
        ),
        (3, 2),
        "{refuses}"
    );
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let mut command = lab("--work 0 --items 10");
    let mut running = Running::start(command.stdout(Stdio::piped()));
    drop(running.child.stdout.take());
    let mut said = String::new();
    running.stderr.read_to_string(&mut said).expect("text");
    assert!(running.wait().success(), "{said}");
    assert!(!said.contains("error") && !said.contains("panic"), "{said}");
}

#[test]
fn sigterm_ends_it_at_once() {
    let mut running = Running::start(&mut lab("--json --consumers 1 --work 2000 --items 400"));
    assert_eq!(running.line(), "capacity 0: 400 orders\n");
    running.send(Signal::TERM);
    assert_eq!(running.wait().signal(), Some(Signal::TERM.as_raw()));
}

#[test]
fn held_it_shows_its_variables_until_it_is_interrupted() {
    let mut running = Running::start(&mut lab(
        "--json --hold --debug 127.0.0.1:0 --capacity 4 --work 50 --items 20",
    ));
    let said = running.line();
    let addr = said
        .split("http://")
        .nth(1)
        .and_then(|rest| rest.split('/').next())
        .expect("it says where it listens");
    let port = addr.rsplit(':').next().expect("a port");
    assert!(said.contains(&format!("cutaway {port}\n")), "{said}");

    let began = Instant::now();
    let variables = loop {
        let variables = variables(addr);
        if variables["lab"]["runs"].as_u64() >= Some(3) {
            break variables;
        }
        assert!(
            began.elapsed() < PATIENCE,
            "it does not repeat: {variables}"
        );
    };
    assert_eq!(variables["lab"]["name"], "channels");
    assert_eq!(variables["lab"]["knobs"]["capacity"], 4);
    assert_eq!(variables["channels"]["orders"]["capacity"], 4);
    assert!(
        variables["channels"]["orders"]["received"].as_u64() >= Some(20),
        "{variables}"
    );
    assert!(
        variables["latency"]["send_ns"]["count"].as_u64() >= Some(20),
        "{variables}"
    );
    assert_eq!(variables["build"]["name"], "channels");
    assert!(
        variables["memstats"]["HeapAlloc"].as_u64() > Some(0),
        "jemalloc is the allocator: {variables}"
    );

    running.send(Signal::INT);
    assert_eq!(running.wait().code(), Some(0));
    let document = running.stdout();
    serde_json::from_str::<Run>(&document).expect("the first run, and nothing else, was printed");
}

#[test]
fn a_taken_port_is_one_clear_line() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let addr = taken.local_addr().expect("bound");
    let output = output(&format!("--hold --debug {addr}"));
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        format!("error: address in use: {addr} is taken; choose another with --debug ADDR\n")
    );
}

#[test]
fn the_committed_figures_are_of_todays_knobs() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("figures");
    let knobs = std::fs::read_to_string(folder.join("knobs.json")).expect("committed");
    assert_eq!(
        serde_json::from_str::<LabInfo>(&knobs).expect("a description"),
        info()
    );
    for name in ["rendezvous", "buffered"] {
        let text = std::fs::read_to_string(folder.join(format!("{name}.json"))).expect("committed");
        let run: Run = serde_json::from_str(&text).expect("a run");
        run.timeline.check().expect("well formed");
        assert_eq!(
            info().resolve(&run.knobs),
            Ok(run.knobs),
            "{name}: make it again with --figure {name}"
        );
        let picture =
            std::fs::read_to_string(folder.join(format!("{name}.svg"))).expect("committed");
        assert!(
            picture.contains(lab_format::draw::STYLE),
            "{name}: drawn by an older program"
        );
    }
}

/// A lab that runs; it does not outlive the test.
struct Running {
    child: Child,
    stderr: BufReader<ChildStderr>,
}

impl Running {
    fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the lab starts");
        let stderr = BufReader::new(child.stderr.take().expect("piped"));
        Self { child, stderr }
    }

    /// The next line that it says.
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stderr.read_line(&mut line).expect("text");
        line
    }

    fn send(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.id().cast_signed()).expect("a process");
        kill_process(pid, signal).expect("it runs");
    }

    fn wait(&mut self) -> ExitStatus {
        self.child.wait().expect("it ends")
    }

    fn stdout(&mut self) -> String {
        let mut text = String::new();
        self.child
            .stdout
            .take()
            .expect("piped")
            .read_to_string(&mut text)
            .expect("text");
        text
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _reaped_already = self.child.wait();
    }
}

fn variables(addr: &str) -> serde_json::Value {
    let mut stream = TcpStream::connect(addr).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("supported");
    write!(
        stream,
        "GET /debug/vars HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\r\n"
    )
    .expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a whole answer");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body}"))
}
