//! What a ring keeps is what was taken, within its bounds; and it says why there is nothing.

use std::time::Duration;

use cutaway_model::Cause;

use super::*;
use crate::testing::profile_with;

const PACE: RingPace = RingPace { seconds: 5, hz: 50 };

fn at(seconds: u64) -> At {
    Duration::from_secs(seconds)
}

/// A profile of five seconds at 50 Hz.
fn profile(stacks: &[(&str, i64)]) -> Arc<Profile> {
    let stacks: Vec<(&str, Vec<i64>, &str)> = stacks
        .iter()
        .map(|(stack, value)| (*stack, vec![1, *value], "thread=worker"))
        .collect();
    let types = [("samples", "count"), ("cpu", "nanoseconds")];
    let mut profile = Profile::clone(&profile_with(&types, &stacks, |_| "src/main.rs"));
    profile.duration_nanos = 5_000_000_000;
    profile.period = 20_000_000;
    Arc::new(profile)
}

fn taken(since: u64, profile: Arc<Profile>) -> RingNews {
    RingNews::Taken {
        since: at(since),
        profile,
        cost: Some(Duration::from_millis(50)),
        gives_way: true,
    }
}

/// A ring that is on since 100 s and has a profile from each fifth second on.
fn ring(profiles: u64) -> Ring {
    let mut ring = Ring::default();
    ring.take(at(100), &RingNews::On(PACE));
    for round in 0..profiles {
        let since = 100 + 5 * round;
        let profile = profile(&[("main;serve;order", 10), ("main;park", round as i64 + 1)]);
        ring.take(at(since + 5), &taken(since, profile));
    }
    ring
}

fn why(ring: &Ring, from: u64, to: u64) -> String {
    let absence = ring.then(at(from), at(to), at(1_000));
    absence.expect_err("nothing is there").why
}

#[test]
fn profiles_of_a_range_are_added_up() {
    let ring = ring(10);
    let then = ring.then(at(111), at(119), at(1_000)).expect("it is there");
    assert_eq!(
        (then.count, then.covered(), then.until),
        (2, at(10), at(120))
    );
    let sum = Profile::merge(&[
        &profile(&[("main;serve;order", 10), ("main;park", 3)]),
        &profile(&[("main;serve;order", 10), ("main;park", 4)]),
    ]);
    let stacks = |profile: &Profile| {
        let mut folded: Vec<String> = profile::folded::write(profile, 1)
            .lines()
            .map(str::to_owned)
            .collect();
        folded.sort();
        folded
    };
    assert_eq!(stacks(&then.profile), stacks(&sum.expect("alike")));
    assert_eq!(then.profile.functions.len(), 4);
    assert_eq!(&*then.profile.samples[0].labels[0].key, "thread");
    assert_eq!(then.profile.period, 20_000_000);
    // A moment is enough.
    assert_eq!(ring.overlapping(at(112), at(112)), 1);
    let before = ring
        .before(at(111), at(119))
        .expect("there is a time before");
    assert_eq!((before.count, before.until), (2, at(110)));
    // There may be less of it than of then.
    let before = ring
        .before(at(106), at(140))
        .expect("there is a time before");
    assert_eq!((before.count, before.covered()), (1, at(5)));
    assert!(ring.before(at(101), at(140)).is_none());
    assert_eq!(ring.cost(), Some(0.01));
}

