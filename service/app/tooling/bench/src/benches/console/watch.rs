//! What the console costs while it watches.

use std::time::Duration;

use super::rival::Rival;
use super::targets::{Targets, VARIABLES};
use super::{Console, build_note, minute};
use crate::benches::{Bench, Found};
use crate::context::Context;
use crate::paired::{Arm, alternate};
use crate::record::{Limit, Row, Unit};
use crate::terminal::{Terminal, Where};

pub(crate) const BENCH: Bench = Bench {
    name: "console-watch",
    what: "The console on a terminal of 200×60, watching targets of six variables each at one reading a second: CPU time of \
           its process a minute, and its memory.",
    run: |context| Box::pin(run(context)),
};

/// A thousand targets.
const MANY: usize = 1_000;
/// CPU time a minute with a thousand targets, in nanoseconds.
const MANY_CPU: f64 = 10e9;
/// Memory with a thousand targets, in bytes.
const MANY_MEMORY: f64 = 120.0 * 1024.0 * 1024.0;
/// CPU time a minute while the display is held, in nanoseconds: two parts in a thousand of a core.
const HELD_CPU: f64 = 0.12e9;

/// One measurement.
const WINDOW: Duration = Duration::from_secs(10);
/// From the start until readings come as they always will.
const SETTLE: Duration = Duration::from_secs(5);

async fn run(context: &Context) -> anyhow::Result<Found> {
    let console = Console::find(context)?;
    let scratch = Context::scratch()?;
    let rival = Rival::find(scratch.path());
    let mut rows = few(context, &console, &rival).await?;
    rows.extend(many(context, &console).await?);
    rows.extend(held(context, &console).await?);
    Ok(Found {
        rows,
        notes: vec![
            rival.note(),
            build_note(),
            "Memory is resident. While the display is held, readings go on, and nothing is written to the terminal as long \
             as no target's state changes."
                .to_owned(),
        ],
    })
}

pub(crate) const SOAK: Bench = Bench {
    name: "soak-console",
    what: "The console on a terminal of 200×60, watching a thousand targets of six variables each at one reading a second \
           for ten minutes.",
    run: |context| Box::pin(soak(context)),
};

/// How long it lasts in full, in seconds.
const LONG: f64 = 600.0;
/// How much memory may grow in the second half, in bytes: histories take their room within the first minute or two.
const GROWTH: f64 = 8.0 * 1024.0 * 1024.0;

async fn soak(context: &Context) -> anyhow::Result<Found> {
    let console = Console::find(context)?;
    let targets = Targets::start(MANY)?;
    let terminal = console.start(context, Where::Apart, &[targets.list()])?;
    settled(&targets).await?;
    // Whole seconds, because readings come once a second and close together.
    let part = Duration::from_secs_f64((context.seconds.unwrap_or(LONG) / 10.0).ceil().max(2.0));
    let (mut cpu, mut middle) = (Vec::new(), 0.0);
    for at in 1..=10 {
        cpu.push(stretch(&terminal, &targets, part).await?.0);
        if at == 5 {
            middle = terminal.memory().0;
        }
    }
    let (end, most) = terminal.memory();
    Ok(Found {
        rows: vec![
            Row::repeated(
                "CPU time a minute",
                Unit::Nanoseconds,
                cpu,
                Some(Limit::AtMost(MANY_CPU)),
            ),
            Row::counted(
                "memory at most",
                Unit::Bytes,
                most,
                Some(Limit::AtMost(MANY_MEMORY)),
            ),
            Row::counted(
                "growth of memory in the second half",
                Unit::Bytes,
                end - middle,
                Some(Limit::AtMost(GROWTH)),
            ),
        ],
        notes: vec![build_note()],
    })
}

/// Waits until all targets are read at their rate: connecting to a thousand at once takes its time.
async fn settled(targets: &Targets) -> anyhow::Result<()> {
    tokio::time::sleep(SETTLE).await;
    let second = Duration::from_secs(1);
    let mut last = 0;
    for _ in 0..60 {
        let before = targets.answers();
        tokio::time::sleep(second).await;
        last = targets.answers() - before;
        if last as f64 >= targets.ports.len() as f64 * 0.95 {
            return Ok(());
        }
    }
    anyhow::bail!(
        "{last} readings a second of {} targets after a minute",
        targets.ports.len()
    )
}

