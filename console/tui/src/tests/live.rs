//! The views of what runs: runtime, lints, cards, the fleet, ranges, recordings. `INSTA_UPDATE=always cargo test -p
//! cutaway-tui` accepts what changed.

use std::time::Duration;

use cutaway_model::{Cause, Command, Number, Path, ProfileKind, Scalar, Source, TargetId};
use ratatui::style::{Color, Modifier};

use super::scene::{Scene, service};
use super::screens::{STATES, cell_of, check};
use crate::fleet::{Column, order};
use crate::state::Tab;
use crate::vitals::Role;
use crate::{Colors, Input, Options, Palette, Replay};

fn float(value: f64) -> Scalar {
    Scalar::Number(Number::F64(value))
}

fn floats(values: &[f64]) -> Scalar {
    Scalar::Array(values.iter().copied().map(float).collect())
}

/// The shop with everything that its runtime tells.
fn runtime(second: u64, retries: f64) -> Vec<(Path, Scalar)> {
    let at = second as f64;
    let mut values = service(second);
    let more = [
        (
            "runtime.busy",
            floats(&[0.52 + (at / 7.0).sin() * 0.1, 0.93]),
        ),
        ("runtime.local_queue_depth", floats(&[0.0, 3.0])),
        ("runtime.global_queue_depth", float(1.0)),
        ("runtime.blocking_threads", float(4.0)),
        ("runtime.blocking_threads_idle", float(3.0)),
        ("runtime.blocking_queue_depth", float(0.0)),
        ("runtime.poll_recent_ns.max", float(3.2e6)),
        ("runtime.poll_recent_ns.p50", float(24_000.0)),
        ("runtime.poll_recent_ns.p99", float(410_000.0)),
        ("cpu.limit_by", Scalar::Text("quota".to_owned())),
        ("cpu.limit_cores", float(2.0)),
        ("cgroup.cpu.periods_total", float(at * 10.0)),
        ("cgroup.cpu.throttled_periods_total", float(at * 0.4)),
        ("process.fd_limit", float(1_024.0)),
        ("store.retries", float(retries)),
        ("overload.waiting", float(12.0)),
        ("overload.queue_limit", float(1_024.0)),
    ];
    values.extend(more.map(|(name, value)| (Path::from(name), value)));
    values.sort_by(|a, b| a.0.cmp(&b.0));
    values
}

/// Something the scene lives through.
fn live(scene: &mut Scene, seconds: u64, retries_per_second: f64) {
    for second in 1..=seconds {
        scene.tick(1_000);
        let values = runtime(second, second as f64 * retries_per_second);
        scene.sample(0, Source::Expvar, values);
    }
    scene.tick(300);
}

pub(super) const VIEWS: [(&str, &str); 4] = [
    ("runtime", "8"),
    ("lints", "9"),
    ("explain", "2/p99<enter><down>E"),
    ("across", "2/p99<enter><down>a"),
];

#[test]
fn every_view_in_every_state() {
    for (view, keys) in VIEWS {
        for (state, reach) in STATES {
            let mut scene = reach(Scene::new(80, 24));
            scene.press(keys);
            check(&format!("{view}_{state}"), &scene);
        }
    }
}

#[test]
fn every_view_on_small_and_large_screens() {
    for (view, keys) in VIEWS {
        for size in [(40, 12), (200, 60)] {
            let mut scene = Scene::new(size.0, size.1);
            live(&mut scene, 40, 0.0);
            scene.press(keys);
            check(&format!("{view}_{}x{}", size.0, size.1), &scene);
        }
    }
}

#[test]
fn a_runtime_with_all_its_numbers() {
    let mut scene = Scene::new(80, 24);
    live(&mut scene, 40, 0.0);
    scene.press("8<down><down>");
    check("runtime_full", &scene);
    // A worker that is busy all the time stands out.
    let screen = scene.screen();
    let width = usize::from(screen.area().width);
    let bars: Vec<Color> = (0..2)
        .map(|worker| screen.content()[(2 + worker) * width + 14].fg)
        .collect();
    assert_eq!(bars, [Color::Indexed(74), Color::Indexed(178)]);
    scene.press("<enter>");
    assert_eq!(scene.state.detail, Some("runtime.blocking_threads".into()));
    scene.press("<esc>E");
    assert!(scene.text().contains("Blocking pool"), "{}", scene.text());
    scene.press("<esc>");
    assert_eq!(scene.state.tab, Tab::Runtime);
}

