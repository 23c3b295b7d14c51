//! A reading explained in one line.

use std::fmt::{self, Write as _};

use crate::decimal::Decimal;
use crate::decision::{knows_better, plural};
use crate::{Cgroup, Downward, Quota, Reading};

impl fmt::Display for Reading {
    /// One line for the log: the decision, then all that it was made from, then what could not be found out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut facts = vec![self.decision.to_string(), count("affinity", self.affinity)];
        facts.push(
            self.cpu
                .as_ref()
                .map_or_else(|| "no CPU cgroup".to_owned(), cgroup),
        );
        facts.extend(self.downward.map(|downward| self.downward(downward)));
        facts.push(count("available_parallelism", self.parallelism));
        facts.extend(
            self.problems
                .iter()
                .map(|problem| format!("problem: {problem}")),
        );
        facts.join("; ").chars().try_for_each(|c| printable(f, c))
    }
}

impl Reading {
    fn downward(&self, downward: Downward) -> String {
        let unused = if knows_better(self.cpu.as_ref()) {
            " (unused: the quota itself can be read)"
        } else {
            ""
        };
        format!("downward API {}{unused}", Decimal(downward.cores()))
    }
}

fn count(what: &str, cpus: Option<usize>) -> String {
    cpus.map_or_else(
        || format!("{what} unknown"),
        |cpus| format!("{what} {cpus}"),
    )
}

fn cgroup(cgroup: &Cgroup<Quota>) -> String {
    let Cgroup {
        version,
        path,
        levels,
        ..
    } = cgroup;
    let mut text = format!("cgroup {version} {path}: ");
    let count = levels.len();
    let told = match cgroup.tightest() {
        None => write!(text, "no quota on {count} level{}", plural(count == 1)),
        Some((_, quota)) if count == 1 => write!(text, "{quota}"),
        Some((level, quota)) => write!(
            text,
            "{quota}, set at {}, the tightest of {count} levels",
            level.path
        ),
    };
    told.map_or_else(|_| String::new(), |()| text)
}

/// Names of cgroups and contents of files are anybody's; none may break the line or reach into a terminal.
fn printable(f: &mut fmt::Formatter<'_>, c: char) -> fmt::Result {
    if c.is_control() {
        write!(f, "{}", c.escape_default())
    } else {
        f.write_char(c)
    }
}
