//! The Trace Event Format: a JSON object with a list of events, each on a thread of a process. Threads of the runtime are
//! those of one process, tasks those of another.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};
use std::time::UNIX_EPOCH;

use sync::TaskId;

use super::Timeline;
use super::ring::{Recorded, Wait, What};
use super::spans::{Doing, Span, spans};

const THREADS: u32 = 1;
const TASKS: u32 = 2;

pub(super) fn json(timeline: &Timeline) -> String {
    let recorded = &timeline.recorded;
    let began = timeline
        .began()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let mut out = Events {
        json: format!(
            "{{\"displayTimeUnit\":\"ns\",\"otherData\":{{\"began_unix_ms\":{},\"duration_ms\":{},\"events\":{},\"dropped\":{}}},\"traceEvents\":[",
            began.as_millis(),
            timeline.duration().as_millis(),
            timeline.events(),
            timeline.dropped()
        ),
        recorded,
        empty: true,
    };
    out.names();
    for span in spans(recorded) {
        out.span(&span);
    }
    for record in &recorded.records {
        match &record.what {
            What::Started {
                parent, location, ..
            } => {
                let by = parent.map_or(String::new(), |parent| {
                    format!(",\"by\":{}", Quoted(&out.task(parent)))
                });
                let args = format!("\"at\":{}{by}", Quoted(&location.to_string()));
                out.instant("started", record.task, record.at, &args);
            }
            What::Ended => out.instant("ended", record.task, record.at, ""),
            _ => {}
        }
    }
    out.json.push_str("]}");
    out.json
}

struct Events<'a> {
    json: String,
    recorded: &'a Recorded,
    empty: bool,
}

impl Events<'_> {
    /// Processes and threads by name.
    fn names(&mut self) {
        self.metadata("process_name", THREADS, 0, "threads");
        self.metadata("process_name", TASKS, 0, "tasks");
        let mut threads: Vec<_> = self.recorded.threads.iter().collect();
        threads.sort_unstable();
        for (number, name) in threads {
            self.metadata("thread_name", THREADS, u64::from(*number), name);
        }
        let tasks: BTreeSet<TaskId> = self
            .recorded
            .records
            .iter()
            .map(|record| record.task)
            .collect();
        for task in tasks {
            self.metadata("thread_name", TASKS, task.get(), &self.task(task));
        }
    }

    fn span(&mut self, span: &Span) {
        let (task, row) = (self.task(span.task), span.task.get());
        match &span.doing {
            Doing::Running { thread } => {
                let args = format!("\"task\":{row}");
                self.complete(&task, "poll", THREADS, u64::from(*thread), span, &args);
                let args = format!("\"thread\":{thread}");
                self.complete("running", "poll", TASKS, row, span, &args);
            }
            Doing::Waiting { waits, by } => {
                let names: Vec<String> = waits.iter().map(|wait| self.wait(*wait)).collect();
                let args = self.by(*by);
                self.complete(&names.join(" or "), "wait", TASKS, row, span, &args);
            }
            Doing::Blocked { wait, by } => {
                let (name, args) = (self.wait(*wait), self.by(*by));
                self.complete(&name, "wait", TASKS, row, span, &args);
            }
        }
    }

    fn by(&self, by: Option<TaskId>) -> String {
        by.map_or(String::new(), |by| {
            format!("\"ended_by\":{}", Quoted(&self.task(by)))
        })
    }

    /// A span, with its time in microseconds.
    fn complete(
        &mut self,
        name: &str,
        category: &str,
        process: u32,
        row: u64,
        span: &Span,
        args: &str,
    ) {
        let duration = Micros(span.to.saturating_sub(span.from));
        self.push(format_args!(
            "{{\"ph\":\"X\",\"name\":{},\"cat\":\"{category}\",\"pid\":{process},\"tid\":{row},\"ts\":{},\"dur\":{duration},\"args\":{{{args}}}}}",
            Quoted(name),
            Micros(span.from),
        ));
    }

    fn instant(&mut self, name: &str, task: TaskId, at: u64, args: &str) {
        self.push(format_args!(
            "{{\"ph\":\"i\",\"s\":\"t\",\"name\":\"{name}\",\"cat\":\"task\",\"pid\":{TASKS},\"tid\":{task},\"ts\":{},\"args\":{{{args}}}}}",
            Micros(at),
        ));
    }

    fn metadata(&mut self, kind: &str, process: u32, row: u64, name: &str) {
        self.push(format_args!(
            "{{\"ph\":\"M\",\"name\":\"{kind}\",\"pid\":{process},\"tid\":{row},\"args\":{{\"name\":{}}}}}",
            Quoted(name)
        ));
    }

    fn push(&mut self, event: fmt::Arguments<'_>) {
        let separator = if self.empty { "\n" } else { ",\n" };
        self.empty = false;
        self.json
            .write_fmt(format_args!("{separator}{event}"))
            .expect("a string takes all that is written to it");
    }

    /// A task's name for people.
    fn task(&self, task: TaskId) -> String {
        match self.recorded.tasks.get(&task) {
            Some(name) => name.to_string(),
            None => format!("task {task}"),
        }
    }

    /// What is waited for: `receive: channel "orders"`.
    fn wait(&self, wait: Wait) -> String {
        let verb = wait.operation.verb();
        match self.recorded.resources.get(&wait.resource) {
            Some((kind, name)) => format!("{verb}: {} {name:?}", kind.word()),
            None => format!("{verb}: resource {}", wait.resource),
        }
    }
}

/// Nanoseconds, written in microseconds.
struct Micros(u64);

impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}", self.0 / 1000, self.0 % 1000)
    }
}

/// A JSON string.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for c in self.0.chars() {
            match c {
                '"' => f.write_str("\\\"")?,
                '\\' => f.write_str("\\\\")?,
                // Browsers may find this inside of a page.
                c if c.is_control() || c == '<' => write!(f, "\\u{:04x}", u32::from(c))?,
                c => f.write_char(c)?,
            }
        }
        f.write_char('"')
    }
}
