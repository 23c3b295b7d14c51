//! What each view shows in each state. `INSTA_UPDATE=always cargo test -p cutaway-tui` accepts what changed.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use cutaway_model::{Cause, Message, Path, ProfileKind, Scalar, Source, TargetId};
use expvar::read::Document;
use profile::Profile;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

use super::scene::{Scene, cpu_profile, service};
use crate::{Colors, Options};

/// What leads to a state.
pub(super) type Reach = fn(Scene) -> Scene;

/// The states of a target, each after what leads to it.
pub(super) const STATES: [(&str, Reach); 5] = [
    ("waiting", |scene| scene),
    ("live", |scene| scene.live(75)),
    ("stale", |scene| {
        let mut scene = scene.live(75);
        scene.tick(5_000);
        scene
    }),
    ("failed", |scene| {
        let mut scene = scene.live(75);
        scene.tick(700);
        scene.fail(0, Cause::Refused, 1);
        scene.tick(2_000);
        scene.fail(0, Cause::Refused, 2);
        scene.tick(1_200);
        scene
    }),
    ("restarted", |scene| {
        let mut scene = scene.live(60);
        scene.fail(0, Cause::Refused, 1);
        scene.tick(4_000);
        scene.restart();
        scene.live(12)
    }),
];

/// The views, each with the keys that lead to it.
pub(super) const VIEWS: [(&str, &str); 5] = [
    ("overview", "1"),
    ("variables", "2"),
    ("detail", "2/p99<enter><down><enter>"),
    ("board", "3"),
    ("cpu", "4"),
];

/// Compares the screen with the snapshot of that name. With `SHOTS` set to a directory, a picture goes there as well.
pub(super) fn check(name: &str, scene: &Scene) {
    check_text(name, &scene.text());
    if let Some(directory) = std::env::var_os("SHOTS") {
        let file = std::path::Path::new(&directory)
            .join(name)
            .with_extension("svg");
        std::fs::write(file, crate::shot::svg(&scene.screen(), name))
            .expect("the directory is writable");
    }
}

/// Compares a text with the snapshot of that name.
pub(super) fn check_text(name: &str, text: &str) {
    insta::assert_snapshot!(name, text);
}

pub(super) fn shown(view: &str, keys: &str, reach: Reach, size: (u16, u16)) -> Scene {
    let mut scene = reach(Scene::new(size.0, size.1));
    scene.press(keys);
    if view == "cpu" && !scene.state.targets[0].variables.is_empty() {
        for _ in 0..2 {
            scene.profile_started(ProfileKind::Cpu, 3);
            scene.profile(ProfileKind::Cpu, cpu_profile());
        }
        scene.profile_started(ProfileKind::Cpu, 3);
    }
    scene
}

#[test]
fn every_view_in_every_state() {
    for (view, keys) in VIEWS {
        for (state, reach) in STATES {
            let scene = shown(view, keys, reach, (80, 24));
            check(&format!("{view}_{state}"), &scene);
        }
    }
}

#[test]
fn every_view_on_small_and_large_screens() {
    for (view, keys) in VIEWS {
        for size in [(40, 12), (200, 60)] {
            let scene = shown(view, keys, |scene| scene.live(75), size);
            check(&format!("{view}_{}x{}", size.0, size.1), &scene);
        }
    }
}

#[test]
fn a_fleet_with_every_kind_of_trouble() {
    let mut scene = Scene::with(80, 24, 4, Options::default());
    scene.sample(2, Source::Expvar, service(3));
    scene.serve(30);
    scene.fail(
        1,
        Cause::Http {
            status: 500,
            body: "database is locked".to_owned(),
        },
        3,
    );
    scene.tick(200);
    check("fleet", &scene);
    scene.press("<down>");
    assert!(
        scene
            .text()
            .contains("✗ failing  HTTP 500: database is locked"),
        "{}",
        scene.text()
    );
}

#[test]
fn the_keys_are_listed() {
    for size in [(80, 24), (200, 60)] {
        let mut scene = Scene::new(size.0, size.1).live(3);
        scene.press("?");
        check(&format!("help_{}x{}", size.0, size.1), &scene);
    }
}

#[test]
fn filtering_variables() {
    let mut scene = Scene::new(80, 24).live(30);
    scene.press("2/alloc|queue");
    check("variables_filtered", &scene);
}

#[test]
fn looking_closely_at_a_profile() {
    let mut scene = shown("cpu", "4", |scene| scene.live(5), (80, 24));
    scene.press("/sqlite<enter>n");
    check("cpu_search", &scene);
    scene.press("<esc>jjjjj<enter>j");
    check("cpu_zoomed", &scene);
    scene.press("i");
    check("cpu_upwards", &scene);
    scene.press("i<esc><esc>ff");
    scene.press("t");
    check("cpu_table", &scene);
}

