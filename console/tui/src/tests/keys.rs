//! What keys do.

use cutaway_model::{Command, ProfileKind, TargetId};

use super::scene::{Scene, cpu_profile};
use crate::Options;
use crate::profiling::Mode;
use crate::state::Tab;

const TARGET: TargetId = TargetId(0);
const WATCH: Command = Command::WatchProfile {
    target: TARGET,
    kind: ProfileKind::Cpu,
    seconds: 3,
};
const STOP: Command = Command::StopProfile {
    target: TARGET,
    kind: ProfileKind::Cpu,
};

fn live() -> Scene {
    Scene::new(80, 24).live(20)
}

fn commands(keys: &str) -> Vec<Command> {
    let mut scene = live();
    scene.press(keys);
    scene.commands
}

#[test]
fn ctrl_z_suspends_everywhere() {
    for keys in ["<ctrl-z>", "2<ctrl-z>", "2/x<ctrl-z>", "?<ctrl-z>"] {
        assert_eq!(commands(keys), [Command::Suspend], "{keys}");
    }
}

#[test]
fn one_press_of_q_quits_everywhere() {
    for keys in [
        "q",
        "2q",
        "2<enter>q",
        "3q",
        "?q",
        " q",
        "2/x<enter>q",
        "2/x<esc>q",
        "<ctrl-c>",
        "2/<ctrl-c>",
        "?<ctrl-c>",
    ] {
        assert_eq!(commands(keys), [Command::Quit], "{keys}");
    }
    assert_eq!(commands("4q"), [WATCH, STOP, Command::Quit]);
}

#[test]
fn letters_go_into_a_filter() {
    let mut scene = live();
    scene.press("2/q 14");
    assert!(scene.commands.is_empty());
    assert_eq!(scene.state.variables.filter.as_str(), "q 14");
    scene.press("<esc>");
    assert_eq!(scene.state.variables.filter.as_str(), "");
}

#[test]
fn the_filter_narrows_while_typing() {
    let mut scene = live();
    let matched = |scene: &Scene| scene.state.variables.tree.matched;
    scene.press("2");
    let all = matched(&scene);
    scene.press("/");
    let narrowed: Vec<usize> = "heap"
        .chars()
        .map(|char| matched(scene.press(&char.to_string())))
        .collect();
    assert!(
        narrowed.is_sorted_by(|a, b| a >= b) && narrowed[3] == 1 && all > 20,
        "{all} {narrowed:?}"
    );
    scene.press("<enter><enter>");
    assert_eq!(scene.state.detail, Some("memstats.HeapAlloc".into()));
    scene.press("<esc><esc>");
    assert_eq!((scene.state.detail.clone(), matched(&scene)), (None, all));
}

#[test]
fn views_are_a_key_away() {
    for (keys, tab) in [
        ("2", Tab::Variables),
        ("<tab>", Tab::Variables),
        ("<tab><tab><tab><tab>", Tab::Heap),
        ("<tab><tab><tab><tab><tab><tab><tab>", Tab::Runtime),
        ("<backtab>", Tab::Explain),
        ("5", Tab::Heap),
        ("6", Tab::Tasks),
        ("7", Tab::Locks),
        ("2<enter>3", Tab::Board),
        ("?4", Tab::Cpu),
    ] {
        let mut scene = live();
        scene.press(keys);
        assert!(
            scene.state.tab == tab && scene.state.help.is_none() && scene.state.detail.is_none(),
            "{keys}"
        );
    }
}

#[test]
fn a_profile_is_watched_only_while_it_is_looked_at() {
    for (keys, expect) in [
        ("4", vec![WATCH]),
        ("42", vec![WATCH, STOP]),
        ("44?", vec![WATCH]),
        ("4 ", vec![WATCH, STOP]),
        ("4  ", vec![WATCH, STOP, WATCH]),
        ("<tab><tab><tab><backtab>", vec![WATCH, STOP]),
    ] {
        assert_eq!(commands(keys), expect, "{keys}");
    }
}

