//! From captures to what is on the screen: selected when they change, made when it is looked at.
//!
//! What is asked for has a number. Of two, only the later is waited for; what is on the screen meanwhile is the whole of
//! what was there before.

use std::any::Any;
use std::sync::Arc;

use super::select::Recipe;
use super::work::{From, Made, Product, Request};
use super::{Base, Compare, Mode, Profiling, Selection};
use crate::flame::{Order, Step};
use crate::matcher::Matcher;
use crate::progress::Progress;

/// The most samples, each as often as it is looked at, that are made ready between two keys: some 10 ms.
pub(super) const SMALL: usize = 20_000;

/// What is being made elsewhere.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    number: u64,
    question: Question,
    looks: Vec<Mode>,
    progress: Progress,
    /// The work, until somebody takes it.
    request: Option<Box<Request>>,
}

/// What the answer depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Question {
    version: u64,
    fold: Option<bool>,
    function: Option<Arc<str>>,
    search: Option<String>,
}

/// Where the cursor goes once it can.
#[derive(Clone, Debug)]
pub(crate) enum Aim {
    Function(Arc<str>),
    Path(Vec<Step>),
}

impl Profiling {
    /// Selects anew what is shown of the captures.
    pub(crate) fn refresh(&mut self) {
        self.again = false;
        self.version += 1;
        self.bring_up();
    }

    /// The same because of news: what is being made is awaited, or it would never be there where news come often.
    pub(super) fn renew(&mut self) {
        if self.pending.is_some() {
            self.again = true;
        } else {
            self.refresh();
        }
    }

    /// Makes what is on the screen from what was selected; what takes long is asked for.
    pub(crate) fn bring_up(&mut self) {
        let missing = |mode: &&Mode| self.made[**mode as usize] != self.version;
        let looks: Vec<Mode> = self.needed().iter().filter(missing).copied().collect();
        if looks.is_empty() && self.selected == self.version {
            return;
        }
        let question = self.question(&looks);
        if let Some(pending) = &self.pending {
            let comes = looks.iter().all(|mode| pending.looks.contains(mode));
            if comes && pending.question.covers(&question) {
                return;
            }
            pending.progress.drop_work();
        }
        self.pending = None;
        self.requests += 1;
        let mut request = self.request(&looks);
        let steps = request.steps();
        if steps <= SMALL {
            if let Some(product) = request.run() {
                self.put(product);
            }
            return;
        }
        request.progress = Progress::of(steps);
        self.pending = Some(Pending {
            number: request.number,
            question,
            looks,
            progress: request.progress.clone(),
            request: Some(Box::new(request)),
        });
    }

    /// Takes in what was made, unless something else was asked for meanwhile.
    pub(crate) fn prepared(&mut self, product: Box<Product>) {
        let wanted = self.pending.as_ref().map(|pending| pending.number);
        if wanted != Some(product.number) {
            self.trash.push(product);
            return;
        }
        self.pending = None;
        self.put(*product);
        if self.again {
            self.refresh();
        }
    }

    /// What was asked for and nobody works on yet.
    pub(crate) fn take_request(&mut self) -> Option<Box<Request>> {
        self.pending.as_mut()?.request.take()
    }

    /// Lets something go that so many samples are behind: elsewhere if that takes long.
    pub(super) fn let_go<T: Any + Send>(&mut self, what: T, samples: usize) {
        if samples > SMALL {
            self.trash.push(Box::new(what));
        }
    }

    /// What can be given back.
    pub(crate) fn take_trash(&mut self) -> Vec<Box<dyn Any + Send>> {
        std::mem::take(&mut self.trash)
    }

    /// How far what is being made has come, in per cent.
    pub(crate) fn preparing(&self) -> Option<usize> {
        Some(self.pending.as_ref()?.progress.percent())
    }

    /// Whether there is nothing to show until then.
    pub(crate) fn has_nothing(&self) -> bool {
        let never = |mode: &Mode| self.made[*mode as usize] == 0;
        let other = match self.mode {
            Mode::Callers => self.sandwich.function != self.function,
            Mode::Lines => self.lines.function != self.function,
            _ => false,
        };
        self.pending.is_some()
            && (other || self.selection.whole == 0 || self.needed().iter().any(never))
    }

    /// Looks at it in another way, the cursor on what `aim` says.
    pub(crate) fn turn_to_see(&mut self, mode: Mode, aim: Aim) {
        self.aim = Some(aim);
        self.turn(mode);
        self.point();
    }

    /// Puts the cursor where it is to be, once that is there.
    pub(super) fn point(&mut self) {
        if self.pending.is_some() {
            return;
        }
        match (self.mode, self.aim.take()) {
            (Mode::Top, Some(Aim::Function(name))) => self.table.select(&name),
            (Mode::Graph, Some(Aim::Function(name))) => self.flame.select_function(&name),
            (Mode::Graph, Some(Aim::Path(path))) => self.flame.select_path(&path),
            _ => {}
        }
    }

