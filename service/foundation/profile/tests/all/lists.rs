//! Lines and labels, and what `go tool pprof` says of them.

use std::collections::BTreeMap;

use profile::{Filter, Profile, lines, tags, top};

use crate::tool::{KINDS, file, go_tool, profile};

/// Flat and cum by name of the function, file and line.
type Lines = BTreeMap<String, (i64, i64)>;

fn ours(profile: &Profile, index: usize) -> Lines {
    let mut all = Lines::new();
    for row in top::table(profile, index) {
        for line in lines::table(profile, index, |name| *name == *row.name) {
            let key = format!("{} {}:{}", row.name, line.file, line.line);
            assert_eq!(all.insert(key, (line.flat, line.cum)), None);
        }
    }
    all
}

#[test]
fn lines_are_those_of_gos_tool() {
    for (kind, unit) in [("cpu", "ns"), ("heap", "B"), ("goroutine", "")] {
        let profile = profile(kind);
        let index = profile.default_index();
        let sample_type = profile.sample_types[index].kind.clone();
        let options = ["-top", "-lines", "-nodefraction=0", "-edgefraction=0"];
        let path = file(&format!("{kind}.pb.gz"));
        let Some(go) = go_tool(&options, &[(unit, &sample_type)], &[&path]) else {
            return;
        };
        let rows = crate::go::rows(&go).into_iter();
        let mut theirs: Lines = rows.map(|(flat, cum, name)| (name, (flat, cum))).collect();
        // Places without a function have no lines.
        theirs.retain(|name, _| name.contains(':'));
        let mut ours = ours(&profile, index);
        ours.retain(|name, _| theirs.contains_key(name) || !name.ends_with(":0"));
        assert!(ours.len() > 10, "{kind}");
        assert_eq!(ours, theirs, "{kind}");
    }
}

#[test]
fn tags_are_those_of_gos_tool() {
    let profile = profile("heap");
    let index = profile.default_index();
    let Some(go) = go_tool(&["-tags"], &[("B", "inuse_space")], &[&file("heap.pb.gz")]) else {
        return;
    };
    let tag = &tags::table(&profile, index)[0];
    assert_eq!(&*tag.key, "bytes");
    let amounts = |line: &str| -> Option<f64> {
        let amount = line.split_whitespace().next()?.trim_end_matches('B');
        amount.parse().ok()
    };
    let theirs: Vec<f64> = go.lines().skip(1).filter_map(amounts).collect();
    let ours: Vec<f64> = tag
        .values
        .iter()
        .filter(|value| value.amount != 0)
        .map(|value| value.amount as f64)
        .collect();
    let theirs: Vec<f64> = theirs.into_iter().filter(|amount| *amount != 0.0).collect();
    assert_eq!(ours, theirs, "{go}");
    assert!(
        go.contains(&format!("Total {:.1}B", tag.total as f64)),
        "{go}"
    );
}

#[test]
fn a_tags_filter_finds_its_samples() {
    for kind in KINDS {
        let profile = profile(kind);
        let index = profile.default_index();
        for tag in tags::table(&profile, index) {
            for value in tag.values {
                let mut found = profile.clone();
                let filter = Filter::default()
                    .tag_focus(&value.filter)
                    .expect("a filter");
                assert_eq!(found.filter(&filter), [""; 0], "{}", value.filter);
                assert_eq!(found.total(index), value.amount, "{}", value.filter);
            }
        }
    }
}
