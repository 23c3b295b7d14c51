//! What command lines mean.

use cutaway_scrape::Item;

use super::*;
use crate::args::examples::EXAMPLES;

fn watch(line: &str) -> Watch {
    Args::try_parse_from(from_go(line.split(' ').map(Into::into)))
        .expect(line)
        .watch
}

#[test]
fn the_definition_is_sound() {
    use clap::CommandFactory as _;
    Args::command().debug_assert();
}

#[test]
fn expvarmons_command_lines_are_understood() {
    for line in [
        "cutaway -ports 1234,1235 -i 5s -vars mem:a.b,c -endpoint /x -self -dummy",
        "cutaway -ports=1234,1235 -i=5s -vars=mem:a.b,c -endpoint=/x -self=true -dummy=true",
        "cutaway --ports 1234,1235 --i 5s --vars mem:a.b,c --endpoint x --self --dummy",
        "cutaway --ports=1234,1235 --i=5s --vars=mem:a.b,c --endpoint=x --self=true --dummy=true",
    ] {
        let watch = watch(line);
        assert_eq!(watch.ports, ["1234,1235"], "{line}");
        assert_eq!(watch.interval, Duration::from_secs(5), "{line}");
        assert_eq!(watch.vars.len(), 2, "{line}");
        assert_eq!(watch.endpoint, "/x", "{line}");
        assert!(watch.itself && watch.dummy, "{line}");
    }
    assert!(!watch("cutaway -dummy=false").dummy);
}

#[test]
fn the_examples_work() {
    let examples: Vec<&str> = EXAMPLES
        .lines()
        .filter_map(|line| line.strip_prefix("  cutaway"))
        .collect();
    assert!(examples.len() > 5);
    for example in examples {
        // Two spaces and more stand before the explanation.
        let line = format!("cutaway{}", example.split("   ").next().unwrap_or_default());
        let parsed =
            Args::try_parse_from(from_go(line.split_whitespace().map(Into::into))).expect(&line);
        let (targets, bad) = Item::parse_list(&parsed.watch.targets.join(","));
        assert!(
            bad.is_empty() && targets.len() >= parsed.watch.targets.len(),
            "{line}: {bad:?}"
        );
    }
}

#[test]
fn targets_stand_alone() {
    assert_eq!(
        watch("cutaway 4000 host:1 -i 2s").targets,
        ["4000", "host:1"]
    );
    assert_eq!(watch("cutaway -- -ports").targets, ["-ports"]);
    let top = Args::try_parse_from(["cutaway", "top", "x.pb.gz", "-n", "3"]).expect("a command");
    let n = match top.command {
        Some(Command::Top(top)) => top.table.n,
        other => panic!("{other:?}"),
    };
    assert_eq!(n, 3);
}

#[test]
fn bad_values_are_refused() {
    for line in [
        "-i 0",
        "-i -1s",
        "-i 5",
        "-i 1ms",
        "-nonsense",
        "--once xml",
        "-dummy=maybe",
        "--count x",
        "-endpoint /\u{1b}",
    ] {
        let parsed = Args::try_parse_from(from_go(
            ["cutaway"]
                .into_iter()
                .chain(line.split(' '))
                .map(Into::into),
        ));
        assert_eq!(parsed.expect_err(line).exit_code(), 2, "{line}");
    }
}