#[test]
fn a_lint_leads_to_its_evidence_and_to_its_card() {
    let mut scene = Scene::new(80, 24);
    live(&mut scene, 30, 120.0);
    assert!(scene.text().contains("▲1"), "{}", scene.text());
    scene.press("9");
    check("lints_firing", &scene);
    let cell = cell_of(&scene.screen(), "▲ a retry storm");
    assert_eq!(
        (cell.fg, cell.modifier),
        (Color::Indexed(203), Modifier::BOLD)
    );
    scene.press("E");
    assert!(
        scene.text().contains("lint retry-storm"),
        "{}",
        scene.text()
    );
    check("explain_lint", &scene);
    scene.press("<esc><enter>");
    assert_eq!(scene.state.detail, Some("store.retries".into()));
    scene.press("9y");
    let copied = "retry-storm: 120/s retries, ";
    let Some(Command::Copy(text)) = scene.commands.pop() else {
        panic!("it is copied: {:?}", scene.commands)
    };
    assert!(text.starts_with(copied), "{text}");
}

#[test]
fn every_number_is_one_key_from_its_card() {
    let mut scene = Scene::new(80, 24);
    live(&mut scene, 20, 0.0);
    scene.endpoints(&[ProfileKind::Cpu]);
    for (keys, title) in [
        ("1", "Requests"),
        ("2<end>", "Uptime"),
        ("2/latency_ns.p99<enter><down><enter>", "Latency"),
        ("3", "Requests"),
        ("4", "CPU profile"),
        ("8", "Tasks alive"),
        ("9", "A worker is blocked"),
    ] {
        scene.press(keys);
        scene.press("E");
        assert!(scene.text().contains(title), "{keys}: {}", scene.text());
        scene.press("<esc><esc><esc>");
    }
}

#[test]
fn cards_are_filtered() {
    let mut scene = Scene::new(80, 24).live(2);
    scene.press("0/lock");
    assert!(scene.text().contains("4 cards"), "{}", scene.text());
    scene.press("<enter><down>");
    assert!(scene.text().contains("lint hot-lock") || scene.text().contains("▌A hot lock"));
    scene.press("<esc>/zebra");
    assert!(scene.text().contains("no card matches"), "{}", scene.text());
}

/// Replicas, one of which is slow and one of which is gone.
fn fleet(width: u16, height: u16, targets: u32) -> Scene {
    let mut scene = Scene::with(width, height, targets, Options::default());
    for second in 1..=20 {
        scene.tick(1_000);
        for target in 0..targets {
            let mut values = service(second + u64::from(target % 3));
            for (path, value) in &mut values {
                if path.to_string() == "latency_ns.p99" {
                    *value = float(if target == 5 {
                        90e6
                    } else {
                        4e6 + f64::from(target) * 1e4
                    });
                }
            }
            scene.sample(target, Source::Expvar, values);
        }
    }
    scene.fail(2, Cause::Refused, 3);
    scene.tick(300);
    scene
}

#[test]
fn a_fleet_is_sorted_filtered_and_its_outliers_are_marked() {
    let mut scene = fleet(120, 40, 12);
    scene.press("z");
    check("fleet_whole", &scene);
    assert!(scene.text().contains("▲ 90 ms"), "{}", scene.text());
    assert_eq!(cell_of(&scene.screen(), "▲ 90 ms").fg, Color::Indexed(178));
    let first = |scene: &Scene| order(&scene.state)[0];
    scene.press("s");
    assert_eq!(scene.state.live.fleet.sort, Column::Name);
    scene.press("s");
    assert_eq!(first(&scene), 2, "what fails comes first");
    scene.press("ssss");
    assert_eq!(
        scene.state.live.fleet.sort,
        Column::Number(Role::LatencyTail)
    );
    scene.press("s<tab>1");
    scene.press("S");
    scene.press("/failing");
    assert_eq!(order(&scene.state), [2]);
    assert!(scene.text().contains("1 of 12 targets"), "{}", scene.text());
    scene.press("<esc>/:4005<enter><down>");
    assert_eq!(scene.state.selected, 5);
}

