//! The ways of looking at a profile, and turning from one to another.

use std::sync::Arc;

use super::{Aim, Profiling};
use crate::flame::{Order, Stacks};
use crate::matcher::Matcher;

/// Ways of looking at a profile.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Calls from the root down, each as wide as its share.
    Graph,
    /// Functions by what they cost.
    Top,
    /// One function, its callers above and its callees below.
    Callers,
    /// One function's lines.
    Lines,
    /// Labels.
    Tags,
    /// Distinct stacks.
    Stacks,
}

impl Mode {
    pub(crate) const ALL: [Self; 6] = [
        Self::Graph,
        Self::Top,
        Self::Callers,
        Self::Lines,
        Self::Tags,
        Self::Stacks,
    ];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Graph => "graph",
            Self::Top => "top",
            Self::Callers => "callers",
            Self::Lines => "lines",
            Self::Tags => "tags",
            Self::Stacks => "stacks",
        }
    }
}

impl Profiling {
    /// Looks at it in another way.
    pub(crate) fn turn(&mut self, mode: Mode) {
        let selected = self.selected_function();
        if matches!(mode, Mode::Callers | Mode::Lines)
            && let Some(function) = &selected
            && self.function != *function
        {
            self.function = Arc::clone(function);
            self.made[Mode::Callers as usize] = 0;
            self.made[Mode::Lines as usize] = 0;
        }
        self.mode = mode;
        if let (Mode::Top, Some(function)) = (mode, selected) {
            self.aim = Some(Aim::Function(function));
        }
        self.bring_up();
        self.point();
    }

    /// Looks at it as in the beginning. Whether that is another way.
    pub(crate) fn turn_home(&mut self) -> bool {
        let elsewhere = self.mode != self.home;
        self.turn(self.home);
        elsewhere
    }

    /// The function that the cursor is on.
    pub(crate) fn selected_function(&self) -> Option<Arc<str>> {
        match self.mode {
            Mode::Graph => function_of(self.flame.stacks(), self.flame.selected()),
            Mode::Top => self.table.selected().map(|row| Arc::clone(&row.name)),
            Mode::Callers => {
                let flame = self.sandwich.current();
                function_of(flame.stacks(), flame.selected())
                    .or_else(|| Some(Arc::clone(&self.function)))
            }
            Mode::Lines => Some(Arc::clone(&self.function)),
            Mode::Tags => None,
            Mode::Stacks => function_of(&self.groups.stacks, self.groups.selected()?.node),
        }
        .filter(|name| !name.is_empty())
    }

    /// Searches for what was typed.
    pub(crate) fn search_again(&mut self) {
        let matcher = Matcher::new(self.search.as_str());
        self.table.filter(&matcher);
        self.made[Mode::Stacks as usize] = 0;
        self.bring_up();
        self.sandwich.callers.search(matcher.clone());
        self.sandwich.callees.search(matcher.clone());
        self.flame.search(matcher);
    }

    /// Folds library frames, or shows them.
    pub(crate) fn toggle_fold(&mut self) {
        self.fold = !self.fold;
        self.made[Mode::Graph as usize] = 0;
        self.made[Mode::Stacks as usize] = 0;
        self.bring_up();
    }

    /// Lists functions in another order.
    pub(crate) fn next_order(&mut self) {
        let next = match self.table.order() {
            Order::Flat => Order::Cum,
            Order::Cum => Order::Name,
            Order::Name if self.selection.base.is_some() => Order::Change,
            Order::Name | Order::Change => Order::Flat,
        };
        self.table.sort(next, &Matcher::new(self.search.as_str()));
    }
}

/// The function at a node; of folded ones, the last.
fn function_of(stacks: &Stacks, node: u32) -> Option<Arc<str>> {
    let frame = stacks.frame(node)?;
    if !frame.folded {
        return Some(Arc::clone(&frame.name));
    }
    let hidden = stacks.hidden(node).last()?;
    Some(Arc::clone(&stacks.frames.get(*hidden as usize)?.name))
}
