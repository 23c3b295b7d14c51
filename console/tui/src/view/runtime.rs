//! What runs the program: workers or goroutines, queues, polls, processors, memory, the collector.
//!
//! ```text
//!  worker 0  ████████░░░░░░░░  52%    queue 0
//!  worker 1  ███░░░░░░░░░░░░░  21%    queue 0
//!  ▌tasks alive                   14  ▃▄▅▅▄
//!   CPU used           34% of 2 cores ▂▂▃▂▂
//! ```

use cutaway_model::{Path, sanitize, units};

use super::plot::Plot;
use crate::draw::{Hit, Pen};
use crate::facts::Fact;
use crate::state::State;
use crate::target::Target;
use crate::unit::{Unit, percent};
use crate::variable::Variable;

/// From this width on, there is room for a chart of the selected line.
const WIDE: u16 = 130;
/// The most workers that have a line of their own.
const WORKERS: usize = 16;
const LABEL: u16 = 18;

/// A line of the list.
pub(crate) struct Row {
    label: &'static str,
    value: String,
    /// What puts the value into proportion.
    note: String,
    path: Path,
    /// Whether the note says that something is wrong.
    warn: bool,
}

/// What the rows are made from.
struct Maker<'a> {
    target: &'a Target,
    rows: Vec<Row>,
}

pub(crate) fn draw(state: &State, target: &Target, pen: &mut Pen<'_>) {
    let rows = rows(target);
    let (width, height) = (pen.width(), pen.height());
    let workers = target.facts.list(&target.variables, Fact::Busy);
    if rows.is_empty() && workers.is_empty() {
        let words = if target.variables.is_empty() {
            "no variables yet"
        } else {
            "this target tells nothing about its runtime"
        };
        pen.text_centred(height / 2, words, state.theme.dim);
        return;
    }
    let left = if width >= WIDE { width / 2 } else { width };
    let bars = workers.len().min(WORKERS).min(usize::from(height / 3)) as u16;
    draw_workers(state, target, &workers, &mut pen.part(0, 0, left, bars));
    let below = height.saturating_sub(bars);
    draw_rows(state, target, &rows, &mut pen.part(0, bars, left, below));
    if width >= WIDE {
        for y in 0..height {
            pen.symbol(left, y, '│', state.theme.dim);
        }
        let plot = rows
            .get(state.live.runtime)
            .and_then(|row| Plot::of_variable(state, target, &row.path));
        if let Some(plot) = plot {
            let live = is_live(state, target);
            let mut beside = pen.part(left + 2, 0, width - left - 2, (height / 2).max(12));
            plot.draw(state, "", false, live, &mut beside);
        }
    }
}

/// How many lines there are.
pub(crate) fn count(_: &State, target: &Target) -> usize {
    rows(target).len()
}

/// The line about a variable.
pub(crate) fn place(_: &State, target: &Target, path: &Path) -> Option<usize> {
    rows(target).iter().position(|row| row.path == *path)
}

/// The variable of the selected line.
pub(crate) fn selected(state: &State, target: &Target) -> Option<Path> {
    let rows = rows(target);
    Some(rows.get(state.live.runtime)?.path.clone())
}

fn is_live(state: &State, target: &Target) -> bool {
    target.health(state.now, state.options.interval).has_news()
}

fn draw_workers(state: &State, target: &Target, workers: &[f64], pen: &mut Pen<'_>) {
    let theme = &state.theme;
    let queues = target.facts.list(&target.variables, Fact::LocalQueues);
    let live = is_live(state, target);
    let room = pen.width().saturating_sub(LABEL + 24).clamp(4, 60);
    for (at, share) in workers.iter().enumerate().take(usize::from(pen.height())) {
        let y = at as u16;
        let label = if workers.len() > usize::from(pen.height()) && y + 1 == pen.height() {
            format!(" … {} workers", workers.len())
        } else {
            format!(" worker {at}")
        };
        pen.text(0, y, &label, if live { theme.text } else { theme.dim });
        let style = if *share >= 0.9 {
            theme.warn
        } else {
            theme.curve
        };
        let filled = (share.clamp(0.0, 1.0) * f64::from(room)).round() as u16;
        for x in 0..room {
            let (symbol, style) = if x < filled {
                ('█', style)
            } else {
                ('░', theme.dim)
            };
            pen.symbol(
                LABEL - 5 + x,
                y,
                symbol,
                if live { style } else { theme.dim },
            );
        }
        pen.text_right(
            LABEL + room + 2,
            y,
            &format!("{:.0}%", share * 100.0),
            if live { theme.strong } else { theme.dim },
        );
        if let Some(queue) = queues.get(at) {
            pen.text(
                LABEL + room + 5,
                y,
                &format!("queue {}", units::count(*queue)),
                theme.dim,
            );
        }
    }
}

