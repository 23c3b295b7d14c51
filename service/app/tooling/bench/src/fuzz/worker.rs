//! A process that reads one broken input after another.

use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Parser;
use serde::{Deserialize, Serialize};

use super::readers::Taken;
use super::{Corpus, READERS, Reader, memory};

/// Time between two lines.
const PROGRESS: Duration = Duration::from_millis(500);
/// A worker that has found so much ends.
const MAX_FINDINGS: usize = 10;

/// Reads broken input; tells how far it is in lines of JSON.
#[derive(Debug, Parser)]
#[command(name = "bench-fuzz")]
struct Args {
    /// Which reader
    #[arg(long)]
    reader: String,
    /// Start of the random choices
    #[arg(long)]
    seed: u64,
    /// The first execution
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// How many
    #[arg(long)]
    count: u64,
    /// End after so many seconds, however many it were
    #[arg(long)]
    seconds: Option<f64>,
    /// Where inputs that broke something are kept
    #[arg(long)]
    findings: PathBuf,
    /// Keep each input before it is read: the last one is that which ended the process
    #[arg(long)]
    trace: bool,
}

/// What a worker prints, one a line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Line {
    Progress(Progress),
    Finding(Finding),
}

/// How far it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Progress {
    pub(crate) done: u64,
    /// Inputs that were not refused.
    pub(crate) accepted: u64,
    /// The most memory an input took, in times of its size.
    pub(crate) most: f64,
}

/// An input that broke something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Finding {
    /// The execution's number.
    pub(crate) index: u64,
    pub(crate) what: String,
    pub(crate) file: PathBuf,
}

/// The program itself. Its allocator must be `peak_alloc`'s.
///
/// # Errors
/// There is no such reader or no corpus, the allocator does not count, or a finding cannot be kept.
pub fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    memory::check()?;
    let reader = READERS
        .iter()
        .find(|reader| reader.name == args.reader)
        .with_context(|| format!("there is no reader {:?}", args.reader))?;
    let corpus = Corpus::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(reader.corpus))?;
    panic::set_hook(Box::new(|info| {
        *LAST_PANIC.lock().unwrap_or_else(PoisonError::into_inner) = info.to_string();
    }));
    run(&args, reader, &corpus, |line| {
        if let Ok(line) = serde_json::to_string(&line) {
            println!("{line}");
        }
    })
}

static LAST_PANIC: Mutex<String> = Mutex::new(String::new());

fn run(args: &Args, reader: &Reader, corpus: &Corpus, tell: impl Fn(Line)) -> anyhow::Result<()> {
    let started = Instant::now();
    let mut told = started;
    let mut progress = Progress::default();
    let mut findings = 0;
    for index in args.from..args.from + args.count {
        let input = corpus.input(reader, args.seed, index);
        if args.trace {
            keep(args, reader, index, &input)?;
        }
        match execute(reader, &input) {
            Ok(taken) => {
                progress.accepted += u64::from(taken.accepted);
                progress.most = progress.most.max(reader.multiple(&taken));
            }
            Err(what) => {
                findings += 1;
                let file = keep(args, reader, index, &input)?;
                tell(Line::Finding(Finding { index, what, file }));
            }
        }
        progress.done += 1;
        if findings == MAX_FINDINGS {
            break;
        }
        // A look at the clock costs a good part of a short execution.
        if progress.done.is_multiple_of(64) {
            let now = Instant::now();
            if now - told >= PROGRESS {
                told = now;
                tell(Line::Progress(progress));
            }
            if args
                .seconds
                .is_some_and(|seconds| (now - started).as_secs_f64() >= seconds)
            {
                break;
            }
        }
    }
    tell(Line::Progress(progress));
    Ok(())
}

/// Reads one input; says what it broke, if it did.
fn execute(reader: &Reader, input: &[u8]) -> Result<Taken, String> {
    let read = AssertUnwindSafe(|| (reader.read)(input));
    let Ok(taken) = panic::catch_unwind(read) else {
        return Err(LAST_PANIC
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone());
    };
    if reader.is_over(&taken) {
        return Err(format!(
            "{} bytes of memory for {}: more than {} × + {}",
            taken.peak, taken.size, reader.times, reader.plus
        ));
    }
    Ok(taken)
}

fn keep(args: &Args, reader: &Reader, index: u64, input: &[u8]) -> anyhow::Result<PathBuf> {
    let name = if args.trace {
        format!("{}-last", reader.name)
    } else {
        format!("{}-{}-{index}", reader.name, args.seed)
    };
    let file = args.findings.join(name);
    fs::create_dir_all(&args.findings)
        .and_then(|()| fs::write(&file, input))
        .with_context(|| file.display().to_string())?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    /// A reader that cannot stand the byte 0xff, and takes too much for long input.
    const FRAGILE: Reader = Reader {
        name: "fragile",
        function: "none",
        corpus: "none",
        times: 2,
        plus: 100,
        tokens: &[b"\xff"],
        make_up: |_: &mut Random| b"sound".to_vec(),
        finish: |input, _| input,
        read: |input| {
            assert!(!input.contains(&0xff), "a byte that it cannot stand");
            Taken {
                accepted: true,
                size: input.len(),
                peak: if input.len() > 100 { 1_000_000 } else { 0 },
            }
        },
    };

    #[test]
    fn panics_and_greed_are_findings_and_their_inputs_are_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("seed"), "a seed").expect("writable");
        let corpus = Corpus::read(folder.path()).expect("a corpus");
        let args = Args {
            reader: FRAGILE.name.to_owned(),
            seed: 1,
            from: 0,
            count: 10_000,
            seconds: None,
            findings: folder.path().join("findings"),
            trace: false,
        };
        let lines = Mutex::new(Vec::new());
        run(&args, &FRAGILE, &corpus, |line| {
            lines.lock().expect("no panics").push(line);
        })
        .expect("it runs");
        let lines = lines.into_inner().expect("no panics");
        let findings: Vec<&Finding> = lines
            .iter()
            .filter_map(|line| match line {
                Line::Finding(finding) => Some(finding),
                Line::Progress(_) => None,
            })
            .collect();
        assert_eq!(findings.len(), MAX_FINDINGS);
        for finding in findings {
            let input = fs::read(&finding.file).expect("it was kept");
            assert_eq!(input, corpus.input(&FRAGILE, args.seed, finding.index));
            assert!(execute(&FRAGILE, &input).is_err());
        }
    }
}
