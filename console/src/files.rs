//! Profiles and source code, from files and into them.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use cutaway_model::{Command, Export, Profile};
use cutaway_tui::FileNews;
use profile::{ValueType, flame, folded};

use crate::complain::harmless;

/// How large a profile in a file may be when it is inflated: 1 GiB.
pub(crate) const MAX_INFLATED: usize = 1 << 30;
/// The largest file of source code that is shown: 4 MiB.
const MAX_SOURCE: u64 = 4 << 20;

/// The forms that a profile can be written in.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A flame graph as a picture.
    Svg,
    /// Folded stacks.
    Folded,
    /// What pprof reads.
    Pprof,
}

impl Form {
    /// The form that a file's name asks for.
    pub(crate) fn of(path: &str) -> Self {
        let ends = |ending: &str| path.to_ascii_lowercase().ends_with(ending);
        if ends(".svg") {
            Self::Svg
        } else if ends(".folded") || ends(".txt") {
            Self::Folded
        } else {
            Self::Pprof
        }
    }

    /// A profile in this form, its values those at `index`.
    pub(crate) fn write(self, profile: &Profile, index: usize, title: &str) -> Vec<u8> {
        match self {
            Self::Svg => {
                let options = flame::Options {
                    title: title.to_owned(),
                    sample_index: Some(index),
                    ..flame::Options::default()
                };
                flame::svg(profile, &options).into_bytes()
            }
            // Text that will be shown on terminals.
            Self::Folded => harmless(&folded::write(profile, index)).into_bytes(),
            Self::Pprof => profile.encode_gzip(),
        }
    }
}

/// The work that a command asks for, if it is about files.
pub(crate) fn work(command: &Command) -> Option<Box<dyn FnOnce() -> FileNews + Send>> {
    match command.clone() {
        Command::Export(asked) => Some(Box::new(move || {
            FileNews::Exported(export(&asked).map_err(|error| format!("{error:#}")))
        })),
        Command::ReadBase(path) => Some(Box::new(move || {
            let read = read_profile(&path).map(Arc::new);
            let read = read.map_err(|error| format!("{error:#}"));
            FileNews::Base { path, read }
        })),
        Command::ReadSource(path) => Some(Box::new(move || {
            let read = read_source(Path::new(&*path)).map_err(|error| error.to_string());
            let path = path.to_string();
            FileNews::Source { path, read }
        })),
        _ => None,
    }
}

/// A profile from a file: one of pprof's, or folded stacks. What it asks to drop is dropped.
pub(crate) fn read_profile(path: &str) -> anyhow::Result<Profile> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {path}"))?;
    let decoded = Profile::decode_bounded(&bytes, MAX_INFLATED);
    let mut profile = match (decoded, Form::of(path), std::str::from_utf8(&bytes)) {
        (Ok(profile), ..) => profile,
        (Err(_), Form::Folded, Ok(text)) => folded::read(text, ValueType::new("samples", "count"))
            .with_context(|| format!("{path} has no folded stacks"))?,
        (Err(error), ..) => {
            return Err(error).with_context(|| format!("{path} is not a profile"));
        }
    };
    // An expression that cannot be read drops nothing, as in `go tool pprof`.
    drop(profile.prune());
    Ok(profile)
}

/// Writes profiles to a file. Answers what was written, for people.
fn export(asked: &Export) -> anyhow::Result<String> {
    let merged = |all: &[Arc<Profile>]| {
        let all: Vec<&Profile> = all.iter().map(Arc::as_ref).collect();
        Profile::merge(&all)
    };
    if asked.now.is_empty() {
        bail!("there is no profile to write");
    }
    let mut profile = merged(&asked.now)?;
    if !asked.base.is_empty() {
        profile = profile.diff(&merged(&asked.base)?)?;
    }
    let index = profile.sample_index(asked.sample_type.as_deref().unwrap_or_default())?;
    let bytes = Form::of(&asked.path).write(&profile, index, "Flame graph");
    write_new(&asked.path, &bytes)?;
    Ok(format!("{} bytes written to {}", bytes.len(), asked.path))
}

/// Writes a file that is not there yet: nothing is overwritten by a name typed in haste.
fn write_new(path: &str, bytes: &[u8]) -> anyhow::Result<()> {
    let file = File::create_new(path);
    let mut file = file.with_context(|| format!("cannot create {path}"))?;
    file.write_all(bytes)
        .with_context(|| format!("cannot write {path}"))
}

fn read_source(path: &Path) -> io::Result<Vec<String>> {
    // Asked of the name first: opening a pipe would wait for its other end.
    let found = fs::metadata(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => io::Error::other("not on this machine"),
        _ => error,
    });
    if !found?.is_file() {
        return Err(io::Error::other("not a file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_SOURCE).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(text.lines().map(str::to_owned).collect())
}