#[test]
fn sorting_goes_through_every_column() {
    let mut scene = fleet(120, 40, 12);
    let fleet = &scene.state.live.fleet;
    let there = |column: &Column| fleet.has(*column);
    let columns: Vec<Column> = Column::ALL.into_iter().filter(there).collect();
    assert_eq!(columns.len(), 10, "no pods, one version");
    for column in columns.iter().copied().cycle().skip(1).take(columns.len()) {
        scene.press("s");
        assert_eq!(scene.state.live.fleet.sort, column);
        let order = order(&scene.state);
        if let Column::Number(role) = column {
            let values: Vec<f64> = order
                .iter()
                .filter_map(|at| {
                    crate::fleet::number(&scene.state, &scene.state.targets[*at], role)
                })
                .collect();
            assert!(values.is_sorted_by(|a, b| a >= b), "{role:?} {values:?}");
        }
        assert_eq!(order.len(), 12);
    }
}

#[test]
fn one_number_across_the_fleet() {
    for size in [(80, 24), (200, 60)] {
        let mut scene = fleet(size.0, size.1, 12);
        scene.press("2/latency_ns.p99<enter><down><enter>a");
        check(&format!("across_fleet_{}x{}", size.0, size.1), &scene);
        assert!(scene.text().contains("▲ 1 stand out"), "{}", scene.text());
        scene.press("<esc>");
        assert!(!scene.state.live.across && scene.state.detail.is_some());
    }
}

#[test]
fn other_targets_are_laid_over_the_board() {
    let mut scene = fleet(80, 24, 4);
    scene.press("3o");
    let text = scene.text();
    assert!(!text.contains("127.0.0.1:4001  ⠤"), "{text}");
    let mut large = fleet(200, 60, 4);
    large.press("3o");
    check("board_overlay", &large);
    assert!(
        large.text().contains("⠤ 127.0.0.1:4001"),
        "{}",
        large.text()
    );
    let cell = cell_of(&large.screen(), "⠤ 127.0.0.1:4001");
    assert_eq!(cell.fg, Color::Indexed(176));
}

#[test]
fn numbers_are_about_the_range_that_is_selected() {
    let mut scene = Scene::new(80, 24).live(75);
    scene.press("2/^requests<enter><enter>v");
    assert!(scene.state.paused.is_some());
    scene.press("<left><left><left><left><left><left><left><left><left><left>v");
    scene.press("<right><right><right><right>");
    check("detail_range", &scene);
    scene.press("<enter>");
    let text = scene.text();
    assert!(text.contains("4 s, until 6 s before the end"), "{text}");
    // The range is painted, other columns are not.
    let painted = scene
        .screen()
        .content()
        .iter()
        .filter(|cell| cell.bg == Color::Indexed(238))
        .count();
    assert!(painted > 0);
    scene.press("<esc>");
    assert!(scene.state.live.range.is_none() && scene.state.detail.is_some());
}

#[test]
fn a_recording_says_where_it_stands() {
    let mut scene = Scene::new(80, 24).live(20);
    scene.input(Input::Replay(Replay {
        start: Duration::from_secs(100),
        at: Duration::from_mins(2),
        end: Duration::from_secs(700),
        speed: 4.0,
        playing: true,
    }));
    assert!(
        scene.text().contains("▶ recording 20 s of 10 min ×4"),
        "{}",
        scene.text()
    );
    check("overview_replay", &scene);
    scene.press(" ,.;'{}");
    let expected = [
        Command::Play,
        Command::Seek(-5),
        Command::Seek(5),
        Command::Seek(-60),
        Command::Seek(60),
        Command::Speed { faster: false },
        Command::Speed { faster: true },
    ];
    assert_eq!(scene.commands, expected);
    // From another moment on, nothing of before is left.
    scene.input(Input::Rewind(Duration::from_secs(50)));
    assert!(scene.state.targets[0].variables.is_empty());
    assert_eq!(scene.state.now, Duration::from_secs(50));
}

