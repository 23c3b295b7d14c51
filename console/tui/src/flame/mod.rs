//! A flame graph that stays where it is while its profile is replaced: what is selected and what is zoomed to are
//! remembered by name.
//!
//! Everything that costs is done when a profile, the zoom, the width or the search changes, never for a frame of the
//! screen.

mod build;
mod grow;
mod layout;
mod name;
mod order;
mod origin;
mod shown;
mod stacks;
mod table;

pub(crate) use build::Shape;
pub(crate) use layout::{Block, Layout, What};
pub(crate) use name::fitted;
pub(crate) use shown::{Part, Shown, index_of, parts};
pub(crate) use stacks::{Frame, Node, Stacks, Step};
pub(crate) use table::{Order, Table, TableRow, table_rows};

use std::sync::Arc;

use crate::matcher::Matcher;

/// A flame graph and what is looked at in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flame {
    stacks: Arc<Stacks>,
    layout: Layout,
    width: u16,
    /// What was zoomed to, one after the other.
    zooms: Vec<Vec<Step>>,
    selected: Vec<Step>,
    zoom_node: u32,
    selected_node: u32,
    search: Matcher,
    /// Which frames the search matches; empty without a search.
    matches: Vec<bool>,
    matched: i64,
    /// How often it was laid out.
    layouts: u64,
}

impl Flame {
    /// Shows other stacks, as near as can be to what was looked at before, which it answers.
    pub(crate) fn put(&mut self, stacks: Arc<Stacks>) -> Arc<Stacks> {
        let old = std::mem::replace(&mut self.stacks, stacks);
        self.match_again();
        self.settle();
        old
    }

    pub(crate) fn set_width(&mut self, width: u16) {
        if self.width != width {
            self.width = width;
            self.settle();
        }
    }

    pub(crate) fn search(&mut self, matcher: Matcher) {
        self.search = matcher;
        self.match_again();
    }

