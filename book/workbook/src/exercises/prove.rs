//! Every exercise against its own files: the solution passes, the starter and each wrong solution
//! are refused, with the words that belong to them; solutions are formatted and free of lints.

use super::check::{Options, Outcome, check, make_ready};
use super::folder::{Folder, Program};
use super::{Catalogue, Exercise, ExerciseError, io};
use crate::workspace::Workspace;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What must come out of a program.
enum Expected<'a> {
    Pass,
    Refusal,
    Words { case: &'a str, says: &'a str },
}

/// Proves all exercises; tells `said` one line for each program. Gives what is not as it should be.
/// Programs are built below `state`.
pub async fn prove(
    workspace: &Workspace,
    state: &Path,
    mut said: impl FnMut(&str) + Send,
) -> Result<Vec<String>, ExerciseError> {
    let catalogue = Catalogue::read(workspace)?;
    let folder = Folder::at(workspace, state.join("proof"), state);
    let all = programs(&folder, &catalogue)?;
    let programs: Vec<Program> = all.iter().map(|(program, _)| program.clone()).collect();
    make_ready(&folder, &programs)?;
    let mut faults = Vec::new();
    for (program, expected) in &all {
        let options = Options::default();
        let mut ignore = |_: &str| ();
        let checked = check(
            &folder,
            program,
            &options,
            &mut ignore,
            std::future::pending(),
        )
        .await?;
        let found = describe(&checked.outcome);
        let sound = fits(expected, &checked.outcome);
        said(&format!(
            "{} {:<32} {found}",
            if sound { "ok  " } else { "FAIL" },
            program.name
        ));
        if !sound {
            faults.push(format!("{}: {}; {found}", program.name, wanted(expected)));
        }
    }
    faults.extend(tidy(&folder, &catalogue)?);
    Ok(faults)
}

fn programs<'a>(
    folder: &Folder,
    catalogue: &'a Catalogue,
) -> Result<Vec<(Program, Expected<'a>)>, ExerciseError> {
    let mut all = Vec::new();
    for exercise in &catalogue.exercises {
        let program = |kind: &str, file: PathBuf| Program {
            name: format!("{}-{kind}", exercise.program()),
            file,
            check: exercise.check_file(),
            engine: exercise.about.engine,
        };
        all.push((
            program("solution", exercise.solution_file()),
            Expected::Pass,
        ));
        let starter = folder.root().join(exercise.program()).join("starter.rs");
        write(&starter, &exercise.starter()?)?;
        all.push((program("starter", starter), Expected::Refusal));
        for wrong in &exercise.about.wrong {
            let kind = wrong.file.trim_end_matches(".rs");
            let expected = Expected::Words {
                case: &wrong.case,
                says: &wrong.says,
            };
            all.push((
                program(kind, exercise.folder.join("wrong").join(&wrong.file)),
                expected,
            ));
        }
    }
    Ok(all)
}

fn write(file: &Path, text: &str) -> Result<(), ExerciseError> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(io(folder))?;
    }
    if std::fs::read_to_string(file).is_ok_and(|found| found == text) {
        return Ok(());
    }
    std::fs::write(file, text).map_err(io(file))
}

fn fits(expected: &Expected<'_>, outcome: &Outcome) -> bool {
    match (expected, outcome) {
        (Expected::Pass, Outcome::Passed(_)) | (Expected::Refusal, Outcome::Failed(..)) => true,
        (Expected::Words { case, says }, Outcome::Failed(_, failed)) => {
            let words = [&failed.expected, &failed.observed, &failed.why];
            failed.case == *case && words.iter().any(|text| text.contains(says))
        }
        _ => false,
    }
}

fn wanted(expected: &Expected<'_>) -> String {
    match expected {
        Expected::Pass => "it should pass".to_owned(),
        Expected::Refusal => "it should be refused by a case".to_owned(),
        Expected::Words { case, says } => format!("{case:?} should refuse it, saying {says:?}"),
    }
}

fn describe(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Passed(verdict) => {
            let explored = verdict.cases.iter().map(|case| case.explored.as_str());
            format!("passes: {}", explored.collect::<Vec<_>>().join("; "))
        }
        Outcome::Failed(_, failed) => format!(
            "{:?} refuses it: {} {}",
            failed.case, failed.observed, failed.why
        ),
        Outcome::Compile(errors) => {
            let first = errors.own.first().or(errors.check.first());
            format!(
                "does not compile: {}",
                first.map_or("", |error| error.trim_end())
            )
        }
        Outcome::Ended(ended) => format!("was ended: {ended:?}"),
        Outcome::Crashed(crash, tail) => format!("crashed: {crash:?} {tail}"),
    }
}

/// Format and lints of what the repository holds; starters are formatted too.
fn tidy(folder: &Folder, catalogue: &Catalogue) -> Result<Vec<String>, ExerciseError> {
    let mut faults = Vec::new();
    let mut files = Vec::new();
    let mut solutions = Vec::new();
    for exercise in &catalogue.exercises {
        files.extend(sources(exercise)?);
        files.push(folder.root().join(exercise.program()).join("starter.rs"));
        solutions.extend([
            "--bin".to_owned(),
            format!("{}-solution", exercise.program()),
        ]);
    }
    let mut format = Command::new("rustfmt");
    format.args(["--edition", "2024", "--check"]).args(&files);
    let mut lints = Command::new("cargo");
    lints
        .args(["clippy", "--quiet"])
        .args(&solutions)
        .args([
            "--",
            "-D",
            "warnings",
            "-W",
            "clippy::pedantic",
            "-A",
            "clippy::must_use_candidate",
        ])
        .args([
            "-A",
            "clippy::missing_panics_doc",
            "-A",
            "clippy::missing_errors_doc",
        ])
        .args([
            "-A",
            "clippy::new_without_default",
            "-A",
            "clippy::too_many_lines",
        ])
        .current_dir(folder.root())
        .env("CARGO_TARGET_DIR", folder.target());
    for (what, command) in [("rustfmt", &mut format), ("clippy", &mut lints)] {
        let output = command.output().map_err(io(Path::new(what)))?;
        if !output.status.success() {
            let said = [output.stdout, output.stderr].concat();
            faults.push(format!("{what}: {}", String::from_utf8_lossy(&said).trim()));
        }
    }
    Ok(faults)
}

/// All Rust files of an exercise; a wrong solution that its table does not name is an error.
fn sources(exercise: &Exercise) -> Result<Vec<PathBuf>, ExerciseError> {
    let folder = exercise.folder.join("wrong");
    let mut files = vec![exercise.solution_file(), exercise.check_file()];
    for entry in std::fs::read_dir(&folder).map_err(io(&folder))?.flatten() {
        let file = entry.path();
        let named = |name: &str| file.file_name().is_some_and(|found| found == name);
        if !exercise.about.wrong.iter().any(|wrong| named(&wrong.file)) {
            let why = "exercise.toml does not name it: add a [[wrong]] with what it must be told"
                .to_owned();
            return Err(ExerciseError::Broken { file, why });
        }
        files.push(file);
    }
    Ok(files)
}
