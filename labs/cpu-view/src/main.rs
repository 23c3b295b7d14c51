//! How many CPUs a program believes it has, under the same quota.
//!
//! A runtime asks once, when it starts, and makes as many threads as the answer says. Under a quota of one and a half CPUs there is no right
//! answer, and so the answers differ: some round down, some up, and some do not look at the quota at all.
//!
//! # What to run
//!
//! ```sh
//! cargo run -p cpu-view                  # half a CPU to two and a half
//! cargo run -p cpu-view -- --quota 120   # and 1.2
//! ```
//!
//! # What to look at
//!
//! - 150 ms in each 100: whoever rounds down leaves a third of the limit unused; whoever rounds up is throttled when both
//!   workers are busy.
//! - 50 ms: nobody says 0, so everybody rounds up here.
//! - The last column: a Go program, if this machine has Go. Before 1.25 it took the machine for its own.

use std::path::Path;
use std::process::{Command, ExitCode};

use cpulimit::Sources;
use lab_kit::anyhow::{Context as _, Result};
use lab_kit::quota::{self, Quota};
use lab_kit::{Cell, Column, Context, Knob, LabInfo, Report, Unit};
use serde::{Deserialize, Serialize};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    match quota::asked() {
        Some(asked) => quota::answer(&asked, |asked: Asked| look(&asked)),
        None => lab_kit::run(&lab_kit::lab!(about()), story),
    }
}

fn about() -> LabInfo {
    LabInfo::new(
        "cpu-view",
        "What a program sees of its limit",
        "The same process under several CPU quotas: what std, num_cpus, tokio, this project and Go make of each.",
    )
    .knob(
        Knob::new("quota", 20..=400)
            .default(100)
            .step(10)
            .unit("ms")
            .help("One more quota: CPU time in each period of 100 ms"),
    )
    .figure("quotas", &[])
}

/// The quotas that teach, and the reader's own.
async fn story(lab: Context) -> Result<Report> {
    let own: u64 = lab.knob("quota");
    let mut quotas = vec![50, 100, 150, 200, 250, own];
    quotas.sort_unstable();
    quotas.dedup();
    let folder = tempfile::tempdir().context("a folder for a Go program")?;
    lab.progress("building a Go program, if there is Go");
    let go = tokio::task::block_in_place(|| go_program(folder.path()));
    let mut report = columns();
    for quota in quotas {
        let asked = Asked {
            quota: Quota {
                quota_us: quota * 1_000,
                period_us: 100_000,
            },
            go: go.as_ref().map(|go| go.program.clone()),
        };
        lab.progress(&format!("{quota} ms in each 100 ms"));
        let seen: Result<Seen, String> = tokio::task::block_in_place(|| quota::ask(&asked))?;
        match seen {
            Ok(seen) => report.row(row(quota, &seen)),
            Err(why) => {
                report.note(format!(
                    "no real quota could be had, and there is nothing to see without one: {why}"
                ));
                break;
            }
        }
        if quota == own {
            report.highlight = Some(report.rows.len() - 1);
        }
    }
    report.note(go.map_or("This machine has no Go.".to_owned(), |go| go.version));
    let cpus = Sources::system().read().affinity.unwrap_or(0);
    report.note(format!(
        "The machine has {cpus} CPUs for this process; nobody answers with more."
    ));
    Ok(report)
}

#[derive(Debug, Serialize, Deserialize)]
struct Asked {
    quota: Quota,
    go: Option<std::path::PathBuf>,
}

/// What each of them says under a quota.
#[derive(Debug, Serialize, Deserialize)]
struct Seen {
    std: u64,
    num_cpus: u64,
    tokio: u64,
    cpulimit: u64,
    go: Option<u64>,
}

/// In the process under quota.
fn look(asked: &Asked) -> Result<Result<Seen, String>> {
    let limited = match asked.quota.join() {
        Ok(limited) => limited,
        Err(refused) => return Ok(Err(refused.to_string())),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().build()?;
    let seen = Seen {
        std: std::thread::available_parallelism()?.get() as u64,
        num_cpus: num_cpus::get() as u64,
        tokio: runtime.metrics().num_workers() as u64,
        cpulimit: Sources::system().read().decision.workers.get() as u64,
        go: asked.go.as_deref().map(ask_go).transpose()?,
    };
    drop(limited);
    Ok(Ok(seen))
}

fn ask_go(program: &Path) -> Result<u64> {
    let output = Command::new(program)
        .output()
        .context("running the Go program")?;
    let text = String::from_utf8(output.stderr)?;
    text.trim()
        .parse()
        .with_context(|| format!("the Go program says {text:?}"))
}

struct Go {
    program: std::path::PathBuf,
    version: String,
}

/// A Go program that prints its GOMAXPROCS; none where there is no Go, or it can't build.
fn go_program(folder: &Path) -> Option<Go> {
    const SOURCE: &str =
        "package main\n\nimport \"runtime\"\n\nfunc main() { println(runtime.GOMAXPROCS(0)) }\n";
    let source = folder.join("main.go");
    let program = folder.join("gomaxprocs");
    std::fs::write(&source, SOURCE).ok()?;
    let mut go = Command::new("go");
    go.arg("build")
        .arg("-o")
        .arg(&program)
        .arg(&source)
        .current_dir(folder);
    go.output().ok().filter(|built| built.status.success())?;
    let version = Command::new("go").arg("version").output().ok()?;
    let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();
    Some(Go { program, version })
}

fn row(quota: u64, seen: &Seen) -> [Cell; 7] {
    [
        Cell::from(quota),
        (quota as f64 / 100.0).into(),
        seen.std.into(),
        seen.num_cpus.into(),
        seen.tokio.into(),
        seen.cpulimit.into(),
        seen.go.map_or(Cell::from("no Go here"), Cell::from),
    ]
}

fn columns() -> Report {
    Report::new([
        Column::new("quota, ms", Unit::Count),
        Column::new("CPUs", Unit::None),
        Column::new("std", Unit::Count),
        Column::new("num_cpus", Unit::Count),
        Column::new("tokio workers", Unit::Count),
        Column::new("sales-api workers", Unit::Count),
        Column::new("GOMAXPROCS", Unit::Count),
    ])
}
