//! The rows: spans one by one or summed up, and the arrows between them.

use std::fmt::{Display, Write as _};

use super::super::bins::{Bin, bins, edge};
use super::super::rows::Row;
use super::super::terminal::shortened;
use super::plan::touches;
use super::xml::Xml;
use super::{Picture, percent, style};
use crate::{Arrow, Span, SpanKind, TimeUnit, units};

/// A running span narrower than this share of the width is drawn as a tick, so that it is seen.
const TICK: f64 = 0.004;

/// A step at least as wide as this share of the width has room for words.
const ROOMY: f64 = 0.06;

/// Longer names run into what stands at the row's other end.
const MOST_NAME: usize = 28;

/// Beside longer names a phone has room for one kind of span, beside others for two.
const SHORT_NAME: usize = 18;

pub(super) fn draw(picture: &Picture<'_>, xml: &mut Xml) {
    for (index, row) in picture.rows.rows.iter().enumerate() {
        track(picture, xml, index);
        xml.open("g", &[("class", &"s-row"), ("data-name", &row.name)]);
        match picture.plan.slices {
            Some(slices) => summed_up(picture, xml, index, row, slices),
            None => one_by_one(picture, xml, index, row),
        }
        xml.close();
        xml.line();
    }
    if picture.plan.arrows {
        arrows(picture, xml);
        xml.line();
    }
}

/// The rows' names.
pub(super) fn names(picture: &Picture<'_>, xml: &mut Xml) {
    for (index, row) in picture.rows.rows.iter().enumerate() {
        name(picture, xml, index, row);
    }
    xml.line();
}

/// The ground that a row's spans lie on.
fn track(picture: &Picture<'_>, xml: &mut Xml, index: usize) {
    let (y, height) = (picture.layout.bar(index), picture.layout.thick);
    let place: [(&str, &dyn Display); 5] = [
        ("class", &"s-track"),
        ("y", &y),
        ("width", &"100%"),
        ("height", &height),
        ("rx", &2),
    ];
    xml.empty("rect", &place);
}

/// The row's name, and what it did in a word.
fn name(picture: &Picture<'_>, xml: &mut Xml, index: usize, row: &Row<'_>) {
    let y = picture.layout.bar(index) - 6;
    let name = shortened(&row.name, MOST_NAME);
    xml.text("text", &[("class", &"s-name"), ("y", &y)], &name);
    let all = bins(row.spans.iter().copied(), &picture.window, 1);
    let room = if name.chars().count() > SHORT_NAME {
        1
    } else {
        2
    };
    let (whole, short) = (summary(&all[0], usize::MAX), summary(&all[0], room));
    if whole == short {
        did(xml, y, "s-dim s-num", &whole);
    } else {
        did(xml, y, "s-dim s-num s-wide", &whole);
        did(xml, y, "s-dim s-num s-narrow", &short);
    }
}

fn did(xml: &mut Xml, y: u32, class: &str, what: &str) {
    let right: [(&str, &dyn Display); 4] = [
        ("class", &class),
        ("x", &"100%"),
        ("y", &y),
        ("text-anchor", &"end"),
    ];
    xml.text("text", &right, what);
}

/// "waits 93 %", the largest kind first, and no more than `most` of them.
fn summary(bin: &Bin, most: usize) -> String {
    let mut kinds: Vec<SpanKind> = SpanKind::ALL
        .into_iter()
        .filter(|kind| bin.of(*kind) > 0)
        .collect();
    kinds.sort_by_key(|kind| std::cmp::Reverse(bin.of(*kind)));
    let part = |kind: &SpanKind| format!("{} {}", kind.name(), units::percent(bin.share(*kind)));
    let parts: Vec<String> = kinds.iter().take(most).map(part).collect();
    parts.join(" · ")
}

fn one_by_one(picture: &Picture<'_>, xml: &mut Xml, index: usize, row: &Row<'_>) {
    for span in row
        .spans
        .iter()
        .filter(|span| touches(span, &picture.window))
    {
        let (start, end) = (picture.share(span.start_ns), picture.share(span.end_ns));
        let title = picture.names.span(span);
        if span.kind == SpanKind::Running && end - start < TICK {
            tick(picture, xml, index, (start, end), &title);
        } else {
            bar(picture, xml, index, span, start, end, &title);
        }
    }
}

