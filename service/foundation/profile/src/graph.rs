//! Who calls whom and at what cost: what `go tool pprof -peek` and `-tree` print.

use std::cmp::Reverse;
use std::sync::Arc;

use crate::frames::Frames;
use crate::mix::MixMap;
use crate::{Error, Profile, Sample, pattern};

/// The functions of a profile with their callers and callees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph {
    /// The functions in the order of [`top::table`](crate::top::table). Those without a value come last.
    pub nodes: Vec<Node>,
}

/// A function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub name: Arc<str>,
    /// The file that it is in; empty when unknown.
    pub file: Arc<str>,
    /// What it took itself.
    pub flat: i64,
    /// What it and all that it called took.
    pub cum: i64,
    /// Who called it, the largest amount first. Calls of itself are left out.
    pub callers: Vec<Call>,
    /// Whom it called, the largest amount first.
    pub callees: Vec<Call>,
}

/// Calls between two functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// Index of the other function in [`Graph::nodes`].
    pub node: u32,
    /// The values of the samples that were in the call, each counted once.
    pub value: i64,
    /// All of the calls were inlined.
    pub inlined: bool,
}

impl Graph {
    /// The graph of the values at `index` in [`Profile::sample_types`].
    pub fn new(profile: &Profile, index: usize) -> Self {
        let frames = Frames::new(profile);
        let mut builder = Builder::new(&frames);
        for sample in &profile.samples {
            let value = sample.value(index);
            if value != 0 {
                builder.add(sample, value);
            }
        }
        builder.finish()
    }

    /// The functions whose names match an expression, in their order: those that `-peek` shows.
    pub fn peek(&self, pattern: &str) -> Result<Vec<&Node>, Error> {
        let regex = pattern::regex("peek", pattern)?;
        let nodes = self.nodes.iter();
        let matching = nodes.filter(|node| !node.is_zero() && regex.is_match(&node.name));
        Ok(matching.collect())
    }
}

impl Node {
    /// Whether nothing was taken in it, or as much as its base took.
    pub fn is_zero(&self) -> bool {
        self.flat == 0 && self.cum == 0
    }
}

struct Builder<'a> {
    frames: &'a Frames,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    /// Edges by caller and callee.
    known: MixMap<(u32, u32), u32>,
    /// The last sample that each node was in, from 1.
    seen: Vec<usize>,
    turn: usize,
}

struct Edge {
    caller: u32,
    callee: u32,
    value: i64,
    inlined: bool,
    /// The last sample counted.
    seen: usize,
}

impl<'a> Builder<'a> {
    fn new(frames: &'a Frames) -> Self {
        let node = |(name, file): &(Arc<str>, Arc<str>)| Node {
            name: Arc::clone(name),
            file: Arc::clone(file),
            flat: 0,
            cum: 0,
            callers: Vec::new(),
            callees: Vec::new(),
        };
        Self {
            frames,
            nodes: frames.names.iter().map(node).collect(),
            edges: Vec::new(),
            known: MixMap::default(),
            seen: vec![0; frames.names.len()],
            turn: 0,
        }
    }

    fn add(&mut self, sample: &Sample, value: i64) {
        self.turn += 1;
        let mut caller = None;
        for location in sample.locations.iter().rev() {
            let mut inlined = false;
            for frame in self.frames.at(*location).iter().rev().copied() {
                let node = &mut self.nodes[frame as usize];
                if self.seen[frame as usize] != self.turn {
                    self.seen[frame as usize] = self.turn;
                    node.cum = node.cum.saturating_add(value);
                }
                if let Some(caller) = caller.filter(|caller| *caller != frame) {
                    self.call(caller, frame, value, inlined);
                }
                caller = Some(frame);
                inlined = true;
            }
        }
        if let Some(leaf) = caller {
            let flat = &mut self.nodes[leaf as usize].flat;
            *flat = flat.saturating_add(value);
        }
    }

    fn call(&mut self, caller: u32, callee: u32, value: i64, inlined: bool) {
        let next = self.edges.len() as u32;
        let at = *self.known.entry((caller, callee)).or_insert(next);
        if at == next {
            self.edges.push(Edge {
                caller,
                callee,
                value: 0,
                inlined: true,
                seen: 0,
            });
        }
        let edge = &mut self.edges[at as usize];
        if edge.seen != self.turn {
            edge.seen = self.turn;
            edge.value = edge.value.saturating_add(value);
            edge.inlined &= inlined;
        }
    }

    fn finish(mut self) -> Graph {
        let mut order: Vec<u32> = (0..self.nodes.len() as u32).collect();
        let key = |at: &u32| {
            let node = &self.nodes[*at as usize];
            let flat = Reverse(node.flat.unsigned_abs());
            let cum = Reverse(node.cum.unsigned_abs());
            (node.is_zero(), flat, &node.name, cum)
        };
        order.sort_by(|a, b| key(a).cmp(&key(b)));
        let mut places = vec![0; order.len()];
        for (node, place) in order.iter().zip(0..) {
            places[*node as usize] = place;
        }
        let largest_first = |edge: &Edge| Reverse(edge.value.unsigned_abs());
        self.edges.sort_by(|a, b| {
            let name = |at: u32| &*self.nodes[at as usize].name;
            let key = |edge: &Edge| (largest_first(edge), name(edge.caller), name(edge.callee));
            key(a).cmp(&key(b))
        });
        for edge in &self.edges {
            let call = |node: u32| Call {
                node: places[node as usize],
                value: edge.value,
                inlined: edge.inlined,
            };
            self.nodes[edge.caller as usize]
                .callees
                .push(call(edge.callee));
            self.nodes[edge.callee as usize]
                .callers
                .push(call(edge.caller));
        }
        let mut nodes: Vec<(u32, Node)> = places.into_iter().zip(self.nodes).collect();
        nodes.sort_by_key(|(place, _)| *place);
        Graph {
            nodes: nodes.into_iter().map(|(_, node)| node).collect(),
        }
    }
}
