//! From a spike to its profile: the ring, a range of time, then against before.

use std::sync::Arc;
use std::time::Duration;

use cutaway_model::{At, Command, Missed, ProfileKind, RingNews, RingPace, TargetId};
use profile::Profile;
use ratatui::style::Color;

use super::scene::{Scene, cpu_profile};
use super::screens::{cell_of, check};
use crate::profiling::Compare;
use crate::ring::{MAX_RINGS, RingOptions};
use crate::state::Tab;
use crate::{Input, Options, Replay};

const PACE: RingPace = RingPace { seconds: 5, hz: 50 };

/// Five seconds of the shop; in a spike the store takes four times as long.
fn profile(spike: bool) -> Arc<Profile> {
    let mut profile = Profile::clone(&cpu_profile());
    for sample in profile.samples.iter_mut().take(3).filter(|_| spike) {
        sample.values[0] *= 4;
    }
    profile.duration_nanos = 5_000_000_000;
    profile.period = 20_000_000;
    Arc::new(profile)
}

fn taken(since: At, spike: bool) -> RingNews {
    RingNews::Taken {
        since,
        profile: profile(spike),
        cost: Some(Duration::from_millis(45)),
        gives_way: true,
    }
}

/// A minute of the shop with a ring, from 100 s to 160 s; the spike lasts from 140 s to 150 s.
fn minute(width: u16, height: u16) -> Scene {
    let mut scene = Scene::new(width, height);
    scene.endpoints(&[ProfileKind::Cpu]);
    scene.press("K");
    scene.ring(0, RingNews::On(PACE));
    for round in 0..12 {
        let since = scene.now;
        scene.serve(5);
        scene.ring(0, taken(since, (8..10).contains(&round)));
    }
    scene
}

/// The charts of one variable with the time of the spike selected.
fn selected(mut scene: Scene) -> Scene {
    scene.press("2/requests<enter><enter>v");
    // A step is a second: from 19 s ago to 11 s ago.
    let back = |times| "<left>".repeat(times);
    scene.press(&format!("{}v{}", back(11), back(8)));
    scene
}

#[test]
fn a_range_leads_to_the_profile_of_then_against_before() {
    for (width, height) in [(80, 24), (40, 12), (200, 60)] {
        let mut scene = selected(minute(width, height));
        check(&format!("past_range_{width}x{height}"), &scene);
        scene.press("P");
        check(&format!("past_{width}x{height}"), &scene);
    }
    let mut scene = selected(minute(120, 40));
    scene.press("P");
    let profiling = scene.state.profiling();
    assert_eq!(
        (profiling.count(), profiling.covered()),
        (2, Duration::from_secs(10))
    );
    assert_eq!(profiling.compare, Compare::Amounts);
    // Twice three times what the store took.
    let root = profiling.flame.stacks().whole().expect("it is there");
    assert_eq!(root.change(), 2 * 3 * (460 + 240 + 310) * 1_000_000);
    let screen = scene.screen();
    assert_eq!(
        cell_of(&screen, "+stores::sqlite::commit").bg,
        Color::Indexed(166)
    );
    assert_eq!(
        cell_of(&screen, "of the 8 s selected").fg,
        Color::Indexed(208)
    );
    assert!(
        scene.text().contains("against the 10 s before"),
        "{}",
        scene.text()
    );
}

#[test]
fn it_is_compared_by_amounts_by_shares_or_not() {
    let mut scene = selected(minute(80, 24));
    scene.press("Pd");
    check("past_shares", &scene);
    scene.press("d");
    assert!(!scene.state.profiling().compares(), "{}", scene.text());
    scene.press("tL");
    assert!(scene.state.profiling().past().is_some());
}

#[test]
fn the_way_back_leads_to_the_chart_and_live_captures_go_on() {
    let mut scene = selected(minute(80, 24));
    scene.press("P");
    assert_eq!(scene.state.watching, []);
    scene.press("E<esc>");
    assert!(scene.state.profiling().past().is_some(), "a card was read");
    // In the past nothing comes in.
    scene.profile(ProfileKind::Cpu, profile(false));
    assert_eq!(scene.state.profiling().count(), 2);
    scene.press("t<esc>");
    assert!(scene.state.profiling().past().is_some());
    scene.press("<esc>");
    assert_eq!(scene.state.detail, Some("requests".into()));
    assert!(scene.state.marked().is_some());
    scene.press(" 4");
    assert_eq!(scene.state.watching, [(TargetId(0), ProfileKind::Cpu)]);
    assert_eq!(scene.state.profiling().compare, Compare::Off);
    assert!(scene.text().contains("stands back"), "{}", scene.text());
}

#[test]
fn a_mark_of_before_comes_back() {
    let mut scene = minute(80, 24);
    scene.press("4");
    scene.profile(ProfileKind::Cpu, profile(false));
    scene.press("m");
    scene = selected(scene);
    scene.press("P");
    let name = |scene: &Scene| {
        scene
            .state
            .profiling()
            .base()
            .map(|base| base.name.to_string())
    };
    assert_eq!(name(&scene).as_deref(), Some("the 10 s before"));
    scene.press("4");
    scene.profile(ProfileKind::Cpu, profile(false));
    assert_eq!(name(&scene).as_deref(), Some("the mark"));
}

