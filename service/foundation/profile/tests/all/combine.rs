//! Sums, differences and scaling, and what `go tool pprof` makes of the same files.

use profile::{Error, Profile, Sample, ValueType, folded};

use crate::tool::{KINDS, assert_same, file, go_profile, profile, scratch};

/// A later profile of the same program: other amounts, some stacks gone, some new, at another address.
fn later(mut profile: Profile) -> Profile {
    profile.scale(1.7);
    let samples = std::mem::take(&mut profile.samples);
    let kept = samples
        .into_iter()
        .enumerate()
        .filter(|(at, _)| at % 5 != 4);
    profile.samples = kept.map(|(_, sample)| sample).collect();
    let mut new = profile.samples[0].clone();
    new.locations.reverse();
    profile.samples.push(new);
    let moved = 0x7000_0000;
    for mapping in &mut profile.mappings {
        mapping.memory_start = mapping.memory_start.wrapping_add(moved);
        mapping.memory_limit = mapping.memory_limit.wrapping_add(moved);
    }
    for location in profile
        .locations
        .iter_mut()
        .filter(|at| at.mapping.is_some())
    {
        location.address = location.address.wrapping_add(moved);
    }
    profile.time_nanos += 1_000_000_000;
    profile.comments.push("later".into());
    profile
}

#[test]
fn sums_and_differences_are_those_of_gos_tool() {
    for kind in KINDS {
        let first = profile(kind);
        let second = later(first.clone());
        let path = file(&format!("{kind}.pb.gz"));
        let later = scratch(&format!("later-{kind}"), &second.encode());
        let base = |option| format!("{option}={}", path.display());
        let go = |name, options: &[&str], files: &[&_]| {
            go_profile(&format!("{kind}-{name}"), options, files)
        };

        let Some(theirs) = go("merge", &[], &[&path, &later]) else {
            return;
        };
        let sum = Profile::merge(&[&first, &second]).expect("of one kind");
        assert_same(&sum, &theirs, &format!("{kind}: merge"));
        assert_eq!(sum.duration_nanos, theirs.duration_nanos);
        assert_eq!(
            (sum.period, &sum.comments),
            (theirs.period, &theirs.comments)
        );
        assert_eq!(sum.time_nanos, first.time_nanos);

        let theirs = go("base", &[&base("-base")], &[&later]);
        let ours = second.subtract(&first).expect("of one kind");
        assert_same(
            &ours,
            &theirs.expect("go is there"),
            &format!("{kind}: -base"),
        );

        let theirs = go("diff", &[&base("-diff_base")], &[&later]);
        let ours = second.diff(&first).expect("of one kind");
        assert_same(
            &ours,
            &theirs.expect("go is there"),
            &format!("{kind}: -diff_base"),
        );

        let theirs = go("normal", &["-normalize", &base("-diff_base")], &[&later]);
        let ours = second
            .normalized(&first)
            .and_then(|normal| normal.diff(&first));
        let ours = ours.expect("of one kind");
        assert_same(
            &ours,
            &theirs.expect("go is there"),
            &format!("{kind}: -normalize"),
        );
    }
}

/// Our own heap profiles ask for frames to be dropped, as Go's heap profiles do.
#[test]
fn frames_are_dropped_as_gos_tool_drops_them() {
    for (drop, keep) in [
        ("runtime\\..*", ""),
        ("runtime\\..*", "runtime\\.mallocgc"),
        (".*", "main\\..*"),
        ("fmt\\.Fprintf|main\\.price|crypto/.*", ""),
        ("main\\.descend", ""),
    ] {
        for kind in ["cpu", "allocs", "goroutine"] {
            let mut profile = profile(kind).compact();
            profile.drop_frames = Some(drop.into());
            profile.keep_frames = Some(keep.into()).filter(|keep: &String| !keep.is_empty());
            let path = scratch(&format!("prune-{kind}"), &profile.encode());
            let Some(theirs) = go_profile("prune", &[], &[&path]) else {
                return;
            };
            profile.prune().expect("regular expressions");
            // Without a filter Go's tool drops samples without a stack: `prune` never makes any.
            assert_same(&profile, &theirs, &format!("{kind} {drop} {keep}"));
        }
    }
}

#[test]
fn a_difference_to_itself_is_nothing() {
    for kind in KINDS {
        let profile = profile(kind);
        let nothing = profile.subtract(&profile).expect("of one kind");
        assert!(
            nothing.samples.is_empty() && nothing.locations.is_empty(),
            "{kind}"
        );
        let labelled = profile.diff(&profile).expect("of one kind");
        let index = labelled.default_index();
        assert_eq!(labelled.total(index), 0, "{kind}");
        assert_eq!(
            labelled.reference_total(index),
            profile.total(index),
            "{kind}"
        );
        assert!(labelled.samples.iter().any(Sample::is_base), "{kind}");
    }
}

#[test]
fn merging_is_adding() {
    for kind in KINDS {
        let one = profile(kind);
        let sum = Profile::merge(&[&one, &one, &one]).expect("of one kind");
        let index = one.default_index();
        assert_eq!(sum.total(index), 3 * one.total(index));
        assert_eq!(sum.samples.len(), one.compact().samples.len());
        assert_eq!(sum.compact(), sum, "it is as small as can be");
    }
}

#[test]
fn values_in_other_units_are_turned_into_the_finer_one() {
    let of = |value: i64, unit: &str| {
        folded::read(&format!("main {value}\n"), ValueType::new("cpu", unit)).expect("a profile")
    };
    let sum = Profile::merge(&[&of(2, "ms"), &of(5, "nanoseconds")]).expect("both are times");
    assert_eq!(sum.sample_types[0].unit, "nanoseconds");
    assert_eq!(folded::write(&sum, 0), "main 2000005\n");
}

#[test]
fn what_measures_different_things_is_not_added() {
    let of = |kind| folded::read("main 1\n", ValueType::new(kind, "count")).expect("a profile");
    let error = Profile::merge(&[&of("samples"), &of("bytes")]).expect_err("refused");
    assert_eq!(
        error.to_string(),
        "the profiles cannot be combined: the sample types of one is `samples/count`, of the other `bytes/count`"
    );
    assert_eq!(Profile::merge(&[]), Err(Error::NoProfile));
    let error = profile("heap")
        .subtract(&profile("cpu"))
        .expect_err("refused");
    assert!(matches!(error, Error::Incompatible { .. }), "{error}");
}

#[test]
fn scaling_rounds_and_leaves_out_nothing_that_counts() {
    let mut profile =
        folded::read("a 1\nb 5\nc -7\n", ValueType::new("x", "count")).expect("a profile");
    profile.scale(0.3);
    assert_eq!(folded::write(&profile, 0), "b 2\nc -2\n");
    profile.scale(-1.0);
    assert_eq!(folded::write(&profile, 0), "b -2\nc 2\n");
}
