//! Where each frame of a flame graph lies on a screen of some width.
//!
//! The frame zoomed to takes the whole width, and so do those around it; below, each takes its share. Frames narrower
//! than a cell are not drawn one by one: neighbours are merged into a grey block once they fill one together.

use super::stacks::Stacks;

/// The blocks of a flame graph, row by row, the root's first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) rows: Vec<Vec<Block>>,
}

/// A part of a row.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// The first column.
    pub(crate) x: u16,
    /// How many; never 0.
    pub(crate) width: u16,
    pub(crate) what: What,
}

/// What a block stands for.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// This node.
    Node(u32),
    /// This many nodes too narrow to be drawn.
    Merged(u32),
}

impl Layout {
    /// Lays out the tree below `zoom`, and the way to it, in `width` columns.
    pub(crate) fn new(stacks: &Stacks, zoom: u32, width: u16) -> Self {
        let Some(root) = stacks.nodes.get(zoom as usize) else {
            return Self::default();
        };
        if width == 0 {
            return Self::default();
        }
        let mut rows = around(stacks, zoom, width);
        let scale = Scale {
            whole: i128::from(root.weight().max(1)),
            width: i128::from(width),
        };
        let mut level = vec![(zoom, 0_i128)];
        while !level.is_empty() {
            let mut row = Row::default();
            let mut next = Vec::new();
            for (node, start) in level {
                row.add_children(stacks, &scale, node, start, &mut next);
            }
            if !row.blocks.is_empty() {
                rows.push(row.blocks);
            }
            level = next;
        }
        Self { rows }
    }

    /// The block of `node`, if it is drawn.
    pub(crate) fn block(&self, stacks: &Stacks, node: u32) -> Option<Block> {
        let depth = stacks.nodes.get(node as usize)?.depth;
        self.rows
            .get(usize::from(depth))?
            .iter()
            .copied()
            .find(|block| block.what == What::Node(node))
    }

    /// The drawn nodes of a row, from left to right.
    pub(crate) fn nodes(&self, row: usize) -> impl DoubleEndedIterator<Item = u32> {
        self.rows
            .get(row)
            .into_iter()
            .flatten()
            .filter_map(|block| match block.what {
                What::Node(node) => Some(node),
                What::Merged(_) => None,
            })
    }
}

/// The frames that lead to `zoom`, and itself: each a whole row.
fn around(stacks: &Stacks, zoom: u32, width: u16) -> Vec<Vec<Block>> {
    let mut rows = Vec::new();
    let mut node = zoom;
    loop {
        rows.push(vec![Block {
            x: 0,
            width,
            what: What::Node(node),
        }]);
        if node == 0 {
            break;
        }
        node = stacks.nodes[node as usize].parent;
    }
    rows.reverse();
    rows
}

struct Scale {
    whole: i128,
    width: i128,
}

impl Scale {
    /// The column where the value `at`, counted from the left edge, lies.
    fn column(&self, at: i128) -> u16 {
        (at * self.width / self.whole).clamp(0, self.width) as u16
    }

    /// Whether `value` takes less than a cell.
    fn is_narrow(&self, value: i128) -> bool {
        value * self.width < self.whole
    }
}

#[derive(Default)]
struct Row {
    blocks: Vec<Block>,
    /// Nodes passed over since the last block that was drawn, and where the first of them begins.
    narrow: u32,
    narrow_x: u16,
}

impl Row {
    fn add_children(
        &mut self,
        stacks: &Stacks,
        scale: &Scale,
        node: u32,
        start: i128,
        next: &mut Vec<(u32, i128)>,
    ) {
        let mut at = start;
        for child in stacks.children(node) {
            let end = at + i128::from(stacks.nodes[child as usize].weight());
            if scale.is_narrow(end - at) {
                self.pass_over(scale.column(at));
            } else {
                let (x, right) = (scale.column(at), scale.column(end));
                self.flush(x);
                self.blocks.push(Block {
                    x,
                    width: right - x,
                    what: What::Node(child),
                });
                next.push((child, at));
            }
            at = end;
        }
        self.flush(scale.column(at));
    }

    fn pass_over(&mut self, x: u16) {
        if self.narrow == 0 {
            self.narrow_x = x;
        }
        self.narrow += 1;
    }

    fn flush(&mut self, x: u16) {
        if self.narrow > 0 && x > self.narrow_x {
            let width = x - self.narrow_x;
            self.blocks.push(Block {
                x: self.narrow_x,
                width,
                what: What::Merged(self.narrow),
            });
        }
        self.narrow = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Shape, Shown};
    use super::*;
    use crate::testing::profile_of;

    fn stacks(samples: &[(&str, i64)]) -> Stacks {
        let profile = profile_of(samples, |_| "src/main.rs");
        Stacks::new(
            &Shown::of(&[profile], None),
            Shape::Folded,
            &crate::progress::Progress::default(),
        )
    }

    fn drawn(stacks: &Stacks, zoom: u32, width: u16) -> Vec<String> {
        let text = |block: &Block| {
            let name = match block.what {
                What::Node(node) => stacks.name(node).to_owned(),
                What::Merged(count) => format!("+{count}"),
            };
            format!("{name}@{}..{}", block.x, block.x + block.width)
        };
        let layout = Layout::new(stacks, zoom, width);
        layout
            .rows
            .iter()
            .map(|row| row.iter().map(text).collect::<Vec<_>>().join(" "))
            .collect()
    }

    #[test]
    fn every_frame_takes_its_share() {
        let stacks = stacks(&[("main;a;x", 25), ("main;b", 50), ("main", 25)]);
        assert_eq!(
            drawn(&stacks, 0, 8),
            ["all@0..8", "main@0..8", "a@0..2 b@2..6", "x@0..2"]
        );
    }

    #[test]
    fn zooming_keeps_the_way_to_the_frame() {
        let stacks = stacks(&[("main;a;x", 25), ("main;b", 75)]);
        let a = stacks.find(&[("main".into(), false), ("a".into(), false)]);
        assert_eq!(
            drawn(&stacks, a, 8),
            ["all@0..8", "main@0..8", "a@0..8", "x@0..8"]
        );
    }

    #[test]
    fn narrow_neighbours_are_merged() {
        let stacks = stacks(&[
            ("a", 50),
            ("b1", 2),
            ("b2", 2),
            ("b3", 3),
            ("b4", 3),
            ("c", 38),
            ("d", 2),
        ]);
        assert_eq!(
            drawn(&stacks, 0, 10),
            ["all@0..10", "a@0..5 +4@5..6 c@6..9 +1@9..10"]
        );
    }

    #[test]
    fn blocks_never_overlap_whatever_the_width() {
        let names: Vec<String> = (0..200).map(|at| format!("f{at};g{}", at % 7)).collect();
        let samples: Vec<(&str, i64)> = names
            .iter()
            .zip(1..)
            .map(|(name, at)| (name.as_str(), at * at % 97 + 1))
            .collect();
        let stacks = stacks(&samples);
        for width in 0..200 {
            for row in Layout::new(&stacks, 0, width).rows {
                let mut free = 0;
                for block in row {
                    assert!(
                        block.x >= free && block.width > 0,
                        "{block:?} at width {width}"
                    );
                    free = block.x + block.width;
                }
                assert!(free <= width);
            }
        }
    }
}
