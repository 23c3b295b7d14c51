//! Filters, against what `go tool pprof` keeps with the same options.

use std::sync::Arc;

use profile::{
    Filter, Function, Label, LabelValue, Line, Location, Mapping, Profile, Sample, ValueType,
};

use crate::tool::{assert_same, go_profile, profile, scratch};

/// An option's name, and how it is given to our filter.
type Option = (
    &'static str,
    fn(Filter, &str) -> Result<Filter, profile::Error>,
);

const OPTIONS: [Option; 10] = [
    ("focus", Filter::focus),
    ("ignore", Filter::ignore),
    ("hide", Filter::hide),
    ("show", Filter::show),
    ("show_from", Filter::show_from),
    ("prune_from", Filter::prune_from),
    ("tagfocus", Filter::tag_focus),
    ("tagignore", Filter::tag_ignore),
    ("tagshow", Filter::tag_show),
    ("taghide", Filter::tag_hide),
];

/// Compares what is left with the same options here and there.
fn check(name: &str, profile: &Profile, options: &[(&str, &str)]) {
    let path = scratch(&format!("filter-{name}"), &profile.encode());
    let given: Vec<String> = options
        .iter()
        .map(|(name, value)| format!("-{name}={value}"))
        .collect();
    let given: Vec<&str> = given.iter().map(String::as_str).collect();
    let Some(theirs) = go_profile(name, &given, &[&path]) else {
        return;
    };
    let mut filter = Filter::default();
    for (name, value) in options {
        let (_, set) = OPTIONS
            .iter()
            .find(|(known, _)| known == name)
            .expect("an option");
        filter = set(filter, value).expect("an expression");
    }
    let mut ours = profile.compact();
    ours.prune().expect("expressions");
    ours.filter(&filter);
    assert_same(&ours, &theirs, &format!("{name}: {options:?}"));
}

#[test]
fn frames_are_chosen_as_by_gos_tool() {
    let cases: [&[(&str, &str)]; 16] = [
        &[("focus", "main\\.descend")],
        &[("focus", "sha256"), ("ignore", "descend")],
        &[("ignore", "runtime")],
        &[("hide", "runtime|sha256")],
        &[("hide", "main")],
        &[("show", "main")],
        &[("show", "^main\\.(descend|price)$"), ("focus", "price")],
        &[("show_from", "main\\.(price|label)")],
        &[("show_from", "fmt\\."), ("hide", "fmt\\.\\(\\*pp\\)")],
        &[("prune_from", "main\\.(price|descend)")],
        &[("prune_from", "Fprintf"), ("focus", "label")],
        &[("focus", "\\.go$"), ("hide", "sha256.*\\.go")],
        &[("focus", "main\\.\\Qshopper\\E")],
        &[("focus", "[[:upper:]]um256"), ("show", "\\bmain\\b")],
        &[("focus", "shop$"), ("ignore", "nothing matches {this}")],
        &[
            ("hide", "main\\.descend"),
            ("show", "main|crypto"),
            ("ignore", "runtime\\.gc"),
        ],
    ];
    for kind in ["cpu", "allocs", "goroutine", "mutex"] {
        let profile = profile(kind);
        for (at, options) in cases.iter().enumerate() {
            check(&format!("frames-{kind}-{at}"), &profile, options);
        }
    }
}

/// A profile with labels, objects without functions, inlined functions and a sample without a stack.
fn made() -> Profile {
    let text = |key: &str, value: &str| Label {
        key: key.into(),
        value: LabelValue::Text(value.into()),
    };
    let number = |key: &str, value, unit: &str| Label {
        key: key.into(),
        value: LabelValue::Number(value, unit.into()),
    };
    let names = [
        "app::main",
        "app::<impl Run for Job>::run::{{closure}}",
        "core::iter::fold",
        "memcpy",
    ];
    let function = |name: &&str| Function {
        name: Arc::from(*name),
        system_name: Arc::from(*name),
        filename: format!("src/{}.rs", name.split("::").next().unwrap_or("c")).into(),
        start_line: 1,
    };
    let location = |address: u64, mapping, functions: &[u32]| Location {
        address,
        mapping: Some(mapping),
        lines: functions
            .iter()
            .map(|function| Line {
                function: *function,
                line: 9,
            })
            .collect(),
        folded: false,
    };
    let mapping = |start: u64, filename: &str| Mapping {
        memory_start: start,
        memory_limit: start + 0x1000,
        filename: filename.into(),
        has_functions: true,
        ..Mapping::default()
    };
    let sample = |locations: &[u32], value, labels: Vec<Label>| Sample {
        locations: locations.to_vec(),
        values: vec![1, value],
        labels,
    };
    Profile {
        sample_types: vec![
            ValueType::new("samples", "count"),
            ValueType::new("cpu", "nanoseconds"),
        ],
        functions: names.iter().map(function).collect(),
        locations: vec![
            location(0x1010, 0, &[0]),
            location(0x1020, 0, &[2, 1]),
            location(0x2010, 1, &[3]),
            location(0x2020, 1, &[]),
        ],
        mappings: vec![
            mapping(0x1000, "/bin/app"),
            mapping(0x2000, "/lib/libc.so.6"),
        ],
        samples: vec![
            sample(
                &[0],
                10,
                vec![text("thread", "main"), number("bytes", 512, "bytes")],
            ),
            sample(
                &[1, 0],
                20,
                vec![text("thread", "worker-1"), number("bytes", 4096, "bytes")],
            ),
            sample(
                &[2, 1, 0],
                30,
                vec![
                    text("thread", "worker-2"),
                    text("thread", "again"),
                    number("id", 7, ""),
                ],
            ),
            sample(
                &[3, 1, 0],
                40,
                vec![text("route", "GET /a,b"), number("request", 65536, "")],
            ),
            sample(
                &[3],
                50,
                vec![
                    number("bytes", 4, "kilobytes"),
                    number("age", -5, "seconds"),
                ],
            ),
            sample(&[], 60, vec![text("thread", "lost")]),
        ],
        ..Profile::default()
    }
}

