//! Every card is complete, and there is one for everything built in.

use std::collections::HashSet;
use std::path::Path as FilePath;

use expvar::read::Document;

use super::*;
use crate::lints::RULES;

#[test]
fn cards_are_complete() {
    let mut names = HashSet::new();
    for card in CARDS.iter() {
        assert!(names.insert((card.about, card.name)), "{} twice", card.name);
        assert!(!card.title.is_empty() && !card.what.is_empty(), "{card:?}");
        assert_eq!(card.about == "card", !card.names.is_empty(), "{card:?}");
        if card.about != "card" {
            assert!(!card.bad.is_empty() && !card.hint.is_empty(), "{card:?}");
        }
    }
}

#[test]
fn files_hold_nothing_else() {
    const KEYS: [&str; 9] = [
        "card", "lint", "profile", "title", "names", "what", "bad", "try", "see",
    ];
    for line in FILES
        .iter()
        .flat_map(|file| file.lines())
        .filter(|line| !line.is_empty())
    {
        let key = line.split(' ').next().unwrap_or_default();
        assert!(KEYS.contains(&key), "{line}");
    }
}

#[test]
fn chapters_exist() {
    let book = FilePath::new(env!("CARGO_MANIFEST_DIR")).join("../../book/src");
    for card in CARDS.iter().filter(|card| !card.chapter.is_empty()) {
        let file = book.join(card.chapter).with_extension("md");
        assert!(file.is_file(), "{}: {}", card.name, file.display());
    }
}

#[test]
fn every_lint_and_every_profile_has_one() {
    for rule in RULES {
        assert!(of_lint(rule.name).is_some(), "{}", rule.name);
    }
    for kind in ProfileKind::ALL {
        assert!(of_profile(kind).is_some(), "{kind}");
    }
}

/// What a sales service, a lab and a Go program published.
fn published() -> Vec<Path> {
    let names = include_str!("../../../testdata/names/sales-vars.txt")
        .lines()
        .chain(include_str!("../../../testdata/names/lab-vars.txt").lines())
        .map(Path::from);
    let metrics = include_str!("../../../testdata/names/sales-metrics.txt")
        .lines()
        .map(|name| Path::new([name]));
    let go = Document::parse(include_bytes!("../../../testdata/go/vars.json"))
        .expect("captured from a Go program")
        .into_values();
    let go = go.into_iter().map(|(path, _)| path);
    let go = go.filter(|path| path.segments().len() > 1 || path.name() == "cmdline");
    names.chain(metrics).chain(go).collect()
}

#[test]
fn every_builtin_metric_has_one() {
    let without: Vec<String> = published()
        .iter()
        .filter(|path| of_variable(path).is_none())
        .map(ToString::to_string)
        .collect();
    assert!(without.is_empty(), "{without:#?}");
}

#[test]
fn the_name_that_says_most_wins() {
    for (name, title) in [
        ("runtime.busy_ns", "Busy share of the workers"),
        ("go_goroutines", "Goroutines"),
        ("memstats.HeapAlloc", "Live heap"),
        ("go_memstats_heap_alloc_bytes", "Live heap"),
        ("go_memstats_heap_idle_bytes", "Heap kept and given back"),
        ("store.pool.waiting", "Pool of connections"),
        ("store.write_queue", "The store"),
        ("my.work_queue", "A queue"),
        ("http_request_duration_seconds", "Latency"),
        ("http_request_duration_seconds_count", "Requests"),
    ] {
        let card = of_variable(&Path::from(name));
        assert_eq!(card.map(|card| card.title), Some(title), "{name}");
    }
    assert!(of_variable(&Path::from("zebra")).is_none());
}
