//! The readers under broken input.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::EXECUTIONS;
use crate::benches::{Bench, Found};
use crate::context::Context;
use crate::fuzz::worker::Progress;
use crate::fuzz::{Finding, Line, READERS, Reader};
use crate::record::{Limit, Row, Unit};

pub(crate) const PROFILE: Bench = Bench {
    name: "fuzz-profile",
    what: "Broken profiles: the committed corpus and profiles made up, changed in up to eight places, compressed or not.",
    run: |context| Box::pin(async move { run(context, &READERS[0]) }),
};

pub(crate) const EXPOSITION: Bench = Bench {
    name: "fuzz-exposition",
    what: "Broken Prometheus and OpenMetrics text: the committed corpus and text made up, changed in up to eight places.",
    run: |context| Box::pin(async move { run(context, &READERS[1]) }),
};

pub(crate) const EXPVAR: Bench = Bench {
    name: "fuzz-expvar",
    what: "Broken expvar documents: the committed corpus and documents made up, changed in up to eight places.",
    run: |context| Box::pin(async move { run(context, &READERS[2]) }),
};

/// The random choices begin here; the same number gives the same inputs.
const SEED: u64 = 20_260;
/// A worker that has said nothing for so long hangs in an input.
const HANGS: Duration = Duration::from_mins(1);

fn run(context: &Context, reader: &Reader) -> anyhow::Result<Found> {
    let fuzzing = Fuzzing::new(context, reader)?;
    let (progress, findings) = fuzzing.run()?;
    for finding in &findings {
        eprintln!(
            "  {}: {} in {}",
            reader.name,
            finding.what,
            finding.file.display()
        );
    }
    let executions = progress.done as f64;
    let mut rows = vec![
        Row::counted(
            "executions",
            Unit::Count,
            executions,
            context
                .seconds
                .is_none()
                .then_some(Limit::AtLeast(EXECUTIONS as f64)),
        ),
        Row::counted(
            "panics, aborts, hangs, contradictions, too much memory",
            Unit::Count,
            findings.len() as f64,
            Some(Limit::AtMost(0.0)),
        ),
        Row::counted(
            "the most memory an input took, in times of its size",
            Unit::Times,
            progress.most,
            Some(Limit::AtMost(reader.times as f64)),
        ),
        Row::counted(
            "inputs that were not refused",
            Unit::Percent,
            progress.accepted as f64 / executions.max(1.0) * 100.0,
            // Where all is refused at once, nothing is tested.
            Some(Limit::AtLeast(1.0)),
        ),
    ];
    if progress.done == 0 {
        rows.truncate(2);
    }
    let mut notes = vec![format!(
        "`{}`, seed {SEED}, {} worker(s). Size is that of the inflated input; every input may take {} KiB besides.",
        reader.function,
        fuzzing.workers,
        reader.plus / 1024
    )];
    notes.extend(findings.iter().map(|finding| {
        format!(
            "execution {}: {}",
            finding.index,
            finding.what.replace('\n', " ")
        )
    }));
    Ok(Found { rows, notes })
}

struct Fuzzing<'a> {
    context: &'a Context,
    reader: &'a Reader,
    program: PathBuf,
    findings: PathBuf,
    workers: u64,
}

/// What a worker says, and that it has ended.
type Message = (usize, Option<Line>);

struct Worker {
    child: Child,
    from: u64,
    progress: Progress,
    heard: Instant,
    ended: bool,
}

