//! The legend: one line on a wide screen, two columns on a narrow one.

use std::fmt::Display;

use unicode_width::UnicodeWidthStr;

use super::xml::Xml;
use super::{Picture, style};
use crate::SpanKind;

/// From one line of the narrow legend to the next, in pixels.
const LINE: u32 = 20;
/// Where the legend's first line lies.
const TOP: u32 = 50;

/// What the legend explains.
pub(super) enum Item {
    Kind(SpanKind),
    Arrow,
}

impl Item {
    fn text(&self) -> &'static str {
        match self {
            Item::Kind(SpanKind::Running) => "running or ready",
            Item::Kind(SpanKind::Waiting) => "waiting",
            Item::Kind(SpanKind::Blocked) => "blocked",
            Item::Kind(SpanKind::Holding) => "holding a lock",
            Item::Arrow => "hand-over",
        }
    }
}

pub(super) fn items(picture: &Picture<'_>) -> Vec<Item> {
    let used = |kind: &SpanKind| picture.timeline.spans.iter().any(|span| span.kind == *kind);
    let mut items: Vec<Item> = SpanKind::ALL
        .into_iter()
        .filter(used)
        .map(Item::Kind)
        .collect();
    if picture.plan.arrows && !picture.timeline.arrows.is_empty() {
        items.push(Item::Arrow);
    }
    items
}

/// How much room the legend takes, in pixels: that of its narrow form.
pub(super) fn height(items: &[Item]) -> u32 {
    LINE * (items.len() as u32).div_ceil(2) + 10
}

pub(super) fn draw(picture: &Picture<'_>, xml: &mut Xml, items: &[Item]) {
    xml.open("g", &[("class", &"s-wide")]);
    let mut x = 0;
    for item in items {
        one(picture, xml, item, &x, TOP);
        // About 6.5 pixels a letter, and a gap.
        x += 28 + item.text().width() as u32 * 13 / 2 + 18;
    }
    xml.close();
    xml.open("g", &[("class", &"s-narrow")]);
    for (index, item) in items.iter().enumerate() {
        let x = if index % 2 == 0 { "0%" } else { "50%" };
        one(picture, xml, item, &x, TOP + LINE * (index as u32 / 2));
    }
    xml.close();
}

fn one(picture: &Picture<'_>, xml: &mut Xml, item: &Item, x: &dyn Display, y: u32) {
    xml.open("svg", &[("x", x), ("y", &y), ("overflow", &"visible")]);
    match item {
        Item::Kind(kind) => swatch(picture, xml, *kind),
        Item::Arrow => {
            let head = format!("url(#{}-head)", picture.id);
            let line: [(&str, &dyn Display); 6] = [
                ("class", &"s-arrow"),
                ("x1", &2),
                ("x2", &20),
                ("y1", &7),
                ("y2", &7),
                ("marker-end", &head),
            ];
            xml.empty("line", &line);
        }
    }
    xml.text("text", &[("x", &28), ("y", &11)], item.text());
    xml.close();
}

fn swatch(picture: &Picture<'_>, xml: &mut Xml, kind: SpanKind) {
    let (y, height) = match kind {
        SpanKind::Running => (0, 14),
        SpanKind::Blocked => (2, 10),
        SpanKind::Waiting => (3, 8),
        SpanKind::Holding => (4, 6),
    };
    let class = format!("s-{}", kind.name());
    let fill = style::fill(&picture.id, kind);
    let mut attributes: Vec<(&str, &dyn Display)> = vec![
        ("class", &class),
        ("y", &y),
        ("width", &22),
        ("height", &height),
    ];
    if matches!(kind, SpanKind::Waiting | SpanKind::Blocked) {
        attributes.push(("fill", &fill));
    }
    xml.empty("rect", &attributes);
}
