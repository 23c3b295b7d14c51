//! This program started once more, to be put where the test wants it. It answers what it is asked, line by line.

use std::env;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{self, ChildStdin, ChildStdout, Command, Stdio};

use cpulimit::{Sources, Watch};
use serde_json::Value;

/// Set in the child, to the folder that it takes for `/`.
const ROOT: &str = "CPULIMIT_TEST_ROOT";

/// What the lines with answers start with; the test harness writes others.
const ANSWER: &str = "answer: ";

/// How the child is started.
pub(crate) enum Way {
    /// As it is.
    Direct,
    /// In a cgroup namespace of its own, made when the first question is asked.
    Namespace,
    /// As a user without rights if this one has all, with this folder taken for `/`.
    Nobody {
        /// The folder.
        root: PathBuf,
    },
}

pub(crate) struct Child {
    process: process::Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Child {
    pub(crate) fn start(way: &Way) -> io::Result<Self> {
        let mut command = command(way)?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn()?;
        let questions = process.stdin.take();
        let answers = process.stdout.take().map(BufReader::new);
        let answers = answers.expect("it is piped");
        Ok(Self {
            process,
            questions,
            answers,
        })
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// The answer: the variable `cpu`, with `cgroup` as its `usage`, for `read` and, after burning CPU until it was
    /// throttled, for `burn`; a sentence for `check`.
    pub(crate) fn ask(&mut self, question: &str) -> Value {
        self.tell(question).expect("the child listens");
        self.answer().expect("the child answers")
    }

    /// Says a line.
    pub(crate) fn tell(&mut self, line: &str) -> io::Result<()> {
        let questions = self.questions.as_mut();
        writeln!(
            questions.expect("open until the child is dropped"),
            "{line}"
        )
    }

    /// What is answered next; an error if the child ended.
    pub(crate) fn answer(&mut self) -> io::Result<Value> {
        for line in self.answers.by_ref().lines() {
            if let Some(answer) = line?.strip_prefix(ANSWER) {
                return Ok(serde_json::from_str(answer)?);
            }
        }
        Err(io::Error::other("the child ended"))
    }
}

impl Drop for Child {
    /// Ends the child by ending its questions, and waits: a cgroup can be removed only when nobody is in it.
    fn drop(&mut self) {
        self.questions = None;
        self.process.wait().expect("it was not waited for yet");
    }
}

fn command(way: &Way) -> io::Result<Command> {
    let program = env::current_exe()?;
    let mut command = match way {
        Way::Direct | Way::Nobody { .. } => Command::new(program),
        Way::Namespace => {
            // It must be in its cgroup before its namespace is made: it waits for a first line.
            let mut shell = Command::new("sh");
            shell
                .args(["-c", r#"read -r go && exec unshare --cgroup "$0" "$@""#])
                .arg(program);
            shell
        }
    };
    command
        .args(["--exact", "child::answers", "--ignored", "--nocapture"])
        .env(ROOT, "/");
    if let Way::Nobody { root } = way {
        command.env(ROOT, root);
        if rustix::process::geteuid().is_root() {
            command.uid(65534).gid(65534);
        }
    }
    Ok(command)
}

/// What the child does. By itself, without questions, it does nothing.
#[test]
#[ignore = "the other tests start it and ask it"]
fn answers() {
    let Ok(root) = env::var(ROOT) else { return };
    let mut watch = None;
    for question in io::stdin().lines() {
        let question = question.expect("questions are text");
        // Not before the first question: until then it may not be where it should.
        let watch =
            watch.get_or_insert_with(|| Watch::new(Sources::system().under(Path::new(&root))));
        let answer = match question.as_str() {
            "check" => watch
                .check()
                .map_or_else(|| "no change".into(), |change| change.to_string().into()),
            "burn" => burn(watch),
            _ => variable(watch),
        };
        println!("\n{ANSWER}{answer}");
    }
}

fn variable(watch: &Watch) -> Value {
    let mut variable = serde_json::to_value(watch.cpu()).expect("it serialises");
    variable["usage"] = serde_json::to_value(watch.cgroup()).expect("it serialises");
    variable
}

/// Uses CPU until the quota stopped it once more than before.
fn burn(watch: &Watch) -> Value {
    let throttled = || {
        let throttling = watch.reading().usage().throttling;
        throttling.map_or(0, |throttling| throttling.counts.throttled.as_nanos())
    };
    let before = throttled();
    while throttled() == before {
        std::hint::black_box((0..100_000).fold(0_u64, |sum, n| sum ^ (sum << 1) ^ n));
    }
    variable(watch)
}
