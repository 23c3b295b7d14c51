//! A real CPU quota for a part of a lab, where the process may make one.
//!
//! The lab starts itself once more and stays outside, so that it can look and be looked at. The other process joins a cgroup of
//! its own, works, leaves, and answers with one JSON document. When its standard input ends, the lab is gone, and it leaves
//! at once: nothing stays behind.
//!
//! ```no_run
//! use std::process::ExitCode;
//! use lab_kit::quota::{self, Quota};
//!
//! fn main() -> ExitCode {
//!     match quota::asked() {
//!         // The process under quota.
//!         Some(request) => quota::answer(&request, |quota: Quota| {
//!             let limited = quota.join()?;
//!             // … work …
//!             Ok(limited.counts()?.throttled_periods)
//!         }),
//!         // The lab, which asks it.
//!         None => match quota::ask::<u64>(&Quota { quota_us: 50_000, period_us: 100_000 }) {
//!             Ok(throttled) => { println!("{throttled}"); ExitCode::SUCCESS }
//!             Err(error) => { eprintln!("{error:#}"); ExitCode::FAILURE }
//!         },
//!     }
//! }
//! ```

mod group;

use std::io::{self, Read as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, bail};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use group::Group;
pub use group::{Counts, Refused};

/// The argument that makes a lab the process under quota.
const ASKED: &str = "--under-quota";

/// CPU time per period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    /// Microseconds of CPU time in each period, over all CPUs.
    pub quota_us: u64,
    /// Microseconds; Linux' default is 100,000.
    pub period_us: u64,
}

impl Quota {
    /// Puts this process under the quota until the answer is dropped, in a new cgroup as near to the process's own as it is
    /// allowed to make one. Ends the process when the lab is gone.
    ///
    /// # Errors
    /// If this process may not make a group, or there are none here.
    pub fn join(self) -> Result<Limited, Refused> {
        let group = Arc::new(Mutex::new(Some(Group::join(self)?)));
        let left = Arc::clone(&group);
        std::thread::spawn(move || {
            // An error is an end, too.
            let _ = io::stdin().read_to_end(&mut Vec::new());
            drop(lock(&left).take());
            std::process::exit(1);
        });
        Ok(Limited { group })
    }
}

/// A process under quota; dropped, it is free again.
#[derive(Debug)]
pub struct Limited {
    group: Arc<Mutex<Option<Group>>>,
}

impl Limited {
    /// What the kernel has counted so far.
    ///
    /// # Errors
    /// If it can't be read.
    pub fn counts(&self) -> Result<Counts, Refused> {
        lock(&self.group)
            .as_ref()
            .map_or(Err(Refused::NoCgroup), Group::counts)
    }

    /// `v1` or `v2`.
    pub fn version(&self) -> String {
        lock(&self.group)
            .as_ref()
            .map_or_else(String::new, |group| group.version().to_string())
    }
}

impl Drop for Limited {
    fn drop(&mut self) {
        drop(lock(&self.group).take());
    }
}

/// Starts this program again as the process under quota, and waits for what it says.
///
/// # Errors
/// If it can't be started, fails, or says something else.
pub fn ask<A: DeserializeOwned>(request: &impl Serialize) -> anyhow::Result<A> {
    let program = std::env::current_exe().context("where this program lies")?;
    let mut child = Command::new(program)
        .arg(ASKED)
        .arg(serde_json::to_string(request)?)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // Ctrl-C is for the lab, which then lets go of the input.
        .process_group(0)
        .spawn()
        .context("starting the process under quota")?;
    // Held until the answer is there.
    let input = child.stdin.take();
    let mut text = String::new();
    if let Some(output) = &mut child.stdout {
        output.read_to_string(&mut text)?;
    }
    let status = child.wait()?;
    drop(input);
    if !status.success() {
        bail!("the process under quota failed: {status}");
    }
    serde_json::from_str(&text).context("reading what the process under quota says")
}

/// The request, if this process is the one that is to work under a quota.
pub fn asked() -> Option<String> {
    let mut arguments = std::env::args().skip(1);
    arguments.next().filter(|first| first == ASKED)?;
    arguments.next()
}

/// Does the work, and says what came of it.
pub fn answer<R: DeserializeOwned, A: Serialize>(
    request: &str,
    work: impl FnOnce(R) -> anyhow::Result<A>,
) -> ExitCode {
    let request = serde_json::from_str(request).map_err(anyhow::Error::from);
    let answer = request.and_then(work);
    match answer.and_then(|answer| Ok(serde_json::to_writer(io::stdout(), &answer)?)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("under quota: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