    pub(crate) fn stacks(&self) -> &Arc<Stacks> {
        &self.stacks
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The node that takes the whole width.
    pub(crate) fn zoom(&self) -> u32 {
        self.zoom_node
    }

    pub(crate) fn is_zoomed(&self) -> bool {
        !self.zooms.is_empty()
    }

    pub(crate) fn selected(&self) -> u32 {
        self.selected_node
    }

    /// The row of the selected frame.
    pub(crate) fn selected_row(&self) -> usize {
        self.stacks
            .nodes
            .get(self.selected_node as usize)
            .map_or(0, |node| usize::from(node.depth))
    }

    /// Whether the search matches a node.
    pub(crate) fn is_match(&self, at: u32) -> bool {
        at != 0
            && !self.matches.is_empty()
            && self.stacks.nodes.get(at as usize).is_some_and(|node| {
                let hidden = self.stacks.hidden(at);
                let frames = std::iter::once(&node.frame).chain(hidden);
                frames.into_iter().any(|frame| {
                    self.matches
                        .get(*frame as usize)
                        .is_some_and(|matched| *matched)
                })
            })
    }

    /// The value of all stacks with a match in them.
    pub(crate) fn matched(&self) -> i64 {
        self.matched
    }

    #[cfg(test)]
    pub(crate) fn layouts(&self) -> u64 {
        self.layouts
    }

    /// Selects the neighbour in the same row, if there is one.
    pub(crate) fn step_aside(&mut self, right: bool) {
        let row: Vec<u32> = self.layout.nodes(self.selected_row()).collect();
        let here = row.iter().position(|node| *node == self.selected_node);
        let next = here.and_then(|here| {
            if right {
                here.checked_add(1)
            } else {
                here.checked_sub(1)
            }
        });
        if let Some(node) = next.and_then(|next| row.get(next)) {
            self.select(*node);
        }
    }

    /// Selects the caller.
    pub(crate) fn step_out(&mut self) {
        if let Some(node) = self.stacks.nodes.get(self.selected_node as usize) {
            self.select(node.parent);
        }
    }

    /// Selects what the selected frame called most, of what is drawn.
    pub(crate) fn step_in(&mut self) {
        let drawn: Vec<u32> = self.layout.nodes(self.selected_row() + 1).collect();
        let below = drawn
            .into_iter()
            .filter(|node| self.stacks.nodes[*node as usize].parent == self.selected_node);
        // Of equals, the leftmost.
        if let Some(node) = below
            .rev()
            .max_by_key(|node| self.stacks.nodes[*node as usize].weight())
        {
            self.select(node);
        }
    }

    /// Selects the frame that is zoomed to.
    pub(crate) fn step_home(&mut self) {
        self.select(self.zoom_node);
    }

    /// Selects the next or the previous match that is drawn, round and round.
    pub(crate) fn step_match(&mut self, forward: bool) {
        let rows = 0..self.layout.rows.len();
        let mut found: Vec<u32> = rows
            .flat_map(|row| self.layout.nodes(row))
            .filter(|node| self.is_match(*node))
            .collect();
        if !forward {
            found.reverse();
        }
        let here = found.iter().position(|node| *node == self.selected_node);
        let next = here.map_or(0, |here| (here + 1) % found.len());
        if let Some(node) = found.get(next) {
            self.select(*node);
        }
    }

    /// Gives the selected frame the whole width.
    pub(crate) fn zoom_in(&mut self) {
        if self.selected_node != self.zoom_node {
            self.zooms.push(self.selected.clone());
            self.settle();
        }
    }

    /// Goes back to the zoom before.
    pub(crate) fn zoom_out(&mut self) {
        self.zooms.pop();
        self.settle();
    }

    /// Selects the place where the function of that name costs most, and shows all of the graph.
    pub(crate) fn select_function(&mut self, name: &str) {
        let is_it = |frame: u32| {
            self.stacks
                .frames
                .get(frame as usize)
                .is_some_and(|f| !f.folded && *f.name == *name)
        };
        let nodes = (1..).zip(self.stacks.nodes.iter().skip(1));
        let found = nodes.filter(|(at, node)| {
            let mut hidden = self.stacks.hidden(*at).iter();
            is_it(node.frame) || hidden.any(|frame| is_it(*frame))
        });
        if let Some((node, _)) = found.max_by_key(|(_, node)| node.weight()) {
            self.select_node(node);
        }
    }

    /// Selects the node at a path, or the deepest one on the way there, and shows all of the graph.
    pub(crate) fn select_path(&mut self, path: &[Step]) {
        self.select_node(self.stacks.find(path));
    }

    fn select_node(&mut self, node: u32) {
        self.zooms.clear();
        self.select(node);
        self.settle();
    }

    /// Selects a node where one is.
    pub(crate) fn select_in_view(&mut self, node: u32) {
        self.select(node);
    }

    fn select(&mut self, node: u32) {
        self.selected_node = node;
        self.selected = self.stacks.path(node);
    }

    /// Finds zoom and selection again and lays out anew.
    fn settle(&mut self) {
        self.zoom_node = self.zooms.last().map_or(0, |path| self.stacks.find(path));
        self.layout = Layout::new(&self.stacks, self.zoom_node, self.width);
        self.layouts += 1;
        self.selected_node = self.stacks.find(&self.selected);
        let outside = !self.stacks.is_below(self.selected_node, self.zoom_node)
            && !self.stacks.is_below(self.zoom_node, self.selected_node);
        if outside {
            self.selected_node = self.zoom_node;
        }
        // A frame that became too narrow is not lost: the nearest one around it that is drawn stands for it.
        while self.selected_node != 0
            && self
                .layout
                .block(&self.stacks, self.selected_node)
                .is_none()
        {
            self.selected_node = self.stacks.nodes[self.selected_node as usize].parent;
        }
    }

    fn match_again(&mut self) {
        let names = self.stacks.frames.iter().map(|frame| &*frame.name);
        self.matches = self.search.matched_of(names).unwrap_or_default();
        self.matched = self.matched_below_root();
    }

    /// Each stack counts once, however many of its frames match.
    fn matched_below_root(&self) -> i64 {
        if self.matches.is_empty() {
            return 0;
        }
        let mut sum: i64 = 0;
        let mut todo = vec![0];
        while let Some(at) = todo.pop() {
            let Some(node) = self.stacks.nodes.get(at as usize) else {
                continue;
            };
            if self.is_match(at) {
                sum = sum.saturating_add(node.weight());
            } else {
                todo.extend(self.stacks.children(at));
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Progress;
    use crate::testing::profile_of;

    const SAMPLES: &[(&str, i64)] = &[
        ("main;a;x;y", 20),
        ("main;a;x", 10),
        ("main;b;x", 60),
        ("main;c", 10),
    ];

    fn flame(samples: &[(&str, i64)]) -> Flame {
        let mut flame = Flame::default();
        flame.set_width(100);
        show(&mut flame, samples);
        flame
    }

    fn show(flame: &mut Flame, samples: &[(&str, i64)]) {
        let profile = profile_of(samples, |_| "src/main.rs");
        let shown = Shown::of(&[profile], None);
        let stacks = Stacks::new(&shown, Shape::Folded, &Progress::default());
        flame.put(Arc::new(stacks));
    }

    fn steps(flame: &mut Flame, steps: &str) -> String {
        for step in steps.chars() {
            match step {
                'i' => flame.step_in(),
                'o' => flame.step_out(),
                'l' => flame.step_aside(false),
                'r' => flame.step_aside(true),
                'n' => flame.step_match(true),
                'p' => flame.step_match(false),
                'z' => flame.zoom_in(),
                'b' => flame.zoom_out(),
                _ => flame.step_home(),
            }
        }
        flame.stacks.name(flame.selected()).to_owned()
    }

    #[test]
    fn steps_follow_the_picture() {
        for (path, expect) in [
            ("", "all"),
            ("o", "all"),
            ("i", "main"),
            ("ii", "b"),
            ("iil", "a"),
            ("iill", "a"),
            ("iir", "c"),
            ("iirr", "c"),
            ("iiroh", "all"),
            ("iilzi", "x"),
            ("iilzr", "a"),
            ("iilzh", "a"),
            ("iilzib", "x"),
            ("iilzo", "main"),
        ] {
            assert_eq!(steps(&mut flame(SAMPLES), path), expect, "{path}");
        }
    }

    #[test]
    fn a_new_profile_keeps_selection_and_zoom() {
        let mut flame = flame(SAMPLES);
        steps(&mut flame, "iilzii");
        show(&mut flame, &[("other;main", 5), ("main;a;x;y", 1)]);
        assert_eq!(flame.stacks.name(flame.selected()), "y");
        assert_eq!(flame.stacks.name(flame.zoom()), "a");
        show(&mut flame, &[("other", 5)]);
        assert_eq!((flame.selected(), flame.zoom()), (0, 0));
        show(&mut flame, SAMPLES);
        assert_eq!(
            (
                flame.stacks.name(flame.zoom()),
                flame.stacks.name(flame.selected())
            ),
            ("a", "y")
        );
    }

    #[test]
    fn a_search_counts_each_stack_once() {
        let mut flame = flame(SAMPLES);
        flame.search(Matcher::new("x|y"));
        assert_eq!(flame.matched(), 90);
        assert_eq!(
            [
                steps(&mut flame, "n"),
                steps(&mut flame, "n"),
                steps(&mut flame, "n"),
                steps(&mut flame, "p")
            ],
            ["x", "x", "y", "x"]
        );
        flame.search(Matcher::new(""));
        assert_eq!(flame.matched(), 0);
    }

    #[test]
    fn a_function_is_found_where_it_costs_most() {
        let mut flame = flame(SAMPLES);
        flame.select_function("x");
        assert_eq!(steps(&mut flame, "o"), "b");
        flame.select_function("nowhere");
        assert_eq!(steps(&mut flame, ""), "b");
    }

    #[test]
    fn it_is_laid_out_for_changes_only() {
        let mut flame = flame(SAMPLES);
        let before = flame.layouts();
        flame.set_width(100);
        steps(&mut flame, "iilr");
        assert_eq!(flame.layouts(), before);
        steps(&mut flame, "z");
        assert_eq!(flame.layouts(), before + 1);
    }
}
