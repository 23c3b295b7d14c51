//! Predictions: a question that is answered before the lab runs, and graded by what the lab measures.
//!
//! ````text
//! ```predict
//! id = "send"                                        # in lower case; names the answer in the reader's browser
//! question = "What happens to a send?"               # Markdown, one paragraph
//! figure = "channels/rendezvous"                     # the lab, and the committed run that grades without a server
//! measure = "[16/send p50] / [0/send p50]"           # over ROW/COLUMN, knobs/NAME, took
//! unit = "×"                                         # ns µs ms s, /s, B KiB MiB, % or × for ratios, or a word
//! knobs = { work = 1000 }                            # optional: the question is about runs with these knobs only
//! explanation = "Because …"                          # Markdown; may hold {{#number …}}
//!
//! [[choice]]
//! answer = "It takes less than half the time"
//! right = "..0.5"                                    # the measure's values for which it is right: A.. , A..B (B is not in it), ..B
//!
//! [[choice]]
//! answer = "It takes about as long, or longer"
//! right = "0.5.."
//! ```
//! ````
//!
//! The ranges of the choices cover every value once; `right = "never"` makes a choice that no result can make right.
//! In place of the choices, `[number]` with `tolerance = "factor 2"`, `"30 %"` or `"5"` (in the unit) asks for a number.
//!
//! The page is complete without a script: the question, and the answer folded away. `theme/predict.js` keeps the
//! answer, and grades it.

mod range;
mod source;
mod unit;

use super::blocks::{Block, Wrong};
use super::expand::{self, Expanded};
use super::figure;
use super::inline::inline;
use super::measure::Measure;
use super::panel::{self, escape};
use lab_format::{LabInfo, Run};
use range::Range;
use source::{Source, Tolerance};
use std::fmt::Write as _;
use unit::Unit;

/// What becomes of a block.
pub(super) fn predict(block: &Block<'_>, into: &mut Expanded) -> Result<String, Wrong> {
    if !block.argument.is_empty() {
        return Err((
            0,
            format!("predict takes no argument: {:?}", block.argument),
        ));
    }
    let source = Source::read(&block.body.join("\n"))?;
    if into.predictions.contains(&source.id.0) {
        return Err((
            source.id.1,
            format!("the prediction {:?} is already on this page", source.id.0),
        ));
    }
    let (reference, line) = &source.figure;
    let at = |line: usize| move |message: String| (line, message);
    let (lab, name) = expand::lab_and_name(reference).map_err(at(*line))?;
    let info = figure::knobs(block.workspace, lab).map_err(at(*line))?;
    let run = figure::figure(block.workspace, lab, name)
        .map_err(at(*line))?
        .run;
    source.check_knobs(&info, &run)?;
    let measure = Measure::parse(&source.measure.0).map_err(at(source.measure.1))?;
    let (value, kind) = measure.of(&run).map_err(at(source.measure.1))?;
    let unit = Unit::named(&source.unit.0, kind).map_err(at(source.unit.1))?;
    let question = Question {
        explanation: expand::numbers(block.workspace, &source.explanation.0)
            .map_err(at(source.explanation.1))?,
        ranges: source.ranges()?,
        tolerance: source.tolerance()?,
        source,
        info,
        run,
        measure,
        measured: unit.of(value),
        unit,
    };
    into.predictions.push(question.source.id.0.clone());
    Ok(question.html())
}

/// A question that was found to be sound.
struct Question {
    source: Source,
    ranges: Vec<Option<Range>>,
    tolerance: Option<Tolerance>,
    explanation: String,
    info: LabInfo,
    run: Run,
    measure: Measure,
    unit: Unit,
    /// What the committed run measured, in the unit.
    measured: f64,
}

impl Question {
    fn html(&self) -> String {
        let id = escape(&self.source.id.0);
        let knobs = serde_json::to_string(&self.source.knobs.0).unwrap_or_default();
        let mut html = format!(
            "<section class=\"predict\" id=\"predict-{id}\" data-predict=\"{id}\" data-lab=\"{}\" data-measure=\"{}\" data-unit=\"{}\" \
             data-scale=\"{}\" data-recorded=\"{}\" data-recorded-source=\"{}\" data-knobs=\"{}\"{} aria-label=\"Predict\">\n\
             <form>\n<fieldset><legend><span class=\"predict-label\">Predict</span> {}</legend>\n",
            escape(&self.info.name),
            escape(&self.measure.postfix().to_string()),
            escape(self.unit.label()),
            self.unit.scale(),
            self.measured,
            panel::source(&self.info, &self.run),
            escape(&knobs),
            self.tolerance
                .map(Tolerance::attributes)
                .unwrap_or_default(),
            inline(&self.source.question),
        );
        if self.tolerance.is_some() {
            let _ = writeln!(
                html,
                "<label class=\"predict-number\">My answer: <input type=\"number\" name=\"answer\" step=\"any\" required autocomplete=\"off\"> {}</label>",
                escape(self.unit.label())
            );
        }
        for (index, (choice, range)) in self.source.choices.iter().zip(&self.ranges).enumerate() {
            let bounds = range.map(Range::attributes).unwrap_or_default();
            let _ = writeln!(
                html,
                "<label><input type=\"radio\" name=\"answer\" value=\"{index}\"{bounds} required autocomplete=\"off\"> <span>{}</span></label>",
                inline(&choice.answer)
            );
        }
        let _ = write!(
            html,
            "</fieldset>\n\
             <p class=\"predict-actions\" hidden><button type=\"submit\" class=\"predict-commit\">Commit my answer</button>\
             <button type=\"button\" class=\"predict-recorded\" hidden>Show the recorded result</button>\
             <button type=\"button\" class=\"predict-again\" hidden>Predict again</button></p>\n\
             <p class=\"predict-verdict\" role=\"status\"></p>\n\
             </form>\n\
             <details class=\"predict-answer\"><summary>The answer</summary>\n\n\
             Measured in the recorded run: **{}**{}\n\n{}\n\n\
             <p class=\"predict-source\">{}</p>\n</details>\n</section>",
            self.unit.text(self.measured),
            self.chosen(),
            self.explanation.trim(),
            panel::source(&self.info, &self.run),
        );
        html
    }

    /// Which choice the committed run makes right.
    fn chosen(&self) -> String {
        let right = |range: &Option<Range>| range.is_some_and(|range| range.holds(self.measured));
        let index = self.ranges.iter().position(right);
        match index.and_then(|index| self.source.choices.get(index)) {
            Some(choice) => format!(". So: {}.", choice.answer.trim_end_matches('.')),
            None => ".".to_owned(),
        }
    }
}
