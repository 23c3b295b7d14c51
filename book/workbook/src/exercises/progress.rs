//! What the learner has passed: one file, `.cutaway/progress.json`, for terminal and page.
//!
//! ```json
//! {"version": 1, "exercises": {"channels/1": {"started": "2026-01-31T11:30:00Z", "passed": "2026-01-31T12:00:00Z", "attempts": 3, "hints": 1, "solution": false}}}
//! ```
//!
//! `started` is when it was started, `passed` when it was passed first, both left out until then; `attempts` counts checks that
//! failed; `hints` is how many were taken; `solution` says whether the solution was looked at
//! before. The file is replaced as a whole, so that a reader never sees half of it, and changed
//! under a lock, so that two programs at a time lose nothing.

use super::{ExerciseError, io};
use crate::workspace::Workspace;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;
use std::time::SystemTime;

/// The version of the file that this program reads and writes.
const VERSION: u32 = 1;

/// What the file holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The version of the file.
    pub version: u32,
    /// The exercises that were begun, by name.
    pub exercises: BTreeMap<String, State>,
}

/// How far an exercise has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// When it was started, in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<String>,
    /// When it was passed first, in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passed: Option<String>,
    /// How many checks have failed.
    pub attempts: u32,
    /// How many hints were taken.
    pub hints: u32,
    /// Whether the solution was looked at before it was passed.
    pub solution: bool,
}

impl State {
    /// Notes that it was started, if it is not yet.
    pub fn start(&mut self, now: SystemTime) {
        self.started.get_or_insert_with(|| shown(now));
    }
}

fn shown(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string()
}

impl Default for Progress {
    fn default() -> Progress {
        Progress {
            version: VERSION,
            exercises: BTreeMap::new(),
        }
    }
}

impl Progress {
    /// Whether an exercise was passed.
    pub fn passed(&self, name: &str) -> bool {
        self.exercises
            .get(name)
            .is_some_and(|state| state.passed.is_some())
    }
}

/// The file.
#[derive(Clone, Debug)]
pub struct Store {
    file: PathBuf,
}

impl Store {
    /// The file of a workspace.
    pub fn of(workspace: &Workspace) -> Store {
        Store {
            file: workspace.state().join("progress.json"),
        }
    }

    /// What it holds; nothing, where there is none.
    ///
    /// # Errors
    /// It can't be read, or is not what this program has written: it is never written over then.
    pub fn read(&self) -> Result<Progress, ExerciseError> {
        let text = match std::fs::read(&self.file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Progress::default());
            }
            text => text.map_err(io(&self.file))?,
        };
        let broken = |why: String| ExerciseError::Broken {
            file: self.file.clone(),
            why: format!("{why}; move it away to begin anew"),
        };
        let progress: Progress =
            serde_json::from_slice(&text).map_err(|error| broken(error.to_string()))?;
        if progress.version != VERSION {
            return Err(broken(format!(
                "version {} is not known here",
                progress.version
            )));
        }
        Ok(progress)
    }

    /// When it was changed last: cheap enough to be asked twice a second.
    pub fn changed(&self) -> Option<SystemTime> {
        std::fs::metadata(&self.file)
            .and_then(|file| file.modified())
            .ok()
    }

    /// Changes one exercise's state.
    pub fn update(
        &self,
        name: &str,
        change: impl FnOnce(&mut State),
    ) -> Result<Progress, ExerciseError> {
        if let Some(folder) = self.file.parent() {
            std::fs::create_dir_all(folder).map_err(io(folder))?;
        }
        let path = self.file.with_extension("lock");
        let lock = File::create(&path).map_err(io(&path))?;
        lock.lock().map_err(io(&path))?;
        let mut progress = self.read()?;
        change(progress.exercises.entry(name.to_owned()).or_default());
        let text = serde_json::to_string_pretty(&progress).unwrap_or_default();
        let new = self.file.with_extension("json.new");
        std::fs::write(&new, text + "\n").map_err(io(&new))?;
        std::fs::rename(&new, &self.file).map_err(io(&self.file))?;
        Ok(progress)
    }

    /// Notes the outcome of a check.
    pub fn note(
        &self,
        name: &str,
        passed: bool,
        now: SystemTime,
    ) -> Result<Progress, ExerciseError> {
        self.update(name, |state| {
            state.start(now);
            if !passed {
                state.attempts += 1;
            } else if state.passed.is_none() {
                state.passed = Some(shown(now));
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = Store::of(&Workspace::at(folder.path().to_path_buf()));
        (folder, store)
    }

    #[test]
    fn what_was_passed_stays_passed() {
        let (_folder, store) = store();
        assert_eq!(store.read().expect("nothing yet"), Progress::default());
        let day = |days: u64| UNIX_EPOCH + Duration::from_secs(days * 86_400);
        store.note("channels/1", false, day(0)).expect("noted");
        store.note("channels/1", true, day(1)).expect("noted");
        store.note("channels/1", false, day(2)).expect("noted");
        let progress = store.note("channels/1", true, day(3)).expect("noted");
        assert_eq!(progress, store.read().expect("what was written"));
        let state = &progress.exercises["channels/1"];
        assert_eq!(
            (state.passed.as_deref(), state.attempts),
            (Some("1970-01-02T00:00:00Z"), 2)
        );
        assert!(progress.passed("channels/1") && !progress.passed("channels/2"));
    }

    #[test]
    fn many_at_a_time_lose_nothing() {
        let (_folder, store) = store();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..20 {
                        store
                            .update("channels/1", |state| state.hints += 1)
                            .expect("updated");
                    }
                });
            }
        });
        assert_eq!(
            store.read().expect("progress").exercises["channels/1"].hints,
            160
        );
    }

    #[test]
    fn a_file_that_is_not_ours_is_left_alone() {
        let (folder, store) = store();
        let file = folder.path().join(".cutaway/progress.json");
        std::fs::create_dir_all(file.parent().expect("a parent")).expect("a folder");
        for text in ["{", r#"{"version": 2, "exercises": {}}"#] {
            std::fs::write(&file, text).expect("a file");
            let error = store
                .note("channels/1", true, UNIX_EPOCH)
                .expect_err("not ours")
                .to_string();
            assert!(
                error.contains("progress.json") && error.contains("move it away"),
                "{error}"
            );
            assert_eq!(std::fs::read_to_string(&file).expect("still there"), text);
        }
    }
}