/// A span that is too narrow to be seen but for its outline.
fn tick(picture: &Picture<'_>, xml: &mut Xml, index: usize, (start, end): (f64, f64), title: &str) {
    let (y, height) = picture.layout.extent(index, SpanKind::Running);
    let (x, width) = (percent(start), percent(end - start));
    let place: [(&str, &dyn Display); 5] = [
        ("class", &"s-tick"),
        ("x", &x),
        ("y", &y),
        ("width", &width),
        ("height", &height),
    ];
    xml.titled("rect", &place, title);
}

fn bar(
    picture: &Picture<'_>,
    xml: &mut Xml,
    index: usize,
    span: &Span,
    start: f64,
    end: f64,
    title: &str,
) {
    let (y, height) = picture.layout.extent(index, span.kind);
    let class = format!("s-span s-{}", span.kind.name());
    let (x, width) = (percent(start), percent(end - start));
    let mut attributes: Vec<(&str, &dyn Display)> = vec![
        ("class", &class),
        ("x", &x),
        ("y", &y),
        ("width", &width),
        ("height", &height),
    ];
    let by = span.by.and_then(|by| picture.rows.of(by));
    if let Some(by) = &by {
        attributes.push(("data-by", by));
    }
    let fill = style::fill(&picture.id, span.kind);
    if matches!(span.kind, SpanKind::Waiting | SpanKind::Blocked) {
        attributes.push(("fill", &fill));
    }
    xml.titled("rect", &attributes, title);
    if picture.timeline.unit == TimeUnit::Steps && end - start >= ROOMY {
        let label = match span.kind {
            SpanKind::Running => span.label.clone(),
            kind => format!("{} to {}", kind.name(), span.label),
        };
        let bottom = picture.layout.bar(index) + picture.layout.thick;
        said(xml, &x, bottom, (end - start, &label));
    }
}

/// In a schedule, what was done in a step is all that there is to see of it.
fn said(xml: &mut Xml, x: &str, bottom: u32, (width, label): (f64, &str)) {
    let place: [(&str, &dyn Display); 4] = [
        ("class", &"s-wide"),
        ("x", &x),
        ("dx", &4),
        ("y", &(bottom - 5)),
    ];
    // On a picture of 1,000 pixels, at some 7 pixels a letter.
    xml.text("text", &place, &shortened(label, (width * 140.0) as usize));
}

/// One shape per kind, the kinds stacked by their share of each slice, and a place to hover per slice.
fn summed_up(picture: &Picture<'_>, xml: &mut Xml, index: usize, row: &Row<'_>, slices: usize) {
    let bins = bins(row.spans.iter().copied(), &picture.window, slices);
    let (y, height) = (picture.layout.bar(index), picture.layout.thick);
    for kind in SpanKind::ALL {
        shape(picture, xml, index, &bins, kind);
    }
    for (slice, bin) in bins.iter().enumerate().filter(|(_, bin)| bin.count > 0) {
        let title = slice_title(picture, row, bin, slices, slice);
        let (x, width) = (
            percent(slice as f64 / slices as f64),
            percent(1.0 / slices as f64),
        );
        let place: [(&str, &dyn Display); 5] = [
            ("class", &"s-hover"),
            ("x", &x),
            ("y", &y),
            ("width", &width),
            ("height", &height),
        ];
        xml.titled("rect", &place, &title);
    }
}

/// The bar of a kind, cut out of a bar as wide as the row: so the shape stretches and its pattern does not.
fn shape(picture: &Picture<'_>, xml: &mut Xml, index: usize, bins: &[Bin], kind: SpanKind) {
    let path = stacked(bins, kind);
    if path.is_empty() {
        return;
    }
    let id = format!("{}-{index}-{}", picture.id, kind.name());
    xml.open(
        "clipPath",
        &[("id", &id), ("clipPathUnits", &"objectBoundingBox")],
    );
    xml.empty("path", &[("d", &path)]);
    xml.close();
    let (y, height) = (picture.layout.bar(index), picture.layout.thick);
    let fill = style::fill(&picture.id, kind);
    let cut = format!("url(#{id})");
    let place: [(&str, &dyn Display); 5] = [
        ("y", &y),
        ("width", &"100%"),
        ("height", &height),
        ("fill", &fill),
        ("clip-path", &cut),
    ];
    xml.empty("rect", &place);
}