#[test]
fn another_target_or_kind_is_watched_instead() {
    let mut scene = Scene::with(80, 24, 2, Options::default()).live(5);
    scene.endpoints(&[ProfileKind::Cpu, ProfileKind::Heap, ProfileKind::Allocs]);
    scene.press("45");
    let heap = |target| Command::WatchProfile {
        target,
        kind: ProfileKind::Heap,
        seconds: 5,
    };
    assert_eq!(scene.commands, [WATCH, STOP, heap(TARGET)]);
    scene.commands.clear();
    scene.press("]");
    let stop = Command::StopProfile {
        target: TARGET,
        kind: ProfileKind::Heap,
    };
    assert_eq!(scene.commands, [stop.clone(), heap(TargetId(1))]);
    scene.press("[");
    scene.commands.clear();
    scene.press(">");
    let allocs = Command::WatchProfile {
        target: TARGET,
        kind: ProfileKind::Allocs,
        seconds: 5,
    };
    assert_eq!(scene.commands, [stop, allocs]);
}

#[test]
fn a_kind_the_target_lacks_gives_way_to_one_it_has() {
    let mut scene = live();
    scene.press("7");
    scene.commands.clear();
    scene.endpoints(&[ProfileKind::Block]);
    let stop = Command::StopProfile {
        target: TARGET,
        kind: ProfileKind::Mutex,
    };
    let watch = Command::WatchProfile {
        target: TARGET,
        kind: ProfileKind::Block,
        seconds: 5,
    };
    assert_eq!(scene.commands, [stop, watch]);
}

#[test]
fn a_profile_the_target_lacks_is_not_asked_for() {
    let mut scene = live();
    scene.press("4");
    scene.commands.clear();
    scene.endpoints(&[ProfileKind::Goroutine]);
    assert_eq!(scene.commands, [STOP]);
    let text = scene.text();
    assert!(text.contains("has no CPU profile"), "{text}");
    assert!(text.contains("it has goroutine"), "{text}");
}

#[test]
fn pins_hang_on_the_board_first() {
    let mut scene = live();
    scene.press("2/tasks<enter>p3");
    let charts = scene.state.board.charts(&scene.state.targets[0]);
    assert_eq!(charts.len(), 7);
    assert!(scene.text().contains("◆ "), "{}", scene.text());
    scene.press("p");
    assert_eq!(scene.state.board.charts(&scene.state.targets[0]).len(), 6);
    scene.press("pppppp");
    assert!(
        scene.text().contains("nothing is pinned"),
        "{}",
        scene.text()
    );
}

#[test]
fn a_key_number_that_is_pinned_does_not_hang_there_twice() {
    let mut scene = live();
    scene.press("2/^errors<enter>p3");
    let text = scene.text();
    assert!(text.contains("◆ errors"), "{text}");
    assert_eq!(text.matches("errors").count(), 1, "{text}");
    assert_eq!(scene.state.board.charts(&scene.state.targets[0]).len(), 6);
}

#[test]
fn pins_given_at_the_start_replace_the_key_numbers() {
    let options = Options {
        pins: vec!["memstats.Alloc".into(), "absent".into()],
        ..Options::default()
    };
    let mut scene = Scene::with(80, 24, 1, options).live(5);
    scene.press("3");
    assert_eq!(scene.state.board.charts(&scene.state.targets[0]).len(), 1);
    assert!(scene.text().contains("memstats.Alloc"), "{}", scene.text());
}

#[test]
fn charts_cover_a_longer_or_shorter_time() {
    let mut scene = live();
    scene.press("3");
    let shown = |scene: &mut Scene, keys: &str, words: &str| {
        scene.press(keys);
        assert!(scene.text().contains(words), "{keys}: {}", scene.text());
    };
    shown(&mut scene, "+", "last 2 min");
    shown(&mut scene, "++++++++++", "last 15 min");
    shown(&mut scene, "----------", "last 15 s");
}