#[test]
fn locks_are_looked_at_only_where_there_is_a_profile() {
    let mut scene = Scene::new(80, 24).live(20);
    assert!(scene.commands.is_empty());
    scene.endpoints(&[ProfileKind::Mutex]);
    for _ in 0..12 {
        scene.tick(1_000);
    }
    let fetch = Command::FetchProfile {
        target: TargetId(0),
        kind: ProfileKind::Mutex,
        seconds: 0,
    };
    assert_eq!(scene.commands, vec![fetch; 3]);
    scene.commands.clear();
    scene.press(" ");
    scene.tick(60_000);
    assert!(scene.commands.is_empty());
}

#[test]
fn keys_can_be_remapped() {
    let mut scene = Scene::new(80, 24).live(5);
    scene
        .state
        .remap("everywhere.show-runtime", &["r".to_owned()])
        .expect("it exists");
    scene.press("r");
    assert_eq!(scene.state.tab, Tab::Runtime);
    scene.press("18");
    assert_eq!(scene.state.tab, Tab::Overview);
}

#[test]
fn themes_differ_and_say_the_same() {
    let shown = |palette, colors| {
        let options = Options {
            colors,
            palette,
            ..Options::default()
        };
        let mut scene = Scene::with(80, 24, 1, options).live(30);
        scene.press("8");
        (scene.text(), cell_of(&scene.screen(), "● live").fg)
    };
    let all = [
        Palette::Dark,
        Palette::Light,
        Palette::HighContrast,
        Palette::Sixteen,
    ];
    let screens: Vec<(String, Color)> = all.map(|palette| shown(palette, Colors::Indexed)).into();
    assert!(screens.iter().all(|(text, _)| *text == screens[0].0));
    let colors: Vec<Color> = screens.iter().map(|(_, color)| *color).collect();
    assert_eq!(
        colors,
        [
            Color::Indexed(37),
            Color::Indexed(24),
            Color::Indexed(51),
            Color::Cyan
        ]
    );
    for palette in all {
        assert_eq!(
            shown(palette, Colors::None).1,
            Color::Reset,
            "NO_COLOR outranks {palette:?}"
        );
    }
}

#[test]
fn the_filter_of_the_start_is_in_force() {
    let options = Options {
        filter: "latency".to_owned(),
        ..Options::default()
    };
    let mut scene = Scene::with(80, 24, 1, options).live(3);
    scene.press("2");
    assert!(scene.text().contains("/latency"), "{}", scene.text());
    assert_eq!(scene.state.variables.tree.matched, 5);
}

/// What a thousand targets may take: histories are bounded by the sum, not by each.
#[test]
fn memory_is_bounded_whatever_comes() {
    let options = Options {
        history: 60,
        ..Options::default()
    };
    let mut scene = Scene::with(80, 24, 200, options);
    for second in 1..=100 {
        scene.tick(1_000);
        for target in 0..200 {
            scene.sample(target, Source::Expvar, runtime(second, 0.0));
        }
    }
    let targets = &scene.state.targets;
    let variables: usize = targets.iter().map(|target| target.variables.len()).sum();
    assert!(variables <= Options::default().variables, "{variables}");
    let series = targets.iter().flat_map(|target| target.variables.values());
    let entries: usize = series.map(|variable| variable.series.len()).sum();
    let vitals = targets.iter().flat_map(|target| &target.vitals.list);
    let of_vitals: usize = vitals.map(|vital| vital.series.len()).sum();
    assert!(entries <= 8_000 * 60, "{entries}");
    // Numbers that mirror one variable keep no history of their own.
    assert!(of_vitals <= 200 * 3 * 60, "{of_vitals}");
}