#[test]
fn it_says_why_there_is_nothing() {
    assert!(why(&Ring::default(), 10, 20).contains("is off"));
    let mut ring = ring(4);
    assert_eq!(
        why(&ring, 40, 50),
        "the ring was off then: it is on since 15 min ago"
    );
    assert!(why(&ring, 121, 124).contains("still being taken"));
    let miss = |ring: &mut Ring, since: u64, why: Missed| {
        ring.take(
            at(since + 2),
            &RingNews::Missed {
                since: at(since),
                why,
            },
        );
    };
    miss(
        &mut ring,
        130,
        Missed::Yielded("cancelled by 10.0.0.9".to_owned()),
    );
    miss(
        &mut ring,
        140,
        Missed::Refused("cpu profiling already in use".to_owned()),
    );
    miss(&mut ring, 150, Missed::StoodBack);
    miss(&mut ring, 160, Missed::Failed(Cause::Refused));
    assert_eq!(
        why(&ring, 130, 131),
        "the ring gave way to somebody else: cancelled by 10.0.0.9"
    );
    assert!(why(&ring, 141, 141).contains("already in use"));
    assert!(why(&ring, 151, 152).contains("stood back"));
    assert_eq!(
        why(&ring, 161, 170),
        "the profile could not be had: refused"
    );
    ring.take(at(200), &RingNews::Off);
    assert_eq!(why(&ring, 201, 220), "the ring was off then");
    assert_eq!(
        (ring.counts.yielded, ring.counts.refused, ring.counts.failed),
        (2, 1, 1)
    );
    ring.take(at(300), &RingNews::On(PACE));
    ring.take(at(305), &taken(300, profile(&[("main", 1)])));
    ring.take(at(312), &taken(307, profile(&[("main", 1)])));
    assert_eq!(why(&ring, 306, 306), "between two profiles");
    ring.shrink(2, MAX_BYTES);
    assert_eq!(
        why(&ring, 101, 110),
        "too old: the ring keeps 2 profiles: the oldest is of 11 min 40 s ago"
    );
}

#[test]
fn what_is_kept_is_bounded_in_number_and_in_bytes() {
    // Every profile has names of its own: nothing is shared, and what was dropped must be given up.
    const KEEP: usize = 50;
    const BYTES: usize = 256 << 10;
    let mut ring = Ring::default();
    let mut most = 0;
    for round in 0..400_u64 {
        let names: Vec<String> = (0..60)
            .map(|at| format!("main;module{round};function_of_a_rather_long_name_{round}_{at}"))
            .collect();
        let stacks: Vec<(&str, i64)> = names.iter().map(|name| (name.as_str(), 1)).collect();
        ring.take(at(round * 5 + 5), &taken(round * 5, profile(&stacks)));
        ring.shrink(KEEP, BYTES);
        assert!(
            ring.len() <= KEEP && ring.bytes() <= BYTES,
            "{} in {}",
            ring.len(),
            ring.bytes()
        );
        most = most.max(ring.len());
        // What is counted is at least what the names and frames need.
        let span = ring.span().expect("the newest is kept");
        let kept = ring
            .then(span.0, span.1, at(9_999))
            .expect("it is there")
            .profile;
        let names: usize = kept.functions.iter().map(|of| of.name.len()).sum();
        let frames: usize = kept.samples.iter().map(|of| 4 * of.locations.len()).sum();
        assert!(ring.bytes() > names + frames, "round {round}");
    }
    assert!(most > 4, "{most}");
    // One that fits by no means is not kept either.
    ring.shrink(KEEP, 1_000);
    assert_eq!((ring.len(), ring.bytes()), (0, 0));
}

#[test]
fn what_profiles_have_in_common_is_kept_once() {
    let stacks: Vec<String> = (0..500)
        .map(|at| format!("main;module::serve;module::function_{at}"))
        .collect();
    let stacks: Vec<(&str, i64)> = stacks.iter().map(|stack| (stack.as_str(), 7)).collect();
    let mut ring = Ring::default();
    let mut sizes = Vec::new();
    for round in 0..20 {
        ring.take(at(round * 5 + 5), &taken(round * 5, profile(&stacks)));
        sizes.push(ring.bytes());
    }
    let (first, growth) = (sizes[0], (sizes[19] - sizes[0]) / 19);
    assert!(growth * 5 < first, "{first} bytes, then {growth} each");
}

#[test]
fn another_program_begins_anew() {
    let mut ring = ring(3);
    let other = profile_with(&[("wall", "nanoseconds")], &[("main", vec![5], "")], |_| "");
    ring.take(at(130), &taken(125, other));
    assert_eq!(ring.len(), 1);
    assert!(why(&ring, 101, 110).contains("too old"));
}

#[test]
fn references_out_of_range_break_nothing() {
    let mut broken = Profile::clone(&profile(&[("main;serve", 1)]));
    broken.samples[0].locations.push(77);
    broken.locations[0].lines[0].function = 99;
    let mut ring = Ring::default();
    ring.take(at(5), &taken(0, Arc::new(broken)));
    let then = ring.then(at(0), at(5), at(9)).expect("it is there");
    assert_eq!(then.profile.samples.len(), 1);
}
