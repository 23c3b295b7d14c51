//! Whatever can be reached by keys in a view can be clicked there.

use cutaway_model::{ProfileKind, Source};
use ratatui::crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::scene::{Scene, cpu_profile, service, task_profile};
use crate::flame::Order;
use crate::fleet::Column;
use crate::profiling::Mode;
use crate::state::Tab;
use crate::vitals::Role;
use crate::{Input, Options};

fn mouse(scene: &mut Scene, kind: MouseEventKind, column: u16, row: u16) {
    scene.input(Input::Mouse(MouseEvent {
        kind,
        column,
        row,
        modifiers: KeyModifiers::NONE,
    }));
}

/// Where the words stand below the tabs.
fn find(scene: &Scene, words: &str) -> (u16, u16) {
    let text = scene.text();
    let place = |(row, line): (usize, &str)| {
        let at = line.find(words)?;
        let column = line[..at].chars().count();
        Some((u16::try_from(column).ok()?, u16::try_from(row).ok()?))
    };
    let mut found = text.lines().enumerate().filter_map(place);
    let below = found.find(|(_, row)| *row > 1);
    below.unwrap_or_else(|| panic!("{words} is not on the screen:\n{text}"))
}

fn click(scene: &mut Scene, words: &str) {
    let (column, row) = find(scene, words);
    mouse(scene, MouseEventKind::Down(MouseButton::Left), column, row);
}

fn wheel(scene: &mut Scene, down: bool) {
    let kind = if down {
        MouseEventKind::ScrollDown
    } else {
        MouseEventKind::ScrollUp
    };
    mouse(scene, kind, 10, 10);
}

#[test]
fn tabs_are_clicked_and_nothing_is_nowhere() {
    let mut scene = Scene::new(80, 24).live(5);
    let tabs = scene
        .text()
        .lines()
        .nth(1)
        .expect("a line of tabs")
        .to_owned();
    let left = MouseEventKind::Down(MouseButton::Left);
    for tab in Tab::ALL {
        let column = tabs.find(&format!("{} {}", tab.digit(), &tab.title()[..3]));
        mouse(&mut scene, left, column.expect("a tab") as u16 + 2, 1);
        assert_eq!(scene.state.tab, tab);
        for (column, row) in [(0, 0), (79, 23), (500, 500), (79, 2)] {
            mouse(&mut scene, left, column, row);
        }
        scene.press("1");
    }
}

#[test]
fn items_are_selected_then_opened_and_the_wheel_scrolls() {
    let mut scene = Scene::new(80, 24).live(75);
    scene.press("2");
    click(&mut scene, "in_flight");
    let at = scene.state.variables.cursor;
    assert!(at > 0);
    wheel(&mut scene, true);
    assert_eq!(scene.state.variables.cursor, at + 3);
    wheel(&mut scene, false);
    assert_eq!(scene.state.variables.cursor, at);
    scene.press("1");
    click(&mut scene, "memory");
    assert!(scene.state.card > 0 && scene.state.detail.is_none());
    click(&mut scene, "memory");
    assert!(scene.state.detail.is_some());
    wheel(&mut scene, true);
    scene.press("3");
    click(&mut scene, "memory");
    assert!(scene.state.board.cursor > 0);
    scene.press("8");
    click(&mut scene, "open files");
    assert!(scene.state.live.runtime > 0);
    click(&mut scene, "open files");
    assert_eq!(scene.state.detail, Some("process.fds".into()));
    scene.press("9");
    click(&mut scene, "a retry storm");
    assert!(scene.state.live.lint > 0);
    scene.press("0");
    click(&mut scene, " Throttled by the CPU quota");
    assert_eq!(scene.state.live.explain.cursor, 2);
    scene.press("?");
    wheel(&mut scene, true);
    assert!(scene.state.help > Some(0));
}

#[test]
fn a_lint_that_fires_leads_to_its_evidence() {
    let mut scene = Scene::new(80, 24).live(30);
    for second in 31..60 {
        scene.tick(1_000);
        let mut values = service(second);
        let full = |value: f64| cutaway_model::Scalar::Number(cutaway_model::Number::F64(value));
        values.push(("zz.queue_limit".into(), full(10.0)));
        values.push(("zz.waiting".into(), full(10.0)));
        scene.sample(0, Source::Expvar, values);
    }
    scene.press("9j");
    click(&mut scene, "a queue is nearly full");
    assert_eq!(scene.state.live.lint, 0);
    click(&mut scene, "zz.waiting: 10 of 10");
    assert_eq!(scene.state.detail, Some("zz.waiting".into()));
}

#[test]
fn targets_are_chosen_and_headings_sort() {
    let mut scene = Scene::with(160, 30, 4, Options::default());
    scene.serve(5);
    scene.press("z");
    click(&mut scene, "127.0.0.1:4002");
    assert_eq!(scene.state.selected, 2);
    click(&mut scene, "memory");
    let fleet = |scene: &Scene| (scene.state.live.fleet.sort, scene.state.live.fleet.reversed);
    assert_eq!(fleet(&scene), (Column::Number(Role::Memory), false));
    click(&mut scene, "memory ▾");
    assert_eq!(fleet(&scene), (Column::Number(Role::Memory), true));
    click(&mut scene, "target");
    assert_eq!(fleet(&scene), (Column::Name, false));
    wheel(&mut scene, true);
    click(&mut scene, "127.0.0.1:4001");
    click(&mut scene, "127.0.0.1:4001");
    assert!(!scene.state.live.fleet.whole);
}

#[test]
fn frames_are_zoomed_and_functions_sorted() {
    let mut scene = Scene::new(120, 40).live(5);
    scene.press("4");
    scene.profile(ProfileKind::Cpu, cpu_profile());
    click(&mut scene, "sales_api::routes::orders");
    let flame = &scene.state.profiling().flame;
    assert!(flame.is_zoomed() && flame.zoom() == flame.selected());
    click(&mut scene, "sales_api::routes::orders");
    assert!(!scene.state.profiling().flame.is_zoomed());
    let before = scene.state.profiling().flame.selected_row();
    wheel(&mut scene, true);
    wheel(&mut scene, false);
    assert_eq!(scene.state.profiling().flame.selected_row(), before);
    scene.press("t");
    click(&mut scene, "cum");
    assert_eq!(scene.state.profiling().table.order(), Order::Cum);
    click(&mut scene, "function");
    assert_eq!(scene.state.profiling().table.order(), Order::Name);
    click(&mut scene, "stores::sqlite::commit");
    let selected = scene.state.profiling().selected_function();
    assert_eq!(selected.as_deref(), Some("stores::sqlite::commit"));
    scene.press("c");
    wheel(&mut scene, true);
    assert_eq!(scene.state.profiling().mode, Mode::Callers);
    scene.press("6");
    scene.profile(ProfileKind::Goroutine, task_profile(1));
    wheel(&mut scene, true);
    assert!(scene.state.profiling().groups.cursor > 0);
    mouse(&mut scene, MouseEventKind::Down(MouseButton::Left), 5, 4);
    assert_eq!(scene.state.profiling().groups.cursor, 0);
}