#[test]
fn where_there_is_less_before_than_then_shares_are_compared() {
    let mut scene = minute(80, 24);
    let back = "<left>".repeat(43);
    scene.press(&format!("2/requests<enter><enter>vv{back}P"));
    assert_eq!(scene.state.profiling().compare, Compare::Shares);
    assert!(
        scene.text().contains("there is less time before than then"),
        "{}",
        scene.text()
    );
    let mut scene = minute(80, 24);
    let back = "<left>".repeat(60);
    scene.press(&format!("2/requests<enter><enter>vv{back}P"));
    assert_eq!(scene.state.profiling().compare, Compare::Off);
    assert!(
        scene.text().contains("nothing from before"),
        "{}",
        scene.text()
    );
}

#[test]
fn why_there_is_no_profile_of_then() {
    let range = "2/requests<enter><enter>v<left><left><left>v<left><left>P";
    let mut off = Scene::new(80, 24).live(60);
    off.press(range);
    check("past_off", &off);
    let screen = off.screen();
    assert_eq!(
        cell_of(&screen, "no profile of that time").fg,
        Color::Indexed(203)
    );
    let mut yielded = minute(80, 24);
    let since = yielded.now;
    yielded.serve(3);
    let words =
        "the background capture of profile was cancelled by 127.0.0.1:41234, who captures now";
    let why = Missed::Yielded(words.to_owned());
    yielded.ring(0, RingNews::Missed { since, why });
    yielded.serve(4);
    yielded.press(range);
    check("past_yielded", &yielded);
    yielded.press("<esc>");
    assert_eq!(yielded.state.tab, Tab::Variables);
    let mut small = Scene::new(40, 12).live(60);
    small.press(range);
    assert!(
        small.text().contains("K switches it on"),
        "{}",
        small.text()
    );
}

#[test]
fn the_ring_is_switched_by_a_key_and_says_what_it_costs() {
    let mut scene = minute(80, 24);
    assert_eq!(
        scene.commands,
        [Command::KeepRing {
            target: TargetId(0),
            pace: PACE
        }]
    );
    scene.ring(
        0,
        RingNews::Missed {
            since: scene.now,
            why: Missed::Refused("busy".to_owned()),
        },
    );
    let cell = cell_of(&scene.screen(), "ring 12");
    assert_eq!(cell.fg, Color::Indexed(214));
    scene.press("4");
    scene.profile(ProfileKind::Cpu, profile(false));
    check("ring_cpu", &scene);
    scene.press("1");
    scene.input(Input::Resize(200, 60));
    let text = scene.text();
    for words in [
        "ring 12  12 kept, ",
        "of 1 min",
        "costs 0.9% of a core",
        "1 refused",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    scene.commands.clear();
    scene.press("K");
    assert_eq!(scene.commands, [Command::StopRing(TargetId(0))]);
    scene.ring(0, RingNews::Off);
    assert!(
        scene.text().contains("ring off, 12 kept"),
        "{}",
        scene.text()
    );
}

#[test]
fn rings_are_on_from_the_start_where_that_is_wanted_and_never_too_many() {
    let options = Options {
        ring: RingOptions {
            on: true,
            ..RingOptions::default()
        },
        ..Options::default()
    };
    let targets = MAX_RINGS as u32 + 2;
    let mut scene = Scene::with(80, 24, targets, options);
    let endpoints = |scene: &mut Scene, target| {
        scene.message(cutaway_model::Message::Endpoints {
            target: TargetId(target),
            at: scene.now,
            endpoints: cutaway_model::Endpoints {
                sources: Vec::new(),
                profiles: vec![ProfileKind::Cpu],
            },
        });
    };
    (0..targets).for_each(|target| endpoints(&mut scene, target));
    let asked = |scene: &Scene| {
        let rings = scene.commands.iter();
        rings
            .filter(|command| matches!(command, Command::KeepRing { .. }))
            .count()
    };
    assert_eq!(asked(&scene), MAX_RINGS);
    scene.press("[K");
    assert!(scene.text().contains("16 rings are on"), "{}", scene.text());
    // Where one is given up, another has its place.
    scene.press("]K[K");
    assert_eq!(asked(&scene), MAX_RINGS + 1);
}

#[test]
fn a_target_without_cpu_profiles_has_no_ring() {
    let mut scene = Scene::new(80, 24).live(2);
    scene.endpoints(&[ProfileKind::Heap]);
    scene.press("K");
    assert!(
        scene.text().contains("has no CPU profile"),
        "{}",
        scene.text()
    );
    assert_eq!(scene.commands, []);
}

#[test]
fn a_recording_leads_there_the_same_way() {
    let replay = |scene: &mut Scene, playing| {
        let (start, end) = (Duration::from_secs(100), Duration::from_secs(200));
        let at = scene.now;
        scene.input(Input::Replay(Replay {
            start,
            at,
            end,
            speed: 1.0,
            playing,
        }));
    };
    let mut live = selected(minute(80, 24));
    live.press("P");
    let mut scene = Scene::new(80, 24);
    replay(&mut scene, true);
    scene.endpoints(&[ProfileKind::Cpu]);
    scene.ring(0, RingNews::On(PACE));
    for round in 0..12 {
        let since = scene.now;
        scene.serve(5);
        scene.ring(0, taken(since, (8..10).contains(&round)));
    }
    replay(&mut scene, false);
    scene.press("K");
    assert!(
        scene.text().contains("✗ a recording has no"),
        "{}",
        scene.text()
    );
    scene = selected(scene);
    scene.press("P");
    assert_eq!(scene.commands, []);
    let below = |scene: &Scene| {
        scene
            .text()
            .split_once('\n')
            .map(|(_, rest)| rest.to_owned())
    };
    assert_eq!(below(&scene), below(&live));
    // From elsewhere in the recording everything is told anew.
    scene.input(Input::Rewind(Duration::from_secs(100)));
    assert_eq!(scene.state.targets[0].ring.len(), 0);
}
