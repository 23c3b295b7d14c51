//! Without a terminal: what is printed may stand on one all the same.

use std::process::{Command, Output, Stdio};

use crate::server::{Mood, Server, evil_profile};
use crate::written::assert_plain;
use crate::{EVIL, MARK};

fn cutaway(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cutaway"))
        .args(arguments)
        .env("XDG_CONFIG_HOME", "/nowhere")
        .stdin(Stdio::null())
        .output()
        .expect("the program starts")
}

/// Nothing in what it prints is obeyed, and it did print what the server sent, made harmless.
fn print(arguments: &[&str], shows: bool) {
    let output = cutaway(arguments);
    let [out, err] = [&output.stdout, &output.stderr].map(|bytes| {
        String::from_utf8(bytes.clone()).unwrap_or_else(|error| panic!("{arguments:?}: {error}"))
    });
    assert_plain(&out, &format!("{arguments:?}"));
    assert_plain(&err, &format!("{arguments:?}, complaints"));
    assert!(
        !shows || out.contains(MARK) || err.contains(MARK),
        "{arguments:?}: {out}{err}"
    );
}

#[test]
fn variables_and_failures() {
    let server = Server::start();
    let target = server.target();
    let evil_name = format!("{MARK} {EVIL}").replace('.', "\\.");
    let vars = format!("--vars=text,deep,requests,{evil_name},str:cpu.limit_by");
    let forms = |shows: bool| {
        for form in ["json", "csv", "md", "prom"] {
            print(&[&target, "--once", form], shows);
            print(&[&target, "--once", form, &vars], false);
        }
        for form in ["lines", "json", "csv"] {
            let watch = format!("--watch={form}");
            print(
                &[&target, &watch, "--count", "2", "-i", "20ms"],
                shows && form != "csv",
            );
            print(
                &[&target, &watch, "--count", "1", "-i", "20ms", &vars],
                shows,
            );
        }
        print(
            &[&target, "--dummy", "--count", "2", "-i", "20ms", &vars],
            shows,
        );
        let condition = format!("\"{}\" > 0", evil_name.replace(['"', '\\'], ""));
        print(&[&target, "--once", "csv", "--fail-if", &condition], false);
        print(
            &[&target, "--once", "csv", "--fail-if", "requests > 0"],
            shows,
        );
    };
    forms(true);
    for mood in [Mood::Fails, Mood::Breaks, Mood::Speaks] {
        server.turn(mood);
        forms(false);
    }
}

#[test]
fn profiles_from_targets_and_files() {
    let server = Server::start();
    let target = server.target();
    let folder = tempfile::tempdir().expect("a place for files");
    let file = |name: String, bytes: Vec<u8>| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("it can be written");
        path.to_string_lossy().into_owned()
    };
    let before = file("before.pb.gz".to_owned(), evil_profile(1).encode_gzip());
    // Its own name is hostile, too.
    let evil_name = format!("{MARK} {}.pb.gz", EVIL.replace('/', ""));
    let after = file(evil_name.clone(), evil_profile(3).encode_gzip());
    let folded = file(
        "stacks.folded".to_owned(),
        format!("main;{MARK} {EVIL} 5\n").into_bytes(),
    );
    let broken = file(
        format!("broken {evil_name}"),
        format!("{MARK} {EVIL}").into_bytes(),
    );
    for source in [&before, &after, &folded] {
        for form in ["text", "json", "csv", "md"] {
            print(&["top", source, "--form", form], true);
        }
        for form in ["svg", "folded"] {
            print(&["flame", source, "--form", form, "-o", "-"], true);
        }
    }
    print(&["top", &target, "--kind", "mutex"], true);
    print(&["top", &target, "--kind", "heap"], false);
    print(&["top", &target, "--kind", "goroutine"], true);
    for form in ["text", "json", "csv", "md"] {
        print(&["diff", &before, &after, "--form", form], true);
    }
    print(&["diff", &before, &after, "-o", "-"], true);
    print(&["top", &broken], true);
    print(&["top", &before, "--focus", EVIL], false);
    print(&["top", &before, "--sample-type", EVIL], false);
    print(&["top", &before, "--fail-if", "flat(\"evil\") > 1"], true);
    print(&["top", &format!("/no/such/{EVIL}")], false);
}

#[test]
fn what_is_typed() {
    for item in [
        format!("host{EVIL}:1"),
        format!("http://{EVIL}"),
        EVIL.to_owned(),
    ] {
        print(&[&item, "--once", "json"], false);
        print(&[&format!("-ports={item}"), "--once", "csv"], false);
        print(&["4000", "--config", &item], false);
        print(&["4000", "--fail-if", &item, "--once", "csv"], false);
        print(&["4000", "--theme", &item], false);
        print(&[&format!("--{item}")], false);
        print(&["replay", &item], false);
    }
}
