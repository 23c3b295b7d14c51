//! Large profiles: made ready elsewhere, while keys are answered.

use std::sync::Arc;

use cutaway_model::ProfileKind;
use profile::Profile;

use super::scene::{Scene, cpu_profile, text_of};
use crate::profiling::Mode;
use crate::{FileNews, Input, State, Work};

/// The CPU's profile with more samples than are made ready between two keys, all in `function` if one is named.
fn large(function: Option<&str>) -> Arc<Profile> {
    let mut profile = Profile::clone(&cpu_profile());
    if let Some(function) = function {
        for known in &mut profile.functions {
            known.name = function.into();
        }
    }
    let samples = profile.samples.clone();
    while profile.samples.len() < 8_000 {
        profile.samples.extend_from_slice(&samples);
    }
    Arc::new(profile)
}

/// A target's CPU profile is looked at, and a large one has come.
fn waiting() -> Scene {
    let mut scene = Scene::new(100, 30).live(3);
    scene.endpoints(&[ProfileKind::Cpu]);
    scene.press("4");
    scene.profile(ProfileKind::Cpu, large(None));
    assert!(scene.state.is_waiting());
    scene
}

/// Work that somebody does now and hands back later.
fn work(scene: &mut Scene) -> Vec<Work> {
    scene.state.work()
}

fn finish(scene: &mut Scene, work: Vec<Work>) {
    for work in work {
        if let Some(prepared) = work.run() {
            scene.input(Input::Prepared(prepared));
        }
    }
}

fn finish_all(scene: &mut Scene) {
    loop {
        let work = work(scene);
        if work.is_empty() {
            return;
        }
        finish(scene, work);
    }
}

#[test]
fn keys_are_answered_while_a_large_profile_is_made_ready() {
    let mut scene = waiting();
    let text = scene.text();
    assert!(text.contains("adding up the CPU profile: 0 %"), "{text}");
    scene.press("1");
    assert!(scene.text().contains("requests"), "{}", scene.text());
    scene.press("4?");
    assert!(
        scene.text().contains("zoom in; in lists"),
        "{}",
        scene.text()
    );
    scene.press("?");
    let asked = work(&mut scene);
    assert_eq!(asked.len(), 1);
    assert_eq!(work(&mut scene).len(), 0, "it is given out once");
    scene.press("jt");
    finish(&mut scene, asked);
    assert!(!scene.state.is_waiting());
    let text = scene.text();
    assert!(text.contains("CPU  top"), "{text}");
    assert!(text.contains("flat%") && text.contains("sum%"), "{text}");
    assert!(scene.state.profiling().table.shown().len() > 5, "{text}");
}

#[test]
fn what_was_asked_for_before_is_never_shown() {
    let mut scene = waiting();
    finish_all(&mut scene);
    let before = scene.text();
    scene.press("Fplace<enter>");
    let first = work(&mut scene);
    assert_eq!(scene.state.profiling().preparing(), Some(0));
    scene.press("R");
    let second = work(&mut scene);
    finish(&mut scene, first);
    assert!(scene.state.is_waiting(), "the later one is waited for");
    let total = scene.state.profiling().selection.total;
    finish(&mut scene, second);
    assert!(!scene.state.is_waiting());
    assert_eq!(scene.state.profiling().selection.total, total);
    assert_eq!(scene.text(), before);
}

#[test]
fn a_late_answer_to_an_earlier_question_changes_nothing() {
    let mut scene = waiting();
    finish_all(&mut scene);
    scene.press("Fplace<enter>");
    // It was finished before anybody knew that it would not be needed.
    let done: Vec<_> = work(&mut scene).into_iter().map(Work::run).collect();
    scene.press("R");
    let whole = scene.state.profiling().selection.total;
    for prepared in done.into_iter().flatten() {
        scene.input(Input::Prepared(prepared));
    }
    assert!(scene.state.is_waiting());
    assert_eq!(scene.state.profiling().selection.total, whole);
    finish_all(&mut scene);
    assert_eq!(scene.state.profiling().selection.total, whole);
    assert!(!scene.state.is_waiting());
}

