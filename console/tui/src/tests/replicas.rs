//! The profiles of several replicas: added up, or one against the rest.

use std::sync::Arc;

use cutaway_model::{Cause, Command, Endpoints, Message, ProfileKind, Scalar, Source, TargetId};
use profile::Profile;
use ratatui::crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::style::Color;

use super::scene::{Scene, cpu_profile, heap_profile, service};
use super::screens::{cell_of, check};
use crate::profiling::{Compare, Scope};
use crate::{Input, Options};

/// Four replicas, and another program.
fn replicas(width: u16, height: u16) -> Scene {
    let mut scene = Scene::with(width, height, 5, Options::default());
    scene.tick(1_000);
    for target in 0..5 {
        let mut values = service(20);
        let name = values.iter_mut().find(|(path, _)| path.name() == "name");
        if let Some((_, name)) = name.filter(|_| target == 4) {
            *name = Scalar::Text("auth-api".to_owned());
        }
        scene.sample(target, Source::Expvar, values);
        scene.message(Message::Endpoints {
            target: TargetId(target),
            at: scene.now,
            endpoints: Endpoints {
                sources: vec![Source::Expvar],
                profiles: vec![ProfileKind::Cpu, ProfileKind::Heap],
            },
        });
    }
    scene
}

/// Three seconds, in which the store took so many times as long.
fn profile(times: i64) -> Arc<Profile> {
    let mut profile = Profile::clone(&cpu_profile());
    for sample in profile.samples.iter_mut().take(3) {
        sample.values[0] *= times;
    }
    Arc::new(profile)
}

fn started(scene: &mut Scene, target: u32) {
    let at = scene.now;
    scene.message(Message::ProfileStarted {
        target: TargetId(target),
        at,
        kind: ProfileKind::Cpu,
        seconds: 3,
    });
}

fn taken(scene: &mut Scene, target: u32, kind: ProfileKind, profile: Arc<Profile>) {
    let at = scene.now;
    scene.message(Message::Profile {
        target: TargetId(target),
        at,
        kind,
        profile,
    });
}

fn failed(scene: &mut Scene, target: u32, cause: Cause) {
    let at = scene.now;
    scene.message(Message::ProfileFailed {
        target: TargetId(target),
        at,
        kind: ProfileKind::Cpu,
        cause,
    });
}

/// The first has two profiles, the second one, the third fails, the fourth is on its way.
fn captured(scene: &mut Scene) {
    (0..4).for_each(|target| started(scene, target));
    scene.tick(3_000);
    taken(scene, 0, ProfileKind::Cpu, profile(3));
    taken(scene, 1, ProfileKind::Cpu, profile(1));
    failed(scene, 2, Cause::Refused);
    scene.tick(1_000);
    taken(scene, 0, ProfileKind::Cpu, profile(3));
    started(scene, 1);
    scene.tick(1_400);
}

fn watched(scene: &Scene) -> Vec<u32> {
    let watched = scene.commands.iter().filter_map(|command| match command {
        Command::WatchProfile { target, .. } => Some(target.0),
        _ => None,
    });
    watched.collect()
}

#[test]
fn replicas_are_captured_at_the_same_time_and_each_says_how_it_does() {
    for (width, height) in [(80, 24), (40, 12), (200, 60)] {
        let mut scene = replicas(width, height);
        scene.press("4a");
        assert_eq!(watched(&scene), [0, 1, 2, 3]);
        if width == 80 {
            check("replicas_waiting", &scene);
        }
        captured(&mut scene);
        check(&format!("replicas_merged_{width}x{height}"), &scene);
        scene.press("a");
        check(&format!("replicas_rest_{width}x{height}"), &scene);
    }
    let mut scene = replicas(80, 24);
    scene.press("4a");
    captured(&mut scene);
    let screen = scene.screen();
    assert_eq!(
        cell_of(&screen, "✗ 127.0.0.1:4002  refused").fg,
        Color::Indexed(203)
    );
    assert_eq!(cell_of(&screen, "● 127.0.0.1:4001").fg, Color::Indexed(37));
    assert_eq!(cell_of(&screen, "○ 127.0.0.1:4003").fg, Color::Indexed(244));
    assert_eq!(
        cell_of(&screen, "4 replicas added up").fg,
        Color::Indexed(208)
    );
}

#[test]
fn what_is_added_up_is_the_sum() {
    let mut scene = replicas(80, 24);
    scene.press("4a");
    captured(&mut scene);
    let sum = |profile: &Profile| profile.total(0);
    let profiling = scene.state.profiling();
    assert_eq!(
        profiling.selection.total,
        2 * sum(&profile(3)) + sum(&profile(1))
    );
    assert_eq!(profiling.count(), 3);
}

