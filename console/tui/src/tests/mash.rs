//! Whatever is pressed, whatever the size: no panic, and nothing grows without bound.

use std::time::Duration;

use cutaway_model::{Cause, Path, ProfileKind, RingNews, RingPace, Scalar, Source};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::scene::{Scene, cpu_profile, service};
use crate::ring::RingOptions;
use crate::{Input, Options};

/// A generator with a fixed seed: the same run every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    fn key(&mut self) -> KeyEvent {
        const NAMED: [KeyCode; 12] = [
            KeyCode::Enter,
            KeyCode::Esc,
            KeyCode::Tab,
            KeyCode::BackTab,
            KeyCode::Up,
            KeyCode::Down,
            KeyCode::Left,
            KeyCode::Right,
            KeyCode::PageUp,
            KeyCode::PageDown,
            KeyCode::Home,
            KeyCode::End,
        ];
        let code = match self.below(3) {
            0 => NAMED[self.below(NAMED.len() as u64) as usize],
            _ => KeyCode::Char(char::from(b' ' + self.below(95) as u8)),
        };
        let modifiers = if self.below(20) == 0 {
            KeyModifiers::CONTROL
        } else {
            KeyModifiers::NONE
        };
        KeyEvent::new(code, modifiers)
    }
}

#[test]
fn mashing_keys_breaks_nothing() {
    let mut dice = Dice(0x005e_ed0f_c07a_0a11);
    let mut scene = Scene::with(
        80,
        24,
        3,
        Options {
            history: 50,
            variables: 120,
            ring: RingOptions {
                keep: 9,
                ..RingOptions::default()
            },
            ..Options::default()
        },
    );
    for turn in 0..6_000 {
        match dice.below(12) {
            0 => scene.input(Input::Resize(dice.below(120) as u16, dice.below(40) as u16)),
            1 => happen(&mut scene, &mut dice, turn),
            _ => scene.input(Input::Key(dice.key())),
        }
        if turn % 7 == 0 {
            scene.screen();
        }
    }
    let kept: usize = scene
        .state
        .targets
        .iter()
        .map(|target| target.variables.len())
        .sum();
    assert!(kept <= 120, "{kept} variables");
    let longest = scene
        .state
        .targets
        .iter()
        .flat_map(|target| target.variables.values())
        .map(|variable| variable.series.len())
        .max();
    assert!(
        longest.is_some_and(|longest| longest <= 50),
        "{longest:?} entries"
    );
    assert!(scene.state.profiling().count() <= 3 * 20);
    let ring = scene
        .state
        .targets
        .iter()
        .map(|target| target.ring.len())
        .max();
    assert!(
        ring.is_some_and(|kept| kept > 0 && kept <= 9),
        "{ring:?} profiles"
    );
}

fn happen(scene: &mut Scene, dice: &mut Dice, turn: u64) {
    let target = dice.below(3) as u32;
    scene.tick(dice.below(3_000));
    match dice.below(8) {
        6 => scene.ring(target, RingNews::On(RingPace { seconds: 5, hz: 50 })),
        7 => {
            let news = RingNews::Taken {
                since: scene.now.saturating_sub(Duration::from_secs(3)),
                profile: cpu_profile(),
                cost: None,
                gives_way: true,
            };
            scene.ring(target, news);
        }
        0 => scene.fail(
            target,
            Cause::TimedOut {
                after: Duration::from_secs(1),
            },
            2,
        ),
        1 => scene.restart(),
        2 => scene.profile(ProfileKind::Cpu, cpu_profile()),
        3 => scene.endpoints(&[ProfileKind::Cpu, ProfileKind::Heap]),
        4 => {
            let name = Path::new([format!("new{turn}"), "x".to_owned()]);
            scene.sample(target, Source::Prometheus, vec![(name, Scalar::Bool(true))]);
        }
        _ => scene.sample(target, Source::Expvar, service(turn)),
    }
}

#[test]
fn every_view_fits_every_size() {
    let small = (0..=12).flat_map(|width| (0..=12).map(move |height| (width, height)));
    let odd = [
        (1, 60),
        (200, 1),
        (13, 50),
        (39, 11),
        (79, 23),
        (300, 100),
        (1_000, 3),
    ];
    let sizes: Vec<(u16, u16)> = small.chain(odd).collect();
    for setup in [
        "1",
        "2",
        "2<enter>",
        "2/e",
        "3",
        "4",
        "4t",
        "4i",
        "?",
        "4jjjc",
        "4jjjL",
        "4T",
        "4S",
        "4md",
        "4mt",
        "4Fx",
        "4a",
        "4aa",
        "4aat",
        "3vv<left><left><left>P",
        "4wname",
        "1z",
        "2<enter>a",
        "3o",
        "3v",
        "8",
        "9",
        "0",
    ] {
        let mut scene = Scene::with(80, 24, 3, Options::default()).live(10);
        scene.press("4");
        scene.profile(ProfileKind::Cpu, cpu_profile());
        scene.press("1").press(setup);
        for size in &sizes {
            scene.input(Input::Resize(size.0, size.1));
            scene.screen();
            scene.press("<down><end><right>");
            scene.screen();
        }
    }
}

#[test]
fn a_screen_that_is_not_the_size_told_is_drawn_nevertheless() {
    let mut scene = Scene::new(80, 24).live(10);
    for keys in ["1", "2", "3", "4"] {
        scene.press(keys);
        scene.profile(ProfileKind::Cpu, cpu_profile());
        for (width, height) in [(0, 0), (3, 2), (20, 5), (200, 60)] {
            let area = ratatui::layout::Rect::new(0, 0, width, height);
            crate::draw(&scene.state, &mut ratatui::buffer::Buffer::empty(area));
        }
    }
}
