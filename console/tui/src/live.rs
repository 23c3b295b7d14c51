//! The state of the views of what runs: fleet, lints, cards, ranges, recordings.

use std::time::Duration;

use cutaway_model::At;

use crate::draw::chart::Window;
use crate::explain::Explain;
use crate::fleet::Fleet;
use crate::keymap::Keymap;
use crate::state::State;

/// What those views hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct Live {
    pub(crate) fleet: Fleet,
    /// The selected line of the lints.
    pub(crate) lint: usize,
    /// The selected line of the runtime.
    pub(crate) runtime: usize,
    pub(crate) explain: Explain,
    pub(crate) range: Option<Range>,
    /// Whether other targets are laid over the charts of the board.
    pub(crate) overlay: bool,
    /// Whether a variable is shown for all targets.
    pub(crate) across: bool,
    pub(crate) replay: Option<Replay>,
    pub(crate) keymap: Keymap,
}

/// A stretch of time that was, or is being, selected in charts.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    /// Where it begins, or ends; not yet marked while it is looked for.
    anchor: Option<At>,
    cursor: At,
    /// Whether keys still move it.
    pub(crate) selecting: bool,
}

/// Where a recording is being watched.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Replay {
    /// When it begins.
    pub start: At,
    /// The moment shown.
    pub at: At,
    /// When it ends.
    pub end: At,
    /// How fast, 1 being as it happened.
    pub speed: f64,
    /// Whether it goes on by itself.
    pub playing: bool,
}

impl Range {
    /// Begins at the end of what is shown.
    pub(crate) fn new(window: Window) -> Self {
        Self {
            anchor: None,
            cursor: window.end,
            selecting: true,
        }
    }

    /// Marks one end where the cursor is.
    pub(crate) fn mark(&mut self) {
        self.anchor = Some(self.cursor);
    }

    /// Moves the cursor by a step of what is shown.
    pub(crate) fn step(&mut self, window: Window, interval: Duration, later: bool) {
        let step = (window.span / 60).max(interval);
        let start = window.end.saturating_sub(window.span);
        let to = if later {
            self.cursor + step
        } else {
            self.cursor.saturating_sub(step)
        };
        self.cursor = to.clamp(start, window.end);
    }

    /// From its earlier end to its later one; both the same until one is marked.
    pub(crate) fn ends(&self) -> (At, At) {
        let anchor = self.anchor.unwrap_or(self.cursor);
        (anchor.min(self.cursor), anchor.max(self.cursor))
    }

    /// The time that numbers are about; none before one end is marked.
    fn measured(&self) -> Option<Window> {
        let (from, to) = self.ends();
        let span = to.saturating_sub(from);
        (!span.is_zero()).then_some(Window { end: to, span })
    }
}

impl State {
    /// The time that the numbers under charts are about: the range, or all that is shown.
    pub(crate) fn measured(&self) -> Window {
        let range = self.live.range.as_ref().and_then(Range::measured);
        range.unwrap_or_else(|| self.window())
    }

    /// The range to mark in charts.
    pub(crate) fn marked(&self) -> Option<(At, At)> {
        self.live.range.as_ref().map(Range::ends)
    }

    /// Changes which keys do what; `keys` replace all that the action had there.
    ///
    /// # Errors
    /// There is no such action, or no such key; in words.
    pub fn remap(&mut self, action: &str, keys: &[String]) -> Result<(), String> {
        self.live.keymap.remap(action, keys)
    }
}
