//! A counter as a strip under the rows.

use std::fmt::{Display, Write as _};

use super::super::terminal::maxima;
use super::Picture;
use super::xml::Xml;
use crate::{Counter, units};

/// From one strip to the next, in pixels: name, plot and gap.
pub(super) const HEIGHT: u32 = 68;
/// The plot's own height.
const PLOT: u32 = 40;
/// From the strip's top to its plot.
const HEAD: u32 = 20;

pub(super) fn draw(picture: &Picture<'_>, xml: &mut Xml, counter: &Counter, y: u32, width: u32) {
    let values = maxima(counter, &picture.window, slices(width));
    let highest = values.iter().copied().fold(0.0, f64::max);
    let full = counter.limit.unwrap_or(0.0).max(highest).max(1.0);
    xml.empty(
        "rect",
        &[
            ("class", &"s-track"),
            ("y", &(y + HEAD)),
            ("width", &"100%"),
            ("height", &PLOT),
        ],
    );
    limit(xml, counter, full, y);
    plot(xml, &values, full, y, &sentence(counter, highest));
    xml.line();
}

/// The counter's name, and its highest value.
pub(super) fn names(picture: &Picture<'_>, xml: &mut Xml, counter: &Counter, y: u32, width: u32) {
    let values = maxima(counter, &picture.window, slices(width));
    let highest = values.iter().copied().fold(0.0, f64::max);
    let text = y + HEAD - 6;
    xml.text("text", &[("class", &"s-name"), ("y", &text)], &counter.name);
    let right: [(&str, &dyn Display); 4] = [
        ("class", &"s-dim s-num"),
        ("x", &"100%"),
        ("y", &text),
        ("text-anchor", &"end"),
    ];
    xml.text("text", &right, &range(counter, highest));
}

/// In how many slices of time a counter is drawn.
fn slices(width: u32) -> usize {
    (width / 2).clamp(50, 1_000) as usize
}

/// "at most 16 of 16"
fn range(counter: &Counter, highest: f64) -> String {
    let most = units::digits(highest);
    match counter.limit {
        Some(limit) if limit > 0.0 => format!("at most {most} of {}", units::digits(limit)),
        _ => format!("at most {most}"),
    }
}

fn sentence(counter: &Counter, highest: f64) -> String {
    format!("{}: {}", counter.name, range(counter, highest))
}

/// A dashed line where the counter cannot go beyond.
fn limit(xml: &mut Xml, counter: &Counter, full: f64, y: u32) {
    let Some(limit) = counter.limit.filter(|limit| *limit > 0.0) else {
        return;
    };
    let at = f64::from(y + HEAD + PLOT) - limit / full * f64::from(PLOT - 4);
    xml.empty(
        "line",
        &[
            ("class", &"s-limit"),
            ("x2", &"100%"),
            ("y1", &at),
            ("y2", &at),
        ],
    );
}

fn plot(xml: &mut Xml, values: &[f64], full: f64, y: u32, title: &str) {
    let view = format!("0 0 {} 1000", values.len());
    xml.open(
        "svg",
        &[
            ("y", &(y + HEAD + 4)),
            ("width", &"100%"),
            ("height", &(PLOT - 4)),
            ("viewBox", &view),
            ("preserveAspectRatio", &"none"),
        ],
    );
    let steps = steps(values, full);
    let area = format!("{steps}V1000H0z");
    xml.titled("path", &[("class", &"s-area"), ("d", &area)], title);
    xml.empty("path", &[("class", &"s-line"), ("d", &steps)]);
    xml.close();
}

/// A staircase: each value holds until the next.
fn steps(values: &[f64], full: f64) -> String {
    let height = |value: f64| ((1.0 - value / full) * 1000.0).round();
    let mut path = String::new();
    let mut last = None;
    for (slice, value) in values.iter().enumerate() {
        let y = height(*value);
        if last == Some(y) {
            continue;
        }
        let _ = match last {
            None => write!(path, "M0 {y}"),
            Some(_) => write!(path, "H{slice}V{y}"),
        };
        last = Some(y);
    }
    let _ = write!(path, "H{}", values.len());
    path
}
