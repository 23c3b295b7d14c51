//! The stacks of one or several profiles, added up into one tree.
//!
//! Library frames on the way to the program's own code say little and take most of the screen: runs of them are folded
//! into one frame (`std · tokio · hyper ⋯`). Below the last frame of one's own, where it shows what that code spends its
//! time on, everything stays.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use cutaway_model::{Profile, sanitize};
use profile::{Location, Sample};

use super::origin;

/// The tree. Node 0 is the root.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stacks {
    pub(crate) frames: Vec<Frame>,
    pub(crate) nodes: Vec<Node>,
}

/// A function, or what stands for runs of library functions.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// The function's name; safe for the screen.
    pub(crate) name: Arc<str>,
    /// The package that it belongs to, the parts of Rust's standard library being one; safe for the screen.
    package: Arc<str>,
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
    /// The root is its own parent.
    pub(crate) parent: u32,
    /// Sorted by name, so that they keep their places while profiles come and go.
    pub(crate) children: Vec<u32>,
    pub(crate) depth: u16,
    /// The line that most of it is at; 0 when unknown.
    pub(crate) line: i64,
    /// How far that line is ahead of others: a majority vote.
    lead: i64,
    /// The functions folded into it.
    pub(crate) hidden: Vec<u32>,
    /// If functions are: their packages.
    packages: Arc<str>,
}

/// The name of the frame that stands for runs of library functions.
const FOLDED: &str = "⋯";
/// The most nodes there are; what would go deeper is counted where it leaves the tree.
const MAX_NODES: usize = 200_000;
/// The deepest frame; likewise.
const MAX_DEPTH: usize = 500;

impl Stacks {
    /// Adds up the values at `index` of all samples.
    pub(crate) fn new(
        profiles: &[Arc<Profile>],
        index: impl Fn(&Profile) -> usize,
        fold: bool,
    ) -> Self {
        let mut builder = Builder::default();
        builder.stacks.nodes.push(Node::default());
        for profile in profiles {
            builder.add(profile, index(profile), fold);
        }
        builder.finish()
    }

    pub(crate) fn total(&self) -> i64 {
        self.nodes.first().map_or(0, |root| root.cum)
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
            None => "all",
            Some(frame) if frame.folded => &self.nodes[node as usize].packages,
            Some(frame) => &frame.name,
        }
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
            let is_next = |child: &&u32| {
                self.frame(**child)
                    .is_some_and(|f| f.name == *name && f.folded == *folded)
            };
            let children = self
                .nodes
                .get(here as usize)
                .map_or(&[][..], |node| &node.children);
            match children.iter().find(is_next) {
                Some(child) => here = *child,
                None => break,
            }
        }
        here
    }

    /// Whether `node` lies in the part of the tree below `above`, or is it.
    pub(crate) fn is_below(&self, mut node: u32, above: u32) -> bool {
        while node != above && node != 0 {
            node = self.nodes[node as usize].parent;
        }
        node == above
    }
}

/// A name on a path, and whether it is a folded frame's.
pub(crate) type Step = (Arc<str>, bool);

#[derive(Default)]
struct Builder {
    stacks: Stacks,
    known: HashMap<(Arc<str>, Arc<str>, bool), u32>,
    children: HashMap<(u32, u32), u32, BuildHasherDefault<PairHasher>>,
    /// Which functions are folded into which nodes.
    hidden: HashSet<(u32, u32), BuildHasherDefault<PairHasher>>,
    /// The stack at hand, root first.
    stack: Vec<Call>,
}

/// A step of a stack before it is put into the tree.
#[derive(Copy, Clone)]
struct Call {
    frame: u32,
    line: i64,
    /// Whether it may be folded.
    library: bool,
}

impl Builder {
    fn add(&mut self, profile: &Profile, index: usize, fold: bool) {
        let locations: Vec<Vec<Call>> = profile
            .locations
            .iter()
            .map(|at| self.calls(profile, at))
            .collect();
        let fold = fold && self.stacks.frames.iter().any(|frame| frame.own);
        for sample in &profile.samples {
            let value = sample.value(index);
            if value > 0 {
                self.fill_stack(&locations, sample);
                let whole = if fold { self.first_shown() } else { 0 };
                self.insert(value, whole);
            }
        }
    }

    /// The functions at a location, outermost first.
    fn calls(&mut self, profile: &Profile, location: &Location) -> Vec<Call> {
        if location.lines.is_empty() {
            let mapping = location
                .mapping
                .and_then(|mapping| profile.mappings.get(mapping as usize));
            let file = mapping
                .and_then(|mapping| mapping.filename.rsplit('/').next())
                .unwrap_or_default();
            let name = if file.is_empty() {
                "<unknown>".to_owned()
            } else {
                format!("[{file}]")
            };
            return vec![self.call(&name, "", 0)];
        }
        let lines = location.lines.iter().rev();
        let known =
            lines.filter_map(|line| Some((line, profile.functions.get(line.function as usize)?)));
        known
            .map(|(line, function)| self.call(&function.name, &function.filename, line.line))
            .collect()
    }

