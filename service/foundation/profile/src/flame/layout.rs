//! Which frames are drawn, and where.

use super::Options;
use crate::tree::{CallTree, Node, ROOT};

/// A frame that is drawn.
pub(super) struct Block {
    /// Index in the tree's nodes.
    pub(super) node: u32,
    /// Its left edge and its width, in pixels.
    pub(super) x: f64,
    pub(super) width: f64,
    /// How deep it is, from 0 for the root.
    pub(super) row: usize,
}

/// All frames that are drawn.
pub(super) struct Layout {
    pub(super) blocks: Vec<Block>,
    /// How many rows there are.
    pub(super) rows: usize,
    /// How many frames were left out because they are too narrow or too deep; those below are not counted.
    pub(super) narrow: usize,
    pub(super) deep: usize,
}

impl Layout {
    /// The frames of a tree on `width` pixels.
    pub(super) fn new(tree: &CallTree, width: f64, options: &Options) -> Self {
        let mut layout = Self {
            blocks: Vec::new(),
            rows: 0,
            narrow: 0,
            deep: 0,
        };
        let scale = width / amount(&tree.nodes[ROOT as usize]).max(1.0);
        let mut open = vec![Block {
            node: ROOT,
            x: 0.0,
            width,
            row: 0,
        }];
        while let Some(block) = open.pop() {
            let node = &tree.nodes[block.node as usize];
            layout.rows = layout.rows.max(block.row + 1);
            let mut x = block.x;
            for child in children_by_name(tree, node) {
                let width = amount(&tree.nodes[child as usize]) * scale;
                if width < options.min_width.max(0.01) {
                    layout.narrow += 1;
                } else if block.row >= options.max_depth {
                    layout.deep += 1;
                } else {
                    open.push(Block {
                        node: child,
                        x,
                        width,
                        row: block.row + 1,
                    });
                }
                x += width;
            }
            layout.blocks.push(block);
        }
        layout
    }
}

/// What a frame is worth: in a difference, both sides together.
fn amount(node: &Node) -> f64 {
    node.total as f64 + 2.0 * node.negative as f64
}

/// In the order of their names, so that pictures of two profiles can be compared.
fn children_by_name(tree: &CallTree, node: &Node) -> Vec<u32> {
    let mut children = node.children.clone();
    children.sort_by(|a, b| {
        let name = |at: u32| &tree.nodes[at as usize].name;
        name(*a).cmp(name(*b))
    });
    children
}
