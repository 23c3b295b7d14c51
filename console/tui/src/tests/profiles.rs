//! Every way of looking at a profile, in every state.

use std::sync::Arc;

use cutaway_model::{Command, ProfileKind};
use profile::Profile;
use ratatui::style::Color;

use super::scene::{Scene, cpu_profile, heap_profile, lock_profile, task_profile};
use super::screens::{Reach, STATES, cell_of, check};
use crate::profiling::Mode;
use crate::{FileNews, Input};

/// A view: the keys that open it, the profile that it shows, the keys pressed then.
pub(super) struct View {
    pub(super) name: &'static str,
    tab: &'static str,
    kind: ProfileKind,
    profile: fn(i64) -> Arc<Profile>,
    /// Pressed between the first capture and the second.
    between: &'static str,
    keys: &'static str,
}

const fn view(
    name: &'static str,
    tab: &'static str,
    kind: ProfileKind,
    profile: fn(i64) -> Arc<Profile>,
    between: &'static str,
    keys: &'static str,
) -> View {
    View {
        name,
        tab,
        kind,
        profile,
        between,
        keys,
    }
}

pub(super) const VIEWS: [View; 10] = [
    view("top", "4", ProfileKind::Cpu, cpu, "", "jjjt"),
    view(
        "callers",
        "4",
        ProfileKind::Cpu,
        cpu,
        "",
        "/commit<enter>nc",
    ),
    view("lines", "4", ProfileKind::Cpu, cpu, "", "/place<enter>nL"),
    view("diff", "4", ProfileKind::Cpu, cpu, "m", "jjj"),
    view("changes", "4", ProfileKind::Cpu, cpu, "m", "t"),
    view("heap", "5", ProfileKind::Heap, heap_profile, "", "jj"),
    view("growth", "5", ProfileKind::Heap, heap_profile, "m", "jj"),
    view("tasks", "6", ProfileKind::Goroutine, task_profile, "", ""),
    view("tags", "6", ProfileKind::Goroutine, task_profile, "m", "Tj"),
    view("locks", "7", ProfileKind::Mutex, lock_profile, "", "jj"),
];

/// The CPU's profile; the store takes longer each time.
fn cpu(round: i64) -> Arc<Profile> {
    let mut profile = Profile::clone(&cpu_profile());
    for (at, sample) in (0..).zip(&mut profile.samples) {
        if at < 3 {
            sample.values[0] *= round;
        } else if at > 11 {
            sample.values[0] /= round;
        }
    }
    Arc::new(profile)
}

/// The view in a state of the target. A target that never answered gives no profile either.
pub(super) fn shown(view: &View, reach: Reach, size: (u16, u16)) -> Scene {
    let mut scene = reach(Scene::new(size.0, size.1));
    scene.press(view.tab);
    if !scene.state.targets[0].variables.is_empty() {
        // One capture at a time is shown, so that marking one leaves it out of the next.
        scene.press("--");
        scene.profile(view.kind, (view.profile)(1));
        scene.press(view.between);
        scene.tick(200);
        scene.profile(view.kind, (view.profile)(3));
    }
    scene.press(view.keys);
    scene
}

#[test]
fn every_look_in_every_state() {
    for view in &VIEWS {
        for (state, reach) in STATES {
            let scene = shown(view, reach, (80, 24));
            check(&format!("profile_{}_{state}", view.name), &scene);
        }
    }
}

#[test]
fn every_look_on_small_and_large_screens() {
    for view in &VIEWS {
        for size in [(40, 12), (200, 60)] {
            let scene = shown(view, |scene| scene.live(75), size);
            check(
                &format!("profile_{}_{}x{}", view.name, size.0, size.1),
                &scene,
            );
        }
    }
}

fn look(name: &str) -> Scene {
    let view = VIEWS.iter().find(|view| view.name == name);
    shown(view.expect("a view"), |scene| scene.live(5), (120, 40))
}