    /// What has to be there for what is looked at.
    fn needed(&self) -> &'static [Mode] {
        match self.mode {
            // Below the graph, the first functions of the table are listed.
            Mode::Graph => &[Mode::Graph, Mode::Top],
            Mode::Top => &[Mode::Top],
            Mode::Callers => &[Mode::Callers],
            Mode::Lines => &[Mode::Lines],
            Mode::Tags => &[Mode::Tags],
            Mode::Stacks => &[Mode::Graph, Mode::Stacks],
        }
    }

    fn question(&self, looks: &[Mode]) -> Question {
        let any = |of: &[Mode]| looks.iter().any(|mode| of.contains(mode));
        Question {
            version: self.version,
            fold: any(&[Mode::Graph, Mode::Stacks]).then_some(self.fold),
            function: any(&[Mode::Callers, Mode::Lines]).then(|| Arc::clone(&self.function)),
            search: any(&[Mode::Stacks]).then(|| self.search.as_str().to_owned()),
        }
    }

    fn request(&self, looks: &[Mode]) -> Request {
        let from = if self.selected != self.version {
            From::Captures(Box::new(self.recipe()))
        } else if looks == [Mode::Stacks] {
            From::Tree(Arc::clone(self.flame.stacks()))
        } else {
            From::Selected(self.selection.shown.clone())
        };
        Request {
            number: self.requests,
            from,
            looks: looks.to_vec(),
            fold: self.fold,
            function: Arc::clone(&self.function),
            search: self.search.as_str().to_owned(),
            progress: Progress::default(),
        }
    }

    fn recipe(&self) -> Recipe {
        let captures: Vec<_> = self.captures.newest(self.wanted()).cloned().collect();
        let earlier = || self.captures.before(self.wanted(), !self.adds_up());
        let base: Option<Base> = match self.compare {
            Compare::Off => None,
            _ if captures.is_empty() => None,
            _ => self.marked.clone().or_else(earlier),
        };
        Recipe {
            captures,
            base,
            compare: self.compare,
            filters: self.filters.clone(),
            sample_type: self.sample_type.clone(),
        }
    }

    /// Shows what was made. What it takes the place of may be large.
    fn put(&mut self, product: Product) {
        let before = self.selection.samples();
        if let Some(selection) = product.selection {
            let old = self.select(selection);
            self.let_go(old, before);
        }
        let search = Matcher::new(self.search.as_str());
        for made in product.made {
            let mode = made.mode();
            self.made[mode as usize] = self.version;
            match made {
                Made::Graph(stacks) => {
                    self.flame.set_width(self.width);
                    let old = self.flame.put(stacks);
                    self.let_go(old, before);
                }
                Made::Top(rows) => self.table.put(rows, &search),
                Made::Callers(made) => {
                    self.sandwich.set_width(self.width);
                    let old = self.sandwich.put(&self.function, made);
                    self.let_go(old, before);
                }
                Made::Lines(rows) => self.lines.put(&self.function, rows),
                Made::Tags(rows) => self.tags.put(rows),
                Made::Stacks(stacks, rows) => {
                    let old = self.groups.put(stacks, rows);
                    self.let_go(old, before);
                }
            }
        }
        self.point();
    }

    /// Answers what was selected before.
    fn select(&mut self, selection: Selection) -> Selection {
        self.selected = self.version;
        let compared = self.selection.compare;
        let order = match (selection.compare, self.table.order()) {
            (Compare::Off, Order::Change) => Order::Flat,
            (Compare::Amounts, Order::Flat) if compared != Compare::Amounts => Order::Change,
            (_, order) => order,
        };
        self.table.sort(order, &Matcher::new(self.search.as_str()));
        std::mem::replace(&mut self.selection, selection)
    }

    pub(crate) fn set_width(&mut self, width: u16) {
        self.width = width;
        self.flame.set_width(width);
        self.sandwich.set_width(width);
    }
}

impl Question {
    /// Whether its answer answers `other`.
    fn covers(&self, other: &Self) -> bool {
        fn same<T: PartialEq>(mine: Option<&T>, other: Option<&T>) -> bool {
            other.is_none() || mine == other
        }
        self.version == other.version
            && same(self.fold.as_ref(), other.fold.as_ref())
            && same(self.function.as_ref(), other.function.as_ref())
            && same(self.search.as_ref(), other.search.as_ref())
    }
}

impl Made {
    fn mode(&self) -> Mode {
        match self {
            Self::Graph(_) => Mode::Graph,
            Self::Top(_) => Mode::Top,
            Self::Callers(_) => Mode::Callers,
            Self::Lines(_) => Mode::Lines,
            Self::Tags(_) => Mode::Tags,
            Self::Stacks(..) => Mode::Stacks,
        }
    }
}
