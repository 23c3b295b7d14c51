//! The keys: one table that `update` looks them up in and that the help is written from.

mod action;
mod binding;

use ratatui::crossterm::event::KeyCode;

use crate::profiling::{FilterKind, Mode};
use crate::state::Tab;
pub(crate) use action::{Action, Place};
pub(crate) use binding::{Binding, Key};
use binding::{DOWN, ENTER, ESC, LEFT, RIGHT, SLASH, UP, bind, code, ctrl, key};

/// The table, place by place.
#[rustfmt::skip] // A table: one key, one line.
const KEYS: &[Binding] = &[
    bind(Place::Everywhere, &[key('q'), ctrl('c')], Action::Quit, "quit", "quit"),
    bind(Place::Everywhere, &[key('?'), code(KeyCode::F(1))], Action::Help, "these keys", "keys"),
    bind(Place::Everywhere, &[key('1')], Action::Show(Tab::Overview), "overview: the key numbers", ""),
    bind(Place::Everywhere, &[key('2')], Action::Show(Tab::Variables), "variables: everything, as a tree", ""),
    bind(Place::Everywhere, &[key('3')], Action::Show(Tab::Board), "board: pinned charts", ""),
    bind(Place::Everywhere, &[key('4')], Action::Show(Tab::Cpu), "CPU: where its time goes", ""),
    bind(Place::Everywhere, &[key('5')], Action::Show(Tab::Heap), "heap: what takes the memory", ""),
    bind(Place::Everywhere, &[key('6')], Action::Show(Tab::Tasks), "tasks: what they do and where they wait", ""),
    bind(Place::Everywhere, &[key('7')], Action::Show(Tab::Locks), "locks: who waits for whom", ""),
    bind(Place::Everywhere, &[code(KeyCode::Tab)], Action::NextTab, "next view", ""),
    bind(Place::Everywhere, &[code(KeyCode::BackTab)], Action::PreviousTab, "previous view", ""),
    bind(Place::Everywhere, &[key(']')], Action::NextTarget, "next target", ""),
    bind(Place::Everywhere, &[key('[')], Action::PreviousTarget, "previous target", ""),
    bind(Place::Everywhere, &[key(' ')], Action::Pause, "hold what is shown; again: go on", "pause"),
    bind(Place::Everywhere, &[ctrl('r')], Action::ReadNow, "read the target now", ""),
    bind(Place::Everywhere, ESC, Action::Back, "back", ""),
    bind(Place::Everywhere, &[code(KeyCode::PageUp), ctrl('b')], Action::PageUp, "a page up", ""),
    bind(Place::Everywhere, &[code(KeyCode::PageDown), ctrl('f')], Action::PageDown, "a page down", ""),
    bind(Place::Everywhere, &[code(KeyCode::Home), key('g')], Action::First, "to the first", ""),
    bind(Place::Everywhere, &[code(KeyCode::End), key('G')], Action::Last, "to the last", ""),
    bind(Place::Everywhere, &[ctrl('z')], Action::Suspend, "to the shell; fg comes back", ""),
    bind(Place::Everywhere, &[key('8')], Action::Show(Tab::Runtime), "runtime: workers, tasks, memory, collector", ""),
    bind(Place::Everywhere, &[key('9')], Action::Show(Tab::Lints), "lints: what looks wrong, and why", ""),
    bind(Place::Everywhere, &[key('0')], Action::Show(Tab::Explain), "explain: what numbers mean", ""),
    bind(Place::Everywhere, &[key('E')], Action::Explain, "explain what the cursor is on", ""),
    bind(Place::Everywhere, &[key('y')], Action::Copy, "copy what the cursor is on to the clipboard", ""),
    bind(Place::Overview, ENTER, Action::Enter, "the variable behind the number", "detail"),
    bind(Place::Overview, UP, Action::Up, "number above; with several targets: target above", ""),
    bind(Place::Overview, DOWN, Action::Down, "number below; with several targets: target below", ""),
    bind(Place::Overview, LEFT, Action::Left, "previous number", ""),
    bind(Place::Overview, RIGHT, Action::Right, "next number", ""),
    bind(Place::Overview, &[key('p')], Action::Pin, "pin it to the board, or take it off", "pin"),
    bind(Place::Overview, &[key('+'), key('=')], Action::Longer, "charts over a longer time", "longer"),
    bind(Place::Overview, &[key('-')], Action::Shorter, "charts over a shorter time", "shorter"),
    bind(Place::Overview, SLASH, Action::Filter, "filter the targets by name or state", ""),
    bind(Place::Overview, &[key('s')], Action::Sort, "sort the targets by the next column", "sort"),
    bind(Place::Overview, &[key('S')], Action::ReverseSort, "sort the other way round", ""),
    bind(Place::Overview, &[key('z')], Action::WholeFleet, "targets on the whole screen, and back", "fleet"),
    bind(Place::Variables, SLASH, Action::Filter, "filter by words or regular expression", "filter"),
    bind(Place::Variables, ENTER, Action::Enter, "detail; on an object: open or close it", "detail"),
    bind(Place::Variables, UP, Action::Up, "up", ""),
    bind(Place::Variables, DOWN, Action::Down, "down", ""),
    bind(Place::Variables, LEFT, Action::Left, "close, or up to the object around", ""),
    bind(Place::Variables, RIGHT, Action::Right, "open", ""),
    bind(Place::Variables, &[key('e')], Action::ToggleAll, "open all; again: close all", "open all"),
    bind(Place::Variables, &[key('p')], Action::Pin, "pin to the board, or take off", "pin"),
    bind(Place::Variables, &[key('r')], Action::FlipRate, "chart the value or its growth per second", "rate"),
    bind(Place::Variables, &[key('+'), key('=')], Action::Longer, "charts over a longer time", ""),
    bind(Place::Variables, &[key('-')], Action::Shorter, "charts over a shorter time", ""),
    bind(Place::Variables, &[key('a')], Action::Across, "the same variable of all targets", ""),
    bind(Place::Board, &[key('+'), key('=')], Action::Longer, "a longer time", "longer"),
    bind(Place::Board, &[key('-')], Action::Shorter, "a shorter time", "shorter"),
    bind(Place::Board, ENTER, Action::Enter, "detail", "detail"),
    bind(Place::Board, UP, Action::Up, "the chart above", ""),
    bind(Place::Board, DOWN, Action::Down, "the chart below", ""),
    bind(Place::Board, LEFT, Action::Left, "previous chart", ""),
    bind(Place::Board, RIGHT, Action::Right, "next chart", ""),
    bind(Place::Board, &[key('p')], Action::Pin, "take the chart off", "unpin"),
    bind(Place::Board, &[key('r')], Action::FlipRate, "chart the value or its growth per second", "rate"),
    bind(Place::Board, &[key('o')], Action::Overlay, "lay other targets over the charts", "overlay"),
    bind(Place::Board, &[key('a')], Action::Across, "the same number of all targets", ""),
    bind(Place::Board, &[key('v')], Action::Range, "select a range of time", "range"),
    bind(Place::Profile, ENTER, Action::Enter, "zoom in; in lists: find in graph; tags: focus", "zoom"),
    bind(Place::Profile, ESC, Action::Back, "zoom out, end the search, back to the graph", "out"),
    bind(Place::Profile, SLASH, Action::Filter, "search functions", "search"),
    bind(Place::Profile, &[key('v')], Action::NextMode, "next look: top, callers, lines, tags, stacks", "look"),
    bind(Place::Profile, &[key('V')], Action::PreviousMode, "previous look", ""),
    bind(Place::Profile, &[key('t')], Action::Look(Mode::Top), "top: table of functions, or back to the graph", "top"),
    bind(Place::Profile, &[key('c')], Action::Look(Mode::Callers), "callers above, callees below the function", "callers"),
    bind(Place::Profile, &[key('d')], Action::Compare, "compare: amounts, then shares, then no longer", "diff"),
    bind(Place::Profile, &[key('F')], Action::FilterBy(FilterKind::Focus), "focus: only stacks with a function that matches", "focus"),
    bind(Place::Profile, &[key('I')], Action::FilterBy(FilterKind::Ignore), "ignore: no stacks with a function that matches", ""),
    bind(Place::Profile, &[key('H')], Action::FilterBy(FilterKind::Hide), "hide: functions that match are left out of stacks", ""),
    bind(Place::Profile, &[key('T')], Action::Look(Mode::Tags), "tags: labels of the samples", ""),
    bind(Place::Profile, &[key('x')], Action::TagIgnore, "in the tags: none of those", ""),
    bind(Place::Profile, &[key('R')], Action::NoFilters, "remove all filters", ""),
    bind(Place::Profile, &[key('L')], Action::Look(Mode::Lines), "lines of the function selected", ""),
    bind(Place::Profile, &[key('S')], Action::Look(Mode::Stacks), "stacks: equal ones in one line", ""),
    bind(Place::Profile, &[key('m')], Action::Mark, "mark what is shown, to compare with from now on", ""),
    bind(Place::Profile, &[key('B')], Action::OpenBase, "compare with a file", ""),
    bind(Place::Profile, &[key('w')], Action::Export, "write to a file: .svg, .folded, .pb.gz", ""),
    bind(Place::Profile, &[key('n')], Action::NextMatch, "next match", ""),
    bind(Place::Profile, &[key('N')], Action::PreviousMatch, "previous match", ""),
    bind(Place::Profile, &[key('o')], Action::Order, "top in another order: flat, cum, name, change", ""),
    bind(Place::Profile, &[key('f')], Action::ToggleFold, "fold or show library frames", "fold"),
    bind(Place::Profile, &[key('i')], Action::TurnOver, "root on top (icicle) or at the bottom (flame)", "invert"),
    bind(Place::Profile, &[key('>')], Action::NextProfile, "the other profile: allocs, block, threadcreate", ""),
    bind(Place::Profile, &[key('<')], Action::PreviousProfile, "back to the one before", ""),
    bind(Place::Profile, &[key('s')], Action::NextMeasure, "next sample type: space, objects, …", "type"),
    bind(Place::Profile, &[key('+'), key('=')], Action::Longer, "add up more captures", ""),
    bind(Place::Profile, &[key('-')], Action::Shorter, "add up fewer captures", ""),
    bind(Place::Profile, UP, Action::Up, "up in the picture", ""),
    bind(Place::Profile, DOWN, Action::Down, "down in the picture", ""),
    bind(Place::Profile, LEFT, Action::Left, "frame to the left", ""),
    bind(Place::Profile, RIGHT, Action::Right, "frame to the right", ""),
    bind(Place::Runtime, ENTER, Action::Enter, "the variable behind the number", "detail"),
    bind(Place::Runtime, UP, Action::Up, "up", ""),
    bind(Place::Runtime, DOWN, Action::Down, "down", ""),
    bind(Place::Runtime, &[key('p')], Action::Pin, "pin it to the board, or take it off", "pin"),
    bind(Place::Runtime, &[key('+'), key('=')], Action::Longer, "charts over a longer time", "longer"),
    bind(Place::Runtime, &[key('-')], Action::Shorter, "charts over a shorter time", "shorter"),
    bind(Place::Lints, ENTER, Action::Enter, "the evidence: the view behind the lint", "evidence"),
    bind(Place::Lints, UP, Action::Up, "up", ""),
    bind(Place::Lints, DOWN, Action::Down, "down", ""),
    bind(Place::Explain, SLASH, Action::Filter, "filter the cards", "filter"),
    bind(Place::Explain, UP, Action::Up, "card above", ""),
    bind(Place::Explain, DOWN, Action::Down, "card below", ""),
    bind(Place::Explain, ESC, Action::Back, "back to where it was asked", "back"),
    bind(Place::Detail, ESC, Action::Back, "back", "back"),
    bind(Place::Detail, &[key('p')], Action::Pin, "pin to the board, or take off", "pin"),
    bind(Place::Detail, &[key('r')], Action::FlipRate, "chart the value or its growth per second", "rate"),
    bind(Place::Detail, &[key('+'), key('=')], Action::Longer, "a longer time", "longer"),
    bind(Place::Detail, &[key('-')], Action::Shorter, "a shorter time", "shorter"),
    bind(Place::Detail, &[key('a')], Action::Across, "the same variable of all targets", "all targets"),
    bind(Place::Detail, &[key('v')], Action::Range, "select a range of time", "range"),
    bind(Place::Range, LEFT, Action::Left, "earlier", "earlier"),
    bind(Place::Range, RIGHT, Action::Right, "later", "later"),
    bind(Place::Range, &[key('v')], Action::Range, "the range begins, or ends, here", "mark"),
    bind(Place::Range, ENTER, Action::RangeDone, "keep the range: numbers are about it", "keep"),
    bind(Place::Range, ESC, Action::Back, "no range", "drop"),
    bind(Place::Replay, &[key('{')], Action::Slower, "slower", ""),
    bind(Place::Replay, &[key('}')], Action::Faster, "faster", ""),
    bind(Place::Replay, &[key(',')], Action::Rewind, "5 s back", ""),
    bind(Place::Replay, &[key('.')], Action::Forward, "5 s on", ""),
    bind(Place::Replay, &[key(';')], Action::RewindFar, "1 min back", ""),
    bind(Place::Replay, &[key('\'')], Action::ForwardFar, "1 min on", ""),
    bind(Place::Typing, ENTER, Action::Accept, "keep the filter, read or write the file", "keep"),
    bind(Place::Typing, ESC, Action::Back, "drop the filter", "drop"),
    bind(Place::Typing, &[code(KeyCode::Tab)], Action::Insert, "put the selected function in", "function"),
    bind(Place::Typing, &[ctrl('c')], Action::Quit, "quit (letters, q as well, go into the filter)", ""),
    bind(Place::Typing, &[ctrl('z')], Action::Suspend, "to the shell; fg comes back", ""),
    bind(Place::Typing, &[code(KeyCode::Up)], Action::Up, "up", ""),
    bind(Place::Typing, &[code(KeyCode::Down)], Action::Down, "down", ""),
    bind(Place::Help, &[code(KeyCode::Esc), key('?')], Action::Help, "close", "close"),
    bind(Place::Help, UP, Action::Up, "up", ""),
    bind(Place::Help, DOWN, Action::Down, "down", ""),
];

/// Every key there is.
pub(crate) fn all() -> impl Iterator<Item = &'static Binding> {
    KEYS.iter()
}

/// The keys of a place in the order of the table.
pub(crate) fn of(place: Place) -> impl Iterator<Item = &'static Binding> {
    all().filter(move |binding| binding.place == place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_at_one_place() {
        for place in Place::ALL {
            let keys: Vec<Key> = of(place)
                .flat_map(|binding| binding.keys)
                .copied()
                .collect();
            for (at, key) in keys.iter().enumerate() {
                assert!(
                    !keys[..at].contains(key),
                    "{} twice in {place:?}",
                    key.name()
                );
            }
        }
    }

    #[test]
    fn every_binding_is_in_the_help() {
        assert_eq!(Place::ALL.into_iter().flat_map(of).count(), all().count());
        assert!(all().all(|binding| !binding.what.is_empty() && !binding.names().is_empty()));
    }
}