/// One of the two arms for a while: CPU time a minute, and the most memory.
async fn stretch(
    terminal: &Terminal,
    targets: &Targets,
    length: Duration,
) -> anyhow::Result<(f64, f64)> {
    let (before, answers) = (terminal.cpu()?, targets.answers());
    tokio::time::sleep(length).await;
    let cpu = minute(terminal.cpu()?.saturating_sub(before), length);
    let readings = (targets.answers() - answers) as f64 / length.as_secs_f64();
    let expected = targets.ports.len() as f64;
    anyhow::ensure!(
        readings > expected * 0.8,
        "{readings:.0} readings a second of {expected} targets"
    );
    Ok((cpu, terminal.memory().1))
}

async fn few(context: &Context, console: &Console, rival: &Rival) -> anyhow::Result<Vec<Row>> {
    let targets = Targets::start(50)?;
    if let Rival::Here(program) = rival {
        let ports = targets.list();
        let theirs = ["-ports", &ports, "-i", "1s", "-vars", VARIABLES].map(str::to_owned);
        let ours = [ports.clone()];
        let pairs = alternate(
            BENCH.name,
            context.times(6),
            |(cpu, _): &(f64, f64)| *cpu,
            async |arm| {
                let (program, arguments) = match arm {
                    Arm::A => (program, &theirs[..]),
                    Arm::B => (&console.program, &ours[..]),
                };
                let terminal = Terminal::start(&context.cores, Where::Apart, program, arguments)?;
                settled(&targets).await?;
                stretch(&terminal, &targets, context.window(2 * WINDOW)).await
            },
        )
        .await?;
        let each = |of: fn(&(f64, f64)) -> f64| -> Vec<[f64; 2]> {
            pairs.iter().map(|[a, b]| [of(a), of(b)]).collect()
        };
        let least = Some(Limit::AtMost(1.0));
        return Ok(vec![
            Row::times(
                "50 targets: CPU time a minute, expvarmon (A) and ours (B)",
                Unit::Nanoseconds,
                each(|(cpu, _)| *cpu),
                least,
            ),
            Row::times(
                "50 targets: memory at most, expvarmon (A) and ours (B)",
                Unit::Bytes,
                each(|(_, memory)| *memory),
                least,
            ),
        ]);
    }
    let terminal = console.start(context, Where::Apart, &[targets.list()])?;
    settled(&targets).await?;
    let (mut cpu, mut memory) = (Vec::new(), Vec::new());
    for _ in 0..context.times(6) {
        let found = stretch(&terminal, &targets, context.window(WINDOW)).await?;
        cpu.push(found.0);
        memory.push(found.1);
    }
    Ok(vec![Rival::cpu(cpu), Rival::memory(memory)])
}

async fn many(context: &Context, console: &Console) -> anyhow::Result<Vec<Row>> {
    let targets = Targets::start(MANY)?;
    let terminal = console.start(context, Where::Apart, &[targets.list()])?;
    settled(&targets).await?;
    let mut cpu = Vec::new();
    for _ in 0..context.times(6) {
        cpu.push(
            stretch(&terminal, &targets, context.window(WINDOW))
                .await?
                .0,
        );
    }
    let memory = terminal.memory().1;
    Ok(vec![
        Row::repeated(
            "1,000 targets: CPU time a minute",
            Unit::Nanoseconds,
            cpu,
            Some(Limit::AtMost(MANY_CPU)),
        ),
        Row::counted(
            "1,000 targets: memory at most, after a minute",
            Unit::Bytes,
            memory,
            Some(Limit::AtMost(MANY_MEMORY)),
        ),
    ])
}

/// With the display held.
async fn held(context: &Context, console: &Console) -> anyhow::Result<Vec<Row>> {
    let targets = Targets::start(1)?;
    let mut terminal = console.start(context, Where::Apart, &[targets.list()])?;
    settled(&targets).await?;
    terminal.press(" ")?;
    terminal.shown("‖ paused")?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (mut cpu, written) = (Vec::new(), terminal.written());
    for _ in 0..context.times(5) {
        cpu.push(
            stretch(&terminal, &targets, context.window(WINDOW))
                .await?
                .0,
        );
    }
    let written = (terminal.written() - written) as f64;
    Ok(vec![
        Row::repeated(
            "one target, held: CPU time a minute",
            Unit::Nanoseconds,
            cpu,
            Some(Limit::AtMost(HELD_CPU)),
        ),
        Row::counted(
            "one target, held: written to the terminal",
            Unit::Bytes,
            written,
            Some(Limit::AtMost(0.0)),
        ),
    ])
}
