//! A dump as text, as Go writes it for `debug=1` and `debug=2`.

use std::fmt::{self, Write as _};
use std::time::Duration;

use sync::TaskId;

use super::groups::Group;
use super::{Dump, Frame, Task, Trace};

/// How long the text of single tasks may become. Groups are not bounded by it: there are few.
const MAX_TEXT: usize = 16 << 20;
/// How many names of a group are listed, and how many tasks that did not answer before all others.
const MAX_NAMES: usize = 5;

/// Groups of tasks that do the same, the largest first. Lines with a `#` are comments to `go tool pprof`, which reads the
/// rest.
pub(super) fn grouped(dump: &Dump) -> String {
    let mut text = format!("goroutine profile: total {}\n", dump.tasks().len());
    for line in summary(dump) {
        let _ = writeln!(text, "# {line}");
    }
    for group in dump.groups() {
        text.push('\n');
        write_group(&mut text, &group).expect("a string takes all that is written to it");
    }
    text
}

/// One task after the other: first those that did not answer, then by age.
pub(super) fn single(dump: &Dump) -> String {
    let mut text = String::new();
    for line in summary(dump) {
        let _ = writeln!(text, "# {line}");
    }
    let (answered, silent): (Vec<&Task>, Vec<&Task>) =
        dump.tasks().iter().partition(|task| task.answered);
    let tasks = silent.into_iter().chain(answered);
    for (written, task) in tasks.enumerate() {
        if text.len() > MAX_TEXT {
            let left = dump.tasks().len() - written;
            let _ = writeln!(text, "\n# {left} more tasks: debug=1 counts them all");
            break;
        }
        text.push('\n');
        write_task(&mut text, dump, task).expect("a string takes all that is written to it");
    }
    text
}

/// What is to be known about the whole.
fn summary(dump: &Dump) -> Vec<String> {
    let silent = dump.stuck().count();
    let answered = dump.tasks().iter().filter(|task| task.answered).count();
    let mut lines = vec![format!(
        "{answered} tasks answered in {:.1?}; names looked up in {:.1?}",
        dump.asking_took(),
        dump.naming_took()
    )];
    if let Err(why) = super::supported() {
        lines.push(format!(
            "no traces, only names and where tasks were started: {why}"
        ));
    }
    if silent > 0 {
        lines.push(format!(
            "{silent} did not answer within {:?}: they block their thread, or it is blocked",
            dump.deadline()
        ));
        lines.extend(dump.stuck().take(MAX_NAMES).map(|task| {
            format!(
                "no answer: task {} {:?}, {} for {}, started at {}",
                task.id,
                task.name,
                dump.doing(task),
                Ago(task.since),
                task.location
            )
        }));
    }
    if dump.left_out() > 0 {
        lines.push(format!(
            "{} tasks more are not in here: there were too many",
            dump.left_out()
        ));
    }
    let not_asked = dump.tasks().len() - answered - silent;
    if not_asked > 0 {
        lines.push(format!(
            "{not_asked} were not asked: the deadline came before their turn"
        ));
    }
    lines
}

fn write_group(text: &mut String, group: &Group<'_>) -> fmt::Result {
    let stacks = group.trace.map_or(&[][..], |trace| &trace.stacks);
    let first = stacks.first().map_or(&[][..], Vec::as_slice);
    write!(text, "{} @", group.count)?;
    for place in first.chunk_by(|inner, outer| inner.address == outer.address) {
        // Readers take one off, as what they expect is where a call returns to.
        write!(
            text,
            " {:#x}",
            place.first().map_or(0, |frame| frame.address + 1)
        )?;
    }
    if first.is_empty() {
        text.push_str(" 0x1");
    }
    write!(text, "\n# labels: {{\"state\":{:?}", group.doing)?;
    if let [(name, _)] = &group.names[..] {
        write!(text, ",\"name\":{name:?}")?;
    }
    text.push_str("}\n");
    for (index, stack) in stacks.iter().enumerate() {
        if index > 0 {
            text.push_str("#\talso:\n");
        }
        for frame in stack {
            writeln!(
                text,
                "#\t{:#x}\t{}\t{}",
                frame.address + 1,
                frame.name,
                At(frame)
            )?;
        }
    }
    if group.names.len() > 1 {
        write!(text, "#\tnamed")?;
        for (index, (name, count)) in group.names.iter().take(MAX_NAMES).enumerate() {
            let comma = if index > 0 { "," } else { "" };
            write!(text, "{comma} {name:?}")?;
            if *count > 1 {
                write!(text, " ({count} times)")?;
            }
        }
        match group.names.len().saturating_sub(MAX_NAMES) {
            0 => writeln!(text)?,
            more => writeln!(text, " and {more} other names")?,
        }
    }
    writeln!(
        text,
        "#\tstarted at {}, the first {} ago; {}{} for up to {}",
        group.location,
        Ago(group.oldest),
        group.doing,
        if group.answered { "" } else { ", no answer," },
        Ago(group.longest),
    )
}

fn write_task(text: &mut String, dump: &Dump, task: &Task) -> fmt::Result {
    let (doing, since) = (dump.doing(task), Ago(task.since));
    write!(text, "task {} {:?} [{doing}, {since}", task.id, task.name)?;
    text.push_str(if task.answered {
        "]:\n"
    } else {
        ", no answer]:\n"
    });
    let stacks = dump.trace(task).map_or(&[][..], |trace| &trace.stacks);
    let common = Trace::common_root(stacks).len();
    for (index, stack) in stacks.iter().enumerate() {
        if index > 0 {
            text.push_str("also:\n");
        }
        // What they have in common is at the end of the last.
        let own = if index + 1 == stacks.len() {
            stack.len()
        } else {
            stack.len() - common
        };
        for frame in stack.iter().take(own) {
            writeln!(text, "{}\n\t{}", frame.name, At(frame))?;
        }
    }
    write!(text, "created by ")?;
    if let Some(parent) = task.parent {
        write!(text, "{} at ", Parent(dump, parent))?;
    }
    writeln!(
        text,
        "{}, {} ago; polls: {}, {:?} in all",
        task.location,
        Ago(task.age),
        task.polls,
        task.busy
    )
}

/// The task that started another.
struct Parent<'a>(&'a Dump, TaskId);

impl fmt::Display for Parent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "task {}", self.1)?;
        match self.0.task(self.1) {
            Some(parent) => write!(f, " {:?}", parent.name),
            None => write!(f, ", which has ended,"),
        }
    }
}

/// A frame's file and line.
struct At<'a>(&'a Frame);

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&*self.0.file, self.0.line) {
            ("", _) => f.write_str("?"),
            (file, 0) => f.write_str(file),
            (file, line) => write!(f, "{file}:{line}"),
        }
    }
}

/// A duration as precise as the clock that it was measured with.
struct Ago(Duration);

impl fmt::Display for Ago {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        match seconds {
            0 => write!(f, "{} ms", self.0.as_millis()),
            1..60 => write!(f, "{:.1} s", self.0.as_secs_f64()),
            60..3600 => write!(f, "{}m{:02}s", seconds / 60, seconds % 60),
            _ => write!(f, "{}h{:02}m", seconds / 3600, seconds / 60 % 60),
        }
    }
}