#[test]
fn paused_means_that_nothing_moves() {
    let mut scene = live();
    scene.press("2 ");
    let before = scene.text();
    scene.serve(10);
    scene.tick(300);
    let after = scene.text();
    let below_header = |text: &str| text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(below_header(&before), below_header(&after));
    assert!(after.contains("‖ paused"), "{after}");
    let (held, screen) = (scene.state.held(), scene.text());
    assert!(held.is_some());
    scene.serve(20);
    assert_eq!((scene.state.held(), scene.text()), (held, screen));
    scene.press(" ");
    assert_ne!(below_header(&before), below_header(&scene.text()));
}

#[test]
fn a_target_that_fails_while_paused_is_seen_to() {
    let mut scene = live();
    scene.press(" ");
    scene.fail(0, cutaway_model::Cause::Refused, 1);
    assert!(
        scene.text().contains("✗ failing  refused"),
        "{}",
        scene.text()
    );
}

#[test]
fn zooming_and_searching_are_undone_one_by_one() {
    let mut scene = live();
    scene.press("4");
    scene.profile(ProfileKind::Cpu, cpu_profile());
    scene.press("jjj<enter>jj<enter>/sql<enter>");
    let flame = |scene: &Scene| {
        (
            scene.state.profiling().flame.zoom(),
            scene.state.profiling().search.is_empty(),
        )
    };
    let deep = flame(&scene);
    assert!(deep.0 > 0 && !deep.1);
    scene.press("<esc>");
    let middle = flame(&scene);
    assert!(middle.0 > 0 && middle.0 < deep.0 && !middle.1, "{middle:?}");
    scene.press("<esc>");
    assert_eq!(flame(&scene), (0, false));
    scene.press("<esc>");
    assert_eq!(flame(&scene), (0, true));
}

#[test]
fn a_function_of_the_table_is_found_in_the_graph() {
    let mut scene = live();
    scene.press("4");
    scene.profile(ProfileKind::Cpu, cpu_profile());
    scene.press("t/to_vec<enter><enter>");
    assert!(scene.state.profiling().mode == Mode::Graph);
    assert!(
        scene.text().contains("▸ serde_json::ser::to_vec"),
        "{}",
        scene.text()
    );
}

#[test]
fn captures_add_up_and_old_ones_are_dropped() {
    let mut scene = live();
    scene.press("4");
    for _ in 0..50 {
        scene.profile(ProfileKind::Cpu, cpu_profile());
    }
    let count = |scene: &mut Scene, keys: &str| {
        scene.press(keys);
        scene.state.profiling().count()
    };
    assert_eq!(
        [
            count(&mut scene, ""),
            count(&mut scene, "-"),
            count(&mut scene, "----"),
            count(&mut scene, "+++++++")
        ],
        [5, 2, 1, 20]
    );
}

#[test]
fn a_profile_that_comes_while_held_is_shown_afterwards() {
    let mut scene = live();
    scene.press("4");
    scene.profile(ProfileKind::Cpu, cpu_profile());
    scene.press(" ");
    let total = |scene: &Scene| scene.state.profiling().flame.stacks().total();
    let before = total(&scene);
    scene.profile(ProfileKind::Cpu, cpu_profile());
    assert_eq!(total(&scene), before);
    scene.press(" ");
    assert_eq!(total(&scene), 2 * before);
}

#[test]
fn the_graph_is_laid_out_for_changes_only() {
    let mut scene = live();
    scene.press("4");
    scene.profile(ProfileKind::Cpu, cpu_profile());
    let before = scene.state.profiling().flame.layouts();
    scene.serve(5);
    for _ in 0..5 {
        scene.text();
    }
    scene.press("jjhk");
    assert_eq!(scene.state.profiling().flame.layouts(), before);
}

#[test]
fn the_cursor_stays_on_its_variable_when_others_come() {
    let mut scene = live();
    scene.press("2/sys<enter>");
    let before = scene.state.under_cursor();
    let mut values = super::scene::service(21);
    values.insert(0, ("aaa.sys".into(), values[5].1.clone()));
    scene.sample(0, cutaway_model::Source::Expvar, values);
    assert_eq!(scene.state.under_cursor(), before);
    assert_eq!(scene.state.variables.cursor, 1);
}

#[test]
fn reading_now_is_asked_for() {
    assert_eq!(commands("<ctrl-r>"), [Command::PollNow(TARGET)]);
}
