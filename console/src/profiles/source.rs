//! Source with what its lines took, as `go tool pprof -list` prints it, letter for letter.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use cutaway_model::sanitize;
use profile::lines::{self, Row};
use regex::Regex;

use super::load::Loaded;
use crate::BadUse;
use crate::measure::{Unit, percentage};

/// Lines shown before the first and behind the last one that took something.
const AROUND: i64 = 5;
/// The largest file that is shown.
const MAX_SOURCE: u64 = 16 << 20;

/// Prints the functions that match, by name.
pub(crate) fn print(loaded: &Loaded, pattern: &str, out: &mut impl Write) -> anyhow::Result<()> {
    let regex = Regex::new(pattern).map_err(|error| {
        let words = format!("--list {pattern}: {error}");
        BadUse(sanitize(&words).into_owned())
    })?;
    let profile = &loaded.profile;
    let matching = profile.functions.iter().map(|function| &function.name);
    let matching: BTreeSet<&Arc<str>> = matching.filter(|name| regex.is_match(name)).collect();
    let lines = |name: &Arc<str>| lines::table(profile, loaded.index, |of| *of == **name);
    let found = matching.into_iter().map(|name| (name, lines(name)));
    let found: Vec<(&Arc<str>, Vec<Row>)> = found.filter(|(_, rows)| !rows.is_empty()).collect();
    if found.is_empty() {
        return Err(super::nothing_matches("--list", pattern));
    }
    let report = Report { loaded };
    let mut print = || {
        writeln!(out, "Total: {}", report.amount(loaded.total))?;
        for (name, rows) in &found {
            report.function(name, rows, out)?;
        }
        Ok::<_, io::Error>(())
    };
    print().context("cannot print")
}

struct Report<'a> {
    loaded: &'a Loaded,
}

impl Report<'_> {
    fn function(&self, name: &str, rows: &[Row], out: &mut impl Write) -> io::Result<()> {
        let mut files: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
        for row in rows.iter().filter(|row| !row.file.is_empty()) {
            files.entry(&row.file).or_default().push(row);
        }
        let name_shown = sanitize(name);
        if files.is_empty() {
            return writeln!(out, "No source information for {name_shown}");
        }
        for (file, rows) in files {
            let sum = |of: fn(&Row) -> i64| {
                let values = rows.iter().map(|row| of(row));
                values.fold(0, i64::saturating_add)
            };
            let (flat, cum) = (sum(|row| row.flat), sum(|row| row.cum));
            writeln!(
                out,
                "ROUTINE ======================== {name_shown} in {}",
                sanitize(file)
            )?;
            writeln!(
                out,
                "{:>10} {:>10} (flat, cum) {} of Total",
                self.amount(flat),
                self.amount(cum),
                percentage(cum, self.loaded.total)
            )?;
            match read(file) {
                Ok(source) => self.lines(&source, self.begin(name, file), &rows, out)?,
                Err(why) => writeln!(out, " Error: {}", sanitize(&why))?,
            }
        }
        Ok(())
    }

    /// The line that the function begins at, if the profile says.
    fn begin(&self, name: &str, file: &str) -> Option<i64> {
        let functions = self.loaded.profile.functions.iter();
        let mut of_it = functions.filter(|of| *of.name == *name && *of.filename == *file);
        let begin = of_it.next().map(|of| of.start_line);
        begin.filter(|line| *line != 0)
    }

    fn lines(
        &self,
        source: &str,
        begin: Option<i64>,
        rows: &[&Row],
        out: &mut impl Write,
    ) -> io::Result<()> {
        let numbers = || rows.iter().map(|row| row.line);
        let first = begin.or_else(|| Some(numbers().min()? - AROUND));
        let first = first.unwrap_or(1).max(1);
        let last = numbers().max().unwrap_or(0) + AROUND;
        for (number, line) in (1..).zip(source.lines()) {
            if !(first..=last).contains(&number) {
                continue;
            }
            let here = rows.iter().filter(|row| row.line == number);
            let (flat, cum) = here.fold((0, 0), |(flat, cum): (i64, i64), row| {
                (flat.saturating_add(row.flat), cum.saturating_add(row.cum))
            });
            let amount = |value| match value {
                0 => ".".to_owned(),
                value => self.amount(value),
            };
            writeln!(
                out,
                "{:>10} {:>10} {number:>6}:{}",
                amount(flat),
                amount(cum),
                // Indented as it is.
                line.split('\t')
                    .map(sanitize)
                    .collect::<Vec<_>>()
                    .join("\t")
            )?;
        }
        Ok(())
    }

    /// Each in the unit that suits it.
    fn amount(&self, value: i64) -> String {
        let types = &self.loaded.profile.sample_types;
        let from = types
            .get(self.loaded.index)
            .map_or("", |of| of.unit.as_str());
        Unit::fitting(value, from).write(value)
    }
}

/// The file's text, or why there is none. A path below a folder of the working folder's name is taken as one of here;
/// what is not absolute is looked for here and in the folders above.
fn read(path: &str) -> Result<String, String> {
    let here = env::current_dir().map_err(|error| error.to_string())?;
    let base = here.file_name().map(|name| name.to_string_lossy());
    let below = base
        .map(|base| format!("/{base}/"))
        .and_then(|below| Some(&path[path.find(&below)? + below.len()..]));
    let path = below.unwrap_or(path);
    let file = if Path::new(path).is_absolute() {
        PathBuf::from(path)
    } else {
        let mut known = here.ancestors().map(|folder| folder.join(path));
        known
            .find(|file| file.is_file())
            .ok_or_else(|| format!("could not find file {path} on path {}", here.display()))?
    };
    let failed = |error: &io::Error| {
        let why = match error.kind() {
            io::ErrorKind::NotFound => "no such file or directory".to_owned(),
            io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
            _ => error.to_string(),
        };
        format!("open {}: {why}", file.display())
    };
    let found = fs::metadata(&file).map_err(|error| failed(&error))?;
    if !found.is_file() || found.len() > MAX_SOURCE {
        return Err(format!(
            "open {}: not a file of source code",
            file.display()
        ));
    }
    let bytes = fs::read(&file).map_err(|error| failed(&error))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
