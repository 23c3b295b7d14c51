//! The files of the archive, and the manifest that lists them.

use std::time::Duration;

use cutaway_scrape::Target;
use serde::Serialize;
use serde_json::{Value, json};

use super::clean::Cleaner;
use crate::clock::Civil;

/// The manifest's version: raised when something in it changes its meaning.
const VERSION: u32 = 1;

/// Where a file is from that is this console's own.
pub(super) const OWN: &str = "cutaway";

/// What has been collected.
#[derive(Debug)]
pub(super) struct Contents {
    pub(super) cleaner: Cleaner,
    files: Vec<Collected>,
    failed: Vec<Failure>,
    absent: Vec<String>,
    versions: Value,
}

/// A file of the archive, its secrets masked.
#[derive(Debug)]
pub(super) struct Collected {
    /// Its path below the archive's folder.
    pub(super) file: String,
    /// What it was made of: a path of the target's, or a file.
    pub(super) from: String,
    pub(super) bytes: Vec<u8>,
}

/// What should have been there.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Failure {
    /// The path of the target's, or the file.
    pub(super) what: String,
    pub(super) why: String,
}

/// What the manifest says of the whole.
pub(super) struct About<'a> {
    pub(super) target: &'a Target,
    /// In seconds since 1970.
    pub(super) began: u64,
    pub(super) took: Duration,
    pub(super) seconds: u32,
}

impl Contents {
    pub(super) fn new(cleaner: Cleaner) -> Self {
        Self {
            cleaner,
            files: Vec::new(),
            failed: Vec::new(),
            absent: Vec::new(),
            versions: json!({}),
        }
    }

    /// Adds a file whose secrets are masked already.
    pub(super) fn add(&mut self, file: impl Into<String>, from: &str, bytes: impl Into<Vec<u8>>) {
        self.files.push(Collected {
            file: file.into(),
            from: self.cleaner.line(from),
            bytes: bytes.into(),
        });
    }

    /// Adds a document.
    pub(super) fn add_document(&mut self, file: &str, from: &str, document: &Value) {
        self.add(file, from, format!("{document:#}\n"));
    }

    /// Notes that something could not be had.
    pub(super) fn fail(&mut self, what: &str, why: &str) {
        let [what, why] = [what, why].map(|text| self.cleaner.line(text));
        // What is asked for before and after fails twice.
        if !self.failed.iter().any(|of| of.what == what) {
            self.failed.push(Failure { what, why });
        }
    }

    /// Notes that the target has nothing there.
    pub(super) fn lacks(&mut self, what: &str) {
        let what = self.cleaner.line(what);
        if !self.absent.contains(&what) {
            self.absent.push(what);
        }
    }

    /// Notes what the target says of its version.
    pub(super) fn note_versions(&mut self, versions: Value) {
        self.versions = versions;
    }

    pub(super) fn versions(&self) -> &Value {
        &self.versions
    }

    pub(super) fn files(&self) -> &[Collected] {
        &self.files
    }

    pub(super) fn failed(&self) -> &[Failure] {
        &self.failed
    }

    /// Why the first thing failed that did.
    pub(super) fn why(&self) -> Option<&str> {
        self.failed.first().map(|failure| failure.why.as_str())
    }

    /// Adds what is said about the rest. The manifest comes first.
    pub(super) fn finish(&mut self, about: &About<'_>) {
        let console = json!({
            "cutaway": env!("CARGO_PKG_VERSION"),
            "os": std::env::consts::OS,
            "arch": std::env::consts::ARCH,
        });
        let versions = json!({"console": console, "target": self.versions});
        self.add_document("versions.json", OWN, &versions);
        let listed = self.files.iter().map(|of| {
            let size = of.bytes.len();
            json!({"file": of.file, "from": of.from, "bytes": size})
        });
        let manifest = json!({
            "version": VERSION,
            "made_at": Civil::of(i64::try_from(about.began).unwrap_or(i64::MAX)).rfc3339(),
            "took_ms": u64::try_from(about.took.as_millis()).unwrap_or(u64::MAX),
            "seconds": about.seconds,
            "target": {"name": self.cleaner.line(&about.target.name()), "url": self.cleaner.line(&about.target.url())},
            "console": console,
            "complete": self.failed.is_empty(),
            "files": listed.collect::<Vec<_>>(),
            "failed": self.failed,
            "absent": self.absent,
            "secrets": "masked as ***, by their names and looks",
        });
        self.add_document("manifest.json", OWN, &manifest);
        self.files.rotate_right(1);
    }
}
