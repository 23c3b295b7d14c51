//! From sorted stacks to a tree.

use std::collections::HashSet;

use super::stacks::Node;

/// The most nodes there are. Where there would be more, the deepest levels are left out: what is there counts for the
/// frames that lead to it.
const MAX_NODES: usize = 1_000_000;
/// The deepest frame; likewise.
pub(super) const MAX_DEPTH: usize = 500;
/// Marks a step that stands for a run of library functions.
pub(super) const RUN: u32 = 1 << 31;

/// A value, and whose: the base's or not.
#[derive(Copy, Clone)]
pub(super) struct Amount {
    pub(super) value: i64,
    pub(super) base: bool,
}

/// A stack among the steps, and its value.
#[derive(Copy, Clone)]
pub(super) struct Entry {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) amount: Amount,
}

/// A function at a line.
#[derive(Copy, Clone)]
pub(super) struct Call {
    pub(super) frame: u32,
    pub(super) line: u32,
    /// Whether it may be folded.
    pub(super) library: bool,
}

/// The order of steps: by the names of their frames, of which each has a number of its own.
pub(super) struct Order {
    pub(super) of_calls: Vec<u32>,
    pub(super) of_runs: u32,
}

impl Order {
    fn rank(&self, step: u32) -> u32 {
        if step & RUN == 0 {
            self.of_calls[step as usize]
        } else {
            self.of_runs
        }
    }

    /// How many steps two stacks have in common at their beginnings.
    fn common(&self, a: &[u32], b: &[u32]) -> usize {
        let same = |(a, b): &(&u32, &u32)| a == b || self.rank(**a) == self.rank(**b);
        a.iter().zip(b).take_while(same).count()
    }

    pub(super) fn compare(&self, a: &[u32], b: &[u32]) -> std::cmp::Ordering {
        let common = self.common(a, b);
        match (a.get(common), b.get(common)) {
            (Some(a), Some(b)) => self.rank(*a).cmp(&self.rank(*b)),
            _ => a.len().cmp(&b.len()),
        }
    }
}

/// Makes the tree of sorted stacks.
pub(super) struct Grower<'a> {
    order: &'a Order,
    calls: &'a [Call],
    steps: &'a [u32],
    folded: u32,
    /// Which runs were met at which nodes.
    runs: HashSet<(u32, u32)>,
    /// For each node, how far its line is ahead of others: a majority vote.
    leads: Vec<i64>,
    nodes: Vec<Node>,
    /// The nodes of the stack before, the root left out.
    path: Vec<u32>,
    cut: usize,
}

impl<'a> Grower<'a> {
    pub(super) fn new(order: &'a Order, calls: &'a [Call], steps: &'a [u32], folded: u32) -> Self {
        Self {
            order,
            calls,
            steps,
            folded,
            runs: HashSet::new(),
            leads: vec![0],
            nodes: vec![Node::default()],
            path: Vec::new(),
            cut: 0,
        }
    }

    /// The nodes, how many stacks were cut short, and which runs were met at which nodes.
    pub(super) fn grow(mut self, entries: &[Entry]) -> (Vec<Node>, usize, Vec<(u32, u32)>) {
        let commons = self.commons(entries);
        let limit = depth_limit(entries, &commons);
        for (entry, common) in entries.iter().zip(commons) {
            let whole = &self.steps[entry.start..entry.end];
            let steps = &whole[..whole.len().min(limit)];
            self.cut += usize::from(steps.len() < whole.len());
            self.insert(steps, common.min(steps.len()), entry.amount);
        }
        let mut met: Vec<(u32, u32)> = self.runs.into_iter().collect();
        met.sort_unstable();
        (self.nodes, self.cut, met)
    }

    /// How many steps each stack shares with the one before it.
    fn commons(&self, entries: &[Entry]) -> Vec<usize> {
        let steps = |entry: &Entry| &self.steps[entry.start..entry.end];
        let pairs = entries.windows(2);
        let commons = pairs.map(|pair| self.order.common(steps(&pair[0]), steps(&pair[1])));
        std::iter::once(0)
            .take(entries.len())
            .chain(commons)
            .collect()
    }

    fn insert(&mut self, steps: &[u32], common: usize, amount: Amount) {
        self.count(0, 0, amount);
        let mut sibling = self.path.get(common).copied();
        self.path.truncate(common);
        let mut here = 0;
        for (depth, step) in steps.iter().enumerate() {
            let (frame, line) = if step & RUN == 0 {
                let call = self.calls[*step as usize];
                (call.frame, call.line)
            } else {
                (self.folded, 0)
            };
            if let Some(known) = self.path.get(depth) {
                here = *known;
            } else {
                here = self.add(here, frame, sibling.take());
                self.path.push(here);
            }
            if step & RUN != 0 {
                self.runs.insert((here, step & !RUN));
            }
            self.count(here, line, amount);
        }
        let node = &mut self.nodes[here as usize];
        let flat = if amount.base {
            &mut node.base_flat
        } else {
            &mut node.flat
        };
        *flat = flat.saturating_add(amount.value);
    }

    /// A new node below `parent`, behind `sibling` if it is not the first.
    fn add(&mut self, parent: u32, frame: u32, sibling: Option<u32>) -> u32 {
        let node = self.nodes.len() as u32;
        self.nodes.push(Node {
            frame,
            parent,
            depth: self.nodes[parent as usize].depth + 1,
            ..Node::default()
        });
        self.leads.push(0);
        match sibling {
            Some(sibling) => self.nodes[sibling as usize].next = node,
            None => self.nodes[parent as usize].first = node,
        }
        node
    }

    /// Adds a value; among lines, the one with more than half of all is sure to win.
    fn count(&mut self, node: u32, line: u32, Amount { value, base }: Amount) {
        let lead = &mut self.leads[node as usize];
        let node = &mut self.nodes[node as usize];
        let cum = if base {
            &mut node.base_cum
        } else {
            &mut node.cum
        };
        *cum = cum.saturating_add(value);
        if line == node.line {
            *lead = lead.saturating_add(value);
        } else if *lead >= value {
            *lead -= value;
        } else {
            *lead = value - *lead;
            node.line = line;
        }
    }
}

/// How deep the tree may be for its nodes to be no more than there may be.
fn depth_limit(entries: &[Entry], commons: &[usize]) -> usize {
    // How many nodes more there are at each depth than at the one before it.
    let mut steps = vec![0_i64; MAX_DEPTH + 1];
    for (entry, common) in entries.iter().zip(commons) {
        let length = (entry.end - entry.start).min(MAX_DEPTH);
        if *common < length {
            steps[*common] += 1;
            steps[length] -= 1;
        }
    }
    let (mut nodes, mut level) = (0, 0);
    for (depth, step) in steps.iter().enumerate() {
        level += step;
        nodes += level;
        if nodes > MAX_NODES as i64 {
            return depth;
        }
    }
    MAX_DEPTH
}