#[test]
fn one_against_the_rest_is_compared_by_shares_then_by_amounts_in_the_same_time() {
    let mut scene = replicas(120, 40);
    scene.press("4aa");
    captured(&mut scene);
    let profiling = scene.state.profiling();
    assert_eq!(
        (profiling.scope, profiling.compare),
        (Scope::Rest, Compare::Shares)
    );
    let root = profiling.flame.stacks().whole().expect("it is there");
    assert_eq!(root.change(), 0, "shares add up to the same");
    let screen = scene.screen();
    assert_eq!(
        cell_of(&screen, "+stores::sqlite::commit").bg,
        Color::Indexed(214)
    );
    scene.press("d");
    let profiling = scene.state.profiling();
    assert_eq!(profiling.compare, Compare::Amounts);
    // Two captures of the first against one of the second, taken twice.
    let root = profiling.flame.stacks().whole().expect("it is there");
    assert_eq!(
        root.change(),
        2 * (profile(3).total(0) - profile(1).total(0))
    );
    assert!(
        scene.text().contains("against the other one"),
        "{}",
        scene.text()
    );
    scene.press("d");
    assert_eq!(scene.state.profiling().compare, Compare::Shares);
    // The next target's captures are already there.
    scene.press("]");
    let root = scene
        .state
        .profiling()
        .flame
        .stacks()
        .whole()
        .expect("it is there");
    assert!(root.cum > 0);
    assert!(
        scene.text().contains("127.0.0.1:4001  2/5"),
        "{}",
        scene.text()
    );
    scene.press("[a");
    assert_eq!(scene.state.profiling().compare, Compare::Off);
}

#[test]
fn a_replica_is_selected_where_its_line_is_clicked() {
    let mut scene = replicas(80, 24);
    scene.press("4aa");
    captured(&mut scene);
    let text = scene.text();
    let row = text
        .lines()
        .position(|line| line.contains("127.0.0.1:4001"));
    let row = row.and_then(|row| u16::try_from(row).ok()).expect("a line");
    scene.input(Input::Mouse(MouseEvent {
        kind: MouseEventKind::Down(MouseButton::Left),
        column: 9,
        row,
        modifiers: KeyModifiers::NONE,
    }));
    assert_eq!(scene.state.selected, 1);
    assert!(scene.state.profiling().flame.stacks().total() > 0);
}

#[test]
fn leaving_them_ends_their_captures() {
    let mut scene = replicas(80, 24);
    scene.press("4a");
    scene.commands.clear();
    scene.press("aa");
    let stopped = |scene: &Scene| {
        let stopped = scene.commands.iter().filter_map(|command| match command {
            Command::StopProfile { target, .. } => Some(target.0),
            _ => None,
        });
        stopped.collect::<Vec<_>>()
    };
    let mut ended = stopped(&scene);
    ended.sort_unstable();
    assert_eq!(ended, [1, 2, 3]);
    scene.press("a1");
    assert_eq!(scene.state.watching, []);
}

#[test]
fn heaps_are_added_up_as_well() {
    let mut scene = replicas(80, 24);
    scene.press("5a");
    taken(&mut scene, 1, ProfileKind::Heap, heap_profile(2));
    // The selected one has none yet; the other one's is shown.
    let total = heap_profile(2).total(3);
    assert_eq!(scene.state.profiling().selection.total, total);
    taken(&mut scene, 0, ProfileKind::Heap, heap_profile(2));
    assert_eq!(scene.state.profiling().selection.total, 2 * total);
    scene.press("a");
    assert_eq!(scene.state.profiling().compare, Compare::Shares);
    scene.press("d");
    let root = scene
        .state
        .profiling()
        .flame
        .stacks()
        .whole()
        .expect("it is there");
    assert_eq!(root.change(), 0);
    check("replicas_heap", &scene);
}

#[test]
fn who_has_no_replicas_is_told_so() {
    let mut scene = replicas(80, 24);
    scene.press("[4");
    taken(&mut scene, 4, ProfileKind::Cpu, profile(1));
    scene.press("a");
    assert!(
        scene.text().contains("no other target runs this program"),
        "{}",
        scene.text()
    );
    assert_eq!(scene.state.profiling().scope, Scope::Own);
}

#[test]
fn of_many_those_that_fail_stand_first_and_the_rest_is_counted() {
    let mut scene = Scene::with(80, 24, 50, Options::default());
    scene.press("4a");
    assert_eq!(watched(&scene).len(), 32);
    let cause = Cause::Http {
        status: 500,
        body: "out of order".to_owned(),
    };
    failed(&mut scene, 9, cause);
    taken(&mut scene, 8, ProfileKind::Cpu, profile(1));
    scene.tick(1_000);
    check("replicas_many", &scene);
}
