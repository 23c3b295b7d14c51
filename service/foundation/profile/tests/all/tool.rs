//! Captured profiles, and `go tool pprof` to compare with.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use profile::{LabelValue, Profile, Sample};

/// The captured profiles of a Go program.
pub(crate) const KINDS: [&str; 7] = [
    "cpu",
    "heap",
    "allocs",
    "goroutine",
    "block",
    "mutex",
    "threadcreate",
];

/// A file of the captured data.
pub(crate) fn file(name: &str) -> PathBuf {
    let data = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../console/testdata/go");
    data.join(name)
}

pub(crate) fn bytes(kind: &str) -> Vec<u8> {
    std::fs::read(file(&format!("{kind}.pb.gz"))).expect("captured data")
}

pub(crate) fn profile(kind: &str) -> Profile {
    Profile::decode(&bytes(kind)).expect("a profile")
}

/// Writes a file for Go's tool, in a folder of this run.
pub(crate) fn scratch(name: &str, content: &[u8]) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("profile");
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join(format!("{name}-{}.pb", std::process::id()));
    std::fs::write(&path, content).expect("a file");
    path
}

/// Whether there is a `go` with its tool.
static HAS_GO: LazyLock<bool> = LazyLock::new(|| {
    let help = Command::new("go").args(["tool", "-n", "pprof"]).output();
    help.is_ok_and(|output| output.status.success())
});

/// What `go tool pprof` prints; none, with a line that says so, where there is no Go. `shown` is a unit and a sample type.
pub(crate) fn go_tool(options: &[&str], shown: &[(&str, &str)], files: &[&Path]) -> Option<String> {
    if !*HAS_GO {
        eprintln!("skipped: there is no `go tool pprof` here to compare with");
        return None;
    }
    let mut command = Command::new("go");
    command
        .args(["tool", "pprof", "-symbolize=none"])
        .args(options);
    for (unit, sample_index) in shown {
        command.args([
            format!("-unit={unit}"),
            format!("-sample_index={sample_index}"),
        ]);
    }
    let output = command.args(files).output().expect("go runs");
    assert!(
        output.status.success(),
        "{options:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The profile that `go tool pprof` makes of files with these options.
pub(crate) fn go_profile(name: &str, options: &[&str], files: &[&Path]) -> Option<Profile> {
    let out = scratch(&format!("go-{name}"), b"");
    let output = format!("-output={}", out.display());
    let mut all = vec!["-proto", &output];
    all.extend(options);
    go_tool(&all, &[], files)?;
    let made = std::fs::read(&out).expect("the output");
    Some(Profile::decode(&made).expect("a profile"))
}

/// Fails with the first samples that only one of two profiles has, or of which the values differ.
pub(crate) fn assert_same(ours: &Profile, theirs: &Profile, of: &str) {
    let (ours, theirs) = (said(ours), said(theirs));
    let only = |one: &Said, other: &Said| {
        let missing = one
            .iter()
            .filter(|(stack, values)| other.get(*stack) != Some(*values));
        missing
            .take(3)
            .map(|(stack, values)| format!("{stack} {values:?}"))
            .collect::<Vec<_>>()
    };
    let (surplus, missing) = (only(&ours, &theirs), only(&theirs, &ours));
    assert!(
        surplus.is_empty() && missing.is_empty(),
        "{of}\nonly ours: {surplus:#?}\nonly theirs: {missing:#?}"
    );
}

type Said = BTreeMap<String, Vec<i64>>;

/// What samples say, whatever the order and the tables: by stack and labels. Go's tool writes none without a stack.
fn said(profile: &Profile) -> Said {
    let mut said = BTreeMap::new();
    for sample in profile
        .samples
        .iter()
        .filter(|sample| !sample.locations.is_empty())
    {
        let key = format!("{} {}", stack(profile, sample), labels(sample));
        let sums = said
            .entry(key)
            .or_insert_with(|| vec![0; sample.values.len()]);
        for (sum, value) in sums.iter_mut().zip(&sample.values) {
            *sum += value;
        }
    }
    said
}

fn stack(profile: &Profile, sample: &Sample) -> String {
    let mut frames = Vec::new();
    for at in &sample.locations {
        let location = &profile.locations[*at as usize];
        let mapping = location.mapping.map(|at| &profile.mappings[at as usize]);
        let object = mapping.map_or("", |mapping| &mapping.filename);
        let lines = location.lines.iter().map(|line| {
            let function = &profile.functions[line.function as usize];
            format!("{}@{}:{}", function.name, function.filename, line.line)
        });
        let lines: Vec<String> = lines.collect();
        frames.push(format!(
            "{:x} {object} {}",
            location.address,
            lines.join("|")
        ));
    }
    frames.join(" < ")
}

fn labels(sample: &Sample) -> String {
    let label = |label: &profile::Label| match &label.value {
        LabelValue::Text(text) => format!("{}={text}", label.key),
        LabelValue::Number(number, unit) => format!("{}={number}{unit}", label.key),
    };
    let mut labels: Vec<String> = sample.labels.iter().map(label).collect();
    labels.sort();
    labels.join(",")
}
