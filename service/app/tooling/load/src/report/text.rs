//! The table for people.

use std::fmt::Write as _;

use super::Summary;
use super::numbers::{human, per_second, quantiles};
use crate::stats::{Operation, Tally};
use crate::verify::Verdict;

/// The summary for people: less than 100 columns, but for what the check has to say.
pub(crate) fn text(summary: &Summary) -> String {
    let mut out = String::new();
    head(&mut out, summary);
    operations(&mut out, summary);
    phases(&mut out, summary);
    counts(&mut out, summary);
    match &summary.verdict {
        Some(verdict) => checks(&mut out, verdict),
        None => line(
            &mut out,
            "not checked whether orders were lost or sold twice",
        ),
    }
    out
}

fn head(out: &mut String, summary: &Summary) {
    let asked = match summary.clients {
        Some(clients) => format!("{clients} clients"),
        None => format!("{} requests/s asked for", summary.rate),
    };
    let elapsed = summary.elapsed.as_secs_f64();
    line(
        out,
        format_args!(
            "{} · {} · {asked} · {elapsed:.1} s",
            summary.target, summary.scenario
        ),
    );
    line(out, "");
}

fn operations(out: &mut String, summary: &Summary) {
    let counts = &summary.counts;
    let elapsed = summary.elapsed.as_secs_f64();
    line(
        out,
        format_args!(
            "{:<10}{:>10}{:>10}{:>9}{:>10}{:>10}{:>10}{:>10}{:>10}",
            "", "answered", "per s", "errors", "p50", "p90", "p99", "p99.9", "max"
        ),
    );
    let (ordinary, slow) = counts.operations.split_at(Operation::Slow as usize);
    for (operation, tally) in Operation::ALL.into_iter().zip(ordinary) {
        let everyday = operation != Operation::GiveBack;
        if everyday || tally.fine + tally.failed > 0 {
            line(out, row(operation.name(), tally, elapsed));
        }
    }
    line(out, row("all", &counts.total(), elapsed));
    for tally in slow.iter().filter(|slow| slow.fine + slow.failed > 0) {
        line(out, row(Operation::Slow.name(), tally, elapsed));
    }
    line(out, "");
}

/// How it was before, during and after, if that is what the scenario is about.
fn phases(out: &mut String, summary: &Summary) {
    let phases = summary.scenario.plan().phases;
    if phases.len() < 2 {
        return;
    }
    line(
        out,
        format_args!(
            "{:<10}{:>10}{:>10}{:>9}{:>10}{:>10}{:>10}{:>10}{:>10}",
            "phase", "due/s", "per s", "errors", "p50", "p90", "p99", "p99.9", "max"
        ),
    );
    let counted = summary.counts.phases.iter().zip(&summary.phase_seconds);
    for (phase, (counted, &seconds)) in phases.iter().zip(counted) {
        let due = per_second(counted.offered, seconds);
        let answered = per_second(counted.tally.fine, seconds);
        let row = format!(
            "{:<10}{due:>10.1}{answered:>10.1}{:>9}",
            phase.name, counted.tally.failed
        );
        line(out, with_quantiles(row, &counted.tally));
    }
    line(out, "");
}

fn counts(out: &mut String, summary: &Summary) {
    let counts = &summary.counts;
    line(
        out,
        format_args!(
            "out of stock (answered, not an error): {}",
            counts.out_of_stock
        ),
    );
    line(
        out,
        format_args!("dropped (too many in flight): {}", counts.dropped),
    );
    if counts.turned_away > 0 {
        let turned_away = counts.turned_away;
        line(out, format_args!("turned away (429, 503): {turned_away}"));
    }
    if counts.retries + counts.budget_spent > 0 {
        let budget = match summary.budget {
            Some(budget) => format!("budget {budget} %, spent {} times", counts.budget_spent),
            None => "no budget".to_owned(),
        };
        line(
            out,
            format_args!(
                "sent again: {} of {} requests ({budget})",
                counts.retries, counts.attempts
            ),
        );
    }
    if summary.unanswered > 0 {
        line(
            out,
            format_args!("still unanswered at the end: {}", summary.unanswered),
        );
    }
    for (cause, times) in &counts.retried_causes {
        line(out, format_args!("retried: {cause}: {times}"));
    }
    for (cause, times) in &counts.causes {
        line(out, format_args!("error: {cause}: {times}"));
    }
    line(out, "");
}

fn checks(out: &mut String, verdict: &Verdict) {
    let said = if verdict.passed() {
        "checked: nothing lost, nothing sold twice"
    } else {
        "checked: NOT as it should be"
    };
    line(out, said);
    for check in &verdict.checks {
        let held = if check.held { "ok" } else { "FAILED" };
        line(
            out,
            format_args!("  {held:<8}{:<9}{}", check.name, check.detail),
        );
    }
}

fn row(name: &str, tally: &Tally, elapsed: f64) -> String {
    let row = format!(
        "{name:<10}{:>10}{:>10.1}{:>9}",
        tally.fine,
        per_second(tally.fine, elapsed),
        tally.failed
    );
    with_quantiles(row, tally)
}

fn with_quantiles(mut row: String, tally: &Tally) -> String {
    for value in quantiles(&tally.latency) {
        // Writing to a string cannot fail.
        let _infallible = write!(row, "{:>10}", human(value));
    }
    row
}

fn line(out: &mut String, text: impl std::fmt::Display) {
    // Writing to a string cannot fail.
    let _infallible = writeln!(out, "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::example;

    #[test]
    fn the_table_holds_every_operation_phase_cause_and_check() {
        let text = text(&example());
        let row = |name: &str| {
            let row = text
                .lines()
                .find(|line| line.trim_start().starts_with(name))
                .expect("a row");
            row.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(row("browse")[1..4], ["100", "50.0", "0"]);
        assert_eq!(row("order")[1..4], ["2", "1.0", "0"]);
        assert_eq!(row("look_up")[1..5], ["0", "0.0", "1", "-"]);
        assert_eq!(row("all")[1..4], ["102", "51.0", "1"]);
        assert_eq!(row("spike")[1..4], ["10.0", "5.0", "0"]);
        for expected in [
            "error: connection refused: 1\n",
            "retried: timed out: 1\n",
            "turned away (429, 503): 1\n",
            "out of stock (answered, not an error): 1\n",
            "NOT as it should be\n  ok      stock    12 products\n  FAILED  orders   LOST 1: 7\n",
        ] {
            assert!(text.contains(expected), "{text}");
        }
        let widest = text.lines().map(|line| line.chars().count()).max();
        assert!(widest < Some(100), "{text}");
    }
}
