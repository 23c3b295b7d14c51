//! Adding up the stacks of profiles.
//!
//! All stacks are spelled out, sorted by the names of their frames, and put into the tree one after the other: each
//! begins like the one before, so that nothing has to be looked up, and children come in the order of their names.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use cutaway_model::{Profile, sanitize};
use profile::{Location, Sample};

use super::grow::{Amount, Call, Entry, Grower, RUN};
use super::order::Order;
use super::origin;
use super::shown::Shown;
use super::stacks::{Frame, Hidden, Stacks};
use crate::progress::Progress;

/// The name of the frame that stands for runs of library functions.
const FOLDED: &str = "⋯";

/// Samples between two looks at whether they are still wanted.
const STRIDE: usize = 8_192;

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
    ///
    /// It takes two steps of `progress` for each sample; when it is no longer wanted, something is left out.
    pub(crate) fn new(shown: &Shown, shape: Shape, progress: &Progress) -> Self {
        let root = match &shape {
            Shape::Whole | Shape::Folded => "".into(),
            Shape::Callers(name) | Shape::Callees(name) => Arc::clone(name),
        };
        let mut builder = Builder::new(shape);
        for (parts, base) in [(&shown.now, false), (&shown.base, true)] {
            for part in parts {
                builder.add(&part.profile, part.index, base, progress);
            }
        }
        builder.finish(root, progress)
    }
}

struct Builder {
    shape: Shape,
    frames: Vec<Frame>,
    known: HashMap<(Arc<str>, Arc<str>, bool), u32>,
    calls: Vec<Call>,
    /// The stacks, root first, one after the other: indexes of calls, or of runs with their mark.
    steps: Vec<u32>,
    entries: Vec<Entry>,
    /// The frames of each run of library functions, and its index.
    runs: HashMap<Arc<[u32]>, u32>,
    /// The stack at hand, root first: indexes of calls.
    stack: Vec<u32>,
}

impl Builder {
    fn new(shape: Shape) -> Self {
        Self {
            shape,
            frames: Vec::new(),
            known: HashMap::new(),
            calls: Vec::new(),
            steps: Vec::new(),
            entries: Vec::new(),
            runs: HashMap::new(),
            stack: Vec::new(),
        }
    }

    /// Adds a profile, as what is shown or as the base. A negative value is the other's: that is how a difference
    /// written to a file says it.
    fn add(&mut self, profile: &Profile, index: usize, base: bool, progress: &Progress) {
        let mut starts = Vec::with_capacity(profile.locations.len() + 1);
        for location in &profile.locations {
            starts.push(self.calls.len() as u32);
            self.add_calls(profile, location);
        }
        starts.push(self.calls.len() as u32);
        let fold = self.shape == Shape::Folded && self.frames.iter().any(|frame| frame.own);
        self.entries.reserve(profile.samples.len());
        for (at, sample) in profile.samples.iter().enumerate() {
            if at % STRIDE == STRIDE - 1 && !progress.step(STRIDE) {
                return;
            }
            let amount = match sample.value(index) {
                0 => continue,
                value @ 1.. => Amount { value, base },
                value => Amount {
                    value: value.saturating_neg(),
                    base: !base,
                },
            };
            self.fill_stack(&starts, sample);
            if !self.cut_out() {
                continue;
            }
            let start = self.steps.len();
            if fold {
                self.add_folded();
            } else {
                self.steps.extend_from_slice(&self.stack);
            }
            self.entries.push(Entry {
                start,
                end: self.steps.len(),
                amount,
            });
        }
        progress.step(profile.samples.len() % STRIDE);
    }

