//! The program around a check: what it may use, and what it says in the end.
//!
//! Standard output and standard error belong to the learner's code. The verdict goes to the file
//! named by `--verdict`.

use crate::check::{Check, Failed, Options, Verdict};
use crate::json::{Object, list, text};
use crate::record::{self, Event, Fault, FaultKind};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// The version of the verdict's format.
const VERSION: u64 = 1;
/// How many bytes of memory a check may map.
const MEMORY: u64 = 1 << 30;
/// How long a task may compute without a scheduling point.
const COMPUTING: Duration = Duration::from_secs(2);
/// How long nothing may happen at all, when nobody computes either.
const STILL: Duration = Duration::from_secs(5);

/// Runs the check as the program's arguments say. Exits with 0 when all cases hold.
pub fn main(check: &Check) -> ExitCode {
    let arguments = match Arguments::read(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::from(2);
        }
    };
    watch(arguments.verdict.clone());
    limit();
    let verdict = check.run(&arguments.options);
    write(&arguments.verdict, &document(&verdict));
    if verdict.fault.is_none() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

struct Arguments {
    verdict: PathBuf,
    options: Options,
}

impl Arguments {
    fn read(mut words: impl Iterator<Item = String>) -> Result<Arguments, String> {
        let mut verdict = None;
        let mut options = Options::default();
        while let Some(word) = words.next() {
            let value = words
                .next()
                .ok_or_else(|| format!("{word} needs a value"))?;
            let number = || {
                value
                    .parse::<u64>()
                    .map_err(|_| format!("{word} {value}: a number is needed"))
            };
            match word.as_str() {
                "--verdict" => verdict = Some(PathBuf::from(&value)),
                "--seed" => options.seed = number()?,
                "--every" => options.every = number()?.max(1),
                "--sample" => options.sample = number()?.max(1),
                "--replay" => options.replay = Some(replay(&value)?),
                _ => return Err(format!("unknown argument {word}")),
            }
        }
        let verdict = verdict.ok_or("--verdict FILE is needed")?;
        Ok(Arguments { verdict, options })
    }
}

fn replay(value: &str) -> Result<(usize, String), String> {
    let wrong = || format!("--replay {value}: a schedule looks like 1:0012");
    let (case, choices) = value.split_once(':').ok_or_else(wrong)?;
    let case = case.parse().map_err(|_| wrong())?;
    choices
        .chars()
        .all(|digit| digit.is_digit(36))
        .then(|| (case, choices.to_owned()))
        .ok_or_else(wrong)
}

/// Nothing here needs another process or thread, and nothing needs much memory.
fn limit() {
    let tighten = |resource, most: u64| {
        let now = getrlimit(resource);
        let current = Some(now.current.map_or(most, |current| current.min(most)));
        // What the system does not limit is left to the deadline.
        let _ = setrlimit(resource, Rlimit { current, ..now });
    };
    #[cfg(target_os = "linux")]
    tighten(Resource::Nproc, 0);
    tighten(Resource::As, MEMORY);
    tighten(Resource::Core, 0);
}

/// A thread that looks whether anything still happens. A task that never gives up its thread keeps
/// everybody else from saying so.
fn watch(verdict: PathBuf) {
    let computed = || {
        let time = clock_gettime(ClockId::ProcessCPUTime);
        Duration::new(
            time.tv_sec.unsigned_abs(),
            u32::try_from(time.tv_nsec).unwrap_or(0),
        )
    };
    std::thread::spawn(move || {
        let mut seen = record::progress();
        let (mut since, mut spent) = (Instant::now(), computed());
        loop {
            std::thread::sleep(Duration::from_millis(100));
            let now = record::progress();
            if now != seen {
                (seen, since, spent) = (now, Instant::now(), computed());
            } else if computed().saturating_sub(spent) >= COMPUTING {
                give_up(&verdict, FaultKind::Spinning);
            } else if since.elapsed() >= STILL {
                give_up(&verdict, FaultKind::Blocked);
            }
        }
    });
}

