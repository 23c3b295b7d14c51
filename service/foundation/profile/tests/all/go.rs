//! Profiles of a real Go program, against what Go's own tool says of them.

use profile::{Profile, folded, top, tree};

use crate::tool::{KINDS, bytes, file, go_tool, profile, scratch};

fn index(profile: &Profile, kind: &str) -> usize {
    let found = profile
        .sample_types
        .iter()
        .position(|sample_type| sample_type.kind == kind);
    found.expect("a sample type of this kind")
}

/// A row of `go tool pprof -top`: flat, cum, name.
pub(crate) type Row = (i64, i64, String);

/// The rows of what `go tool pprof -top` printed, with values in a unit that needs no fraction.
pub(crate) fn rows(text: &str) -> Vec<Row> {
    let table = text
        .lines()
        .skip_while(|line| !line.contains("flat%"))
        .skip(1);
    let number = |value: &str| -> i64 {
        let digits = value.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        digits.parse().expect("a whole number")
    };
    let row = |line: &str| {
        let mut fields = line.split_whitespace();
        let flat = number(fields.next().expect("flat"));
        let cum = number(fields.nth(2).expect("cum"));
        let name = fields.skip(1).collect::<Vec<_>>().join(" ");
        let name = name
            .trim_end_matches(" (inline)")
            .trim_end_matches(" (partial-inline)");
        (flat, cum, name.to_owned())
    };
    table
        .filter(|line| !line.trim().is_empty())
        .map(row)
        .collect()
}

fn ours(profile: &Profile, index: usize) -> Vec<Row> {
    let rows = top::table(profile, index).into_iter();
    rows.map(|row| (row.flat, row.cum, row.name.to_string()))
        .collect()
}

fn assert_same(profile: &Profile, index: usize, go: &str) {
    let theirs = rows(go);
    assert!(theirs.len() > 5, "{go}");
    assert_eq!(ours(profile, index), theirs);
}

#[test]
fn the_table_is_that_of_gos_tool() {
    let text = |name| std::fs::read_to_string(file(name)).expect("captured data");
    let cpu = profile("cpu");
    assert_same(&cpu, index(&cpu, "cpu"), &text("top-cpu.txt"));
    let heap = profile("heap");
    assert_same(&heap, index(&heap, "inuse_space"), &text("top-heap.txt"));
}

#[test]
fn all_of_its_profiles_are_read() {
    for kind in KINDS {
        let profile = profile(kind);
        assert!(
            !profile.samples.is_empty() && !profile.functions.is_empty(),
            "{kind}"
        );
        assert!(
            profile.time_nanos > 0 && profile.period_type.is_some(),
            "{kind}"
        );
        let types: Vec<&str> = profile
            .sample_types
            .iter()
            .map(|t| t.kind.as_str())
            .collect();
        let (expected, default): (&[&str], &str) = match kind {
            "cpu" => (&["samples", "cpu"], "cpu"),
            "heap" => (
                &[
                    "alloc_objects",
                    "alloc_space",
                    "inuse_objects",
                    "inuse_space",
                ],
                "inuse_space",
            ),
            "allocs" => (
                &[
                    "alloc_objects",
                    "alloc_space",
                    "inuse_objects",
                    "inuse_space",
                ],
                "alloc_space",
            ),
            "block" | "mutex" => (&["contentions", "delay"], "delay"),
            other => (&[other], other),
        };
        assert_eq!(types, expected);
        assert_eq!(types[profile.default_index()], default);
    }
}

#[test]
fn what_is_written_is_read_back_the_same() {
    for kind in KINDS {
        let profile = profile(kind);
        assert_eq!(
            Profile::decode(&profile.encode()).as_ref(),
            Ok(&profile),
            "{kind}"
        );
        assert_eq!(
            Profile::decode(&profile.encode_gzip()).as_ref(),
            Ok(&profile),
            "{kind}"
        );
        assert!(
            profile.encode_gzip().len() <= bytes(kind).len() * 3 / 2,
            "{kind}"
        );
    }
}

