//! An exercise started or checked for a page, once or again each time it is saved.

use super::event::{Event, Verdict};
use crate::exercises::check::{Checked, Options};
use crate::exercises::desk::Desk;
use crate::exercises::folder::Started;
use crate::exercises::{Exercise, ExerciseError};
use lifecycle::Shutdown;
use serde::Serialize;
use tokio::sync::mpsc::UnboundedSender;

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Work {
    Start,
    Check,
    Watch,
}

/// How it has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Ending {
    /// By itself.
    Finished,
    /// It could not be done.
    Failed,
    /// The learner has stopped it, or has left.
    Stopped,
    /// The workbook is ending.
    Shutdown,
}

/// The page that waits for it, and what else can end it.
pub(super) struct Page {
    pub(super) tell: UnboundedSender<Event>,
    pub(super) stop: Shutdown,
    pub(super) shutdown: Shutdown,
}

impl Page {
    fn tell(&self, event: Event) {
        // A page that has gone misses nothing.
        let _ = self.tell.send(event);
    }

    /// Resolves when nobody wants it any more.
    async fn cut(&self) -> Ending {
        tokio::select! {
            () = self.shutdown.triggered() => Ending::Shutdown,
            () = self.stop.triggered() => Ending::Stopped,
            // The page is gone: hyper has dropped the response's body.
            () = self.tell.closed() => Ending::Stopped,
        }
    }
}

/// Does `work` until it is over or must end; tells the page all of it.
pub(super) async fn run(desk: &Desk, exercise: &Exercise, work: Work, page: &Page) {
    let ended = match work {
        Work::Start => start(desk, exercise, page).await,
        Work::Check => check(desk, exercise, page).await,
        Work::Watch => watch(desk, exercise, page).await,
    };
    let (how, text) = match ended {
        Ok(how) => (how, words(how).to_owned()),
        Err(error) => (Ending::Failed, error.to_string()),
    };
    tracing::info!(exercise = exercise.name, ?work, ?how, text, "exercise");
    page.tell(Event::Ended { how, text });
}

fn words(how: Ending) -> &'static str {
    match how {
        Ending::Finished => "",
        Ending::Failed => "Failed.",
        Ending::Stopped => "Stopped; nothing is left running.",
        Ending::Shutdown => "Ended: the workbook is shutting down.",
    }
}

async fn start(desk: &Desk, exercise: &Exercise, page: &Page) -> Result<Ending, ExerciseError> {
    let started = desk.start(exercise)?;
    let path = desk.folder.file(exercise);
    page.tell(Event::Started {
        file: desk.workspace.relative(&path).display().to_string(),
        path: path.display().to_string(),
        new: started == Started::New,
    });
    // What takes long is built now, and not when the learner saves for the first time.
    match look(desk, exercise, page, page.cut()).await? {
        Ok(_) => Ok(Ending::Finished),
        Err(how) => Ok(how),
    }
}

async fn check(desk: &Desk, exercise: &Exercise, page: &Page) -> Result<Ending, ExerciseError> {
    match look(desk, exercise, page, page.cut()).await? {
        Ok(checked) => {
            judge(desk, exercise, &checked, page)?;
            Ok(Ending::Finished)
        }
        Err(how) => Ok(how),
    }
}

async fn watch(desk: &Desk, exercise: &Exercise, page: &Page) -> Result<Ending, ExerciseError> {
    loop {
        let saved = desk.saved(exercise);
        // Saved again, what is there now counts.
        let cut_or_saved = async {
            tokio::select! {
                how = page.cut() => Some(how),
                () = desk.until_saved(exercise, saved) => None,
            }
        };
        match look(desk, exercise, page, cut_or_saved).await? {
            Ok(checked) => judge(desk, exercise, &checked, page)?,
            Err(Some(how)) => return Ok(how),
            Err(None) => continue,
        }
        page.tell(Event::status("Waiting for the file to be saved …"));
        tokio::select! {
            how = page.cut() => return Ok(how),
            () = desk.until_saved(exercise, saved) => {}
        }
    }
}

/// Builds and runs it; what has cut it short, if something has.
async fn look<C>(
    desk: &Desk,
    exercise: &Exercise,
    page: &Page,
    cut: impl Future<Output = C>,
) -> Result<Result<Checked, C>, ExerciseError> {
    page.tell(Event::status(if desk.is_first_build() {
        "Building what exercises need. This happens once and takes about a minute …"
    } else {
        "Checking …"
    }));
    let mut why = None;
    let cancel = async { why = Some(cut.await) };
    let mut sink = |line: &str| page.tell(Event::line(line));
    let checked = desk
        .look(exercise, &Options::default(), &mut sink, cancel)
        .await?;
    Ok(match why {
        Some(why) if checked.outcome.cancelled() => Err(why),
        _ => Ok(checked),
    })
}

fn judge(
    desk: &Desk,
    exercise: &Exercise,
    checked: &Checked,
    page: &Page,
) -> Result<(), ExerciseError> {
    let options = Options::default();
    let progress = desk.note(exercise, &checked.outcome, &options)?;
    let state = progress.exercises.get(&exercise.name);
    let hints = state.map_or(0, |state| state.hints) as usize;
    let verdict = Verdict::of(exercise, checked, &options, hints);
    page.tell(Event::Verdict(Box::new(verdict)));
    Ok(())
}