fn give_up(verdict: &Path, kind: FaultKind) {
    let record = record::record();
    let name = record
        .lanes
        .get(record.running)
        .cloned()
        .unwrap_or_default();
    let fault = match kind {
        FaultKind::Spinning => Fault {
            kind,
            expected: "every task reaches an .await now and then".to_owned(),
            observed: format!("{name} computes and computes"),
            why: "A loop without an .await that waits keeps its thread: no other task of that thread goes on, whatever the \
                  loop is waiting for."
                .to_owned(),
        },
        _ => Fault {
            kind,
            expected: "no task blocks its thread".to_owned(),
            observed: format!("{name} neither computes nor waits in an .await"),
            why: "It has called something that blocks the whole thread: std's channel, lock or sleep, in place of tokio's."
                .to_owned(),
        },
    };
    let failed = Failed {
        case: "",
        fault,
        schedules: 1,
        replay: String::new(),
        lanes: record.lanes.clone(),
        resources: record.resources(),
        events: record.events.clone(),
    };
    write(
        verdict,
        &document(&Verdict {
            cases: Vec::new(),
            fault: Some(failed),
        }),
    );
    std::process::exit(1);
}

fn write(file: &Path, document: &str) {
    if let Err(error) = std::fs::write(file, document) {
        eprintln!("cannot write {}: {error}", file.display());
    }
}

fn document(verdict: &Verdict) -> String {
    let cases = verdict.cases.iter().map(|case| {
        Object::new()
            .text("name", case.name)
            .text("explored", &case.explored.to_string())
            .end()
    });
    let document = Object::new()
        .number("version", VERSION)
        .raw("cases", &list(cases));
    match &verdict.fault {
        Some(failed) => document.raw("failed", &failure(failed)).end(),
        None => document.end(),
    }
}

fn failure(failed: &Failed) -> String {
    Object::new()
        .text("case", failed.case)
        .text("kind", failed.fault.kind.name())
        .text("expected", &failed.fault.expected)
        .text("observed", &failed.fault.observed)
        .text("why", &failed.fault.why)
        .number("schedules", failed.schedules)
        .text("replay", &failed.replay)
        .raw("lanes", &list(failed.lanes.iter().map(|lane| text(lane))))
        .raw(
            "resources",
            &list(failed.resources.iter().map(|resource| text(resource))),
        )
        .raw("events", &list(failed.events.iter().map(event)))
        .end()
}

fn event(event: &Event) -> String {
    Object::new()
        .number("step", event.step)
        .number("lane", event.lane as u64)
        .text("what", event.what.name())
        .text("label", &event.label)
        .maybe("resource", event.resource)
        .maybe("by", event.by)
        .end()
}

/// What the learner's code prints: shown for one schedule, not for thousands.
pub(crate) mod output {
    use rustix::stdio::{dup2_stderr, dup2_stdout, stderr, stdout};
    use std::fs::File;
    use std::io::Write as _;
    use std::os::fd::OwnedFd;

    /// Standard output and error as they were before [`mute`].
    pub(crate) struct Muted(Option<(OwnedFd, OwnedFd)>);

    /// Sends what is printed nowhere, until the guard is dropped.
    pub(crate) fn mute() -> Muted {
        let _ = std::io::stdout().flush();
        let saved = || {
            let saved = (
                rustix::io::dup(stdout()).ok()?,
                rustix::io::dup(stderr()).ok()?,
            );
            let nowhere = File::options().write(true).open("/dev/null").ok()?;
            dup2_stdout(&nowhere).ok()?;
            dup2_stderr(&nowhere).ok()?;
            Some(saved)
        };
        Muted(saved())
    }

    impl Drop for Muted {
        fn drop(&mut self) {
            let _ = std::io::stdout().flush();
            if let Some((out, err)) = &self.0 {
                let _ = dup2_stdout(out);
                let _ = dup2_stderr(err);
            }
        }
    }

    /// Begins what a schedule prints. The workbook takes the line out where nothing follows it.
    pub(crate) fn headline(text: &str) {
        println!("\u{1e}{text}");
    }
}
