//! The workbook's commands, as a learner types them.

use crate::hostile::{nothing_left, running};
use crate::room::{Room, exercise};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use workbook::exercises::folder::{Folder, Started};

/// Programs of several rooms would take each other's place in the folder that they share.
static ALONE: Mutex<()> = Mutex::new(());

/// A `workbook` that runs, and its lines.
struct Running {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Running {
    fn start(room: &Room, arguments: &[&str]) -> Running {
        let mut command = room.command(arguments);
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .expect("the workbook runs");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        Running { child, lines }
    }

    /// The next line with this in it.
    fn line(&mut self, sign: &str) -> String {
        let found = self
            .lines
            .by_ref()
            .map_while(Result::ok)
            .find(|line| line.contains(sign));
        found.unwrap_or_else(|| panic!("it ended without a line with {sign:?}"))
    }

    fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        kill_process(id.expect("a process id"), signal).expect("it runs");
    }

    /// Its exit code, and that nothing of its is left running.
    fn end(mut self) -> Option<i32> {
        let status = self.child.wait().expect("it ends");
        nothing_left(&format!("channels-2.{}.verdict", self.child.id()));
        status.code()
    }
}

/// A solution that prints a line and then gets somewhere again and again, for hours.
const DAWDLES: &str = "use gym::sync::mpsc;\n\
    pub async fn close(mut orders: mpsc::Receiver<u32>) -> Vec<u32> {\n\
        orders.close();\n\
        println!(\"has begun\");\n\
        for _ in 0..400_000 {\n\
            std::thread::sleep(std::time::Duration::from_millis(50));\n\
            orders.is_empty();\n\
        }\n\
        Vec::new()\n\
    }\n";

fn solution() -> String {
    exercise("channels/2").solution().expect("a solution")
}

fn starter() -> String {
    exercise("channels/2").starter().expect("a starter")
}

/// Saves as editors do: a new file in the old one's place.
fn save(file: &PathBuf, text: &str) {
    let new = file.with_extension("rs~");
    std::fs::write(&new, text).expect("a file");
    std::fs::rename(new, file).expect("a file");
}

#[test]
fn watching_gives_a_verdict_for_what_was_saved_last() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let room = Room::new();
    let file = room.write(&starter());
    let mut watch = Running::start(&room, &["watch"]);
    watch.line("Watching channels/2");
    save(&file, &(starter() + "// saved\n"));
    watch.line("✗ channels/2 Drain after close");
    // What never ends is given up for what is saved next.
    save(&file, DAWDLES);
    watch.line("has begun");
    save(&file, &solution());
    watch.line("✓ channels/2 Drain after close");
    watch.line("Next: channels/1");
    // Ctrl-C gives up a check first, and ends it all between two.
    save(&file, DAWDLES);
    watch.line("has begun");
    watch.signal(Signal::INT);
    watch.line("channels/2: cancelled; nothing is left running.");
    save(&file, "fn broken(");
    watch.line("✗ channels/2 Drain after close");
    watch.line("this file contains an unclosed delimiter");
    watch.signal(Signal::INT);
    assert_eq!(watch.end(), Some(0));
}

#[test]
fn a_check_ends_with_whoever_wanted_it() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let room = Room::new();
    room.write(DAWDLES);
    for (signal, code) in [
        (Signal::INT, Some(130)),
        (Signal::HUP, Some(130)),
        (Signal::TERM, Some(130)),
    ] {
        let mut check = Running::start(&room, &["check", "channels/2"]);
        check.line("has begun");
        check.signal(signal);
        assert_eq!(check.end(), code);
    }
    let mut check = Running::start(&room, &["check", "channels/2"]);
    check.line("has begun");
    check.signal(Signal::KILL);
    // Nobody could tell the program: it notices.
    let file = format!("channels-2.{}.verdict", check.child.id());
    let patience = Instant::now() + Duration::from_mins(5);
    while running(&file).is_some() && Instant::now() < patience {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(check.end(), None);
}

#[test]
fn a_deadline_is_the_learners_to_set() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let room = Room::new();
    room.write(DAWDLES);
    let output = room.workbook(&["check", "channels/2", "--deadline", "1"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("it still ran after 1 s, and was ended"),
        "{said}"
    );
}

#[test]
fn a_started_exercise_is_never_written_over() {
    let room = Room::new();
    let exercise = exercise("channels/1");
    let folder = Folder::of_learner(&room.workspace);
    assert_eq!(folder.start(&exercise).expect("written"), Started::New);
    let file = folder.file(&exercise);
    assert_eq!(
        std::fs::read_to_string(&file).expect("the starter"),
        exercise.starter().expect("a starter")
    );
    std::fs::write(&file, "mine").expect("the learner's");
    assert_eq!(
        folder.start(&exercise).expect("left alone"),
        Started::Already
    );
    assert_eq!(
        std::fs::read_to_string(&file).expect("the learner's"),
        "mine"
    );

    let refused = room.workbook(&["reset", "channels/1"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("there is nobody to ask: say --yes"));
    assert_eq!(
        std::fs::read_to_string(&file).expect("the learner's"),
        "mine"
    );
    assert!(
        room.workbook(&["reset", "channels/1", "--yes"])
            .status
            .success()
    );
    assert_eq!(
        std::fs::read_to_string(file.with_extension("rs.1")).expect("what was there"),
        "mine"
    );
    assert_eq!(
        std::fs::read_to_string(&file).expect("the starter"),
        exercise.starter().expect("a starter")
    );
}

#[test]
fn hints_come_one_by_one_and_the_solution_only_when_asked_for() {
    let room = Room::new();
    let said = |arguments: &[&str]| {
        let output = room.workbook(arguments);
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    };
    assert!(
        said(&["check", "channels/1"]).contains("is not started")
            && said(&["check"]).contains("no exercise is started")
    );
    let unknown = said(&["check", "channels/9"]);
    assert!(
        unknown.contains("there is no exercise \"channels/9\" (did you mean channels/1?)")
            && unknown.contains("there are: ")
            && unknown.contains("channels/1, channels/2"),
        "{unknown}"
    );
    let first = said(&["hint", "channels/1"]);
    assert!(
        first.contains("nudge") && !first.contains("approach  "),
        "{first}"
    );
    let second = said(&["hint", "channels/1"]);
    assert!(
        second.contains("nudge") && second.contains("approach  "),
        "{second}"
    );
    assert!(said(&["solution", "channels/1"]).contains("channels/1 is not passed yet"));
    let solution = said(&["solution", "channels/1", "--anyway"]);
    assert!(
        solution.contains("oneshot::channel()") && solution.contains("Trade-offs"),
        "{solution}"
    );
    let next = said(&["next"]);
    let expected =
        "Next: channels/1 A rendezvous (20 min, medium): cargo workbook start channels/1";
    assert!(next.contains(expected), "{next}");
    let progress = std::fs::read_to_string(room.folder.path().join(".cutaway/progress.json"))
        .expect("progress");
    assert!(
        progress.contains("\"hints\": 2") && progress.contains("\"solution\": true"),
        "{progress}"
    );
}