fn draw_rows(state: &State, target: &Target, rows: &[Row], pen: &mut Pen<'_>) {
    let theme = &state.theme;
    let height = usize::from(pen.height());
    let first = (state.live.runtime + 1).saturating_sub(height);
    let spark = match pen.width() {
        0..=59 => 0,
        60..=99 => 16,
        width => width / 4,
    };
    let right = pen.width().saturating_sub(spark + 1);
    let live = is_live(state, target);
    for (at, row) in rows.iter().enumerate().skip(first).take(height) {
        let y = (at - first) as u16;
        pen.part(0, y, pen.width(), 1).stands_for(Hit::Item(at));
        let selected = at == state.live.runtime;
        if selected {
            pen.symbol(0, y, '▌', theme.accent);
        }
        pen.text_within(
            1,
            y,
            LABEL,
            row.label,
            if selected { theme.accent } else { theme.text },
        );
        let value = if live { theme.strong } else { theme.dim };
        let end = pen.text_within(
            LABEL + 1,
            y,
            right.saturating_sub(LABEL + 2),
            &row.value,
            value,
        );
        let note = if row.warn { theme.warn } else { theme.dim };
        pen.text_within(end + 2, y, right.saturating_sub(end + 3), &row.note, note);
        if spark > 0
            && let Some(plot) = Plot::of_variable(state, target, &row.path)
        {
            plot.chart(state)
                .draw_bars(&mut pen.part(right, y, spark, 1), theme);
        }
    }
}

#[rustfmt::skip] // A table: one number, one line.
fn rows(target: &Target) -> Vec<Row> {
    let mut of = Maker { target, rows: Vec::new() };
    of.value("tasks alive", Fact::AliveTasks, String::new());
    of.value("goroutines", Fact::Goroutines, String::new());
    of.value("shared queue", Fact::GlobalQueue, String::new());
    of.blocking();
    of.polls();
    of.rate("polls", Fact::Polls, String::new());
    of.cpu();
    of.throttling();
    of.value("workers", Fact::Workers, of.text(Fact::CpuLimitBy).map(|by| format!("limited by {by}")).unwrap_or_default());
    of.value("threads", Fact::Threads, String::new());
    of.limited("resident memory", Fact::Resident, Fact::MemoryLimit);
    of.value("heap live", Fact::HeapLive, of.number_of(Fact::HeapObjects, "objects"));
    of.value("heap in use", Fact::HeapInUse, String::new());
    of.rate("allocated", Fact::Allocated, String::new());
    of.rate("collections", Fact::GcCycles, of.share(Fact::GcShare, "of the CPU"));
    of.rate("stopped for it", Fact::GcPause, String::new());
    of.value("next collection", Fact::GcNext, "of the heap".to_owned());
    of.limited("open files", Fact::Fds, Fact::FdLimit);
    of.rows
}