    /// Adds the functions at a location, outermost first.
    fn add_calls(&mut self, profile: &Profile, location: &Location) {
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
            self.add_call(&name, "", 0);
        }
        for line in location.lines.iter().rev() {
            if let Some(function) = profile.functions.get(line.function as usize) {
                self.add_call(&function.name, &function.filename, line.line);
            }
        }
    }

    fn add_call(&mut self, name: &str, file: &str, line: i64) {
        let frame = self.frame(name, file, false);
        let library = !self.frames[frame as usize].own;
        self.calls.push(Call {
            frame,
            line: u32::try_from(line).unwrap_or(0),
            library,
        });
    }

    fn frame(&mut self, name: &str, file: &str, folded: bool) -> u32 {
        let key = (sanitize(name).into(), sanitize(file).into(), folded);
        let frames = &mut self.frames;
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

    fn fill_stack(&mut self, starts: &[u32], sample: &Sample) {
        self.stack.clear();
        for location in sample.locations.iter().rev() {
            let at = *location as usize;
            if let (Some(start), Some(end)) = (starts.get(at), starts.get(at + 1)) {
                self.stack.extend(*start..*end);
            }
        }
    }

    /// Leaves of the stack what belongs into the tree. Whether anything does.
    fn cut_out(&mut self) -> bool {
        let (Shape::Callers(name) | Shape::Callees(name)) = &self.shape else {
            return true;
        };
        let (frames, calls) = (&self.frames, &self.calls);
        let is_it = |call: &u32| frames[calls[*call as usize].frame as usize].name == *name;
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

    /// Adds the stack at hand with each run of library functions on the way to the program's own as one step.
    fn add_folded(&mut self) {
        let whole = self.first_shown();
        let mut run: Vec<u32> = Vec::new();
        for at in 0..self.stack.len() {
            let call = self.calls[self.stack[at] as usize];
            if call.library && at < whole {
                run.push(call.frame);
                continue;
            }
            self.end_run(&mut run);
            self.steps.push(self.stack[at]);
        }
        self.end_run(&mut run);
    }

    fn end_run(&mut self, run: &mut Vec<u32>) {
        if run.is_empty() {
            return;
        }
        let index = self.runs.get(run.as_slice()).copied();
        let index = index.unwrap_or_else(|| {
            let next = self.runs.len() as u32;
            self.runs.insert(run.as_slice().into(), next);
            next
        });
        self.steps.push(RUN | index);
        run.clear();
    }

    /// From which call on a stack is shown as it is: from the last of one's own; if there is none, from the last run of
    /// calls within one package.
    fn first_shown(&self) -> usize {
        let call = |at: &u32| self.calls[*at as usize];
        let own = self.stack.iter().rposition(|at| !call(at).library);
        own.unwrap_or_else(|| {
            let package = |at: &u32| &self.frames[call(at).frame as usize].package;
            let last = self.stack.last().map(package);
            let before = self.stack.iter().rposition(|at| Some(package(at)) != last);
            before.map_or(0, |before| before + 1)
        })
    }

    fn finish(mut self, root: Arc<str>, progress: &Progress) -> Stacks {
        // It has to have its place among the names, whether there are runs or not.
        let folded = self.frame(FOLDED, "", true);
        let ranks = ranks(&self.frames);
        let of_calls: Vec<u32> = self
            .calls
            .iter()
            .map(|call| ranks[call.frame as usize])
            .collect();
        let order = Order::new(of_calls, ranks[folded as usize]);
        let steps = &self.steps;
        let entries = order.sorted(steps, &self.entries);
        progress.step(self.entries.len());
        let mut runs: Vec<Arc<[u32]>> = vec![Arc::default(); self.runs.len()];
        for (frames, index) in self.runs {
            runs[index as usize] = frames;
        }
        let grower = Grower::new(&order, &self.calls, steps, folded);
        let (nodes, cut, met) = grower.grow(&entries);
        Stacks {
            hidden: hidden(&self.frames, met, &runs),
            frames: self.frames,
            nodes,
            root,
            cut,
        }
    }
}

/// The functions folded into nodes, from the runs that were met at each, sorted by node.
fn hidden(frames: &[Frame], met: Vec<(u32, u32)>, runs: &[Arc<[u32]>]) -> HashMap<u32, Hidden> {
    let mut all: HashMap<u32, Hidden> = HashMap::new();
    let mut listed: HashSet<(u32, u32)> = HashSet::new();
    for (node, run) in met {
        let here = all.entry(node).or_default();
        for frame in runs[run as usize].iter() {
            if listed.insert((node, *frame)) {
                here.frames.push(*frame);
            }
        }
    }
    for here in all.values_mut() {
        here.packages = packages(frames, &here.frames);
    }
    all
}

/// The place of each frame in the order of their names.
fn ranks(frames: &[Frame]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..frames.len() as u32).collect();
    order.sort_unstable_by_key(|at| {
        let frame = &frames[*at as usize];
        (&frame.name, &frame.file, frame.folded)
    });
    let mut ranks = vec![0; frames.len()];
    for (at, rank) in order.into_iter().zip(0..) {
        ranks[at as usize] = rank;
    }
    ranks
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

#[cfg(test)]
mod tests {
    use super::super::grow::MAX_DEPTH;
    use super::*;
    use crate::testing::profile_of;

    const REGISTRY: &str = "/home/me/.cargo/registry/src/i/tokio-1/src/lib.rs";
    const OWN: &str = "/home/me/shop/src/main.rs";

    fn added_up(stacks: &[(&str, i64)], file: fn(&str) -> &str) -> Stacks {
        Stacks::new(
            &Shown::of(&[profile_of(stacks, file)], None),
            Shape::Folded,
            &Progress::default(),
        )
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
            let children: Vec<u32> = stacks.children(at).collect();
            todo.extend(children.iter().rev());
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
        let stacks = Stacks::new(
            &Shown::of(&twice, None),
            Shape::Folded,
            &Progress::default(),
        );
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
        let unfolded = Stacks::new(&shown, Shape::Whole, &Progress::default());
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
        let stacks = Stacks::new(
            &Shown::of(&[Arc::new(broken)], None),
            Shape::Folded,
            &Progress::default(),
        );
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
