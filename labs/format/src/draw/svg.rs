//! Swimlanes as an SVG picture.
//!
//! Times are percentages of the width and everything else is in pixels, so that the picture
//! stretches from a phone to a wide screen while its text keeps its size.

mod lanes;
mod legend;
mod plan;
mod strip;
mod style;
mod xml;

use std::fmt::Write as _;
use std::ops::Range;

use self::plan::Plan;
pub use self::style::STYLE;
use self::xml::Xml;
use super::axis::ticks;
use super::rows::Rows;
use super::terminal::part;
use super::words::{Names, sentences};
use super::{SvgOptions, counters_left_out, drawn_counters, window};
use crate::{SpanKind, Timeline, units};

/// More rows than this do not help anybody.
const MOST_ROWS: usize = 64;
/// From here on, rows are drawn closer together.
const CROWDED: usize = 12;

pub(super) fn draw(timeline: &Timeline, options: &SvgOptions) -> String {
    let rows = Rows::new(timeline, MOST_ROWS);
    let window = window(timeline, options.window.as_ref());
    let plan = Plan::new(timeline, &rows, &window, options.width, options.max_nodes);
    let picture = Picture {
        timeline,
        names: Names::new(timeline),
        layout: Layout::new(rows.rows.len()),
        id: identity(timeline, options),
        rows,
        window,
        plan,
    };
    picture.draw(options)
}

/// What every part of the drawing needs.
struct Picture<'a> {
    timeline: &'a Timeline,
    rows: Rows<'a>,
    names: Names<'a>,
    layout: Layout,
    window: Range<u64>,
    plan: Plan,
    /// A prefix for ids, so that two pictures can stand in one page.
    id: String,
}

impl Picture<'_> {
    fn draw(&self, options: &SvgOptions) -> String {
        let legend = legend::items(self);
        let top = 40 + legend::height(&legend);
        let lanes_end = top + self.layout.pitch * self.rows.rows.len() as u32;
        let counters = drawn_counters(self.timeline);
        let strips_end = lanes_end + strip::HEIGHT * counters.len() as u32;
        let height = strips_end + 34;

        let mut xml = Xml::default();
        self.open(&mut xml, options, height);
        self.heading(&mut xml, options, &legend);
        let place: [(&str, &dyn std::fmt::Display); 6] = [
            ("class", &"s-view"),
            ("x", &"1.5%"),
            ("y", &top),
            ("width", &"97%"),
            ("height", &(height - top)),
            ("overflow", &"visible"),
        ];
        xml.open("svg", &place);
        // What has a time. Its own coordinates: 0 % to 100 % is the window, 0 is the first row's top. A page zooms by
        // making it wider than what it stands in.
        let time: [(&str, &dyn std::fmt::Display); 4] = [
            ("class", &"s-time"),
            ("width", &"100%"),
            ("height", &"100%"),
            ("overflow", &"visible"),
        ];
        xml.open("svg", &time);
        self.axis(&mut xml, strips_end - top);
        lanes::draw(self, &mut xml);
        let strip = |index: usize| lanes_end - top + strip::HEIGHT * index as u32;
        for (index, counter) in counters.iter().enumerate() {
            strip::draw(self, &mut xml, counter, strip(index), options.width);
        }
        self.marks(&mut xml, strips_end - top);
        xml.close();
        // Names come last, so that no arrow crosses them.
        lanes::names(self, &mut xml);
        for (index, counter) in counters.iter().enumerate() {
            strip::names(self, &mut xml, counter, strip(index), options.width);
        }
        xml.close();
        debug_assert!(
            xml.nodes() <= options.max_nodes.max(1_000),
            "the plan keeps the bound"
        );
        xml.finish()
    }

    fn open(&self, xml: &mut Xml, options: &SvgOptions, height: u32) {
        let (title, text) = (format!("{}-title", self.id), format!("{}-text", self.id));
        let end = self.timeline.end().max(1);
        let unit = self.timeline.unit.name();
        let labelled = format!("{title} {text}");
        let mut attributes: Vec<(&str, &dyn std::fmt::Display)> = vec![
            ("xmlns", &"http://www.w3.org/2000/svg"),
            ("class", &"swim"),
            ("role", &"img"),
            ("aria-labelledby", &labelled),
            ("width", &"100%"),
            ("height", &height),
            ("data-unit", &unit),
            ("data-from", &self.window.start),
            ("data-to", &self.window.end),
            ("data-end", &end),
        ];
        if !options.source.is_empty() {
            attributes.push(("data-source", &options.source));
        }
        xml.open("svg", &attributes);
        xml.text("title", &[("id", &title)], heading(options));
        xml.text("desc", &[("id", &text)], &self.description());
        style::write(xml, &self.id);
        xml.empty(
            "rect",
            &[
                ("class", &"s-page"),
                ("width", &"100%"),
                ("height", &"100%"),
            ],
        );
        xml.line();
    }

    fn heading(&self, xml: &mut Xml, options: &SvgOptions, legend: &[legend::Item]) {
        xml.open(
            "svg",
            &[("x", &"1.5%"), ("width", &"97%"), ("overflow", &"visible")],
        );
        xml.text(
            "text",
            &[("class", &"s-head"), ("y", &20)],
            heading(options),
        );
        xml.text(
            "text",
            &[("class", &"s-dim s-part"), ("y", &38)],
            &self.subtitle(),
        );
        legend::draw(self, xml, legend);
        xml.close();
        xml.line();
    }

    /// What part is shown, and what was summed up to show it.
    fn subtitle(&self) -> String {
        let end = self.timeline.end().max(1);
        let mut text = if self.window == (0..end) {
            format!("{} in all", self.timeline.unit.long(end))
        } else {
            part(self.timeline.unit, &self.window, end)
        };
        let recorded: u64 = self
            .timeline
            .spans
            .iter()
            .map(|span| u64::from(span.count))
            .sum();
        if self.plan.slices.is_some() || recorded > self.timeline.spans.len() as u64 {
            let _ = write!(text, " · {} spans summed up", units::count(recorded));
        }
        let arrows = self.timeline.arrows.len();
        if arrows > 0 && !self.plan.arrows {
            let _ = write!(
                text,
                " · {} hand-overs not drawn",
                units::count(arrows as u64)
            );
        }
        if let Some(left_out) = counters_left_out(self.timeline) {
            let _ = write!(text, " · {left_out}");
        }
        if self.timeline.dropped > 0 {
            let _ = write!(
                text,
                " · {} events not kept",
                units::count(self.timeline.dropped)
            );
        }
        text
    }

    /// The picture in words.
    fn description(&self) -> String {
        let lanes = self.rows.rows.iter().map(|row| row.lanes).sum::<usize>();
        let mut text = format!("Swimlanes of {lanes} lanes over {}.", self.subtitle());
        for sentence in sentences(self.timeline).iter().take(MOST_ROWS) {
            let _ = write!(text, " {sentence}");
        }
        text
    }

    fn axis(&self, xml: &mut Xml, height: u32) {
        xml.open("g", &[("class", &"s-axis"), ("data-height", &height)]);
        let ticks = ticks(self.timeline.unit, &self.window, 7);
        let last = ticks.len().saturating_sub(1);
        for (index, (at, label)) in ticks.into_iter().enumerate() {
            let x = self.x(at);
            xml.empty(
                "line",
                &[
                    ("class", &"s-grid"),
                    ("x1", &x),
                    ("x2", &x),
                    ("y1", &0),
                    ("y2", &(height + 8)),
                ],
            );
            let near_end = index == last && self.share(at) > 0.93;
            let anchor = if index == 0 && self.share(at) < 0.03 {
                "start"
            } else if near_end {
                "end"
            } else {
                "middle"
            };
            // Every other label is left out where there is no room for it.
            let class = if index % 2 == 1 {
                "s-dim s-num s-wide"
            } else {
                "s-dim s-num"
            };
            let y = height + 24;
            xml.text(
                "text",
                &[
                    ("class", &class),
                    ("x", &x),
                    ("y", &y),
                    ("text-anchor", &anchor),
                ],
                &label,
            );
        }
        xml.close();
        xml.line();
    }

    fn marks(&self, xml: &mut Xml, height: u32) {
        let inside = self
            .timeline
            .marks
            .iter()
            .filter(|mark| self.window.contains(&mark.at_ns));
        for mark in inside.take(self.plan.marks) {
            let x = self.x(mark.at_ns);
            let row = mark.lane.and_then(|lane| self.rows.of(lane));
            let (from, to) = row.map_or((0, height), |row| {
                let y = self.layout.bar(row);
                (y, y + self.layout.thick)
            });
            let line: [(&str, &dyn std::fmt::Display); 5] = [
                ("class", &"s-mark"),
                ("x1", &x),
                ("x2", &x),
                ("y1", &from),
                ("y2", &to),
            ];
            xml.titled(
                "line",
                &line,
                &format!(
                    "{} at {}",
                    mark.label,
                    self.timeline.unit.moment(mark.at_ns)
                ),
            );
        }
    }

    /// How far into the window a moment lies, from 0 to 1.
    fn share(&self, at: u64) -> f64 {
        let length = (self.window.end - self.window.start).max(1);
        at.clamp(self.window.start, self.window.end)
            .saturating_sub(self.window.start) as f64
            / length as f64
    }

    fn x(&self, at: u64) -> String {
        percent(self.share(at))
    }
}

