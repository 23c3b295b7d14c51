//! Calls from the root down: what a flame graph shows.

use std::sync::Arc;

use crate::Profile;
use crate::frames::Frames;
use crate::mix::MixMap;

/// The index of the root in [`CallTree::nodes`].
pub const ROOT: u32 = 0;

/// How many nodes a tree has at most: 4 million, which take some 500 MiB. Calls beyond count as their callers' own.
pub const MAX_NODES: usize = 4 << 20;

/// All stacks of a profile, merged from the root on. Inlined functions are nodes like others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallTree {
    /// The nodes. The first is the root, which stands for all samples; a parent comes before its children.
    pub nodes: Vec<Node>,
}

/// A function in the context of its callers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The function's name; `root` for the root.
    pub name: Arc<str>,
    /// The file that the function is in; empty when unknown.
    pub file: Arc<str>,
    /// What it took itself, here. For the root: samples without a stack.
    pub own: i64,
    /// What it and all below it took.
    pub total: i64,
    /// How much of it is negative, as an amount: in a difference, what the base took. The rest, `total + negative`, is
    /// what there is now.
    pub negative: i64,
    /// Index of the caller's node; the root is its own parent.
    pub parent: u32,
    /// Indexes of the nodes of what it called: by total, largest amount first, then by name.
    pub children: Vec<u32>,
}

impl CallTree {
    /// The tree of the values at `sample_index` in [`Profile::sample_types`].
    pub fn new(profile: &Profile, sample_index: usize) -> Self {
        let frames = Frames::new(profile);
        let mut builder = Builder::new(&frames);
        for sample in &profile.samples {
            let value = sample.value(sample_index);
            if value != 0 {
                builder.add(frames.root_first(sample), value);
            }
        }
        builder.finish()
    }
}

struct Builder<'a> {
    frames: &'a Frames,
    nodes: Vec<Node>,
    /// Nodes by parent (upper half) and frame (lower half).
    known: MixMap<u64, u32>,
}

impl<'a> Builder<'a> {
    fn new(frames: &'a Frames) -> Self {
        let root = Node {
            name: "root".into(),
            file: "".into(),
            own: 0,
            total: 0,
            negative: 0,
            parent: ROOT,
            children: Vec::new(),
        };
        Self {
            frames,
            nodes: vec![root],
            known: MixMap::default(),
        }
    }

    fn add(&mut self, root_first: impl Iterator<Item = u32>, value: i64) {
        let mut node = ROOT;
        self.count(node, value);
        for frame in root_first {
            let Some(child) = self.child(node, frame) else {
                break;
            };
            node = child;
            self.count(node, value);
        }
        let own = &mut self.nodes[node as usize].own;
        *own = own.saturating_add(value);
    }

    fn count(&mut self, node: u32, value: i64) {
        let node = &mut self.nodes[node as usize];
        node.total = node.total.saturating_add(value);
        if value < 0 {
            node.negative = node.negative.saturating_sub(value);
        }
    }

    /// A node's child for a frame; none when there are too many nodes to make one.
    fn child(&mut self, parent: u32, frame: u32) -> Option<u32> {
        let key = u64::from(parent) << 32 | u64::from(frame);
        if let Some(node) = self.known.get(&key) {
            return Some(*node);
        }
        if self.nodes.len() >= MAX_NODES {
            return None;
        }
        let node = self.nodes.len() as u32;
        let (name, file) = &self.frames.names[frame as usize];
        self.nodes.push(Node {
            name: Arc::clone(name),
            file: Arc::clone(file),
            own: 0,
            total: 0,
            negative: 0,
            parent,
            children: Vec::new(),
        });
        self.nodes[parent as usize].children.push(node);
        self.known.insert(key, node);
        Some(node)
    }

    fn finish(mut self) -> CallTree {
        for index in 0..self.nodes.len() {
            let mut children = std::mem::take(&mut self.nodes[index].children);
            let order = |child: &u32| {
                let node = &self.nodes[*child as usize];
                (std::cmp::Reverse(node.total.unsigned_abs()), &*node.name)
            };
            children.sort_by(|a, b| order(a).cmp(&order(b)));
            self.nodes[index].children = children;
        }
        CallTree { nodes: self.nodes }
    }
}
