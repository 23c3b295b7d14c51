//! Adding up the stacks of profiles.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use cutaway_model::{Profile, sanitize};
use profile::{Location, Sample};

use super::origin;
use super::shown::Shown;
use super::stacks::{Frame, Node, Stacks};

/// The name of the frame that stands for runs of library functions.
const FOLDED: &str = "⋯";
/// The most nodes there are; what would go deeper is counted where it leaves the tree.
const MAX_NODES: usize = 200_000;
/// The deepest frame; likewise.
const MAX_DEPTH: usize = 500;

/// Which part of each stack is put into the tree, and in which order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// All of it, from the root on.
    Whole,
    /// The same with runs of library functions folded.
    Folded,
    /// What called the function of this name, the nearest caller first: the tree's root is the function.
    Callers(Arc<str>),
    /// What it called.
    Callees(Arc<str>),
}

impl Stacks {
    /// Adds up the values of all samples shown.
    pub(crate) fn new(shown: &Shown, shape: Shape) -> Self {
        let root = match &shape {
            Shape::Whole | Shape::Folded => "".into(),
            Shape::Callers(name) | Shape::Callees(name) => Arc::clone(name),
        };
        let mut builder = Builder::new(shape);
        builder.stacks.root = root;
        builder.stacks.nodes.push(Node::default());
        for (parts, base) in [(&shown.now, false), (&shown.base, true)] {
            for part in parts {
                builder.add(&part.profile, part.index, base);
            }
        }
        builder.finish()
    }
}

struct Builder {
    shape: Shape,
    stacks: Stacks,
    known: HashMap<(Arc<str>, Arc<str>, bool), u32>,
    children: HashMap<(u32, u32), u32, BuildHasherDefault<PairHasher>>,
    /// Which functions are folded into which nodes.
    hidden: HashSet<(u32, u32), BuildHasherDefault<PairHasher>>,
    /// The stack at hand, root first.
    stack: Vec<Call>,
    fold_frame: Option<u32>,
}

/// A step of a stack before it is put into the tree.
#[derive(Copy, Clone)]
struct Call {
    frame: u32,
    line: i64,
    /// Whether it may be folded.
    library: bool,
}

/// A value, and whose: the base's or not.
#[derive(Copy, Clone)]
struct Amount {
    value: i64,
    base: bool,
}

impl Builder {
    fn new(shape: Shape) -> Self {
        Self {
            shape,
            stacks: Stacks::default(),
            known: HashMap::new(),
            children: HashMap::default(),
            hidden: HashSet::default(),
            stack: Vec::new(),
            fold_frame: None,
        }
    }

    /// Adds a profile, as what is shown or as the base. A negative value is the other's: that is how a difference
    /// written to a file says it.
    fn add(&mut self, profile: &Profile, index: usize, base: bool) {
        let locations: Vec<Vec<Call>> = profile
            .locations
            .iter()
            .map(|at| self.calls(profile, at))
            .collect();
        let fold = self.shape == Shape::Folded && self.stacks.frames.iter().any(|frame| frame.own);
        for sample in &profile.samples {
            let amount = match sample.value(index) {
                0 => continue,
                value @ 1.. => Amount { value, base },
                value => Amount {
                    value: value.saturating_neg(),
                    base: !base,
                },
            };
            self.fill_stack(&locations, sample);
            if self.cut_out() {
                let whole = if fold { self.first_shown() } else { 0 };
                self.insert(amount, whole);
            }
        }
    }

    /// Leaves of the stack what belongs into the tree. Whether anything does.
    fn cut_out(&mut self) -> bool {
        let (Shape::Callers(name) | Shape::Callees(name)) = &self.shape else {
            return true;
        };
        let frames = &self.stacks.frames;
        let is_it = |call: &Call| frames[call.frame as usize].name == *name;
        // Of a function that calls itself the outermost call counts, so that each sample does once.
        let Some(first) = self.stack.iter().position(is_it) else {
            return false;
        };
        if matches!(self.shape, Shape::Callers(_)) {
            self.stack.truncate(first);
            self.stack.reverse();
        } else {
            self.stack.drain(..=first);
        }
        true
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

    /// The frame that stands for runs of library functions.
    fn folded(&mut self) -> u32 {
        if let Some(frame) = self.fold_frame {
            return frame;
        }
        let frame = self.frame(FOLDED, "", true);
        *self.fold_frame.insert(frame)
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

    fn insert(&mut self, amount: Amount, whole: usize) {
        let mut here = 0;
        self.stacks.nodes[0].count(0, amount);
        let mut in_run = false;
        for at in 0..self.stack.len() {
            let call = self.stack[at];
            let folded = call.library && at < whole;
            if !(folded && in_run) {
                let frame = if folded { self.folded() } else { call.frame };
                let Some(child) = self.child(here, frame) else {
                    self.stacks.cut += 1;
                    break;
                };
                here = child;
                self.stacks.nodes[here as usize].count(call.line, amount);
            }
            if folded {
                self.hide(here, call.frame);
            }
            in_run = folded;
        }
        let node = &mut self.stacks.nodes[here as usize];
        let flat = if amount.base {
            &mut node.base_flat
        } else {
            &mut node.flat
        };
        *flat = flat.saturating_add(amount.value);
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
        let Stacks {
            frames,
            mut nodes,
            root,
            cut,
        } = self.stacks;
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
        Stacks {
            frames,
            nodes,
            root,
            cut,
        }
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
    fn count(&mut self, line: i64, Amount { value, base }: Amount) {
        let cum = if base {
            &mut self.base_cum
        } else {
            &mut self.cum
        };
        *cum = cum.saturating_add(value);
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
        Stacks::new(&Shown::of(&[profile_of(stacks, file)], None), Shape::Folded)
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
        let stacks = Stacks::new(&Shown::of(&twice, None), Shape::Folded);
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
        let shown = Shown::of(&[profile_of(&samples, file)], None);
        let unfolded = Stacks::new(&shown, Shape::Whole);
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
        let stacks = Stacks::new(&Shown::of(&[Arc::new(broken)], None), Shape::Folded);
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
