//! How long the book takes to build.

use std::fmt::Write as _;
use std::fs;
use std::process::Stdio;
use std::time::Instant;

use super::Workbook;
use crate::benches::{Bench, Found};
use crate::context::Context;
use crate::record::{Limit, Row, Unit};

pub(crate) const BENCH: Bench = Bench {
    name: "workbook-book",
    what: "`workbook build`, from the start of its process to its end: every check, every page. The book as it is, and one \
           of 60 chapters, each a copy of the chapter on channels with its panel, figures, diagrams and exercises.",
    run: |context| Box::pin(async move { run(context) }),
};

/// Chapters of the large book.
const CHAPTERS: usize = 60;
/// In nanoseconds.
const LIMIT: f64 = 2e9;

fn run(context: &Context) -> anyhow::Result<Found> {
    let workbook = Workbook::find(context)?;
    let mut rows = Vec::new();
    measure(context, &workbook, "the book as it is", None, &mut rows)?;
    enlarge(&workbook)?;
    let title = format!("{CHAPTERS} chapters");
    measure(
        context,
        &workbook,
        &title,
        Some(Limit::AtMost(LIMIT)),
        &mut rows,
    )?;
    let chapter = fs::read_to_string(workbook.root().join("book/src/concurrency/channels.md"))?;
    let notes = vec![
        format!(
            "A copy: {} lines of Markdown, {} directives and blocks of ours.",
            chapter.lines().count(),
            chapter.matches("{{#").count() + chapter.matches("```diagram").count()
        ),
        "First: into an empty folder. Again: in the place of what is there; nothing is kept from one build to the next."
            .to_owned(),
        super::super::console::build_note(),
    ];
    Ok(Found { rows, notes })
}

fn measure(
    context: &Context,
    workbook: &Workbook,
    title: &str,
    limit: Option<Limit>,
    rows: &mut Vec<Row>,
) -> anyhow::Result<()> {
    let out = workbook.root().join("site");
    let mut took = Vec::new();
    let mut again = Vec::new();
    for _ in 0..context.times(10) {
        if out.exists() {
            fs::remove_dir_all(&out)?;
        }
        took.push(build(context, workbook)?);
        again.push(build(context, workbook)?);
    }
    rows.push(Row::repeated(
        &format!("{title}, first"),
        Unit::Nanoseconds,
        took,
        limit,
    ));
    rows.push(Row::repeated(
        &format!("{title}, again"),
        Unit::Nanoseconds,
        again,
        limit,
    ));
    Ok(())
}

fn build(context: &Context, workbook: &Workbook) -> anyhow::Result<f64> {
    let mut command = workbook.command(&["build", "--out", "site"]);
    let started = Instant::now();
    let child = context
        .cores
        .spawn_anywhere(command.stdout(Stdio::null()).stderr(Stdio::piped()))?;
    let output = child.wait_with_output()?;
    let took = started.elapsed();
    anyhow::ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(took.as_nanos() as f64)
}

/// Adds copies of the chapter on channels until there are enough.
fn enlarge(workbook: &Workbook) -> anyhow::Result<()> {
    let source = workbook.root().join("book/src");
    let chapter = fs::read_to_string(source.join("concurrency/channels.md"))?;
    let mut contents = fs::read_to_string(source.join("SUMMARY.md"))?;
    contents.push_str("\n[Copies]()\n");
    let there = contents.matches(".md)").count();
    for copy in there..CHAPTERS {
        fs::write(source.join(format!("concurrency/copy-{copy}.md")), &chapter)?;
        writeln!(contents, "[Copy {copy}](concurrency/copy-{copy}.md)")?;
    }
    fs::write(source.join("SUMMARY.md"), contents)?;
    Ok(())
}