    fn call(&mut self, name: &str, file: &str, line: i64) -> Call {
        let frame = self.frame(name, file, false);
        let library = !self.stacks.frames[frame as usize].own;
        Call {
            frame,
            line,
            library,
        }
    }

    fn frame(&mut self, name: &str, file: &str, folded: bool) -> u32 {
        let key = (sanitize(name).into(), sanitize(file).into(), folded);
        let frames = &mut self.stacks.frames;
        *self
            .known
            .entry(key)
            .or_insert_with_key(|(safe_name, safe_file, _)| {
                frames.push(Frame {
                    name: Arc::clone(safe_name),
                    package: sanitize(origin::family(name)).into(),
                    file: Arc::clone(safe_file),
                    own: !folded && origin::is_own(name, file),
                    folded,
                    hash: origin::hash(name),
                });
                frames.len() as u32 - 1
            })
    }

    fn fill_stack(&mut self, locations: &[Vec<Call>], sample: &Sample) {
        self.stack.clear();
        for location in sample.locations.iter().rev() {
            self.stack
                .extend(locations.get(*location as usize).into_iter().flatten());
        }
    }

    /// From which call on a stack is shown as it is: from the last of one's own; if there is none, from the last run of
    /// calls within one package.
    fn first_shown(&self) -> usize {
        let own = self.stack.iter().rposition(|call| !call.library);
        own.unwrap_or_else(|| {
            let package = |call: &Call| &self.stacks.frames[call.frame as usize].package;
            let last = self.stack.last().map(package);
            let before = self
                .stack
                .iter()
                .rposition(|call| Some(package(call)) != last);
            before.map_or(0, |before| before + 1)
        })
    }

    fn insert(&mut self, value: i64, whole: usize) {
        let mut here = 0;
        self.stacks.nodes[0].cum = self.stacks.nodes[0].cum.saturating_add(value);
        let mut in_run = false;
        for at in 0..self.stack.len() {
            let call = self.stack[at];
            let folded = call.library && at < whole;
            if !(folded && in_run) {
                let frame = if folded {
                    self.frame(FOLDED, "", true)
                } else {
                    call.frame
                };
                let Some(child) = self.child(here, frame) else {
                    break;
                };
                here = child;
                self.stacks.nodes[here as usize].count(call.line, value);
            }
            if folded {
                self.hide(here, call.frame);
            }
            in_run = folded;
        }
        let node = &mut self.stacks.nodes[here as usize];
        node.flat = node.flat.saturating_add(value);
    }

    fn hide(&mut self, node: u32, frame: u32) {
        if self.hidden.insert((node, frame)) {
            self.stacks.nodes[node as usize].hidden.push(frame);
        }
    }

    fn child(&mut self, parent: u32, frame: u32) -> Option<u32> {
        if let Some(child) = self.children.get(&(parent, frame)) {
            return Some(*child);
        }
        let nodes = &mut self.stacks.nodes;
        let depth = nodes[parent as usize].depth + 1;
        if nodes.len() >= MAX_NODES || usize::from(depth) > MAX_DEPTH {
            return None;
        }
        let child = nodes.len() as u32;
        nodes.push(Node {
            frame,
            parent,
            depth,
            ..Node::default()
        });
        nodes[parent as usize].children.push(child);
        self.children.insert((parent, frame), child);
        Some(child)
    }

    fn finish(self) -> Stacks {
        let Stacks { frames, mut nodes } = self.stacks;
        let names: Vec<u32> = nodes.iter().map(|node| node.frame).collect();
        let name = |child: &u32| {
            let frame = &frames[names[*child as usize] as usize];
            (
                Arc::clone(&frame.name),
                Arc::clone(&frame.file),
                frame.folded,
            )
        };
        for node in &mut nodes {
            node.children.sort_by_cached_key(name);
            node.packages = packages(&frames, &node.hidden);
        }
        Stacks { frames, nodes }
    }
}

/// The packages of functions in the order they are met, each once: `std · tokio ⋯`.
fn packages(frames: &[Frame], functions: &[u32]) -> Arc<str> {
    let mut packages: Vec<&str> = Vec::new();
    for function in functions {
        let package = &*frames[*function as usize].package;
        if !packages.contains(&package) {
            packages.push(package);
        }
    }
    format!("{} ⋯", packages.join(" · ")).into()
}

impl Node {
    /// Adds a value; among lines, the one with more than half of all is sure to win.
    fn count(&mut self, line: i64, value: i64) {
        self.cum = self.cum.saturating_add(value);
        if line == self.line {
            self.lead = self.lead.saturating_add(value);
        } else if self.lead >= value {
            self.lead -= value;
        } else {
            self.lead = value - self.lead;
            self.line = line;
        }
    }
}