impl Maker<'_> {
    fn variable(&self, fact: Fact) -> Option<&Variable> {
        self.target.facts.variable(&self.target.variables, fact)
    }

    fn number(&self, fact: Fact) -> Option<f64> {
        self.target.facts.number(&self.target.variables, fact)
    }

    fn unit(&self, fact: Fact) -> Unit {
        self.variable(fact)
            .map_or(Unit::Count, |variable| variable.unit)
    }

    fn written(&self, fact: Fact) -> Option<String> {
        Some(self.unit(fact).write(self.number(fact)?))
    }

    fn text(&self, fact: Fact) -> Option<String> {
        let text = self.variable(fact)?.value().as_str()?;
        Some(sanitize(text).into_owned())
    }

    fn number_of(&self, fact: Fact, things: &str) -> String {
        let number = self
            .number(fact)
            .map(|number| format!("{} {things}", units::count(number)));
        number.unwrap_or_default()
    }

    fn share(&self, fact: Fact, of: &str) -> String {
        let share = self
            .number(fact)
            .map(|share| format!("{} {of}", percent(share)));
        share.unwrap_or_default()
    }

    fn add(&mut self, label: &'static str, fact: Fact, value: String, note: String, warn: bool) {
        if let Some(path) = self.target.facts.path(fact) {
            let path = path.clone();
            self.rows.push(Row {
                label,
                value,
                note,
                path,
                warn,
            });
        }
    }

    fn value(&mut self, label: &'static str, fact: Fact, note: String) {
        if let Some(value) = self.written(fact) {
            self.add(label, fact, value, note, false);
        }
    }

    fn rate(&mut self, label: &'static str, fact: Fact, note: String) {
        let rate = self.target.facts.rate(&self.target.variables, fact);
        let is_list = self.target.facts.list(&self.target.variables, fact).len() > 1;
        if self.target.facts.path(fact).is_some() && !is_list {
            let unit = self.unit(fact).per_second();
            let value = rate.map_or_else(|| "–".to_owned(), |rate| unit.write(rate));
            self.add(label, fact, value, note, false);
        }
    }

    fn limited(&mut self, label: &'static str, fact: Fact, limit: Fact) {
        let (number, most) = (
            self.number(fact),
            self.number(limit).filter(|most| *most > 0.0),
        );
        let unit = self.unit(fact);
        let note = most.map(|most| format!("of {}", unit.write(most)));
        let warn = number
            .zip(most)
            .is_some_and(|(number, most)| number >= most * 0.8);
        if let Some(value) = self.written(fact) {
            self.add(label, fact, value, note.unwrap_or_default(), warn);
        }
    }

    fn blocking(&mut self) {
        let queue = self.number(Fact::BlockingQueue).unwrap_or(0.0);
        let idle = self.number_of(Fact::BlockingIdle, "idle");
        let note = format!("{idle}, queue {}", units::count(queue));
        if let Some(value) = self.written(Fact::BlockingThreads) {
            self.add(
                "blocking threads",
                Fact::BlockingThreads,
                value,
                note,
                queue > 0.0,
            );
        }
    }

    fn polls(&mut self) {
        let (p50, p99) = (self.written(Fact::PollP50), self.written(Fact::PollP99));
        let note = p50
            .zip(p99)
            .map(|(p50, p99)| format!("p50 {p50}, p99 {p99}"));
        let nanos = if self.unit(Fact::PollMax) == Unit::Seconds {
            1e9
        } else {
            1.0
        };
        let long = self
            .number(Fact::PollMax)
            .is_some_and(|most| most * nanos >= 100e6);
        if let Some(value) = self.written(Fact::PollMax) {
            self.add(
                "longest poll",
                Fact::PollMax,
                value,
                note.unwrap_or_default(),
                long,
            );
        }
    }

    fn cpu(&mut self) {
        let rate = self
            .target
            .facts
            .rate(&self.target.variables, Fact::CpuUsed);
        let nanos = if self.unit(Fact::CpuUsed) == Unit::Seconds {
            1.0
        } else {
            1e-9
        };
        let used = rate.map(|rate| rate * nanos);
        let limit = self.number(Fact::CpuLimit).filter(|limit| *limit > 0.0);
        let note = limit.map(|limit| format!("of {} it may use", percent(limit)));
        let warn = used
            .zip(limit)
            .is_some_and(|(used, limit)| used >= limit * 0.9);
        let value = used.map_or_else(|| "–".to_owned(), percent);
        self.add(
            "CPU used",
            Fact::CpuUsed,
            value,
            note.unwrap_or_default(),
            warn,
        );
    }

    fn throttling(&mut self) {
        let rate = |fact| self.target.facts.rate(&self.target.variables, fact);
        let periods = rate(Fact::Periods).filter(|periods| *periods > 0.0);
        let share = periods.and_then(|periods| Some(rate(Fact::ThrottledPeriods)? / periods));
        if let Some(share) = share {
            let note = "of the quota's periods".to_owned();
            self.add(
                "throttled",
                Fact::ThrottledPeriods,
                percent(share),
                note,
                share >= 0.1,
            );
        } else if self.number(Fact::Periods).is_some() {
            self.add(
                "throttled",
                Fact::ThrottledPeriods,
                "no quota".to_owned(),
                String::new(),
                false,
            );
        }
    }
}
