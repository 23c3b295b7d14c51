//! The stacks of one or several profiles, added up into one tree.
//!
//! Library frames on the way to the program's own code say little and take most of the screen: runs of them are folded
//! into one frame (`std · tokio · hyper ⋯`). Below the last frame of one's own, where it shows what that code spends its
//! time on, everything stays.

use std::collections::HashMap;
use std::sync::Arc;

/// The tree. Node 0 is the root.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stacks {
    pub(crate) frames: Vec<Frame>,
    pub(crate) nodes: Vec<Node>,
    /// The functions folded into nodes.
    pub(super) hidden: HashMap<u32, Hidden>,
    /// What the root is called; safe for the screen.
    pub(super) root: Arc<str>,
    /// How many samples were deeper than the tree may be: they count where they left it.
    pub(crate) cut: usize,
}

/// A function, or what stands for runs of library functions.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// The function's name; safe for the screen.
    pub(crate) name: Arc<str>,
    /// The package that it belongs to, the parts of Rust's standard library being one; safe for the screen.
    pub(super) package: Arc<str>,
    /// Its file; safe for the screen. Empty when unknown.
    pub(crate) file: Arc<str>,
    /// Whether it is the program's own code.
    pub(crate) own: bool,
    /// Whether it stands for several functions.
    pub(crate) folded: bool,
    /// Picks its colour.
    pub(crate) hash: u64,
}

/// A frame in its place: called by its parent, calling its children.
#[derive(Clone, Debug, Default)]
pub(crate) struct Node {
    /// Index into [`Stacks::frames`]; meaningless for the root.
    pub(crate) frame: u32,
    /// What was spent in it itself.
    pub(crate) flat: i64,
    /// What was spent in it and in all that it called.
    pub(crate) cum: i64,
    /// In a comparison: what the base spent in it itself …
    pub(crate) base_flat: i64,
    /// … and with all that it called.
    pub(crate) base_cum: i64,
    /// The root is its own parent.
    pub(crate) parent: u32,
    /// The first of its children, which are sorted by name, so that they keep their places while profiles come and go;
    /// 0 if there are none.
    pub(super) first: u32,
    /// The next of its parent's children; 0 behind the last.
    pub(super) next: u32,
    /// The line that most of it is at; 0 when unknown.
    pub(crate) line: u32,
    pub(crate) depth: u16,
}

/// What is folded into a node.
#[derive(Clone, Debug, Default)]
pub(super) struct Hidden {
    pub(super) frames: Vec<u32>,
    /// Their packages, for people.
    pub(super) packages: Arc<str>,
}

impl Stacks {
    /// What all samples take, those of the base included.
    pub(crate) fn total(&self) -> i64 {
        self.nodes.first().map_or(0, Node::weight)
    }

    /// What stands for everything.
    pub(crate) fn whole(&self) -> Option<&Node> {
        self.nodes.first()
    }

    /// The frame of a node; `None` for the root.
    pub(crate) fn frame(&self, node: u32) -> Option<&Frame> {
        if node == 0 {
            return None;
        }
        self.nodes
            .get(node as usize)
            .and_then(|node| self.frames.get(node.frame as usize))
    }

    /// What the node is called.
    pub(crate) fn name(&self, node: u32) -> &str {
        match self.frame(node) {
            None if self.root.is_empty() => "all",
            None => &self.root,
            Some(frame) if frame.folded => {
                let hidden = self.hidden.get(&node);
                hidden.map_or("⋯", |hidden| &hidden.packages)
            }
            Some(frame) => &frame.name,
        }
    }

    /// The caller of a node; `None` where that is the root.
    pub(crate) fn parent(&self, node: u32) -> Option<u32> {
        let parent = self.nodes.get(node as usize)?.parent;
        Some(parent).filter(|parent| *parent != 0)
    }

    /// The names from the root down to `node`, the root's left out: finds the node again in another tree.
    pub(crate) fn path(&self, mut node: u32) -> Vec<Step> {
        let mut path = Vec::new();
        while let Some(frame) = self.frame(node) {
            path.push((Arc::clone(&frame.name), frame.folded));
            node = self.nodes[node as usize].parent;
        }
        path.reverse();
        path
    }

    /// The node at `path`, or the deepest one on the way there.
    pub(crate) fn find(&self, path: &[Step]) -> u32 {
        let mut here = 0;
        for (name, folded) in path {
            let is_next = |child: &u32| {
                self.frame(*child)
                    .is_some_and(|f| f.name == *name && f.folded == *folded)
            };
            match self.children(here).find(is_next) {
                Some(child) => here = child,
                None => break,
            }
        }
        here
    }

    /// What `node` called, by name.
    pub(crate) fn children(&self, node: u32) -> impl Iterator<Item = u32> {
        let node_at = |at: u32| self.nodes.get(at as usize);
        let some = |at: &u32| *at != 0;
        let first = node_at(node).map(|node| node.first).filter(some);
        std::iter::successors(first, move |at| {
            node_at(*at).map(|node| node.next).filter(some)
        })
    }

    /// The functions folded into `node`.
    pub(crate) fn hidden(&self, node: u32) -> &[u32] {
        self.hidden.get(&node).map_or(&[], |hidden| &hidden.frames)
    }

    /// Whether `node` lies in the part of the tree below `above`, or is it.
    pub(crate) fn is_below(&self, mut node: u32, above: u32) -> bool {
        while node != above && node != 0 {
            node = self.nodes[node as usize].parent;
        }
        node == above
    }
}

impl Node {
    /// What decides how wide it is: what was spent, and what the base spent.
    pub(crate) fn weight(&self) -> i64 {
        self.cum.saturating_add(self.base_cum)
    }

    /// How much more was spent than the base did.
    pub(crate) fn change(&self) -> i64 {
        self.cum.saturating_sub(self.base_cum)
    }
}

/// A name on a path, and whether it is a folded frame's.
pub(crate) type Step = (Arc<str>, bool);