/// Multiplies and folds: node and frame numbers need no more, and this is where a large profile spends its time.
#[derive(Default)]
struct PairHasher(u64);

impl Hasher for PairHasher {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32(u32::from(*byte));
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.0 = (self.0.rotate_left(26) ^ u64::from(number)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::profile_of;

    const REGISTRY: &str = "/home/me/.cargo/registry/src/i/tokio-1/src/lib.rs";
    const OWN: &str = "/home/me/shop/src/main.rs";

    fn added_up(stacks: &[(&str, i64)], file: fn(&str) -> &str) -> Stacks {
        Stacks::new(&[profile_of(stacks, file)], Profile::default_index, true)
    }

    /// Every node as `depth name flat/cum`, depth first.
    fn drawn(stacks: &Stacks) -> Vec<String> {
        let mut lines = Vec::new();
        let mut todo = vec![0];
        while let Some(at) = todo.pop() {
            let node = &stacks.nodes[at as usize];
            lines.push(format!(
                "{} {} {}/{}",
                node.depth,
                stacks.name(at),
                node.flat,
                node.cum
            ));
            todo.extend(node.children.iter().rev());
        }
        lines
    }

    #[test]
    fn stacks_add_up() {
        let profile = profile_of(
            &[("main;b", 3), ("main;a;c", 2), ("main", 1), ("main;a", 4)],
            |_| OWN,
        );
        let twice = [Arc::clone(&profile), profile];
        let stacks = Stacks::new(&twice, Profile::default_index, true);
        assert_eq!(
            drawn(&stacks),
            [
                "0 all 0/20",
                "1 main 2/20",
                "2 a 8/12",
                "3 c 4/4",
                "2 b 6/6"
            ]
        );
    }

    #[test]
    fn libraries_are_folded_on_the_way_to_own_code_only() {
        let samples = [
            (
                "std::a;core::a;tokio::b;tokio::c;shop::serve;hyper::d;shop::place;serde::e;serde::f",
                5,
            ),
            ("std::a;tokio::b;tokio::park;libc::wait;libc::epoll", 2),
        ];
        let file = |name: &str| {
            if name.starts_with("shop") {
                OWN
            } else {
                REGISTRY
            }
        };
        assert_eq!(
            drawn(&added_up(&samples, file)),
            [
                "0 all 0/7",
                "1 std · tokio ⋯ 0/7",
                "2 libc::wait 0/2",
                "3 libc::epoll 2/2",
                "2 shop::serve 0/5",
                "3 hyper ⋯ 0/5",
                "4 shop::place 0/5",
                "5 serde::e 0/5",
                "6 serde::f 5/5",
            ]
        );
        let unfolded = Stacks::new(&[profile_of(&samples, file)], Profile::default_index, false);
        assert_eq!(unfolded.nodes.len(), 14);
    }

    #[test]
    fn without_any_own_code_nothing_is_folded() {
        assert_eq!(
            added_up(&[("std::a;tokio::b;tokio::c", 1)], |_| "")
                .nodes
                .len(),
            4
        );
    }

    #[test]
    fn a_node_is_found_again_in_another_tree() {
        let old = added_up(&[("main;a;c", 1)], |_| OWN);
        let new = added_up(&[("main;b", 1), ("main;a;d", 1)], |_| OWN);
        let path = old.path(3);
        assert_eq!(old.find(&path), 3);
        assert_eq!(new.name(new.find(&path)), "a");
    }

    #[test]
    fn a_profile_that_refers_to_nothing_is_survived() {
        let broken = Profile {
            sample_types: vec![profile::ValueType::new("cpu", "nanoseconds")],
            samples: vec![Sample {
                locations: vec![7, 0],
                values: vec![3],
                labels: vec![],
            }],
            locations: vec![Location {
                lines: vec![profile::Line {
                    function: 9,
                    line: 1,
                }],
                ..Location::default()
            }],
            ..Profile::default()
        };
        let stacks = Stacks::new(&[Arc::new(broken)], Profile::default_index, true);
        assert_eq!(drawn(&stacks), ["0 all 3/3"]);
    }

    #[test]
    fn names_are_made_safe() {
        let stacks = added_up(&[("\u{1b}]0;x\u{7}", 1)], |_| "\u{1b}[2J");
        assert!(
            stacks
                .frames
                .iter()
                .all(|frame| !frame.name.contains('\u{1b}') && !frame.file.contains('\u{1b}'))
        );
    }

    #[test]
    fn recursion_without_end_is_cut() {
        let deep = vec!["f"; 10_000].join(";");
        let stacks = added_up(&[(&deep, 1)], |_| OWN);
        assert_eq!((stacks.nodes.len(), stacks.total()), (MAX_DEPTH + 1, 1));
    }
}
