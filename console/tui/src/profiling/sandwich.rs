//! One function between those that called it and those that it called.

use std::sync::Arc;

use crate::flame::{Flame, Stacks};

/// Two graphs that share their root, the function.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sandwich {
    /// The function; safe for the screen. Empty as long as none was chosen.
    pub(crate) function: Arc<str>,
    pub(crate) callers: Flame,
    pub(crate) callees: Flame,
    /// Whether the selected frame is a caller.
    pub(crate) above: bool,
}

impl Sandwich {
    /// Shows these callers and callees of a function; answers those of before.
    pub(super) fn put(&mut self, function: &Arc<str>, made: [Arc<Stacks>; 2]) -> [Arc<Stacks>; 2] {
        if self.function != *function {
            self.function = Arc::clone(function);
            self.above = false;
            self.callers.step_home();
            self.callees.step_home();
        }
        let [callers, callees] = made;
        [self.callers.put(callers), self.callees.put(callees)]
    }

    pub(crate) fn set_width(&mut self, width: u16) {
        self.callers.set_width(width);
        self.callees.set_width(width);
    }

    /// The graph with the selected frame.
    pub(crate) fn current(&self) -> &Flame {
        if self.above {
            &self.callers
        } else {
            &self.callees
        }
    }

    pub(crate) fn current_mut(&mut self) -> &mut Flame {
        if self.above {
            &mut self.callers
        } else {
            &mut self.callees
        }
    }

    /// Up the screen: from what was called to the function, on to its callers.
    pub(crate) fn step_up(&mut self) {
        if !self.above && self.callees.selected() == 0 {
            self.above = true;
            self.callers.step_home();
        }
        if self.above {
            self.callers.step_in();
            self.above = self.callers.selected() != 0;
        } else {
            self.callees.step_out();
        }
    }

    /// Down the screen.
    pub(crate) fn step_down(&mut self) {
        if self.above {
            self.callers.step_out();
            if self.callers.selected() == 0 {
                self.above = false;
                self.callees.step_home();
            }
        } else {
            self.callees.step_in();
        }
    }
}