#[test]
fn work_that_nobody_waits_for_is_given_up() {
    let mut scene = waiting();
    let first = work(&mut scene);
    scene.press("R");
    assert!(first.into_iter().all(|work| work.run().is_none()));
    finish_all(&mut scene);
    assert!(!scene.state.is_waiting());
}

#[test]
fn the_next_capture_waits_for_the_one_before() {
    let mut scene = waiting();
    let asked = work(&mut scene);
    scene.profile(ProfileKind::Cpu, large(Some("sales::next")));
    assert!(work(&mut scene).is_empty(), "captures supersede nothing");
    finish(&mut scene, asked);
    assert!(!scene.text().contains("sales::next"), "{}", scene.text());
    assert_eq!(scene.state.profiling().count(), 1);
    finish_all(&mut scene);
    assert!(scene.text().contains("sales::next"), "{}", scene.text());
    assert_eq!(scene.state.profiling().count(), 2);
}

#[test]
fn the_picture_before_stays_until_the_next_is_ready() {
    let mut scene = waiting();
    finish_all(&mut scene);
    let picture = scene.text();
    scene.press("Iplace<enter>");
    let text = scene.text();
    assert!(text.contains("adding up: 0 %"), "{text}");
    assert!(text.contains("ignore place"), "{text}");
    let graph = |text: &str| -> Vec<String> {
        let lines = text
            .lines()
            .filter(|line| line.contains('▏') || line.contains('▸'));
        lines.map(str::to_owned).collect()
    };
    assert_eq!(graph(&text), graph(&picture));
    finish_all(&mut scene);
    assert_ne!(graph(&scene.text()), graph(&picture));
}

#[test]
fn each_way_of_looking_comes_when_it_is_asked_for() {
    let mut scene = waiting();
    finish_all(&mut scene);
    scene.press("/commit<enter>n");
    for (keys, mode) in [
        ("c", Mode::Callers),
        ("L", Mode::Lines),
        ("T", Mode::Tags),
        ("S", Mode::Stacks),
    ] {
        scene.press(keys);
        assert_eq!(scene.state.profiling().mode, mode);
        if scene.state.is_waiting() {
            let text = scene.text();
            assert!(
                text.contains("adding up the CPU profile"),
                "{mode:?} {text}"
            );
        }
        finish_all(&mut scene);
        assert!(!scene.state.is_waiting(), "{mode:?}");
        assert!(!scene.text().contains("adding up"), "{}", scene.text());
    }
    // From a stack to its place in the graph, across whatever had to be made for that.
    scene.press("<enter>");
    finish_all(&mut scene);
    assert_eq!(scene.state.profiling().mode, Mode::Graph);
    assert_ne!(scene.state.profiling().flame.selected(), 0);
}

#[test]
fn a_file_is_waited_for_and_then_shown_as_a_small_one_is() {
    let open = |profile: Arc<Profile>| {
        let mut state = State::of_file(crate::Options::default(), "cpu.pb.gz", None, None);
        crate::update(&mut state, Input::Resize(100, 30));
        assert!(
            text(&state).contains("reading cpu.pb.gz"),
            "{}",
            text(&state)
        );
        let opened = FileNews::Opened {
            profile,
            base: None,
            complaint: Some("focus matched nothing".to_owned()),
        };
        crate::update(&mut state, Input::File(opened));
        for work in state.work() {
            if let Some(prepared) = work.run() {
                crate::update(&mut state, Input::Prepared(prepared));
            }
        }
        text(&state)
    };
    let (small, large) = (open(cpu_profile()), open(large(None)));
    assert!(small.contains("focus matched nothing"), "{small}");
    let names = |text: &str| -> Vec<String> {
        let graph = text.lines().skip(6).take(4);
        graph.map(|line| line.trim().to_owned()).collect()
    };
    assert_eq!(names(&small), names(&large), "{large}");
}

fn text(state: &State) -> String {
    let mut screen = ratatui::buffer::Buffer::empty(ratatui::layout::Rect::new(0, 0, 100, 30));
    crate::draw(state, &mut screen);
    text_of(&screen)
}
