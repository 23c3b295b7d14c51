//! Go's manner of writing flags.

use std::ffi::OsString;

/// Flags that may be written with one dash, as Go's may.
const GO_FLAGS: &[&str] = &[
    "ports",
    "vars",
    "endpoint",
    "self",
    "dummy",
    "interval",
    "timeout",
    "once",
    "count",
    "help",
    "version",
    "watch",
    "fail-if",
    "sample_type",
    "filter",
    "record",
    "sample_index",
    "nodecount",
    "nodefraction",
    "focus",
    "ignore",
    "hide",
    "show",
    "show_from",
    "tagfocus",
    "tagignore",
    "base",
    "diff_base",
    "normalize",
    "cum",
    "peek",
    "list",
    "tags",
    "seconds",
];

/// `arguments` with Go's forms of flags turned into the ones clap knows: `-ports 1` and `--i=5s` into `--ports 1` and
/// `-i=5s`.
pub(crate) fn from_go(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut only_targets = false;
    let convert = |argument: OsString| {
        only_targets |= argument == "--";
        let converted = argument
            .to_str()
            .filter(|_| !only_targets)
            .and_then(flag_from_go);
        converted.map_or(argument, OsString::from)
    };
    arguments.into_iter().map(convert).collect()
}

fn flag_from_go(argument: &str) -> Option<String> {
    let name = argument.trim_start_matches('-').split('=').next()?;
    match argument.len() - argument.trim_start_matches('-').len() {
        1 if GO_FLAGS.contains(&name) => Some(format!("-{argument}")),
        2 if name == "i" || name == "n" => Some(argument[1..].to_owned()),
        _ => None,
    }
}
