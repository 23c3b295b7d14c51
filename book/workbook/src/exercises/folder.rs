//! A folder of exercises: a cargo workspace of its own, with one program per exercise.
//!
//! The learner's is `exercises/` in the workspace's root. Only the files of the exercises
//! themselves are theirs; the rest is written anew whenever it differs:
//!
//! | file | holds |
//! |---|---|
//! | `<chapter>/<number>-<name>.rs` | the learner's part |
//! | `Cargo.toml`, `Cargo.lock`, `.cargo/config.toml` | one program per started exercise, and what it depends on |
//! | `.checks/<chapter>-<number>.rs` | the program: the learner's part and the check, as two modules |

use super::{Engine, Exercise, ExerciseError, io};
use crate::workspace::Workspace;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// A folder of exercises, and where cargo builds them.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
    target: PathBuf,
    gym: PathBuf,
}

/// A program that is built around one file.
#[derive(Clone, Debug)]
pub struct Program {
    /// Its name: `channels-1`.
    pub name: String,
    /// The file that is checked.
    pub file: PathBuf,
    /// The file with the cases.
    pub check: PathBuf,
    /// What explores them.
    pub engine: Engine,
}

/// What `start` has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Started {
    /// Nothing: the starter is written.
    New,
    /// The learner's file, which stays as it is.
    Already,
}

impl Folder {
    /// The learner's.
    pub fn of_learner(workspace: &Workspace) -> Folder {
        Folder::at(
            workspace,
            workspace.root().join("exercises"),
            &workspace.state().join("exercises"),
        )
    }

    /// Another one: at `root`, built below `state`.
    pub fn at(workspace: &Workspace, root: PathBuf, state: &Path) -> Folder {
        Folder {
            root,
            target: state.join("target"),
            gym: workspace.gym(),
        }
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where cargo builds.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// The learner's file of an exercise.
    pub fn file(&self, exercise: &Exercise) -> PathBuf {
        self.root
            .join(&exercise.chapter)
            .join(format!("{}.rs", exercise.stem))
    }

    /// Whether the exercise was started.
    pub fn has(&self, exercise: &Exercise) -> bool {
        self.file(exercise).is_file()
    }

    /// The program of a started exercise.
    pub fn program(&self, exercise: &Exercise) -> Result<Program, ExerciseError> {
        let file = self.file(exercise);
        if !file.is_file() {
            return Err(ExerciseError::NotStarted {
                name: exercise.name.clone(),
                file,
            });
        }
        Ok(Program {
            name: exercise.program(),
            file,
            check: exercise.check_file(),
            engine: exercise.about.engine,
        })
    }

    /// Writes the starter, unless the learner has begun already.
    pub fn start(&self, exercise: &Exercise) -> Result<Started, ExerciseError> {
        if self.has(exercise) {
            return Ok(Started::Already);
        }
        write(&self.file(exercise), &exercise.starter()?)?;
        Ok(Started::New)
    }

    /// Puts the starter in place of the learner's file, which is kept beside it; says where.
    pub fn reset(&self, exercise: &Exercise) -> Result<PathBuf, ExerciseError> {
        let file = self.file(exercise);
        let kept = free(&file);
        std::fs::rename(&file, &kept).map_err(io(&file))?;
        write(&file, &exercise.starter()?)?;
        Ok(kept)
    }

    /// Writes what cargo needs for these programs; what is right already is not touched.
    pub fn prepare(&self, programs: &[Program]) -> Result<(), ExerciseError> {
        keep(&self.root.join("Cargo.toml"), &self.manifest(programs))?;
        let target = toml::Value::from(self.target.display().to_string());
        keep(
            &self.root.join(".cargo/config.toml"),
            &format!("# Written by `workbook`.\n[build]\ntarget-dir = {target}\n"),
        )?;
        self.supply_lock(programs)?;
        for program in programs {
            keep(&self.main_file(&program.name), &main(program))?;
        }
        Ok(())
    }

    /// Supplies the lock file. Cargo takes out of it what no program needs, so that it is supplied
    /// again when the first one needs loom.
    fn supply_lock(&self, programs: &[Program]) -> Result<(), ExerciseError> {
        let lock = self.root.join("Cargo.lock");
        let lacks_loom = || {
            let known = std::fs::read_to_string(&lock).unwrap_or_default();
            need_loom(programs) && !known.contains("name = \"loom\"")
        };
        if !lock.exists() || lacks_loom() {
            let supplied = self.gym.join("Cargo.lock");
            std::fs::copy(&supplied, &lock).map_err(io(&supplied))?;
        }
        Ok(())
    }

    fn main_file(&self, name: &str) -> PathBuf {
        self.root.join(".checks").join(format!("{name}.rs"))
    }

    fn manifest(&self, programs: &[Program]) -> String {
        let gym = toml::Value::from(self.gym.display().to_string());
        let (features, profiles) = if need_loom(programs) {
            (", features = [\"loom\"]", LOOM_PROFILES)
        } else {
            ("", "")
        };
        let mut text = format!(
            "# Written by `workbook`: what is added here is lost. The exercises themselves are yours.\n\
             [workspace]\n\n\
             [package]\nname = \"exercises\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\nautobins = false\n\n\
             [dependencies]\ngym = {{ path = {gym}{features} }}\n\n\
             # What you change is compiled fast; what runs thousands of schedules is optimised.\n\
             [profile.dev]\ndebug = 0\n\n[profile.dev.package.\"*\"]\nopt-level = 2\n{profiles}"
        );
        for Program { name, .. } in programs {
            let _ = write!(
                text,
                "\n[[bin]]\nname = \"{name}\"\npath = \".checks/{name}.rs\"\n"
            );
        }
        text
    }
}

fn need_loom(programs: &[Program]) -> bool {
    programs
        .iter()
        .any(|program| program.engine == Engine::Loom)
}

/// What loom depends on and no execution runs: it is compiled fast.
const LOOM_PROFILES: &str = "\n# loom's log, which is off.\n\
     [profile.dev.package.regex-automata]\nopt-level = 0\n\n\
     [profile.dev.package.regex-syntax]\nopt-level = 0\n\n\
     [profile.dev.package.tracing-subscriber]\nopt-level = 0\n";

fn main(program: &Program) -> String {
    format!(
        "//! Written by `workbook`: what is checked, and the check.\n\n\
         #[allow(unused)]\n#[path = {:?}]\nmod exercise;\n\n\
         #[path = {:?}]\nmod check;\n\n\
         fn main() -> std::process::ExitCode {{\n    gym::main(&check::check())\n}}\n",
        program.file.display().to_string(),
        program.check.display().to_string(),
    )
}

/// The first name beside `file` that nothing has: `1-rendezvous.rs.1`.
fn free(file: &Path) -> PathBuf {
    let name = |number: u32| {
        let mut name = file.as_os_str().to_owned();
        name.push(format!(".{number}"));
        PathBuf::from(name)
    };
    (1..10_000)
        .map(name)
        .find(|path| !path.exists())
        .unwrap_or_else(|| name(0))
}

/// Writes `text`, unless it stands there already: cargo looks at the time of a file.
fn keep(file: &Path, text: &str) -> Result<(), ExerciseError> {
    if std::fs::read_to_string(file).is_ok_and(|found| found == text) {
        return Ok(());
    }
    write(file, text)
}

fn write(file: &Path, text: &str) -> Result<(), ExerciseError> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(io(folder))?;
    }
    std::fs::write(file, text).map_err(io(file))
}
