//! A flame graph as a picture: SVG that needs neither scripts nor anything else.
//!
//! The root is at the top. A frame is as wide as its share of the whole; its place among its neighbours says nothing.
//! Each has a tooltip with the whole name, its value and its share. Colours follow the reader's light or dark theme;
//! they tell neighbours apart and nothing more, so that none has to be distinguished from another.
//!
//! Of a difference ([`Profile::diff`], or any profile with negative values), a frame is as wide as what it takes and
//! what the base took together. Frames that grew are orange and marked `+`, those that shrank blue and marked `−`,
//! the more the stronger; the two colours are told apart by people who cannot see red and green.

mod layout;
mod style;

use std::fmt::Write as _;

use crate::tree::CallTree;
use crate::{Profile, units};
use layout::{Block, Layout};
pub use style::STYLE;
use style::{Text, ramp, shade};

/// How a flame graph is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// What the picture is called; shown at its top.
    pub title: String,
    /// Index of the sample type shown; none for [`Profile::default_index`].
    pub sample_index: Option<usize>,
    /// How wide the picture is, in pixels; it scales to where it is shown. At least 200.
    pub width: u32,
    /// Frames narrower than this many pixels are left out.
    pub min_width: f64,
    /// Frames deeper than this are left out; what is left out is told in the picture.
    pub max_depth: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            title: "Flame graph".to_owned(),
            sample_index: None,
            width: 1200,
            min_width: 0.4,
            max_depth: 200,
        }
    }
}

/// Height of a frame, in pixels.
const ROW: usize = 18;
/// Height of what is above the frames.
const HEAD: usize = 48;
/// Space to the left and right.
const MARGIN: f64 = 8.0;
/// How many characters of a name are written.
const LONGEST: usize = 1000;
/// Width of a character, in pixels, in the font that frames are labelled in.
const CHARACTER: f64 = 7.0;

/// The flame graph of a profile. However large the profile, the picture has at most some
/// `max_depth * width / min_width` frames, with at most 1000 characters of each name.
///
/// ```
/// # use profile::{ValueType, folded, flame};
/// let profile = folded::read("main;read 3\nmain;write 1\n", ValueType::new("samples", "count"))?;
/// let picture = flame::svg(&profile, &flame::Options::default());
/// assert!(picture.starts_with("<svg ") && picture.contains("<title>read\n3 (75.00%)"));
/// # Ok::<(), profile::Error>(())
/// ```
pub fn svg(profile: &Profile, options: &Options) -> String {
    let index = options
        .sample_index
        .unwrap_or_else(|| profile.default_index());
    let tree = CallTree::new(profile, index);
    let unit = profile
        .sample_types
        .get(index)
        .map_or("", |t| t.unit.as_str());
    let width = f64::from(options.width.max(200));
    let layout = Layout::new(&tree, width - 2.0 * MARGIN, options);
    let picture = Picture {
        tree: &tree,
        unit,
        differs: tree.nodes[0].negative > 0,
    };
    let mut out = String::with_capacity(512 + 256 * layout.blocks.len());
    picture.head(&mut out, profile, index, options, &layout);
    for block in &layout.blocks {
        picture.block(&mut out, block);
    }
    out.push_str("</svg>\n");
    out
}

struct Picture<'a> {
    tree: &'a CallTree,
    unit: &'a str,
    /// Whether it shows a difference.
    differs: bool,
}

