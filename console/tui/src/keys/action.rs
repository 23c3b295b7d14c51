//! What keys do, and where.

use crate::profiling::{FilterKind, Mode};
use crate::state::Tab;

/// What a key does.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Quit,
    Suspend,
    Help,
    Show(Tab),
    NextTab,
    PreviousTab,
    NextTarget,
    PreviousTarget,
    ReadNow,
    Pause,
    Filter,
    Accept,
    Back,
    Enter,
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    First,
    Last,
    Pin,
    FlipRate,
    ToggleAll,
    Longer,
    Shorter,
    Look(Mode),
    NextMode,
    PreviousMode,
    Order,
    TurnOver,
    ToggleFold,
    NextMatch,
    PreviousMatch,
    NextProfile,
    PreviousProfile,
    NextMeasure,
    FilterBy(FilterKind),
    TagIgnore,
    NoFilters,
    Insert,
    Mark,
    Compare,
    OpenBase,
    Export,
    Explain,
    Copy,
    Sort,
    ReverseSort,
    WholeFleet,
    Overlay,
    Across,
    Range,
    RangeDone,
    Rewind,
    Forward,
    RewindFar,
    ForwardFar,
    Slower,
    Faster,
}

/// Where a key has its meaning. A place's own keys come before those of every place.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Everywhere,
    Overview,
    Variables,
    Detail,
    Board,
    Profile,
    Runtime,
    Lints,
    Explain,
    Range,
    Replay,
    Typing,
    Help,
}

impl Place {
    /// The places in the order of the help.
    pub(crate) const ALL: [Self; 13] = [
        Self::Everywhere,
        Self::Overview,
        Self::Variables,
        Self::Board,
        Self::Profile,
        Self::Runtime,
        Self::Lints,
        Self::Explain,
        Self::Detail,
        Self::Range,
        Self::Replay,
        Self::Typing,
        Self::Help,
    ];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Everywhere => "Everywhere",
            Self::Overview => "Overview",
            Self::Variables => "Variables",
            Self::Detail => "One variable",
            Self::Board => "Board",
            Self::Profile => "CPU, heap, tasks, locks",
            Self::Runtime => "Runtime",
            Self::Lints => "Lints",
            Self::Explain => "Explain",
            Self::Range => "While selecting a range",
            Self::Replay => "Watching a recording",
            Self::Typing => "While typing a filter",
            Self::Help => "In this list",
        }
    }
}
