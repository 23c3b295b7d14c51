//! A lab explained with the console: `{{#console LAB [--knob value …] what to look at}}`.
//!
//! The two commands that hold the lab and attach to it. `theme/console.js` lets them follow the panel's sliders.

use super::figure;
use super::inline::inline;
use super::panel::escape;
use crate::workspace::Workspace;
use lab_format::{Knobs, LabInfo};
use std::fmt::Write as _;

/// The section that `rest` asks for.
pub(super) fn console(workspace: &Workspace, rest: &str) -> Result<String, String> {
    let mut words = rest.split_whitespace().peekable();
    let lab = words.next().unwrap_or_default();
    let info = figure::knobs(workspace, lab)?;
    let mut given = Knobs::new();
    while let Some(name) = words.peek().and_then(|word| word.strip_prefix("--")) {
        let knob = info.find(name);
        words.next();
        let value = words.next().unwrap_or_default();
        let Some(knob) = knob else {
            let known: Vec<&str> = info.knobs.iter().map(|knob| knob.name.as_str()).collect();
            return Err(format!(
                "{lab} has no knob --{name}; there are {}",
                known.join(", ")
            ));
        };
        given.insert(
            name.to_owned(),
            knob.parse(value).map_err(|error| error.to_string())?,
        );
    }
    let look = words.collect::<Vec<_>>().join(" ");
    if look.is_empty() {
        return Err(
            "say what to look at: {{#console LAB [--knob value …] what to look at}}".to_owned(),
        );
    }
    Ok(section(&info, &given, &look))
}

fn section(info: &LabInfo, given: &Knobs, look: &str) -> String {
    let lab = escape(&info.name);
    let mut flags = String::new();
    for knob in &info.knobs {
        if let Some(value) = given.get(&knob.name) {
            let name = escape(&knob.name);
            let _ = write!(flags, " <span data-knob=\"{name}\">--{name} {value}</span>");
        }
    }
    let copy = "<button type=\"button\" class=\"copy\" hidden>Copy</button>";
    format!(
        "<section class=\"console\" data-lab=\"{lab}\" aria-label=\"{lab} in the console\">\n\
         <p class=\"console-title\">Look inside with the console</p>\n\
         <ol>\n\
         <li>Start the lab; <code>--hold</code> repeats it until Ctrl-C: <span class=\"command\"><code class=\"console-hold\" tabindex=\"0\">\
         <span>cargo run -p {lab} --</span>{flags} <span>--hold</span></code> {copy}</span></li>\n\
         <li>In a second terminal, attach: <span class=\"command\"><code tabindex=\"0\">cargo run -p cutaway -- {port}</code> {copy}</span></li>\n\
         <li>{look}</li>\n\
         </ol>\n</section>",
        port = lab_format::DEBUG_PORT,
        look = inline(look),
    )
}