#[test]
fn profiles_that_cannot_be_had() {
    let causes = [
        (
            "busy",
            Cause::Busy("a capture is running since 2 s".to_owned()),
        ),
        (
            "unsupported",
            Cause::Unsupported("built without frame pointers".to_owned()),
        ),
        (
            "not_found",
            Cause::NotFound("/debug/pprof/profile".to_owned()),
        ),
    ];
    for (name, cause) in causes {
        let mut scene = Scene::new(80, 24).live(5);
        scene.press("4");
        scene.profile_started(ProfileKind::Cpu, 3);
        scene.tick(1_500);
        if name == "busy" {
            check("cpu_capturing", &scene);
        }
        scene.profile_failed(ProfileKind::Cpu, cause);
        scene.tick(400);
        check(&format!("cpu_{name}"), &scene);
    }
}

#[test]
fn a_go_program() {
    let vars = include_bytes!("../../../testdata/go/vars.json");
    let values = Document::parse(vars)
        .expect("captured from a Go program")
        .flatten();
    let read = |bytes: &[u8]| Arc::new(Profile::decode(bytes).expect("captured from a Go program"));
    let cpu = read(include_bytes!("../../../testdata/go/cpu.pb.gz"));
    let heap = read(include_bytes!("../../../testdata/go/heap.pb.gz"));
    for size in [(80, 24), (200, 60)] {
        let mut scene = Scene::new(size.0, size.1);
        scene.endpoints(&[ProfileKind::Cpu, ProfileKind::Heap, ProfileKind::Goroutine]);
        for _ in 0..5 {
            scene.tick(1_000);
            scene.sample(0, Source::Expvar, values.clone());
        }
        let name = |view: &str| format!("go_{view}_{}x{}", size.0, size.1);
        check(&name("overview"), &scene);
        scene.press("2");
        check(&name("variables"), &scene);
        scene.press("4");
        scene.profile(ProfileKind::Cpu, Arc::clone(&cpu));
        check(&name("cpu"), &scene);
        scene.press("5");
        scene.profile(ProfileKind::Heap, Arc::clone(&heap));
        check(&name("heap"), &scene);
    }
}

#[test]
fn one_source_fails_while_the_other_lives() {
    let mut scene = Scene::with(80, 24, 2, Options::default());
    scene.serve(3);
    scene.sample(1, Source::Expvar, service(3));
    let cause = Cause::Http {
        status: 503,
        body: "the collector is out of order ".repeat(5),
    };
    scene.fail_in(0, Some(Source::Prometheus), cause, 1);
    // Samples of the other source change nothing about it.
    scene.serve(2);
    let text = scene.text();
    let lines: Vec<&str> = text.lines().collect();
    let said = "▲ partial  prometheus: HTTP 503: the collector";
    assert!(
        lines[0].contains(&format!("127.0.0.1:4000  {said}")),
        "{text}"
    );
    assert!(
        lines[3].contains(said) && !lines[3].contains("live"),
        "{text}"
    );
    assert!(text.contains("2 targets, 1 failing"), "{text}");

    scene.sample(0, Source::Prometheus, Vec::new());
    let text = scene.text();
    assert!(!text.contains('▲') && text.contains("● live"), "{text}");
}

#[test]
fn more_variables_than_there_is_room_for_are_said_to_be() {
    let mut scene = Scene::with(
        80,
        24,
        1,
        Options {
            variables: 20,
            ..Options::default()
        },
    )
    .live(2);
    assert!(
        scene.text().contains("11 more not kept"),
        "{}",
        scene.text()
    );
    assert!(
        scene
            .press("2")
            .text()
            .contains("11 more variables are not kept: the limit is 20"),
        "{}",
        scene.text()
    );
}

#[test]
fn nothing_a_terminal_obeys_reaches_the_screen() {
    let hostile = "\u{1b}[31m\u{7}\u{9b}2J\u{202e}";
    let mut scene = Scene::new(120, 40);
    let values = vec![
        (Path::from(hostile), Scalar::Text(hostile.to_owned())),
        (Path::new(["requests", hostile]), service(1)[5].1.clone()),
    ];
    scene.sample(0, Source::Expvar, values);
    for keys in ["1", "2", "<enter>", "<esc><down><enter>", "p3", "4"] {
        scene.press(keys);
        assert_clean(&scene.screen(), keys);
    }
    scene.profile(
        ProfileKind::Cpu,
        crate::testing::profile_of(&[(hostile, 5)], |name| name),
    );
    assert_clean(&scene.press("j").screen(), "profile");
    assert_clean(&scene.press("t").screen(), "table");
    for look in ["c", "L", "T", "S", "m", "Fx<enter>"] {
        assert_clean(&scene.press(look).screen(), look);
    }
    scene.input(crate::Input::File(crate::FileNews::Exported(Err(
        hostile.to_owned()
    ))));
    assert_clean(&scene.screen(), "export");
    scene.fail(
        0,
        Cause::Unreachable(cutaway_model::sanitize(hostile).into_owned()),
        1,
    );
    assert_clean(&scene.screen(), "failure");
}

fn assert_clean(screen: &Buffer, when: &str) {
    for cell in screen.content() {
        let bad = |char: char| char.is_control() || char == '\u{202e}';
        assert!(
            !cell.symbol().contains(bad),
            "{:?} after {when}",
            cell.symbol()
        );
    }
}