/// Rectangles one slice wide, standing on those of the kinds before it, in a square of side 1.
fn stacked(bins: &[Bin], kind: SpanKind) -> String {
    let mut path = String::new();
    let mut open: Option<(usize, f64, f64)> = None;
    for (slice, bin) in bins.iter().enumerate() {
        let (below, height) = stack(bin, kind);
        if open.is_some_and(|(_, floor, tall)| same(floor, below) && same(tall, height)) {
            continue;
        }
        rectangle(&mut path, open, slice, bins.len());
        open = Some((slice, below, height));
    }
    rectangle(&mut path, open, bins.len(), bins.len());
    path
}

fn same(a: f64, b: f64) -> bool {
    (a - b).abs() < 0.0005
}

/// Where a kind stands in a slice, and how tall it is. Holding lies over the others, at the bottom.
fn stack(bin: &Bin, kind: SpanKind) -> (f64, f64) {
    if kind == SpanKind::Holding {
        return (0.0, bin.share(kind) * 0.25);
    }
    let below = SpanKind::ALL
        .iter()
        .take(kind as usize)
        .map(|kind| bin.share(*kind))
        .sum();
    (below, bin.share(kind))
}

fn rectangle(path: &mut String, open: Option<(usize, f64, f64)>, end: usize, slices: usize) {
    let Some((start, floor, height)) = open.filter(|(_, _, height)| *height > 0.0) else {
        return;
    };
    let x = |slice: usize| slice as f64 / slices as f64;
    let (left, right, top) = (x(start), x(end), (1.0 - floor - height).max(0.0));
    let _ = write!(
        path,
        "M{left:.5} {:.4}V{top:.4}H{right:.5}V{:.4}z",
        1.0 - floor,
        1.0 - floor
    );
}

fn slice_title(
    picture: &Picture<'_>,
    row: &Row<'_>,
    bin: &Bin,
    slices: usize,
    slice: usize,
) -> String {
    let from = edge(&picture.window, slices, slice);
    let to = edge(&picture.window, slices, slice + 1);
    let spans = if bin.count == 1 { "span" } else { "spans" };
    let kinds = summary(bin, usize::MAX);
    format!(
        "{}, {} from {}: {kinds}, {} {spans}",
        row.name,
        picture.timeline.unit.long(to - from),
        picture.timeline.unit.moment(from),
        units::count(bin.count)
    )
}

fn arrows(picture: &Picture<'_>, xml: &mut Xml) {
    let inside = picture
        .timeline
        .arrows
        .iter()
        .filter(|arrow| picture.window.contains(&arrow.at_ns));
    let head = format!("url(#{}-head)", picture.id);
    for arrow in inside {
        let (Some(from), Some(to)) = (
            picture.rows.of(arrow.from_lane),
            picture.rows.of(arrow.to_lane),
        ) else {
            continue;
        };
        let (y1, y2) = ends(picture, from, to);
        let (x1, x2) = (
            picture.x(arrow.left_ns.unwrap_or(arrow.at_ns)),
            picture.x(arrow.at_ns),
        );
        let line: [(&str, &dyn Display); 6] = [
            ("class", &"s-arrow"),
            ("x1", &x1),
            ("x2", &x2),
            ("y1", &y1),
            ("y2", &y2),
            ("marker-end", &head),
        ];
        xml.titled("line", &line, &arrow_title(picture, arrow));
    }
}

/// From the edge of one bar to the edge of the other that faces it.
fn ends(picture: &Picture<'_>, from: usize, to: usize) -> (u32, u32) {
    let (top, bottom) = (
        |row| picture.layout.bar(row),
        |row| picture.layout.bar(row) + picture.layout.thick,
    );
    if from <= to {
        (bottom(from), top(to))
    } else {
        (top(from), bottom(to))
    }
}

fn arrow_title(picture: &Picture<'_>, arrow: &Arrow) -> String {
    let (from, to) = (
        picture.names.of(arrow.from_lane),
        picture.names.of(arrow.to_lane),
    );
    let label = if arrow.label.is_empty() {
        "a value"
    } else {
        &arrow.label
    };
    let unit = picture.timeline.unit;
    let way = match arrow.left_ns {
        Some(left) if left < arrow.at_ns => {
            format!(", {} on the way", unit.long(arrow.at_ns - left))
        }
        _ => String::new(),
    };
    format!(
        "{from} hands {label} to {to} at {}{way}",
        unit.moment(arrow.at_ns)
    )
}
