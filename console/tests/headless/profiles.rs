//! `cutaway top`, `flame` and `diff` in their forms, and `--fail-if`.

use serde_json::Value;

use super::fake::{Reply, path};
use super::{cutaway, go, serve, text};

#[test]
fn the_forms_agree_with_the_table() {
    let cpu = go("cpu.pb.gz");
    let json = cutaway(&["top", &cpu, "-n", "3", "--form", "json"]);
    let document: Value = serde_json::from_slice(&json.stdout).expect("it is JSON");
    assert_eq!(document["version"], 1);
    assert_eq!(document["unit"], "nanoseconds");
    assert_eq!(document["total"], 4_850_000_000_i64);
    let first = &document["functions"][0];
    assert_eq!(first["name"], "crypto/sha256.block");
    assert_eq!(
        (&first["flat"], &first["flat_percent"]),
        (&1_290_000_000_i64.into(), &26.5979.into())
    );
    assert!(document["left_out"].as_u64() > Some(50), "{document}");

    let csv = text(&cutaway(&["top", &cpu, "-n", "1", "--form", "csv"]).stdout);
    assert_eq!(
        csv,
        "flat,flat%,cum,cum%,function\n1290000000,26.60,1290000000,26.60,crypto/sha256.block\n"
    );
    let md = text(&cutaway(&["top", &cpu, "-n", "1", "--form", "md"]).stdout);
    assert!(md.contains("| ---: | ---: | ---: | ---: | --- |"), "{md}");
}

#[test]
fn a_difference_tells_both_sides() {
    let (before, after) = (go("cpu.pb.gz"), go("later.pb.gz"));
    let json = cutaway(&["diff", &before, &after, "--form", "json", "-n", "0"]);
    let document: Value = serde_json::from_slice(&json.stdout).expect("it is JSON");
    let number = |value: &Value| value.as_i64().expect("a number");
    assert_eq!(number(&document["before"]), 4_850_000_000);
    assert!(number(&document["now"]) > number(&document["before"]));
    let table = cutaway(&["top", &after, "--form", "json", "-n", "0", "--least", "0"]);
    let now: Value = serde_json::from_slice(&table.stdout).expect("it is JSON");
    for function in document["functions"].as_array().expect("a list") {
        let name = &function["name"];
        let mut all = now["functions"].as_array().expect("a list").iter();
        let alone = all
            .find(|of| of["name"] == *name)
            .map_or(0, |of| number(&of["flat"]));
        assert_eq!(
            number(&function["flat_before"]) + number(&function["flat"]),
            alone,
            "{name}"
        );
    }
    let same = cutaway(&["diff", &before, &before]);
    assert!(
        text(&same.stdout).contains("Showing nodes accounting for 0, 0% of 4.85s total"),
        "{same:?}"
    );
}

#[test]
fn graphs_are_written_in_three_forms() {
    let folder = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("headless");
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let cpu = go("cpu.pb.gz");
    // Not a terminal: a picture on standard output.
    let piped = cutaway(&["flame", &cpu, "--focus", "sha256"]);
    let picture = text(&piped.stdout);
    assert!(
        picture.starts_with("<svg ") && picture.contains("crypto/sha256.block"),
        "{picture}"
    );
    for name in ["out.svg", "out.folded", "out.pb.gz"] {
        let path = file(name);
        let output = cutaway(&["flame", &cpu, "-o", &path]);
        assert!(
            output.status.success() && output.stdout.is_empty(),
            "{output:?}"
        );
    }
    let table = |path: &str| text(&cutaway(&["top", path, "-n", "5", "--form", "csv"]).stdout);
    assert_eq!(table(&file("out.pb.gz")), table(&cpu));
    let folded = table(&file("out.folded"));
    assert!(
        folded.contains("1290000000,26.60,1290000000,26.60,crypto/sha256.block"),
        "{folded}"
    );
    let difference = cutaway(&["diff", &cpu, &go("later.pb.gz"), "-o", "-"]);
    assert!(
        text(&difference.stdout).contains("Orange and +: more"),
        "{difference:?}"
    );
}

#[test]
fn conditions_decide_the_exit_code() {
    let cpu = go("cpu.pb.gz");
    for (condition, code) in [
        ("total > 4s", 3),
        ("total > 5s", 0),
        (r#"flat("^crypto/sha256.block$") / total > 26%"#, 3),
        (r#"flat("^crypto/sha256.block$") / total > 27%"#, 0),
        (r#"cum("sha256") > flat("sha256")"#, 3),
        (r#"cum("nowhere") > 0"#, 0),
        ("nothing > 0", 2),
        ("total >", 2),
        ("total", 2),
        (r#"flat("(") > 0"#, 2),
    ] {
        let output = cutaway(&["top", &cpu, "--fail-if", condition]);
        assert_eq!(output.status.code(), Some(code), "{condition}: {output:?}");
        if code == 3 {
            assert!(text(&output.stderr).contains("cutaway: "), "{output:?}");
            assert!(!output.stdout.is_empty());
        }
    }
    let growth = |limit: &str| {
        let condition = format!("growth > {limit}");
        let output = cutaway(&["diff", &cpu, &go("later.pb.gz"), "--fail-if", &condition]);
        output.status.code()
    };
    assert_eq!((growth("10%"), growth("1000%")), (Some(3), Some(0)));
}

#[test]
fn profiles_of_several_targets_are_added_up() {
    let heap = std::fs::read(go("heap.pb.gz")).expect("it was captured");
    let (_runtime, server) = serve(move |head| match path(head) {
        "/debug/pprof/heap" => Reply::Answer(200, "application/octet-stream", heap.clone()),
        "/debug/pprof/heap?seconds=2" => Reply::error(501, "no differences here"),
        _ => Reply::not_found(),
    });
    let total = |sources: &[&str]| {
        let mut arguments = vec!["top", "--kind", "heap", "--form", "json"];
        arguments.extend(sources);
        let output = cutaway(&arguments);
        let document: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
        document["total"].as_i64().expect("a number")
    };
    let (target, file) = (server.target(), go("heap.pb.gz"));
    assert_eq!(total(&[&target]), total(&[&file]));
    assert_eq!(total(&[&target, &file]), 2 * total(&[&file]));
    let output = cutaway(&["top", &target, "--kind", "heap", "--seconds", "2"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains("no differences here"),
        "{output:?}"
    );
    let output = cutaway(&["top", &target, "--kind", "nonsense"]);
    assert!(
        text(&output.stderr).contains("is none of cpu, heap"),
        "{output:?}"
    );
}

#[test]
fn profiles_that_are_none_are_named() {
    let main = go("main.go");
    for arguments in [
        &["top", &main][..],
        &["flame", &main],
        &["diff", &main, &main],
    ] {
        let output = cutaway(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(
            text(&output.stderr).contains("main.go is not a profile"),
            "{output:?}"
        );
    }
    let output = cutaway(&["diff", &go("cpu.pb.gz"), &go("heap.pb.gz")]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}