impl<'a> Fuzzing<'a> {
    fn new(context: &'a Context, reader: &'a Reader) -> anyhow::Result<Fuzzing<'a>> {
        let program = context.program("bench-fuzz", "bench")?;
        // Beside the build, where `cargo clean` takes it away.
        let findings = program
            .parent()
            .context("a program is in a folder")?
            .join("findings");
        Ok(Fuzzing {
            context,
            reader,
            program,
            findings,
            workers: context.cores.count() as u64,
        })
    }

    /// The sums over all workers.
    fn run(&self) -> anyhow::Result<(Progress, Vec<Finding>)> {
        let (tell, told) = channel();
        let total = if self.context.quick {
            EXECUTIONS / 1_000
        } else {
            EXECUTIONS
        };
        let mut workers = Vec::new();
        for number in 0..self.workers {
            let from = total * number / self.workers;
            let count = total * (number + 1) / self.workers - from;
            workers.push(self.start(number as usize, from, count, &tell)?);
        }
        drop(tell);
        let mut findings = Vec::new();
        let (started, mut shown) = (Instant::now(), Instant::now());
        while workers.iter().any(|worker| !worker.ended) {
            match told.recv_timeout(Duration::from_secs(1)) {
                Ok((number, Some(line))) => {
                    workers[number].heard = Instant::now();
                    match line {
                        Line::Progress(progress) => workers[number].progress = progress,
                        Line::Finding(finding) => findings.push(finding),
                    }
                }
                Ok((number, None)) => findings.extend(self.end(&mut workers[number])?),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            for worker in &mut workers {
                if !worker.ended && worker.heard.elapsed() > HANGS {
                    // Its end is heard next, and looked into as that of one that died.
                    worker.child.kill()?;
                }
            }
            if shown.elapsed() > Duration::from_secs(10) {
                shown = Instant::now();
                let done = sum(&workers).done;
                eprintln!(
                    "  {}: {done} of {total} executions, {:.0} a second",
                    self.reader.name,
                    done as f64 / started.elapsed().as_secs_f64()
                );
            }
        }
        Ok((sum(&workers), findings))
    }

    fn start(
        &self,
        number: usize,
        from: u64,
        count: u64,
        tell: &Sender<Message>,
    ) -> anyhow::Result<Worker> {
        let mut command = self.command(from, count);
        if let Some(seconds) = self.context.seconds {
            command.args(["--seconds", &seconds.to_string()]);
        }
        let mut child = self
            .context
            .cores
            .spawn_anywhere(command.stdout(Stdio::piped()))
            .with_context(|| self.program.display().to_string())?;
        let lines = BufReader::new(child.stdout.take().context("its stdout is a pipe")?);
        let tell = tell.clone();
        thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                if let Ok(line) = serde_json::from_str(&line) {
                    let _ended = tell.send((number, Some(line)));
                }
            }
            let _ended = tell.send((number, None));
        });
        Ok(Worker {
            child,
            from,
            progress: Progress::default(),
            heard: Instant::now(),
            ended: false,
        })
    }

    /// A worker that did not end well did so in an input: it is run again from where it was last heard, and keeps each
    /// input before it is read.
    fn end(&self, worker: &mut Worker) -> anyhow::Result<Option<Finding>> {
        worker.ended = true;
        let status = worker.child.wait()?;
        if status.success() {
            return Ok(None);
        }
        let index = worker.from + worker.progress.done;
        let mut again = self.context.cores.spawn_anywhere(
            self.command(index, 1_000_000)
                .arg("--trace")
                .stdout(Stdio::null()),
        )?;
        let deadline = Instant::now() + HANGS;
        while again.try_wait()?.is_none() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(100));
        }
        again.kill()?;
        again.wait()?;
        Ok(Some(Finding {
            index,
            what: format!(
                "the process ended with {status}, in this input or within a second's work from it"
            ),
            file: self.findings.join(format!("{}-last", self.reader.name)),
        }))
    }

    fn command(&self, from: u64, count: u64) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(["--reader", self.reader.name])
            .args(["--seed", &SEED.to_string()])
            .args(["--from", &from.to_string()])
            .args(["--count", &count.to_string()])
            .arg("--findings")
            .arg(&self.findings)
            .stdin(Stdio::null());
        command
    }
}

fn sum(workers: &[Worker]) -> Progress {
    let mut sum = Progress::default();
    for Worker { progress, .. } in workers {
        sum.done += progress.done;
        sum.accepted += progress.accepted;
        sum.most = sum.most.max(progress.most);
    }
    sum
}

impl Drop for Worker {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}