#[test]
fn what_grew_is_orange_and_what_shrank_is_blue() {
    let screen = look("diff").screen();
    assert_eq!(
        cell_of(&screen, "+stores::sqlite::commit").bg,
        Color::Indexed(166)
    );
    let changes = look("changes");
    let screen = changes.screen();
    let (grew, shrank) = (cell_of(&screen, "+920 ms").fg, cell_of(&screen, "−").fg);
    assert_eq!((grew, shrank), (Color::Indexed(214), Color::Indexed(74)));
    assert!(changes.text().contains("grown first"), "{}", changes.text());
}

#[test]
fn the_function_between_its_callers_and_callees_is_selected() {
    let scene = look("callers");
    let screen = scene.screen();
    assert_eq!(
        cell_of(&screen, "▸stores::sqlite::commit").bg,
        Color::Indexed(24)
    );
    let text = scene.text();
    let row = |words: &str| text.lines().position(|line| line.contains(words));
    let function = row("▸stores::sqlite::commit");
    assert!(
        row("▏order::place") < function && function < row("rusqlite::statement"),
        "{text}"
    );
}

#[test]
fn one_walks_from_the_callees_through_the_function_to_the_callers() {
    let mut scene = look("callers");
    let selected = |scene: &mut Scene, keys: &str| {
        scene.press(keys);
        scene
            .state
            .profiling()
            .selected_function()
            .map(|name| name.to_string())
    };
    assert_eq!(
        selected(&mut scene, "j").as_deref(),
        Some("rusqlite::statement::execute")
    );
    assert_eq!(
        selected(&mut scene, "k").as_deref(),
        Some("stores::sqlite::commit")
    );
    assert_eq!(selected(&mut scene, "k").as_deref(), Some("order::place"));
    assert_eq!(
        selected(&mut scene, "j").as_deref(),
        Some("stores::sqlite::commit")
    );
    scene.press("k<enter>");
    assert_eq!(&*scene.state.profiling().sandwich.function, "order::place");
    assert_eq!(scene.state.profiling().mode, Mode::Callers);
}

#[test]
fn a_profile_from_before_a_restart_is_said_to_be() {
    let mut scene = look("heap");
    scene.tick(3_000);
    scene.restart();
    assert!(
        scene.text().contains("of the process before"),
        "{}",
        scene.text()
    );
    scene.tick(100);
    scene.profile(ProfileKind::Heap, heap_profile(1));
    assert!(
        !scene.text().contains("of the process before"),
        "{}",
        scene.text()
    );
}

#[test]
fn locks_say_what_they_cannot_see() {
    for (size, words) in [
        ((80, 24), "only instrumented types are seen"),
        (
            (200, 60),
            "only instrumented types are seen; Go: while its mutex fraction is set",
        ),
    ] {
        let view = VIEWS
            .iter()
            .find(|view| view.name == "locks")
            .expect("a view");
        let scene = shown(view, |scene| scene.live(5), size);
        assert!(scene.text().contains(words), "{}", scene.text());
    }
}

/// Shares of what `go tool pprof -top` printed of the same files: flat and cum by name.
fn printed(table: &str) -> Vec<(String, String, String)> {
    let rows = table.lines().skip_while(|line| !line.contains("flat%"));
    let row = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [_, flat, _, _, cum, name @ ..] = &fields[..] else {
            panic!("{line}");
        };
        let name = name.join(" ");
        let name = name.trim_end_matches(" (inline)");
        let name = name.trim_end_matches(" (partial-inline)");
        (name.to_owned(), (*flat).to_owned(), (*cum).to_owned())
    };
    rows.skip(1).map(row).collect()
}