/// Whatever the view, the sum is the same.
#[test]
fn table_tree_and_folded_agree() {
    for kind in KINDS {
        let profile = profile(kind);
        for index in 0..profile.sample_types.len() {
            let total = profile.total(index);
            let table = top::table(&profile, index);
            let stackless = profile
                .samples
                .iter()
                .filter(|sample| sample.locations.is_empty());
            let stackless: i64 = stackless.map(|sample| sample.value(index)).sum();
            assert_eq!(
                table.iter().map(|row| row.flat).sum::<i64>(),
                total - stackless
            );
            let tree = tree::CallTree::new(&profile, index);
            assert_eq!((tree.nodes[0].total, tree.nodes[0].own), (total, stackless));
            assert_eq!(tree.nodes.iter().map(|node| node.own).sum::<i64>(), total);
            let value = |line: &str| -> i64 {
                line.rsplit(' ')
                    .next()
                    .expect("a value")
                    .parse()
                    .expect("a number")
            };
            assert_eq!(
                folded::write(&profile, index)
                    .lines()
                    .map(value)
                    .sum::<i64>(),
                total
            );
            for node in &tree.nodes {
                let below: i64 = node
                    .children
                    .iter()
                    .map(|child| tree.nodes[*child as usize].total)
                    .sum();
                assert_eq!(node.own + below, node.total, "{}", node.name);
            }
        }
    }
}

#[test]
fn recursion_is_in_the_tree_and_counted_once_in_the_table() {
    let profile = profile("cpu");
    let index = profile.default_index();
    let tree = tree::CallTree::new(&profile, index);
    let is = |node: u32| &*tree.nodes[node as usize].name == "main.descend";
    let nested = |node: &&tree::Node| &*node.name == "main.descend" && is(node.parent);
    assert!(
        tree.nodes.iter().filter(nested).count() >= 10,
        "it calls itself 20 times"
    );
    let table = top::table(&profile, index);
    let row = table
        .iter()
        .find(|row| &*row.name == "main.descend")
        .expect("a row");
    assert!(row.cum < profile.total(index));
}

#[test]
fn inlined_functions_have_frames_of_their_own() {
    let profile = profile("cpu");
    assert!(
        profile
            .locations
            .iter()
            .any(|location| location.lines.len() > 1)
    );
    let folded = folded::write(&profile, profile.default_index());
    assert!(
        folded.contains("main.descend;main.price;crypto/sha256.Sum256;"),
        "{folded}"
    );
}

/// Go's tool, given what we have written, says the same as of what Go has written.
#[test]
fn gos_tool_reads_what_is_written() {
    for (kind, sample_index, unit) in [
        ("cpu", "cpu", "ns"),
        ("heap", "inuse_space", "B"),
        ("mutex", "delay", "ns"),
    ] {
        let profile = profile(kind);
        let path = scratch(&format!("written-{kind}"), &profile.encode_gzip());
        let options = ["-top", "-nodecount=0", "-nodefraction=0", "-edgefraction=0"];
        let Some(go) = go_tool(&options, &[(unit, sample_index)], &[&path]) else {
            return;
        };
        assert_eq!(
            ours(&profile, index(&profile, sample_index)),
            rows(&go),
            "{kind}"
        );
    }
}

/// All that Go's tool can tell of a profile is the same of the original and of what we have written.
#[test]
fn gos_tool_finds_nothing_missing_in_what_is_written() {
    for kind in KINDS {
        let written = scratch(&format!("raw-{kind}"), &profile(kind).encode());
        let original = file(&format!("{kind}.pb.gz"));
        let raw = |path| go_tool(&["-raw"], &[], &[path]);
        let Some(theirs) = raw(&original) else {
            return;
        };
        assert_eq!(raw(&written), Some(theirs), "{kind}");
    }
}
