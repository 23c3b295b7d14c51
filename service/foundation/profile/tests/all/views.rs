//! Callers and callees, flame graphs, folded stacks, large profiles summed up.

use std::collections::BTreeSet;

use profile::graph::Graph;
use profile::{Profile, Reader, ValueType, flame, folded, top, tree, units};

use crate::tool::{KINDS, bytes, file, go_tool, profile};

/// A line of a function's block in `-peek`: the other function, the value, whether inlined; callers come first.
type Peeked = (
    String,
    BTreeSet<(String, i64, bool)>,
    BTreeSet<(String, i64, bool)>,
);

/// What `go tool pprof -peek` printed, with values in a unit that needs no fraction.
fn peeked(text: &str) -> Vec<Peeked> {
    let mut all = Vec::new();
    let mut current: Peeked = Peeked::default();
    let mut below = false;
    for line in text
        .lines()
        .skip_while(|line| !line.contains("calls%"))
        .skip(1)
    {
        if line.starts_with("------") {
            if below {
                all.push(std::mem::take(&mut current));
            }
            below = false;
            continue;
        }
        let (numbers, name) = line.split_once('|').expect("a column");
        if numbers.ends_with("                ") {
            name.trim().clone_into(&mut current.0);
            below = true;
            continue;
        }
        let value = numbers.split_whitespace().next().expect("a value");
        let value = value.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let inlined = name.ends_with(" (inline)");
        let name = name.trim().trim_end_matches(" (inline)").to_owned();
        let call = (name, value.parse().expect("a whole number"), inlined);
        let side = if below {
            &mut current.2
        } else {
            &mut current.1
        };
        side.insert(call);
    }
    all
}

#[test]
fn callers_and_callees_are_those_of_gos_tool() {
    for (kind, sample_type, unit) in [
        ("cpu", "cpu", "ns"),
        ("allocs", "alloc_space", "B"),
        ("goroutine", "goroutine", ""),
        ("block", "delay", "ns"),
    ] {
        let profile = profile(kind);
        let path = file(&format!("{kind}.pb.gz"));
        let Some(go) = go_tool(&["-peek=."], &[(unit, sample_type)], &[&path]) else {
            return;
        };
        let graph = Graph::new(&profile, profile.sample_index(sample_type).expect("a type"));
        let calls = |calls: &[profile::graph::Call]| -> BTreeSet<_> {
            let name = |node: u32| graph.nodes[node as usize].name.to_string();
            calls
                .iter()
                .map(|call| (name(call.node), call.value, call.inlined))
                .collect()
        };
        let ours = graph.peek(".").expect("an expression");
        let ours: Vec<Peeked> = ours
            .iter()
            .map(|node| {
                (
                    node.name.to_string(),
                    calls(&node.callers),
                    calls(&node.callees),
                )
            })
            .collect();
        let theirs = peeked(&go);
        assert!(theirs.len() > 5, "{go}");
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert_eq!(ours, theirs, "{kind}");
        }
        assert_eq!(ours.len(), theirs.len(), "{kind}");
    }
}

#[test]
fn the_graph_lists_what_the_table_lists() {
    for kind in KINDS {
        let profile = profile(kind);
        let index = profile.default_index();
        let graph = Graph::new(&profile, index);
        let nodes = graph.nodes.iter().filter(|node| !node.is_zero());
        let nodes = nodes.map(|node| (&*node.name, node.flat, node.cum));
        let table = top::table(&profile, index);
        let rows = table.iter().map(|row| (&*row.name, row.flat, row.cum));
        assert_eq!(
            nodes.collect::<Vec<_>>(),
            rows.collect::<Vec<_>>(),
            "{kind}"
        );
        let only = graph.peek("^main").expect("an expression");
        assert!(
            only.iter().all(|node| node.name.starts_with("main")),
            "{kind}"
        );
    }
}