/// The first cell of `words` on the screen.
pub(super) fn cell_of(screen: &Buffer, words: &str) -> Cell {
    let width = usize::from(screen.area().width);
    for (y, row) in screen.content().chunks(width).enumerate() {
        let line: Vec<&str> = row.iter().map(Cell::symbol).collect();
        for x in 0..width {
            if line[x..].concat().starts_with(words) {
                return screen.content()[y * width + x].clone();
            }
        }
    }
    panic!("{words} is not on the screen");
}

#[test]
fn health_has_its_colours() {
    let expected = [
        ("waiting", "○ waiting", Color::Indexed(244)),
        ("live", "● live", Color::Indexed(37)),
        ("stale", "◐ stale", Color::Indexed(178)),
        ("failed", "✗ failing", Color::Indexed(203)),
        ("restarted", "↻ restarted", Color::Indexed(178)),
    ];
    for ((state, reach), (name, words, color)) in STATES.into_iter().zip(expected) {
        assert_eq!(state, name);
        let screen = reach(Scene::new(80, 24)).screen();
        assert_eq!(cell_of(&screen, words).fg, color, "{state}");
    }
}

#[test]
fn numbers_of_the_past_are_dimmed() {
    let live = cell_of(&STATES[1].1(Scene::new(80, 24)).screen(), "µs");
    let stale = cell_of(&STATES[2].1(Scene::new(80, 24)).screen(), "µs");
    assert!(live.modifier.contains(Modifier::BOLD));
    assert_eq!(stale.fg, Color::Indexed(244));
}

#[test]
fn frames_of_one_package_share_a_warm_colour() {
    let scene = shown("cpu", "4", |scene| scene.live(5), (160, 40));
    let screen = scene.screen();
    let colour = |words| cell_of(&screen, words).bg;
    assert_eq!(
        colour("sales_api::routes::orders"),
        colour("sales_api::routes::products")
    );
    assert_ne!(
        colour("sales_api::routes::orders"),
        colour("stores::sqlite::commit")
    );
    assert_eq!(
        cell_of(&screen, "sales_api::routes::orders").fg,
        Color::Indexed(16)
    );
    assert_eq!(colour("all"), Color::Indexed(24));
}

#[test]
fn matches_are_underlined_as_well_as_coloured() {
    let mut scene = shown("cpu", "4", |scene| scene.live(5), (160, 40));
    scene.press("/to_vec<enter>");
    let cell = cell_of(&scene.screen(), "ser::to_vec");
    assert_eq!(cell.bg, Color::Indexed(31));
    assert!(cell.modifier.contains(Modifier::UNDERLINED));
}

#[test]
fn without_colours_there_are_none() {
    for keys in ["1", "2", "3", "4", "4mt", "4c", "4md", "?"] {
        let mut scene = Scene::colors(80, 24, Colors::None).live(20);
        scene.press("4");
        scene.profile(ProfileKind::Cpu, cpu_profile());
        scene.press(keys);
        for cell in scene.screen().content() {
            assert_eq!(
                (cell.fg, cell.bg),
                (Color::Reset, Color::Reset),
                "{keys}: {:?}",
                cell.symbol()
            );
        }
    }
}

#[test]
fn frames_have_edges_without_colours() {
    for (name, colors) in [("none", Colors::None), ("sixteen", Colors::Sixteen)] {
        let mut scene = Scene::colors(80, 24, colors).live(20);
        scene.press("4");
        scene.profile(ProfileKind::Cpu, cpu_profile());
        scene.press("jjl/json<enter>");
        check(&format!("cpu_colours_{name}"), &scene);
    }
}

#[test]
fn sixteen_colours_are_enough() {
    let basic = |color: Color| !matches!(color, Color::Indexed(_) | Color::Rgb(..));
    for keys in ["1", "2", "3", "4", "4mt", "4c", "4md", "?"] {
        let mut scene = Scene::colors(80, 24, Colors::Sixteen).live(20);
        scene.press("4");
        scene.profile(ProfileKind::Cpu, cpu_profile());
        scene.press(keys);
        assert!(
            scene
                .screen()
                .content()
                .iter()
                .all(|cell| basic(cell.fg) && basic(cell.bg)),
            "{keys}"
        );
    }
}

#[test]
fn declared_kinds_outrank_names() {
    let mut scene = Scene::new(80, 24);
    for second in 1..4 {
        scene.tick(1_000);
        scene.message(Message::Sample {
            target: TargetId(0),
            at: Duration::from_secs(100 + second),
            took: Duration::ZERO,
            source: Source::Prometheus,
            values: Arc::new(vec![(
                "visits".into(),
                Scalar::Number(cutaway_model::Number::U64(second * 10)),
            )]),
            kinds: Arc::new(HashMap::from([(
                "visits".into(),
                cutaway_model::Kind::Counter,
            )])),
            warnings: 2,
        });
    }
    assert!(scene.press("2").text().contains("10/s"), "{}", scene.text());
    assert!(scene.text().contains("2 bad lines"), "{}", scene.text());
}
