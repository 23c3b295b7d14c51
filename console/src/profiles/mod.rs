//! `cutaway top`, `cutaway flame`, `cutaway diff`: profiles from files or live targets.
//!
//! | module | what it does |
//! |---|---|
//! | `load` | from files, URLs and targets; added up, compared, filtered |
//! | `listing` | which functions are listed |
//! | `text`, `forms` | the table, as `go tool pprof` prints it or for programs |
//! | `peek`, `source`, `tags` | callers and callees, source, labels, as it prints those |
//! | `scope` | what `--fail-if` may ask |

mod forms;
mod listing;
mod load;
mod peek;
mod scope;
mod source;
mod tags;
mod text;

use std::fs;
use std::io::{self, Write};
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use cutaway_model::sanitize;
use cutaway_scrape::Options;
use cutaway_tui::FileNews;

use crate::args::profiles::{Comparison, Diff, Filters, Flame, FlameForm, Table, TableForm, Top};
use crate::complain::complain;
use crate::expr::Expr;
use crate::files::Form;
use crate::{BadUse, FINE, HOLDS};
use listing::Listing;
use load::{Loaded, Summed};
use scope::ProfileScope;

/// `cutaway top`.
pub(crate) fn top(arguments: &Top, options: &Options, out: &mut impl Write) -> anyhow::Result<u8> {
    let Top {
        select,
        base,
        table,
    } = arguments;
    if table.fail_if.is_none()
        && !table.is_report()
        && let Some(bytes) = load::only_file(&select.sources, base, &select.filters)
    {
        let file = &select.sources[0];
        let bytes = bytes.with_context(|| format!("cannot read {file}"))?;
        let not_one = || format!("{file} is not a profile");
        let summed = Summed::new(&bytes).with_context(not_one)?;
        let index = load::index(summed.0.tables(), select.filters.sample_type())?;
        let listing = Listing::read(&summed, index, table).with_context(not_one)?;
        print(&listing, table, out)?;
        return Ok(FINE);
    }
    let loaded = load_and_tell(&select.sources, base, &select.filters, options)?;
    list(loaded, table, out)
}

/// `cutaway diff`.
pub(crate) fn diff(
    arguments: &Diff,
    options: &Options,
    out: &mut impl Write,
) -> anyhow::Result<u8> {
    let base = Comparison {
        base: None,
        diff_base: Some(arguments.before.clone()),
        normalize: arguments.normalize,
    };
    let loaded = load_and_tell(&arguments.after, &base, &arguments.filters, options)?;
    let Some(file) = &arguments.output else {
        return list(loaded, &arguments.table, out);
    };
    let form = form_of(None, file);
    let title = format!(
        "From {} to {}",
        arguments.before,
        arguments.after.join(", ")
    );
    write(&loaded, form, &title, file, out)?;
    judge(&loaded, arguments.table.fail_if.as_ref())
}

/// `cutaway flame`, where it is not shown on the screen.
pub(crate) fn flame(
    arguments: &Flame,
    options: &Options,
    out: &mut impl Write,
) -> anyhow::Result<u8> {
    let Flame { select, base, .. } = arguments;
    let loaded = load_and_tell(&select.sources, base, &select.filters, options)?;
    let file = arguments.output.as_deref().unwrap_or("-");
    let form = form_of(arguments.form, file);
    let title = arguments.select.sources.join(", ");
    write(&loaded, form, &title, file, out)?;
    Ok(FINE)
}

/// The profile of `cutaway flame`, and its base where there is one, for the screen.
pub(crate) fn for_screen(arguments: &Flame, options: &Options) -> anyhow::Result<FileNews> {
    let Flame { select, base, .. } = arguments;
    let alone = Comparison {
        base: base.base.clone(),
        diff_base: None,
        normalize: base.normalize,
    };
    let now = load::load(&select.sources, &alone, &select.filters, options)?;
    let before = base.diff_base.as_ref().map(|file| {
        let file = std::slice::from_ref(file);
        load::load(file, &Comparison::default(), &select.filters, options)
    });
    let before = before.transpose()?;
    let unmatched = now
        .unmatched
        .iter()
        .chain(before.iter().flat_map(|of| &of.unmatched));
    let unmatched: Vec<&str> = unmatched.copied().collect();
    Ok(FileNews::Opened {
        complaint: (!unmatched.is_empty())
            .then(|| format!("{} matched nothing", unmatched.join(", "))),
        profile: Arc::new(now.profile),
        base: before.map(|loaded| Arc::new(loaded.profile)),
    })
}

/// Loads; which filters matched nothing goes to standard error.
fn load_and_tell(
    sources: &[String],
    base: &Comparison,
    filters: &Filters,
    options: &Options,
) -> anyhow::Result<Loaded> {
    let loaded = load::load(sources, base, filters, options)?;
    for option in &loaded.unmatched {
        complain(format_args!("{option} matched nothing"));
    }
    Ok(loaded)
}

fn list(loaded: Loaded, table: &Table, out: &mut impl Write) -> anyhow::Result<u8> {
    let code = judge(&loaded, table.fail_if.as_ref());
    let mut buffered = io::BufWriter::new(&mut *out);
    if let Some(pattern) = &table.peek {
        let all = Listing::new(loaded, &table.of_all());
        peek::print(&all, pattern, table.cum, &mut buffered)?;
    } else if let Some(pattern) = &table.list {
        source::print(&loaded, pattern, &mut buffered)?;
    } else if table.tags {
        tags::print(&loaded, &mut buffered).context("cannot print")?;
    } else {
        print(&Listing::new(loaded, table), table, &mut buffered)?;
    }
    buffered.flush().context("cannot print")?;
    code
}

fn nothing_matches(option: &str, pattern: &str) -> anyhow::Error {
    let words = format!("{option} {pattern}: no function of the profile matches");
    anyhow!(sanitize(&words).into_owned())
}

fn print(listing: &Listing, table: &Table, out: &mut impl Write) -> anyhow::Result<()> {
    let mut out = io::BufWriter::new(out);
    match table.form {
        TableForm::Text => text::print(listing, &mut out),
        TableForm::Json => forms::json(listing, &mut out),
        TableForm::Csv => forms::csv(listing, &mut out),
        TableForm::Md => forms::md(listing, &mut out),
    }
    .and_then(|()| out.flush())
    .context("cannot print")
}

/// The exit code that a condition asks for, with a line on why.
fn judge(loaded: &Loaded, condition: Option<&Expr>) -> anyhow::Result<u8> {
    let Some(condition) = condition else {
        return Ok(FINE);
    };
    let scope = ProfileScope {
        profile: &loaded.profile,
        index: loaded.index,
        total: loaded.total,
    };
    let holds = condition.holds(&scope);
    let holds = holds.map_err(|why| BadUse(format!("--fail-if {condition}: {why}")))?;
    if holds {
        complain(condition);
    }
    Ok(if holds { HOLDS } else { FINE })
}

fn form_of(asked: Option<FlameForm>, file: &str) -> Form {
    match asked {
        Some(FlameForm::Svg) => Form::Svg,
        Some(FlameForm::Folded) => Form::Folded,
        Some(FlameForm::Pb) => Form::Pprof,
        None if file == "-" => Form::Svg,
        None => Form::of(file),
    }
}

fn write(
    loaded: &Loaded,
    form: Form,
    title: &str,
    file: &str,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let bytes = form.write(&loaded.profile, loaded.index, title);
    if file == "-" {
        return out
            .write_all(&bytes)
            .and_then(|()| out.flush())
            .context("cannot print");
    }
    fs::write(file, bytes).map_err(|error| anyhow!("cannot write {file}: {error}"))
}