#[test]
fn a_sum_without_the_samples_in_memory_is_the_same() {
    for kind in KINDS {
        let profile = profile(kind);
        let bytes = bytes(kind);
        let reader = Reader::new(&bytes, profile::MAX_INFLATED).expect("a profile");
        assert_eq!(reader.len(), profile.samples.len());
        for index in 0..profile.sample_types.len() {
            let read = top::read(&reader, index).expect("samples");
            assert_eq!(
                read,
                (top::table(&profile, index), profile.total(index)),
                "{kind}"
            );
        }
    }
}

#[test]
fn frames_to_drop_are_dropped_on_the_way() {
    let mut profile = profile("cpu");
    profile.drop_frames = Some("runtime\\..*|crypto/.*".into());
    let bytes = profile.encode();
    let mut reader = Reader::new(&bytes, profile::MAX_INFLATED).expect("a profile");
    reader.prune().expect("expressions");
    reader.prune().expect("expressions");
    profile.prune().expect("expressions");
    let index = profile.default_index();
    let (rows, _) = top::read(&reader, index).expect("samples");
    assert_eq!(rows, top::table(&profile, index));
    assert!(rows.iter().all(|row| !row.name.starts_with("crypto/")));
}

#[test]
fn folded_stacks_are_read_as_written() {
    for kind in KINDS {
        let profile = profile(kind);
        let text = folded::write(&profile, profile.default_index());
        let again = folded::read(&text, ValueType::new("x", "count")).expect("folded stacks");
        assert_eq!(folded::write(&again, 0), text, "{kind}");
    }
    let windows = "a;b 1\r\n\r\na 2\t\n";
    let read = folded::read(windows, ValueType::new("x", "count")).expect("folded stacks");
    assert_eq!(folded::write(&read, 0), "a 2\na;b 1\n");
    let error = folded::read("a 1\na;b\n", ValueType::default()).expect_err("refused");
    assert_eq!(
        error.to_string(),
        "line 2 of the folded stacks does not end in a space and a whole number: `a;b`"
    );
}

#[test]
fn a_flame_graph_is_well_formed_and_accounts_for_every_wide_frame() {
    for kind in KINDS {
        let profile = profile(kind);
        let options = flame::Options {
            min_width: 0.01,
            ..flame::Options::default()
        };
        let picture = flame::svg(&profile, &options);
        balanced(&picture);
        let tree = tree::CallTree::new(&profile, profile.default_index());
        let shown = tree.nodes.iter().filter(|node| node.total != 0).count();
        assert_eq!(picture.matches("<g>").count(), shown, "{kind}");
        assert!(
            !picture.contains("<script") && !picture.contains("href"),
            "{kind}"
        );
    }
}

#[test]
fn names_in_a_flame_graph_are_escaped() {
    let name = "<script>alert(\"&'\")</script>\u{1b}[31m\u{202e}";
    let stacks = format!("{name} 7\n");
    let profile = folded::read(&stacks, ValueType::new("<b>", "</text>")).expect("folded stacks");
    let options = flame::Options {
        title: name.into(),
        ..flame::Options::default()
    };
    let picture = flame::svg(&profile, &options);
    balanced(&picture);
    assert!(
        !picture.contains("<script") && !picture.contains("<b>"),
        "{picture}"
    );
    assert!(picture.contains(
        "&lt;script&gt;alert(&quot;&amp;&#39;&quot;)&lt;/script&gt;\u{fffd}[31m\u{fffd}"
    ));
}

