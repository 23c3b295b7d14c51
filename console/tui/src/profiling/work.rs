//! What is made of captures: at once where they are small, else by whoever has a thread for it, while keys are answered.
//!
//! ```text
//!   asked ──▶ Work ──run, on another thread──▶ Prepared ──▶ shown, unless something else was asked for meanwhile
//! ```

use std::any::Any;
use std::sync::Arc;
use std::thread;

use super::groups::group_rows;
use super::lines::line_rows;
use super::make::SMALL;
use super::select::Recipe;
use super::tags::tag_rows;
use super::{Group, LineRow, Mode, Selection, TagRow};
use crate::flame::{Shape, Shown, Stacks, TableRow, table_rows};
use crate::matcher::Matcher;
use crate::progress::Progress;

/// Work that would hold up keys. [`State::work`](crate::State::work) gives it out.
#[derive(Debug)]
pub struct Work(Task);

#[derive(Debug)]
enum Task {
    /// For which of the profiles.
    Prepare(usize, Box<Request>),
    /// Giving back the memory of millions of stacks takes long as well.
    Forget(Vec<Box<dyn Any + Send>>),
}

/// What came of [`Work`]; goes back as [`Input::Prepared`](crate::Input::Prepared).
#[derive(Clone, Debug)]
pub struct Prepared {
    /// For which of the profiles.
    pub(crate) place: usize,
    pub(crate) product: Box<Product>,
}

impl Work {
    pub(crate) fn prepare(place: usize, request: Box<Request>) -> Self {
        Self(Task::Prepare(place, request))
    }

    pub(crate) fn forget(what: Vec<Box<dyn Any + Send>>) -> Self {
        Self(Task::Forget(what))
    }

    /// Does it, however long it takes. Nothing comes of it where nobody waits for it any more.
    pub fn run(self) -> Option<Prepared> {
        match self.0 {
            Task::Prepare(place, request) => {
                let product = Box::new(request.run()?);
                Some(Prepared { place, product })
            }
            Task::Forget(what) => {
                drop(what);
                None
            }
        }
    }
}

/// What is to be shown, and in which way.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Which one it is: only what was asked for last is shown.
    pub(super) number: u64,
    pub(super) from: From,
    pub(super) looks: Vec<Mode>,
    pub(super) fold: bool,
    pub(super) function: Arc<str>,
    pub(super) search: String,
    pub(super) progress: Progress,
}

/// What it is made of.
#[derive(Clone, Debug)]
pub(super) enum From {
    /// Of captures, selected and filtered first.
    Captures(Box<Recipe>),
    /// Of what was selected before.
    Selected(Shown),
    /// Of a tree that is there already.
    Tree(Arc<Stacks>),
}

/// What was made.
#[derive(Clone, Debug)]
pub(crate) struct Product {
    pub(super) number: u64,
    pub(super) selection: Option<Selection>,
    pub(super) made: Vec<Made>,
}

/// One way of looking at it.
#[derive(Clone, Debug)]
pub(super) enum Made {
    Graph(Arc<Stacks>),
    Top(Vec<TableRow>),
    /// Callers and callees.
    Callers([Arc<Stacks>; 2]),
    Lines(Vec<LineRow>),
    Tags(Vec<TagRow>),
    Stacks(Arc<Stacks>, Vec<Group>),
}

impl Request {
    /// How many samples are looked at for it, each as often as it is.
    pub(super) fn steps(&self) -> usize {
        let samples = match &self.from {
            From::Captures(recipe) => recipe.samples(),
            From::Selected(shown) => shown.samples(),
            From::Tree(stacks) => stacks.nodes.len(),
        };
        let times = |mode: &Mode| match mode {
            Mode::Graph => 2,
            Mode::Callers => 4,
            Mode::Top | Mode::Lines | Mode::Tags => 1,
            Mode::Stacks => 0,
        };
        let selecting = usize::from(matches!(self.from, From::Captures(_)));
        samples * (self.looks.iter().map(times).sum::<usize>() + selecting)
    }

    /// Nothing, once it is no longer wanted.
    pub(super) fn run(self) -> Option<Product> {
        let Self {
            number,
            from,
            looks,
            fold,
            function,
            search,
            progress,
        } = self;
        let (mut selection, mut stacks) = (None, None);
        let shown = match from {
            From::Captures(recipe) => {
                let selected = Selection::new(*recipe, &progress);
                let shown = selected.shown.clone();
                selection = Some(selected);
                shown
            }
            From::Selected(shown) => shown,
            From::Tree(tree) => {
                stacks = Some(tree);
                Shown::default()
            }
        };
        let tree = |shape| Arc::new(Stacks::new(&shown, shape, &progress));
        let top = || {
            if let Some(selection) = &selection {
                selection.add_up();
            }
            table_rows(&shown, &progress)
        };
        let shape = if fold { Shape::Folded } else { Shape::Whole };
        let beside = looks.contains(&Mode::Graph) && looks.contains(&Mode::Top);
        let made = thread::scope(|scope| {
            // Graph and table stand on the screen together: on two cores they are made together.
            let large = shown.samples() > SMALL;
            let mut beside = (beside && large).then(|| scope.spawn(top));
            let mut made = Vec::with_capacity(looks.len());
            for mode in looks {
                if !progress.is_wanted() {
                    return None;
                }
                made.push(match mode {
                    Mode::Graph => {
                        let tree = tree(shape.clone());
                        stacks = Some(Arc::clone(&tree));
                        Made::Graph(tree)
                    }
                    Mode::Top => {
                        let rows = beside.take().map(thread::ScopedJoinHandle::join);
                        Made::Top(rows.and_then(Result::ok).unwrap_or_else(top))
                    }
                    Mode::Callers => Made::Callers([
                        tree(Shape::Callers(Arc::clone(&function))),
                        tree(Shape::Callees(Arc::clone(&function))),
                    ]),
                    Mode::Lines => Made::Lines(line_rows(&shown, &function, &progress)),
                    Mode::Tags => Made::Tags(tag_rows(&shown, &progress)),
                    Mode::Stacks => {
                        let tree = stacks.clone().unwrap_or_default();
                        let rows = group_rows(&tree, &Matcher::new(&search));
                        Made::Stacks(tree, rows)
                    }
                });
            }
            Some(made)
        })?;
        // So that no frame has to.
        if let Some(selection) = &selection {
            selection.add_up();
        }
        progress.is_wanted().then_some(Product {
            number,
            selection,
            made,
        })
    }
}
