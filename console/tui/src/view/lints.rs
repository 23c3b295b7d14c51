//! What looks wrong with the target, why, and for how long; below it, what was looked for and is fine.
//!
//! ```text
//!  ▌▲ a hot lock                                  since 12 s  enter: evidence
//!     3.1 s waited per second, 98% of it because of orders::place
//!
//!   ✓ a worker is blocked       3 polls of 100 ms or more, and in 3 of the readings of 10 s
//! ```

use super::words::passed;
use crate::draw::{Hit, Pen, text};
use crate::explain;
use crate::lints::{Finding, RULES, Rule};
use crate::state::State;
use crate::target::Target;

/// The column of what fine rules look for.
const NOTES: u16 = 35;

/// The rules in the order of the screen: those that fire first.
pub(crate) fn rules(state: &State) -> Vec<&'static Rule> {
    let firing: Vec<&'static Rule> = state
        .target()
        .map(|target| {
            target
                .lints
                .findings()
                .map(|finding| finding.rule)
                .collect()
        })
        .unwrap_or_default();
    let fine = RULES
        .iter()
        .filter(|rule| !firing.iter().any(|other| other.lint == rule.lint));
    let fine: Vec<&'static Rule> = fine.collect();
    firing.into_iter().chain(fine).collect()
}

/// How many lines the cursor can be on.
pub(crate) fn count(_: &State) -> usize {
    RULES.len()
}

pub(crate) fn draw(state: &State, target: &Target, pen: &mut Pen<'_>) {
    let findings: Vec<Finding<'_>> = target.lints.findings().collect();
    let theme = &state.theme;
    if target.variables.is_empty() {
        pen.text_centred(
            pen.height() / 2,
            "no variables yet: nothing is judged",
            theme.dim,
        );
        return;
    }
    let (width, height) = (pen.width(), pen.height());
    let mut y = 0;
    if !target.health(state.now, state.options.interval).has_news() {
        pen.text(
            1,
            y,
            "as of the last reading: nothing newer to judge",
            theme.warn,
        );
        y += 1;
    }
    if findings.is_empty() {
        pen.text(1, y, "✓ nothing looks wrong", theme.good);
        y += 2;
    }
    for (at, finding) in findings.iter().enumerate().take(usize::from(height / 3)) {
        let mut part = pen.part(0, y, width, 3);
        part.stands_for(Hit::Item(at));
        draw_finding(state, finding, at == state.live.lint, &mut part);
        y += 3;
    }
    let fine: Vec<&Rule> = rules(state).into_iter().skip(findings.len()).collect();
    // What the selected one looks for, in full.
    let full = if height >= 16 { 3 } else { 0 };
    let rows = usize::from(height.saturating_sub(y + full));
    let cursor = state.live.lint.checked_sub(findings.len());
    let first = cursor.map_or(0, |cursor| (cursor + 1).saturating_sub(rows));
    for (at, rule) in fine.iter().enumerate().skip(first).take(rows) {
        let mut line = pen.part(0, y + (at - first) as u16, width, 1);
        line.stands_for(Hit::Item(findings.len() + at));
        draw_fine(state, rule, cursor == Some(at), &mut line);
    }
    if let Some(rule) = rules(state).get(state.live.lint).filter(|_| full > 0) {
        let words = format!("looks for {} · E explains", rule.looks_for);
        let lines = text::wrap_words(&words, usize::from(width.saturating_sub(2)));
        for (y, line) in (height - full + 1..height).zip(&lines) {
            pen.text(1, y, line, theme.dim);
        }
    }
}

fn draw_finding(state: &State, finding: &Finding<'_>, selected: bool, pen: &mut Pen<'_>) {
    let theme = &state.theme;
    let width = pen.width();
    if selected {
        pen.symbol(0, 0, '▌', theme.accent);
    }
    let age = passed(state.shown().saturating_sub(finding.since));
    let tab = finding.evidence.tab;
    let way = format!(
        "for {age} · enter: {}",
        if finding.evidence.path.is_some() && tab == crate::state::Tab::Overview {
            "detail"
        } else {
            tab.title()
        }
    );
    let begin = if width >= 60 {
        pen.text_right(width.saturating_sub(1), 0, &way, theme.dim)
    } else {
        width
    };
    let title = format!("▲ {}", finding.rule.title);
    pen.text_within(1, 0, begin.saturating_sub(2), &title, theme.bad);
    let room = usize::from(width.saturating_sub(4));
    for (line, words) in (1..).zip(
        text::wrap_words(&finding.evidence.reason, room)
            .iter()
            .take(2),
    ) {
        pen.text(3, line, words, theme.text);
    }
}

fn draw_fine(state: &State, rule: &Rule, selected: bool, pen: &mut Pen<'_>) {
    let theme = &state.theme;
    if selected {
        pen.symbol(0, 0, '▌', theme.accent);
    }
    pen.symbol(1, 0, '·', theme.dim);
    let style = if selected { theme.accent } else { theme.text };
    let end = pen.text(3, 0, rule.title, style);
    let chapter = explain::of_lint(rule.name).map_or("", |card| card.chapter);
    let note = if chapter.is_empty() {
        rule.looks_for.to_owned()
    } else {
        format!("{} · book: {chapter}", rule.looks_for)
    };
    if pen.width() >= 60 {
        pen.text((end + 2).max(NOTES), 0, &note, theme.dim);
    }
}
