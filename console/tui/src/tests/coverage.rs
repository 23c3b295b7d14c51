//! No view without a snapshot in every state, and none without its colours. A new view or a new way of looking does not
//! compile here until it is named, and fails until there are snapshots of it.

use std::collections::BTreeMap;

use cutaway_model::Source;
use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

use super::scene::{Scene, service};
use super::screens::{STATES, check};
use super::{live, profiles, screens};
use crate::Options;
use crate::profiling::Mode;
use crate::state::Tab;

/// The snapshots that show a view.
fn view(tab: Tab) -> &'static str {
    match tab {
        Tab::Overview => "overview",
        Tab::Variables => "variables",
        Tab::Board => "board",
        Tab::Cpu => "cpu",
        Tab::Heap => "profile_heap",
        Tab::Tasks => "profile_tasks",
        Tab::Locks => "profile_locks",
        Tab::Runtime => "runtime",
        Tab::Lints => "lints",
        Tab::Explain => "explain",
    }
}

/// Those that show a way of looking at a profile.
fn look(mode: Mode) -> &'static str {
    match mode {
        Mode::Graph => "cpu",
        Mode::Top => "profile_top",
        Mode::Callers => "profile_callers",
        Mode::Lines => "profile_lines",
        Mode::Tags => "profile_tags",
        Mode::Stacks => "profile_tasks",
    }
}

const LOOKS: [Mode; 6] = [
    Mode::Graph,
    Mode::Top,
    Mode::Callers,
    Mode::Lines,
    Mode::Tags,
    Mode::Stacks,
];

/// Several targets, in the state.
fn fleet(state: usize, size: (u16, u16)) -> Scene {
    let mut scene = Scene::with(size.0, size.1, 4, Options::default());
    for second in 1..4 {
        scene.sample(2, Source::Expvar, service(second));
    }
    let mut scene = STATES[state].1(scene);
    scene.press("z");
    scene
}

/// All that is tested in every state, by name, as it is while the target lives.
fn tested() -> BTreeMap<String, Scene> {
    let live = STATES[1].1;
    let size = (80, 24);
    let mut all = BTreeMap::new();
    for (name, keys) in screens::VIEWS {
        all.insert(name.to_owned(), screens::shown(name, keys, live, size));
    }
    for (name, keys) in live::VIEWS {
        let mut scene = live(Scene::new(size.0, size.1));
        scene.press(keys);
        all.insert(name.to_owned(), scene);
    }
    for view in &profiles::VIEWS {
        let name = format!("profile_{}", view.name);
        all.insert(name, profiles::shown(view, live, size));
    }
    all.insert("fleet".to_owned(), fleet(1, size));
    all
}

#[test]
fn a_fleet_in_every_state() {
    for (at, (state, _)) in STATES.iter().enumerate() {
        check(&format!("fleet_{state}"), &fleet(at, (80, 24)));
    }
    for size in [(40, 12), (200, 60)] {
        check(&format!("fleet_{}x{}", size.0, size.1), &fleet(1, size));
    }
}

#[test]
fn every_view_has_snapshots_in_every_state() {
    let tested = tested();
    let named = Tab::ALL.map(view).into_iter().chain(LOOKS.map(look));
    for name in named.chain(["detail", "across", "profile_diff", "fleet"]) {
        assert!(
            tested.contains_key(name),
            "{name} is not tested in every state"
        );
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tests/snapshots");
    for name in tested.keys() {
        let states = STATES.iter().map(|(state, _)| *state);
        for kind in states.chain(["40x12", "200x60", "colours"]) {
            let file = format!("{folder}/cutaway_tui__tests__screens__{name}_{kind}.snap");
            assert!(std::path::Path::new(&file).is_file(), "there is no {file}");
        }
    }
}

/// Text has no colours: each cell's style is a letter, and the letters are explained.
#[test]
fn every_view_has_its_colours() {
    for (name, scene) in tested() {
        super::screens::check_text(&format!("{name}_colours"), &colours(&scene));
    }
}

fn colours(scene: &Scene) -> String {
    let screen = scene.screen();
    let mut known: Vec<(Color, Color, Modifier)> = Vec::new();
    let mut letter = |cell: &Cell| {
        let style = (cell.fg, cell.bg, cell.modifier);
        if style == (Color::Reset, Color::Reset, Modifier::empty()) {
            return ' ';
        }
        let at = known.iter().position(|of| *of == style).unwrap_or_else(|| {
            known.push(style);
            known.len() - 1
        });
        let letters = ('a'..='z').chain('A'..='Z').chain('0'..='9');
        letters
            .chain('α'..='ω')
            .nth(at)
            .expect("so many styles are too many")
    };
    let width = usize::from(screen.area().width);
    let rows = screen.content().chunks(width);
    let mut text: Vec<String> = rows
        .map(|row| row.iter().map(&mut letter).collect::<String>())
        .map(|row| row.trim_end().to_owned())
        .collect();
    let letters = ('a'..='z')
        .chain('A'..='Z')
        .chain('0'..='9')
        .chain('α'..='ω');
    for (letter, (fg, bg, modifier)) in letters.zip(&known) {
        text.push(format!("{letter} {fg:?} on {bg:?} {modifier:?}"));
    }
    text.join("\n")
}
