//! A cgroup within a cgroup, made for one test and removed after it.

use std::fmt::Display;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use cpulimit::{Sources, Version};

use crate::child::Child;

pub(crate) struct Sandbox {
    version: Version,
    outer: PathBuf,
    inner: PathBuf,
}

/// Says why something was not tried. Not with `eprintln!`: the harness keeps that to itself.
pub(crate) fn skipped(why: impl Display) {
    writeln!(io::stderr(), "skipped: {why}").ok();
}

impl Sandbox {
    /// A new one, without limits, in the outermost cgroup that can be seen; nothing, and a word about it, where that is
    /// not permitted.
    pub(crate) fn new() -> Option<Self> {
        Self::make().map_err(skipped).ok()
    }

    fn make() -> Result<Self, String> {
        let cgroup = Sources::system()
            .read()
            .cpu
            .ok_or("there is no CPU cgroup")?;
        let top = &cgroup.levels.last().ok_or("no cgroup can be seen")?.dir;
        let sandbox = Self::within(cgroup.version, top);
        if cgroup.version == Version::V2 {
            enable(top)?;
        }
        create(&sandbox.outer)?;
        if cgroup.version == Version::V2 {
            enable(&sandbox.outer)?;
        }
        create(&sandbox.inner)?;
        Ok(sandbox)
    }

    fn within(version: Version, top: &Path) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let outer = top.join(format!("cpulimit-test-{}-{count}", std::process::id()));
        Self {
            version,
            inner: outer.join("inner"),
            outer,
        }
    }

    pub(crate) fn outer(&self) -> &Path {
        &self.outer
    }

    pub(crate) fn inner(&self) -> &Path {
        &self.inner
    }

    /// `v1` or `v2`.
    pub(crate) fn version(&self) -> String {
        self.version.to_string()
    }

    /// The name of the outer cgroup.
    pub(crate) fn name(&self) -> String {
        let name = self.outer.file_name().expect("it has one");
        name.to_string_lossy().into_owned()
    }

    /// Gives one of the two a quota, in milliseconds.
    pub(crate) fn limit(&self, dir: &Path, quota: u32, period: u32) {
        let (quota, period) = (quota * 1000, period * 1000);
        match self.version {
            Version::V1 => {
                write(&dir.join("cpu.cfs_period_us"), &period.to_string());
                write(&dir.join("cpu.cfs_quota_us"), &quota.to_string());
            }
            Version::V2 => write(&dir.join("cpu.max"), &format!("{quota} {period}")),
        }
    }

    /// Gives one of the two a burst, in milliseconds; false if the kernel has none.
    pub(crate) fn burst(&self, dir: &Path, burst: u32) -> bool {
        let file = dir.join(match self.version {
            Version::V1 => "cpu.cfs_burst_us",
            Version::V2 => "cpu.max.burst",
        });
        let known = file.exists();
        if known {
            write(&file, &(burst * 1000).to_string());
        }
        known
    }

    /// Puts the child into the inner one.
    pub(crate) fn enter(&self, child: &Child) {
        write(&self.inner.join("cgroup.procs"), &child.id().to_string());
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        for dir in [&self.inner, &self.outer] {
            if dir.exists() && fs::remove_dir(dir).is_err() {
                skipped(format!("removing {}", dir.display()));
            }
        }
    }
}

fn create(dir: &Path) -> Result<(), String> {
    fs::create_dir(dir)
        .map_err(|error| format!("no cgroup can be made at {}: {error}", dir.display()))
}

/// Has the cgroups below this one have the CPU controller.
fn enable(dir: &Path) -> Result<(), String> {
    let file = dir.join("cgroup.subtree_control");
    fs::write(&file, "+cpu").map_err(|error| format!("{}: {error}", file.display()))
}

fn write(file: &Path, text: &str) {
    fs::write(file, text).unwrap_or_else(|error| panic!("{}: {text}: {error}", file.display()));
}