#[test]
fn comparisons_and_filters_have_the_numbers_of_gos_tool() {
    let read = |bytes: &[u8]| Arc::new(Profile::decode(bytes).expect("a profile"));
    let cpu = read(include_bytes!("../../../testdata/go/cpu.pb.gz"));
    let later = read(include_bytes!("../../../testdata/go/later.pb.gz"));
    let cases = [
        ("", include_str!("../../../testdata/go/pprof/diff.txt")),
        (
            "dFsha256<enter>",
            include_str!("../../../testdata/go/pprof/normalized.txt"),
        ),
    ];
    for (keys, go) in cases {
        let mut scene = Scene::new(80, 24).live(2);
        scene.press("4---");
        scene.profile(ProfileKind::Cpu, Arc::clone(&cpu));
        scene.press("m");
        scene.profile(ProfileKind::Cpu, Arc::clone(&later));
        scene.press("t").press(keys);
        let profiling = scene.state.profiling();
        let share = |value| profile::units::percentage(value, profiling.selection.whole);
        let expected = printed(go);
        assert!(expected.len() > 5, "{go}");
        for (name, flat, cum) in expected {
            let row = profiling.table.shown().find(|row| *row.name == *name);
            let ours = row.map(|row| (share(row.flat_change()), share(row.change())));
            let near = |ours: &str, theirs: &str| {
                let number =
                    |text: &str| text.trim_end_matches('%').parse::<f64>().expect("a number");
                (number(ours) - number(theirs)).abs() < 0.006
            };
            let Some((our_flat, our_cum)) = ours else {
                // What did not change is not among the changes.
                assert_eq!((flat.as_str(), cum.as_str()), ("0%", "0%"), "{name}");
                continue;
            };
            assert!(
                near(&our_flat, &flat) && near(&our_cum, &cum),
                "{name}: {our_flat} {our_cum}, {flat} {cum}"
            );
        }
    }
}

#[test]
fn filters_narrow_what_is_shown_but_not_what_shares_are_of() {
    let mut scene = look("heap");
    let whole = scene.state.profiling().selection.whole;
    scene.press("Fhistory<enter>");
    let shown = scene.state.profiling().selection.total;
    assert!(shown > 0 && shown < whole);
    assert_eq!(scene.state.profiling().selection.whole, whole);
    assert!(scene.text().contains("focus history"), "{}", scene.text());
    scene.press("Iorder<enter>");
    assert!(
        scene.text().contains("the filters leave nothing"),
        "{}",
        scene.text()
    );
    scene.press("R");
    assert_eq!(scene.state.profiling().selection.total, whole);
    scene.press("H^alloc::<enter>t");
    assert!(!scene.text().contains("grow"), "{}", scene.text());
    scene.press("F(<enter>");
    assert!(scene.text().contains("▲ focus"), "{}", scene.text());
    scene.press("RFnowhere<enter>");
    assert!(
        scene.text().contains("focus matched nothing"),
        "{}",
        scene.text()
    );
}

#[test]
fn the_selected_function_is_put_into_a_filter() {
    let mut scene = look("top");
    let function = scene.state.profiling().selected_function().expect("one");
    scene.press("F<tab><enter>t<esc>");
    let filters = &scene.state.profiling().filters;
    let (_, pattern) = filters.set().next().expect("a filter");
    assert_eq!(pattern, format!("^{function}$"));
    assert!(scene.state.profiling().selection.total > 0);
}

#[test]
fn tags_are_filters_a_key_away() {
    let mut scene = look("tags");
    scene.press("dd<end><up><enter>");
    let count = |scene: &Scene| scene.state.profiling().selection.total;
    let (_, pattern) = scene
        .state
        .profiling()
        .filters
        .set()
        .next()
        .expect("a filter");
    assert_eq!(pattern, "state=^waiting$");
    let waiting = count(&scene);
    scene.press("Rx");
    assert_eq!(
        count(&scene) + waiting,
        scene.state.profiling().selection.whole
    );
}

#[test]
fn shares_are_compared_whatever_the_amounts() {
    let mut scene = look("heap");
    let doubled = |round| {
        let mut profile = Profile::clone(&heap_profile(round));
        profile.scale(2.0);
        Arc::new(profile)
    };
    scene.press("m");
    scene.profile(ProfileKind::Heap, doubled(3));
    let change = |scene: &Scene| {
        scene
            .state
            .profiling()
            .flame
            .stacks()
            .whole()
            .map(crate::flame::Node::change)
    };
    assert!(change(&scene) > Some(0));
    scene.press("d");
    assert_eq!(change(&scene), Some(0), "{}", scene.text());
    assert!(scene.text().contains("shares"), "{}", scene.text());
    scene.press("d");
    assert!(!scene.state.profiling().compares());
}

