//! From sorted stacks to a tree.

use std::collections::HashSet;

use super::order::Order;
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

/// A step of the stack at hand and its node.
#[derive(Copy, Clone)]
struct Level {
    node: u32,
    step: u32,
    /// What was spent here and below since the step was entered, and what the base spent: counted when it is left, so
    /// that what stacks share is counted once for all of them.
    sums: Sums,
}

/// Of what is shown, and of the base.
type Sums = [i64; 2];

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
    /// The stack before, the root left out.
    path: Vec<Level>,
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
        let (limit, nodes) = depth_limit(entries, &commons);
        self.nodes.reserve_exact(nodes);
        self.leads.reserve_exact(nodes);
        for (entry, common) in entries.iter().zip(commons) {
            let whole = &self.steps[entry.start..entry.end];
            let steps = &whole[..whole.len().min(limit)];
            self.cut += usize::from(steps.len() < whole.len());
            self.insert(steps, common.min(steps.len()), entry.amount);
        }
        self.leave(0);
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
        let before = self.path[..common].iter();
        let same = before
            .zip(steps)
            .take_while(|(level, step)| level.step == **step);
        let same = same.count();
        self.leave(same);
        let sibling = self.path.get(common).map(|level| level.node);
        self.path.truncate(common);
        for (at, step) in steps.iter().copied().enumerate().skip(same) {
            let parent = at.checked_sub(1).map_or(0, |above| self.path[above].node);
            let known = self.path.get(at).map(|level| level.node);
            let node = known.unwrap_or_else(|| {
                let frame = if step & RUN == 0 {
                    self.calls[step as usize].frame
                } else {
                    self.folded
                };
                self.add(parent, frame, sibling.filter(|_| at == common))
            });
            let level = Level {
                node,
                step,
                sums: [0, 0],
            };
            match self.path.get_mut(at) {
                Some(known) => *known = level,
                None => self.path.push(level),
            }
            if step & RUN != 0 {
                self.runs.insert((node, step & !RUN));
            }
        }
        let value = if amount.base {
            [0, amount.value]
        } else {
            [amount.value, 0]
        };
        let innermost = if let Some(level) = self.path.last_mut() {
            add(&mut level.sums, value);
            level.node
        } else {
            self.count(0, 0, value);
            0
        };
        let node = &mut self.nodes[innermost as usize];
        node.flat = node.flat.saturating_add(value[0]);
        node.base_flat = node.base_flat.saturating_add(value[1]);
    }

    /// Leaves all steps but the first `kept`: what was spent there is counted, and is the caller's as well.
    fn leave(&mut self, kept: usize) {
        for at in (kept..self.path.len()).rev() {
            let Level { node, step, .. } = self.path[at];
            let sums = std::mem::take(&mut self.path[at].sums);
            let line = if step & RUN == 0 {
                self.calls[step as usize].line
            } else {
                0
            };
            self.count(node, line, sums);
            match at.checked_sub(1) {
                Some(above) => add(&mut self.path[above].sums, sums),
                None => self.count(0, 0, sums),
            }
        }
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

    /// Adds what was spent; among lines, the one with more than half of all is sure to win.
    fn count(&mut self, node: u32, line: u32, [now, base]: Sums) {
        let lead = &mut self.leads[node as usize];
        let node = &mut self.nodes[node as usize];
        node.cum = node.cum.saturating_add(now);
        node.base_cum = node.base_cum.saturating_add(base);
        let value = now.saturating_add(base);
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

fn add(sums: &mut Sums, more: Sums) {
    for (sum, more) in sums.iter_mut().zip(more) {
        *sum = sum.saturating_add(more);
    }
}

/// How deep the tree may be for its nodes to be no more than there may be, and how many they are then.
fn depth_limit(entries: &[Entry], commons: &[usize]) -> (usize, usize) {
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
        if nodes + level > MAX_NODES as i64 {
            return (depth, nodes as usize);
        }
        nodes += level;
    }
    (MAX_DEPTH, nodes as usize)
}