// Writing to a string cannot fail.
impl Picture<'_> {
    fn head(
        &self,
        out: &mut String,
        profile: &Profile,
        index: usize,
        options: &Options,
        layout: &Layout,
    ) {
        let width = options.width.max(200);
        let height = HEAD + layout.rows * ROW + 8;
        let title = Text(&options.title);
        let _ = write!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\" role=\"img\" font-family=\"ui-monospace, monospace\" font-size=\"11.5\">\n\
             <title>{title}</title>\n<style>{STYLE}</style>\n\
             <rect class=\"page\" width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
             <text class=\"title\" x=\"8\" y=\"18\" font-size=\"14\" fill=\"#1f1f1f\">{title}</text>\n\
             <text class=\"note\" x=\"8\" y=\"36\" fill=\"#595959\">"
        );
        let kind = profile
            .sample_types
            .get(index)
            .map_or("", |t| t.kind.as_str());
        let root = &self.tree.nodes[0];
        let label = |value| units::label(value, self.unit, "auto");
        let _ = if self.differs {
            let now = root.total.saturating_add(root.negative);
            let (now, base) = (label(now), label(root.negative));
            write!(
                out,
                "{}: {base} before, {now} now. Orange and +: more; blue and −: less.",
                Text(kind)
            )
        } else {
            write!(out, "{}: {}.", Text(kind), Text(&label(root.total)))
        };
        if layout.narrow > 0 || layout.deep > 0 {
            let (narrow, deep) = (layout.narrow, layout.deep);
            let _ = write!(
                out,
                " Left out: {narrow} narrow frames, {deep} deep ones, and what they called."
            );
        }
        out.push_str("</text>\n");
    }

    fn block(&self, out: &mut String, block: &Block) {
        let node = &self.tree.nodes[block.node as usize];
        let (x, y) = (MARGIN + block.x, HEAD + block.row * ROW);
        let name = if block.row == 0 { "all" } else { &node.name };
        let longest = name.char_indices().nth(LONGEST).map(|(end, _)| end);
        let name = &name[..longest.unwrap_or(name.len())];
        let (class, fill) = if self.differs {
            let amount = node.total.saturating_add(node.negative.saturating_mul(2));
            ramp(node.total as f64 / amount.max(1) as f64)
        } else {
            shade(name, block.row)
        };
        // A gap between neighbours, where there is room for one.
        let width = (block.width - 0.6).max(block.width * 0.8);
        let height = ROW - 1;
        let _ = write!(
            out,
            "<g><title>{}\n{}</title><rect class=\"{class}\" x=\"{x:.2}\" y=\"{y}\" width=\"{width:.2}\" \
             height=\"{height}\" rx=\"1.5\" fill=\"{fill}\"/>",
            Text(name),
            Text(&self.numbers(node)),
        );
        let room = ((block.width - 6.0) / CHARACTER).max(0.0) as usize;
        if let Some(label) = fitted(&self.marked(name, node.total), room) {
            let (x, y) = (x + 3.0, y + 12);
            let _ = write!(
                out,
                "<text x=\"{x:.2}\" y=\"{y}\" fill=\"#1f1f1f\">{}</text>",
                Text(&label)
            );
        }
        out.push_str("</g>\n");
    }

    /// A name with the sign of its difference.
    fn marked(&self, name: &str, difference: i64) -> String {
        match difference {
            1.. if self.differs => format!("+{name}"),
            ..=-1 if self.differs => format!("−{name}"),
            _ => name.to_owned(),
        }
    }

    /// What a frame took, for its tooltip.
    fn numbers(&self, node: &crate::tree::Node) -> String {
        let label = |value| units::label(value, self.unit, "auto");
        let root = &self.tree.nodes[0];
        if self.differs {
            let now = node.total.saturating_add(node.negative);
            let share = units::percentage(node.total, root.negative);
            let sign = if node.total > 0 { "+" } else { "" };
            let (before, now) = (label(node.negative), label(now));
            return format!(
                "{before} before, {now} now: {sign}{}, {share} of all before",
                label(node.total)
            );
        }
        let share = units::percentage(node.total, root.total);
        let mut text = format!("{} ({share})", label(node.total));
        if node.own != 0 && node.own != node.total {
            let _ = write!(text, ", itself {}", label(node.own));
        }
        text
    }
}

/// A name cut to a number of characters: the end says more than the start. None if nothing readable is left.
fn fitted(name: &str, room: usize) -> Option<String> {
    let length = name.chars().count();
    if length <= room {
        return Some(name.to_owned());
    }
    let kept = room.checked_sub(1).filter(|kept| *kept >= 2)?;
    let mut text = String::from("…");
    text.extend(name.chars().skip(length - kept));
    Some(text)
}