#[test]
fn a_difference_shows_what_grew_and_what_shrank() {
    let read = |text| folded::read(text, ValueType::new("cpu", "ms")).expect("folded stacks");
    let (before, after) = (
        read("m;a 100\nm;b 50\nm;c 50\n"),
        read("m;a 300\nm;b 50\nm;d 10\n"),
    );
    let picture = flame::svg(
        &after.diff(&before).expect("of one kind"),
        &flame::Options::default(),
    );
    balanced(&picture);
    let frame = |name: &str| {
        let start = picture
            .find(&format!("<g><title>{name}\n"))
            .expect("a frame");
        picture[start..].split("</g>").next().expect("its end")
    };
    assert!(
        frame("a").contains("100ms before, 300ms now: +200ms, 100% of all before"),
        "{}",
        frame("a")
    );
    assert!(frame("a").contains("class=\"more") && frame("a").contains(">+a</text>"));
    assert!(frame("b").contains("class=\"same\"") && frame("b").contains(">b</text>"));
    assert!(frame("c").contains("class=\"less3\"") && frame("c").contains(">−c</text>"));
    assert!(frame("d").contains("class=\"more3\""));
}

#[test]
fn what_is_left_out_of_a_flame_graph_is_told() {
    let deep = format!("{} 1\nwide 100000\n", vec!["f"; 500].join(";"));
    let profile = folded::read(&deep, ValueType::new("x", "count")).expect("folded stacks");
    let narrow = flame::svg(&profile, &flame::Options::default());
    assert!(
        narrow.contains("Left out: 1 narrow frames, 0 deep ones"),
        "{narrow}"
    );
    let profile = folded::read(deep.trim_end_matches("wide 100000\n"), ValueType::default())
        .expect("folded stacks");
    let deep = flame::svg(&profile, &flame::Options::default());
    assert!(deep.contains("0 narrow frames, 1 deep ones"));
    assert_eq!(deep.matches("<g>").count(), 201);
    let empty = flame::svg(&Profile::default(), &flame::Options::default());
    balanced(&empty);
}

/// Each element that is opened is closed, in order.
fn balanced(picture: &str) {
    let mut open = Vec::new();
    for part in picture.split('<').skip(1) {
        let (tag, _) = part.split_once('>').expect("the end of a tag");
        let name = tag
            .split([' ', '/'])
            .find(|name| !name.is_empty())
            .expect("a name");
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn values_are_written_as_gos_tool_writes_them() {
    let cases = [
        (0, "bytes", "auto", "0"),
        (1536, "bytes", "auto", "1.50kB"),
        (-1536, "bytes", "auto", "-1.50kB"),
        (1 << 30, "byte", "MB", "1024MB"),
        (90_000_000_000, "nanoseconds", "auto", "90s"),
        (3_661_000_000_000, "ns", "auto", "1.02hrs"),
        (12, "count", "auto", "12"),
        (12, "apples", "auto", "12"),
        (12, "apples", "pears", "12pears"),
        (5, "ms", "bytes", "0.01s"),
        (i64::MIN, "ns", "s", "-9223372036.85s"),
    ];
    for (value, from, to, expected) in cases {
        assert_eq!(
            units::label(value, from, to),
            expected,
            "{value} {from} {to}"
        );
    }
    let shares = [
        (1, 3, "33.33%"),
        (1, 300, "0.33%"),
        (1, 30_000, "0.0033%"),
        (9_999, 10_000, "100%"),
        (0, 5, "0%"),
        (5, 0, "0%"),
    ];
    for (value, total, expected) in shares {
        assert_eq!(units::percentage(value, total), expected);
    }
}

#[test]
fn sample_types_are_found_by_name_or_number() {
    let heap = profile("heap");
    assert_eq!(heap.sample_index("alloc_space"), Ok(1));
    assert_eq!(heap.sample_index("2"), Ok(2));
    assert_eq!(heap.sample_index(""), Ok(heap.default_index()));
    let space = Profile {
        sample_types: vec![ValueType::new("space", "bytes")],
        ..Profile::default()
    };
    assert_eq!(space.sample_index("inuse_space"), Ok(0));
    let error = heap.sample_index("9").expect_err("refused").to_string();
    assert_eq!(
        error,
        "there is no sample type `9`; there are: alloc_objects, alloc_space, inuse_objects, inuse_space"
    );
}
