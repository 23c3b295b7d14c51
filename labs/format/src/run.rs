//! One run of a lab: what `--json` prints and a committed figure holds.

use serde::{Deserialize, Serialize};

use crate::{Knobs, Report, TIMELINE_VERSION, Timeline, TimelineError};

/// The version of the document that this crate writes.
pub const RUN_VERSION: u32 = 1;

/// One run: what was asked, what came out, and where it ran.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The document's version: [`RUN_VERSION`].
    pub version: u32,
    /// The lab's name.
    pub lab: String,
    /// When it ran, in RFC 3339, to the second, in UTC.
    pub date: String,
    /// How long it took, in nanoseconds.
    pub took_ns: u64,
    /// The machine it ran on.
    pub machine: Machine,
    /// How the program was built.
    pub build: Build,
    /// Every knob's value.
    pub knobs: Knobs,
    /// What was measured.
    pub report: Report,
    /// What was recorded.
    pub timeline: Timeline,
}

impl Run {
    /// Reads the document of a run that came from elsewhere, and checks its timeline.
    ///
    /// # Errors
    /// A version that this crate does not read, whatever else is in the document; no document of a run; or an unsound
    /// timeline.
    pub fn read(json: &[u8]) -> Result<Run, RunError> {
        #[derive(Deserialize)]
        struct Versions {
            version: u32,
            timeline: Versioned,
        }
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let versions: Versions = serde_json::from_slice(json)?;
        if versions.version != RUN_VERSION {
            return Err(RunError::Version(versions.version));
        }
        if versions.timeline.version != TIMELINE_VERSION {
            return Err(TimelineError::Version(versions.timeline.version).into());
        }
        let run: Run = serde_json::from_slice(json)?;
        run.timeline.check()?;
        Ok(run)
    }
}

/// Why a document is not read as a run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A version of the document that this crate does not read.
    #[error(
        "it is a run of version {0}, and this program reads version {RUN_VERSION}: make it again with the lab of today"
    )]
    Version(u32),
    /// No JSON document, or not one of a run.
    #[error("it is no run of a lab: {0}")]
    Document(#[from] serde_json::Error),
    /// Its recording is of another version, or not sound.
    #[error("its recording cannot be read: {0}")]
    Timeline(#[from] TimelineError),
}

/// The machine a run was made on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The operating system: `linux`, `macos`.
    pub os: String,
    /// The instruction set: `x86_64`, `aarch64`.
    pub arch: String,
    /// How many processors the program could use.
    pub cores: u32,
    /// The processor's name, where the system tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<String>,
}

/// How the program of a run was built.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Build {
    /// The lab's version.
    pub version: String,
    /// The compiler, as `rustc --version` says it.
    pub rustc: String,
    /// `release`, or `dev` for everything else.
    pub profile: String,
}

impl Machine {
    /// A line for captions: `2 cores, Intel Xeon, linux x86_64`.
    pub fn summary(&self) -> String {
        let cores = if self.cores == 1 { "core" } else { "cores" };
        let cpu = self
            .cpu
            .as_ref()
            .map(|cpu| format!("{cpu}, "))
            .unwrap_or_default();
        format!("{} {cores}, {cpu}{} {}", self.cores, self.os, self.arch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_run_of_today_is_refused_and_says_why() {
        let why = |text: &str| Run::read(text.as_bytes()).expect_err("refused").to_string();
        let newer = why(r#"{"version": 2, "timeline": {"version": 1}, "what": 1}"#);
        assert!(
            newer.starts_with("it is a run of version 2, and this program reads version 1"),
            "{newer}"
        );
        let timeline = why(r#"{"version": 1, "timeline": {"version": 7}}"#);
        assert!(
            timeline.starts_with("its recording cannot be read: it is a timeline of version 7"),
            "{timeline}"
        );
        assert!(why("no").starts_with("it is no run of a lab: "));
        assert!(why(r#"{"version": 1, "timeline": {"version": 1}}"#).contains("missing field"));
    }
}