#[test]
fn labels_are_chosen_as_by_gos_tool() {
    let profile = made();
    let values = [
        "main",
        "thread:worker",
        "thread=worker",
        "thread=^main$",
        "thread=worker-1,again",
        "main,thread",
        "512b",
        "bytes=512b",
        ":4kb",
        "4kb:",
        "1kb:64kb",
        "bytes=1kb:64kb",
        "7",
        "7id",
        "id=7",
        "512",
        "request=64kb",
        "-5s",
        "age=-1m:",
        "64kb:12",
        "1:2:3",
        "=main",
        "route=a",
        "nokey=1",
        "5s:",
        ":1hr",
        "+7id",
    ];
    for (at, value) in values.iter().enumerate() {
        check(&format!("tagfocus-{at}"), &profile, &[("tagfocus", value)]);
        check(
            &format!("tagignore-{at}"),
            &profile,
            &[("tagignore", value)],
        );
    }
    check("tagshow", &profile, &[("tagshow", "thread|id")]);
    check(
        "taghide",
        &profile,
        &[("taghide", "thread"), ("tagshow", "e")],
    );
    check(
        "tags",
        &profile,
        &[
            ("tagfocus", "thread=worker"),
            ("tagignore", "2"),
            ("focus", "fold"),
        ],
    );
}

#[test]
fn objects_inlined_and_rust_names_are_chosen_as_by_gos_tool() {
    let profile = made();
    let cases: [&[(&str, &str)]; 12] = [
        &[("focus", "{{closure}}")],
        &[("focus", "libc")],
        &[("hide", "libc")],
        &[("show", "libc")],
        &[("show", "app")],
        &[("hide", "core::")],
        &[("hide", "closure")],
        &[("show", "src/app\\.rs")],
        &[("show_from", "<impl Run for Job>")],
        &[("show_from", "libc")],
        &[("prune_from", "app::<impl Run for Job>::run::{{closure}}")],
        &[("ignore", "memcpy"), ("show", "\\w+::\\w")],
    ];
    for (at, options) in cases.iter().enumerate() {
        check(&format!("made-{at}"), &profile, options);
    }
}

#[test]
fn one_option_at_a_time_has_a_method() {
    let stacks = |profile: &Profile| profile.samples.len();
    let mut profile = made();
    assert_eq!(profile.ignore("memcpy"), Ok(true));
    assert_eq!((profile.focus("closure"), stacks(&profile)), (Ok(true), 2));
    assert_eq!((profile.hide("^core::"), stacks(&profile)), (Ok(true), 2));
    assert_eq!((profile.show("closure"), stacks(&profile)), (Ok(true), 2));
    assert_eq!((profile.focus("nothing"), stacks(&profile)), (Ok(false), 0));
    assert!(profile.focus("(").is_err());
}

#[test]
fn options_that_match_nothing_are_named() {
    let filter = Filter::default()
        .focus("nothing")
        .and_then(|filter| filter.hide("app"));
    let filter = filter.and_then(|filter| filter.tag_focus("nothing"));
    let unmatched = made().filter(&filter.expect("expressions"));
    assert_eq!(unmatched, ["focus", "tagfocus"]);
}

#[test]
fn a_number_too_large_is_told() {
    let error = Filter::default()
        .tag_focus("bytes=99999999999999999999kb")
        .expect_err("refused");
    assert_eq!(
        error.to_string(),
        "tagfocus: `99999999999999999999` is not a 64-bit number"
    );
}
