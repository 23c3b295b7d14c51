//! The HTML of run panels and figures.
//!
//! Everything here is complete without a script: the sliders' form, the command that does the
//! same, the committed picture and its numbers. `theme/lab.js` brings it to life where the
//! page comes from the workbook's own server, which marks the panel with `data-live`.
//!
//! Each piece is one HTML block of Markdown, and so must not contain an empty line.

use super::figure::day;
use lab_format::{Cell, Knob, LabInfo, Report, Run, units};
use std::fmt::Write as _;

/// What stands around a picture's reference in [`picture_mark`].
pub(crate) const PICTURE_MARK: (&str, &str) = ("<!--picture:", "-->");

/// Stands in a page where a picture goes, so that mdBook neither rewrites nor indexes it.
pub(crate) fn picture_mark(reference: &str) -> String {
    let (start, end) = PICTURE_MARK;
    format!("{start}{reference}{end}")
}

/// A committed run's picture with a caption that says where its numbers come from.
pub(crate) fn figure(info: &LabInfo, reference: &str, run: &Run, caption: &str) -> String {
    let caption = if caption.is_empty() {
        String::new()
    } else {
        format!("{} ", escape(caption))
    };
    let mut html = String::from("<figure class=\"lab-figure\">\n");
    picture(&mut html, reference, run);
    let _ = writeln!(
        html,
        "<figcaption>{caption}<span class=\"lab-source\">{}</span></figcaption>",
        source(info, run)
    );
    html + "</figure>"
}

/// The panel that runs a lab, showing a committed run until the reader makes one.
pub(crate) fn lab(info: &LabInfo, reference: &str, run: &Run) -> String {
    let name = escape(&info.name);
    let mut html = format!(
        "<section class=\"lab\" data-lab=\"{name}\" aria-labelledby=\"lab-{name}\">\n\
         <p class=\"lab-title\" id=\"lab-{name}\"><strong>{}</strong> <span>{}</span></p>\n\
         <form class=\"lab-form\">\n<div class=\"lab-knobs\">\n",
        escape(&info.title),
        escape(&info.about),
    );
    for knob in &info.knobs {
        slider(&mut html, &name, knob);
    }
    let _ = write!(
        html,
        "</div>\n\
         <p class=\"lab-offline\">This copy of the book has no server behind it: run the lab in a terminal.</p>\n\
         <div class=\"lab-actions\">\n\
         <button type=\"submit\" class=\"lab-run\" hidden>Run</button>\n\
         <button type=\"button\" class=\"lab-stop\" hidden disabled>Stop</button>\n\
         <button type=\"reset\" class=\"lab-reset\" hidden>Defaults</button>\n\
         <span class=\"lab-status\" role=\"status\"></span>\n\
         </div>\n\
         <div class=\"lab-command\"><span class=\"lab-command-label\" id=\"lab-{name}-command\">In a terminal</span>\n\
         <code tabindex=\"0\" aria-labelledby=\"lab-{name}-command\">{}</code>\n\
         <button type=\"button\" class=\"copy\" hidden>Copy</button></div>\n\
         </form>\n\
         <pre class=\"lab-output\" tabindex=\"0\" role=\"log\" aria-label=\"Output of the run\" hidden></pre>\n\
         <div class=\"lab-charts\" role=\"group\" aria-label=\"Variables of the run\" hidden></div>\n\
         <div class=\"lab-result\">\n\
         <p class=\"lab-whose\">A run made earlier</p>\n",
        command(info),
    );
    picture(&mut html, reference, run);
    let report = table(&run.report);
    let _ = write!(
        html,
        "<div class=\"lab-report\">{report}</div>\n<p class=\"lab-source\">{}</p>\n</div>\n</section>",
        source(info, run)
    );
    html
}

