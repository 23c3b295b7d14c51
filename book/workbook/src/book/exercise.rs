//! An exercise in a chapter: its task, the commands, its hints folded away.
//!
//! It is Markdown between tags, so that tasks and hints are written as the rest of the book is.

use crate::exercises::{Catalogue, Exercise, LADDER};
use crate::workspace::Workspace;
use std::fmt::Write as _;

/// The section of the exercise `name`.
pub(super) fn section(workspace: &Workspace, name: &str) -> Result<String, String> {
    let catalogue = Catalogue::read(workspace).map_err(|error| error.to_string())?;
    let exercise = catalogue.find(name).map_err(|error| error.to_string())?;
    if exercise.name != name {
        return Err(format!(
            "name it as everybody does: {{{{#exercise {}}}}}",
            exercise.name
        ));
    }
    Ok(markdown(exercise))
}

/// What the page's script brings to life where a server is behind it. Hidden until then; one HTML block of Markdown, and
/// so without an empty line.
const PANEL: &str = "<div class=\"exercise-panel\" hidden>
<div class=\"exercise-actions\">
<button type=\"button\" class=\"exercise-start\">Start</button>
<button type=\"button\" class=\"exercise-check\" hidden>Check</button>
<button type=\"button\" class=\"exercise-stop\" hidden disabled>Stop</button>
<label class=\"exercise-watch\" hidden><input type=\"checkbox\"> check again when saved</label>
<span class=\"exercise-status\" role=\"status\"></span>
</div>
<p class=\"exercise-file\" hidden><span>Your file</span> <code></code> <button type=\"button\" class=\"exercise-copy\" hidden>Copy path</button> <button type=\"button\" class=\"exercise-reset\">Begin again</button></p>
<pre class=\"exercise-output\" tabindex=\"0\" role=\"log\" aria-label=\"Output of the check\" hidden></pre>
<div class=\"exercise-verdict\" hidden></div>
<details class=\"exercise-solution\" hidden><summary>The solution beside yours, and what it costs</summary><div></div></details>
</div>";

fn markdown(exercise: &Exercise) -> String {
    let Exercise { name, about, .. } = exercise;
    let id = exercise.program();
    let mut text = format!(
        "<section class=\"exercise\" data-exercise=\"{name}\" aria-labelledby=\"exercise-{id}\">\n\n\
         <p class=\"exercise-title\" id=\"exercise-{id}\"><strong>{title}</strong> <span>{minutes} min, {difficulty}</span> \
         <span class=\"exercise-passed\" hidden>passed</span></p>\n\n\
         {task}\n\n{PANEL}\n\n\
         <p class=\"exercise-terminal\">In a terminal</p>\n\n```text\ncargo workbook start {name}\ncargo workbook watch {name}\n```\n\n",
        title = super::panel::escape(&about.title),
        minutes = about.minutes,
        difficulty = about.difficulty.name(),
        task = about.task.trim(),
    );
    for (rung, hint) in LADDER.iter().zip(&about.hints) {
        let _ = write!(
            text,
            "<details class=\"exercise-hint\"><summary>Hint: {rung}</summary>\n\n{}\n\n</details>\n\n",
            hint.trim()
        );
    }
    text + "</section>"
}