#[test]
fn a_file_is_compared_with() {
    let mut scene = look("heap");
    scene.commands.clear();
    scene.press("Bold.pb.gz<enter>");
    assert_eq!(scene.commands, [Command::ReadBase("old.pb.gz".to_owned())]);
    let read = |read| {
        Input::File(FileNews::Base {
            path: "old.pb.gz".to_owned(),
            read,
        })
    };
    scene.input(read(Err("no such file".to_owned())));
    assert!(
        scene.text().contains("✗ old.pb.gz: no such file"),
        "{}",
        scene.text()
    );
    scene.input(read(Ok(heap_profile(1))));
    assert!(
        scene.text().contains("against old.pb.gz"),
        "{}",
        scene.text()
    );
    assert!(scene.state.profiling().compares());
}

#[test]
fn what_is_shown_is_written_to_a_file() {
    let mut scene = look("growth");
    scene.press("Fhistory<enter>");
    scene.commands.clear();
    scene.press("wout.svg<enter>");
    let [Command::Export(export)] = &scene.commands[..] else {
        panic!("{:?}", scene.commands);
    };
    assert_eq!(export.path, "out.svg");
    assert_eq!(export.sample_type.as_deref(), Some("inuse_space"));
    assert_eq!((export.now.len(), export.base.len()), (1, 1));
    assert_eq!(export.now[0].samples.len(), 1, "filtered");
    scene.input(Input::File(FileNews::Exported(Ok("out.svg".to_owned()))));
    assert!(scene.text().contains("✓ out.svg"), "{}", scene.text());
}

#[test]
fn source_is_asked_for_once_and_shown_beside_the_lines() {
    let mut scene = look("lines");
    let asked = |scene: &Scene| {
        let asked = scene.commands.iter().filter_map(|command| match command {
            Command::ReadSource(file) => Some(file.to_string()),
            _ => None,
        });
        asked.collect::<Vec<_>>()
    };
    let files = asked(&scene);
    let [file] = &files[..] else {
        panic!("{files:?}");
    };
    let lines = (1..=400).map(|number| format!("\tline {number} of \u{1b}[2J the file"));
    scene.input(Input::File(FileNews::Source {
        path: file.clone(),
        read: Ok(lines.collect()),
    }));
    let line = scene.state.profiling().lines.rows[0].line;
    let text = scene.text();
    for near in [line - 3, line, line + 3] {
        assert!(
            text.contains(&format!("{near}      line {near} of ␛[2J the file")),
            "{text}"
        );
    }
    assert!(!text.contains(&format!("line {} of", line + 4)), "{text}");
    scene.press("jk");
    assert_eq!(asked(&scene).len(), 1);
}

#[test]
fn a_file_that_is_opened_is_all_there_is_to_see() {
    let options = crate::Options::default();
    let base = Some("before.pb.gz");
    let mut state = crate::State::of_file(options, "now.pb.gz", base, Some("alloc_space"));
    let opened = FileNews::Opened {
        profile: heap_profile(3),
        base: Some(heap_profile(1)),
        complaint: None,
    };
    crate::update(&mut state, Input::File(opened));
    crate::update(&mut state, Input::Resize(100, 30));
    let commands = crate::update(&mut state, Input::Tick(std::time::Duration::from_secs(9)));
    assert_eq!(commands, []);
    let mut screen = ratatui::buffer::Buffer::empty(ratatui::layout::Rect::new(0, 0, 100, 30));
    crate::draw(&state, &mut screen);
    let text = super::scene::text_of(&screen);
    assert!(text.contains("now.pb.gz  a file"), "{text}");
    assert!(text.contains("heap  alloc_space"), "{text}");
    assert!(text.contains("against before.pb.gz"), "{text}");
    assert!(
        !text.contains("Overview") && text.contains("5 Heap"),
        "{text}"
    );
}