/// A report as a table; every number in its unit.
pub fn table(report: &Report) -> String {
    let mut html = String::from(
        "<div class=\"lab-table\" role=\"region\" aria-label=\"Measured\" tabindex=\"0\"><table><thead><tr>",
    );
    for (index, column) in report.columns.iter().enumerate() {
        let mut cells = report.rows.iter().filter_map(|row| row.get(index));
        let class = class(!cells.any(|cell| matches!(cell, Cell::Text(_))));
        let name = escape(&column.name);
        let _ = write!(html, "<th scope=\"col\"{class}>{name}</th>");
    }
    html.push_str("</tr></thead><tbody>");
    for (index, row) in report.rows.iter().enumerate() {
        let mark = if report.highlight == Some(index) {
            " class=\"lab-yours\""
        } else {
            ""
        };
        let _ = write!(html, "<tr{mark}>");
        for (column, cell) in row.iter().enumerate() {
            let class = class(!matches!(cell, Cell::Text(_)));
            let text = escape(&report.text(index, column));
            let _ = write!(html, "<td{class}>{text}</td>");
        }
        html.push_str("</tr>");
    }
    html.push_str("</tbody></table></div>\n");
    for note in &report.notes {
        let _ = writeln!(html, "<p class=\"lab-note\">{}</p>", escape(note));
    }
    html
}

/// Numbers stand at the end of their cell, under the end of their name.
fn class(number: bool) -> &'static str {
    if number { " class=\"number\"" } else { "" }
}

/// Where a run's numbers come from: its knobs, machine and day.
pub fn source(info: &LabInfo, run: &Run) -> String {
    let values = info
        .knobs
        .iter()
        .filter_map(|knob| Some((&knob.name, run.knobs.get(&knob.name)?)));
    let knobs: Vec<String> = values
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    let knobs = match knobs.join(", ") {
        none if none.is_empty() => none,
        knobs => format!(": {knobs}"),
    };
    escape(&format!(
        "{}{knobs}. {} on {}, {} build, {}.",
        run.lab,
        units::nanos(run.took_ns),
        run.machine.summary(),
        run.build.profile,
        day(run),
    ))
}

/// `text` with what HTML gives a meaning taken out.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // A line break inside a block could leave an empty line, which ends it.
            '\n' | '\r' => safe.push(' '),
            _ => safe.push(c),
        }
    }
    safe
}

fn picture(html: &mut String, reference: &str, run: &Run) {
    // A lab that records nothing has no picture; a run of the reader's might have one.
    let (hidden, mark) = if run.timeline.is_empty() {
        (" hidden", String::new())
    } else {
        ("", picture_mark(reference))
    };
    let _ = writeln!(
        html,
        "<div class=\"lab-picture\" role=\"region\" aria-label=\"Who waits for whom in {}\" tabindex=\"0\"{hidden}>{mark}</div>",
        escape(&run.lab),
    );
}

fn slider(html: &mut String, lab: &str, knob: &Knob) {
    let id = format!("lab-{lab}-{}", escape(&knob.name));
    let name = escape(&knob.name);
    let range = format!(
        "min=\"{}\" max=\"{}\" step=\"{}\" value=\"{}\" aria-describedby=\"{id}-help\"",
        knob.min, knob.max, knob.step, knob.default
    );
    let _ = writeln!(
        html,
        "<div class=\"lab-knob\">\n\
         <label for=\"{id}\">{name}</label>\n\
         <input type=\"range\" id=\"{id}\" data-knob=\"{name}\" {range} autocomplete=\"off\">\n\
         <span class=\"lab-value\"><input type=\"number\" aria-label=\"{name}, exactly\" data-exact=\"{name}\" {range} autocomplete=\"off\"> <span>{}</span></span>\n\
         <small id=\"{id}-help\">{}</small>\n\
         </div>",
        escape(&knob.unit),
        escape(&knob.help),
    );
}

/// The command that does what the panel does, with the knobs at their defaults. A line may end
/// between two flags, not inside one.
fn command(info: &LabInfo) -> String {
    let flags = info
        .knobs
        .iter()
        .map(|knob| format!("--{} {}", knob.name, knob.default));
    let parts = std::iter::once(format!("cargo run -p {} --", info.name)).chain(flags);
    let parts: Vec<String> = parts
        .map(|part| format!("<span>{}</span>", escape(&part)))
        .collect();
    parts.join(" ")
}
