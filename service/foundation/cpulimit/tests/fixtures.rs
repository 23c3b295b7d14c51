//! Systems of all kinds, written down in `fixtures/*.txt`, and what follows from each.

mod files;
mod fixture;

use std::fmt::Display;

use fixture::Fixture;
use serde_json::Value;

#[test]
fn each_system_is_understood() {
    let fixtures = Fixture::all();
    assert!(fixtures.len() > 60, "only {} were found", fixtures.len());
    let faults: Vec<String> = fixtures.iter().flat_map(faults).collect();
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n\n"));
}

fn faults(fixture: &Fixture) -> Vec<String> {
    let root = fixture.build();
    let watch = cpulimit::Watch::new(fixture.sources(root.path()));
    let plain = |text: &str| text.replace(&root.path().to_string_lossy().into_owned(), "");

    let line = plain(&watch.reading().to_string());
    let expected = fixture.section("expect").unwrap_or_default();
    let mut faults = vec![differs(fixture, "line", line.as_str(), expected.trim())];
    let json = |text: &str| -> Value { serde_json::from_str(&plain(text)).expect("it is JSON") };
    if let Some(expected) = fixture.section("cgroup") {
        let found = serde_json::to_string(&watch.cgroup()).expect("the variable serialises");
        faults.push(differs(fixture, "cgroup", &json(&found), &json(expected)));
    }
    if let Some(expected) = fixture.section("cpu") {
        let found = serde_json::to_string(&watch.cpu()).expect("the variable serialises");
        let (mut found, expected) = (json(&found), json(expected));
        let explanation = found
            .as_object_mut()
            .and_then(|members| members.remove("explanation"));
        faults.push(differs(fixture, "cpu", &found, &expected));
        faults.push(differs(
            fixture,
            "explanation",
            &explanation.unwrap_or_default(),
            &line.into(),
        ));
    }
    faults.into_iter().flatten().collect()
}

/// What is wrong with a part of it.
fn differs<T: PartialEq + Display + ?Sized>(
    fixture: &Fixture,
    part: &str,
    found: &T,
    expected: &T,
) -> Option<String> {
    let name = &fixture.name;
    (found != expected).then(|| format!("{name} ({part})\n   found {found}\nexpected {expected}"))
}