/// Where rows lie, in pixels from the top of the first.
#[derive(Clone, Copy, Debug)]
struct Layout {
    /// From one row to the next.
    pitch: u32,
    /// From a row's top to its bar: the name's line.
    head: u32,
    /// The bar's height.
    thick: u32,
}

impl Layout {
    fn new(rows: usize) -> Self {
        if rows > CROWDED {
            Self {
                pitch: 32,
                head: 18,
                thick: 10,
            }
        } else {
            Self {
                pitch: 46,
                head: 20,
                thick: 18,
            }
        }
    }

    /// The top of a row's bar.
    fn bar(&self, row: usize) -> u32 {
        self.pitch * row as u32 + self.head
    }

    /// Top and height of a span's bar: what does not run is thinner than what runs.
    fn extent(&self, row: usize, kind: SpanKind) -> (u32, u32) {
        let bar = self.bar(row);
        match kind {
            SpanKind::Running => (bar, self.thick),
            SpanKind::Blocked => (bar + self.thick / 6, self.thick - self.thick / 3),
            SpanKind::Waiting => (bar + self.thick / 4, self.thick - self.thick / 2),
            SpanKind::Holding => (bar + self.thick - 5, 6),
        }
    }
}

fn heading(options: &SvgOptions) -> &str {
    if options.title.is_empty() {
        "Who waits for whom"
    } else {
        &options.title
    }
}

/// A share of the width: `12.345%`.
fn percent(share: f64) -> String {
    let text = format!("{:.3}", share * 100.0);
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

/// Ids that differ between pictures and not between two drawings of the same one (FNV-1a).
fn identity(timeline: &Timeline, options: &SvgOptions) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut eat = |bytes: &[u8]| {
        for byte in bytes {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    eat(options.title.as_bytes());
    eat(&timeline.end().to_le_bytes());
    for span in timeline.spans.iter().take(1_000) {
        eat(&span.start_ns.to_le_bytes());
        eat(&span.lane.0.to_le_bytes());
    }
    format!("swim-{:08x}", hash >> 32)
}
