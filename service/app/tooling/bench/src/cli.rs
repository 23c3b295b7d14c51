//! The commands.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context as _, bail};
use clap::{Parser, Subcommand};

use crate::benches::{self, Bench, Skipped};
use crate::context::Context;
use crate::machine::{self, Machine};
use crate::record::{Kind, Record, Row};
use crate::report;
use crate::show::show;
use crate::soak;
use crate::stats::METHOD;

/// Where results are kept unless `--results` says otherwise.
const RESULTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/results");

/// Measures what the debug plane and the service cost, and what they survive.
#[derive(Debug, Parser)]
#[command(name = "bench", version)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run benchmarks and keep their results. The machine should have nothing else to do
    Run {
        /// Which ones; without any, all
        names: Vec<String>,
        /// A try: a few short measurements. Nothing is kept, unless --results says where
        #[arg(long)]
        quick: bool,
        /// Where results are kept
        #[arg(long, value_name = "FOLDER")]
        results: Option<PathBuf>,
    },
    /// Run the long runs and keep their results
    Soak {
        /// Which ones; without any, all, but with --seconds those whose short form is among the tests
        names: Vec<String>,
        /// How long all of it may take; what is cut short is not kept, unless --results says where [default: as long as
        /// it takes]
        #[arg(long, value_name = "N", value_parser = seconds)]
        seconds: Option<f64>,
        /// Where results are kept
        #[arg(long, value_name = "FOLDER")]
        results: Option<PathBuf>,
    },
    /// Show what there is to run
    List,
    /// Write the page of the results anew, from their files
    Report {
        /// Where results are kept
        #[arg(long, value_name = "FOLDER", default_value = RESULTS)]
        results: PathBuf,
    },
}

/// Does what the command line says. The code is 1 if a limit was not met.
///
/// # Errors
/// Something could not be measured.
pub fn main() -> anyhow::Result<ExitCode> {
    match Args::parse().command {
        Command::Run {
            names,
            quick,
            results,
        } => {
            let keep = results.or_else(|| (!quick).then(|| RESULTS.into()));
            let context = Context::new(quick)?;
            run(
                &choose(benches::ALL, &names)?,
                Kind::Bench,
                &context,
                keep.as_deref(),
            )
        }
        Command::Soak {
            names,
            seconds,
            results,
        } => {
            let mut parts = choose(soak::ALL, &names)?;
            if names.is_empty() && seconds.is_some() {
                parts.retain(|bench| !soak::TESTED.contains(&bench.name));
            }
            let keep = results.or_else(|| seconds.is_none().then(|| RESULTS.into()));
            let mut context = Context::new(false)?;
            context.seconds = seconds.map(|seconds| seconds / parts.len() as f64);
            run(&parts, Kind::Soak, &context, keep.as_deref())
        }
        Command::List => {
            for bench in benches::ALL.iter().chain(soak::ALL) {
                println!("{:<16} {}", bench.name, bench.what);
            }
            Ok(ExitCode::SUCCESS)
        }
        Command::Report { results } => {
            write_page(&results)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn run(
    chosen: &[&Bench],
    kind: Kind,
    context: &Context,
    keep: Option<&Path>,
) -> anyhow::Result<ExitCode> {
    context.cores.stay_off()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut faults = Vec::new();
    for bench in chosen {
        eprintln!("{}: {}", bench.name, bench.what);
        let (date, started) = (machine::now(), Instant::now());
        // One that cannot be measured is no reason to lose the others.
        match runtime.block_on((bench.run)(context)) {
            Ok(found) => {
                let record = Record {
                    name: bench.name.to_owned(),
                    what: bench.what.to_owned(),
                    kind,
                    date,
                    seconds: started.elapsed().as_secs_f64(),
                    machine: Machine::here(&context.cores),
                    method: match kind {
                        Kind::Bench => METHOD.to_owned(),
                        Kind::Soak => String::new(),
                    },
                    rows: found.rows,
                    notes: found.notes,
                };
                print(&record);
                faults.extend(record.faults().map(|row| describe(bench.name, row)));
                if let Some(folder) = keep {
                    report::write(folder, &record)?;
                    write_page(folder)?;
                }
            }
            Err(error) if error.is::<Skipped>() => eprintln!("  {}: {error}", bench.name),
            Err(error) => {
                eprintln!("  {}: {error:#}", bench.name);
                let text = format!("{error:#}");
                let first = text.lines().next().unwrap_or_default();
                faults.push(format!("{} could not be finished: {first}", bench.name));
            }
        }
    }
    Ok(end(&faults))
}

fn choose(all: &'static [Bench], names: &[String]) -> anyhow::Result<Vec<&'static Bench>> {
    if names.is_empty() {
        return Ok(all.iter().collect());
    }
    let find = |name: &String| match all.iter().find(|bench| bench.name == name) {
        Some(bench) => Ok(bench),
        None => bail!("there is no {name:?} to run; `bench list` shows what there is"),
    };
    names.iter().map(find).collect()
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (1.0..=1e6).contains(&seconds) => Ok(seconds),
        _ => Err("must be a number of seconds from 1 to 1000000".to_owned()),
    }
}

fn print(record: &Record) {
    for row in &record.rows {
        eprintln!("  {}", describe(&record.name, row));
    }
}

fn describe(name: &str, row: &Row) -> String {
    let show = |value| show(row.unit, value);
    format!(
        "{name}: {}: {} ({} to {}) {}",
        row.what,
        show(row.estimate.value),
        show(row.estimate.low),
        show(row.estimate.high),
        row.verdict.text()
    )
}

fn write_page(folder: &Path) -> anyhow::Result<()> {
    let names: Vec<&str> = benches::ALL
        .iter()
        .chain(soak::ALL)
        .map(|bench| bench.name)
        .collect();
    let page = report::page(&report::read(folder, &names)?);
    let file = folder.join(report::PAGE);
    std::fs::write(&file, page).with_context(|| file.display().to_string())
}

fn end(faults: &[String]) -> ExitCode {
    if faults.is_empty() {
        eprintln!("every limit is met");
        return ExitCode::SUCCESS;
    }
    eprintln!("not met:");
    for fault in faults {
        eprintln!("  {fault}");
    }
    ExitCode::FAILURE
}
