//! Files: the picture, and the committed figures.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use lab_format::draw::{self, SvgOptions};
use lab_format::{Run, Timeline, trace};
use serde_json::Value;

use crate::Lab;
use crate::command::{self, Order};
use crate::output;

/// Writes what `--svg` and `--figure` ask for.
pub(crate) fn write(lab: &Lab, order: &Order, run: &Run) -> anyhow::Result<()> {
    if order.svg.is_none() && order.figure.is_none() {
        return Ok(());
    }
    let picture = picture(&order.again, run);
    if let Some(file) = &order.svg {
        save(file, &picture)?;
    }
    if let Some(name) = &order.figure {
        let folder = folder(lab)?;
        save(&folder.join(format!("{name}.json")), &document(run)?)?;
        // A lab that records nothing has no picture.
        if !run.timeline.is_empty() {
            save(&folder.join(format!("{name}.svg")), &picture)?;
        }
    }
    Ok(())
}

/// Writes what the lab says of itself, beside its figures.
pub(crate) fn write_knobs(lab: &Lab) -> anyhow::Result<()> {
    save(
        &folder(lab)?.join("knobs.json"),
        &command::description(&lab.info),
    )
}

/// Draws the pictures of all figures anew, from the numbers beside them.
pub(crate) fn redraw(lab: &Lab) -> anyhow::Result<()> {
    let folder = folder(lab)?;
    for figure in &lab.info.figures {
        let file = folder.join(format!("{}.json", figure.name));
        let read = || anyhow::Ok(Run::read(&fs::read(&file)?)?);
        let run = read().with_context(|| format!("cannot read {}", file.display()))?;
        if run.timeline.is_empty() {
            continue;
        }
        let again = command::again(&lab.info, &run.knobs);
        save(&file.with_extension("svg"), &picture(&again, &run))?;
    }
    Ok(())
}

fn picture(again: &str, run: &Run) -> String {
    let options = SvgOptions {
        title: again.to_owned(),
        ..SvgOptions::default()
    };
    draw::svg(&run.timeline, &options)
}

/// Writes the whole recording as a Chrome trace.
pub(crate) fn write_trace(file: &Path, title: &str, timeline: &Timeline) -> anyhow::Result<()> {
    let written = || {
        let mut out = BufWriter::new(File::create(file)?);
        for line in trace::lines(timeline, title) {
            out.write_all(line.as_bytes())?;
        }
        out.flush()
    };
    written().with_context(|| format!("cannot write {}", file.display()))?;
    output::tell(&format!("wrote {}", file.display()));
    Ok(())
}

fn folder(lab: &Lab) -> anyhow::Result<PathBuf> {
    let folder = Path::new(lab.folder).join("figures");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

fn save(file: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
    output::tell(&format!("wrote {}", file.display()));
    Ok(())
}

/// The run as JSON, one line per field and, in the timeline, one per entry: small, and good to compare.
fn document(run: &Run) -> anyhow::Result<String> {
    let Value::Object(fields) = serde_json::to_value(run)? else {
        anyhow::bail!("a run is an object")
    };
    Ok(object(&fields, |name, value| match value {
        Value::Object(inner) if name == "timeline" || name == "report" => {
            object(inner, |_, value| list(value))
        }
        _ => value.to_string(),
    }) + "\n")
}

fn object(
    fields: &serde_json::Map<String, Value>,
    show: impl Fn(&str, &Value) -> String,
) -> String {
    let line = |(name, value): (&String, &Value)| format!("\"{name}\": {}", show(name, value));
    let lines: Vec<String> = fields.iter().map(line).collect();
    format!("{{\n{}\n}}", lines.join(",\n"))
}

fn list(value: &Value) -> String {
    match value {
        Value::Array(entries) if !entries.is_empty() => {
            let lines: Vec<String> = entries.iter().map(Value::to_string).collect();
            format!("[\n{}\n]", lines.join(",\n"))
        }
        _ => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use lab_format::{
        Build, Column, Knobs, Lane, LaneId, LaneKind, Machine, Report, Timeline, Unit,
    };

    use super::*;

    #[test]
    fn a_figure_reads_back_as_the_run() {
        let mut report = Report::new([Column::new("send p50", Unit::Nanoseconds)]);
        report.row([1_500.5.into()]);
        report.note("A \"note\".");
        let mut timeline = Timeline::new();
        timeline
            .lanes
            .push(Lane::new(LaneId(0), "a", LaneKind::Task));
        timeline
            .lanes
            .push(Lane::new(LaneId(1), "b", LaneKind::Task));
        let machine = Machine {
            os: "linux".into(),
            arch: "x86_64".into(),
            cores: 2,
            cpu: None,
        };
        let build = Build {
            version: "0.1.0".into(),
            rustc: "rustc 1.95.0".into(),
            profile: "dev".into(),
        };
        let knobs = Knobs::from([("capacity".into(), 0)]);
        let (lab, date) = ("channels".into(), "2026-01-01T00:00:00Z".into());
        let run = Run {
            version: 1,
            lab,
            date,
            took_ns: 7,
            machine,
            build,
            knobs,
            report,
            timeline,
        };
        let text = document(&run).expect("serializes");
        assert_eq!(serde_json::from_str::<Run>(&text).expect("parses"), run);
        assert!(text.lines().count() > 15, "{text}");
    }
}
