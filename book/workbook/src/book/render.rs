//! mdBook at work: into a folder beside the target, which is moved into place only when
//! everything is right.

use super::access;
use super::expand::Expanded;
use super::front;
use super::links::Pages;
use super::panel::PICTURE_MARK;
use super::{BuildError, Made, Problem, io};
use crate::workspace::Workspace;
use mdbook_driver::MDBook;
use mdbook_driver::book::{BookItem, Chapter};
use mdbook_driver::config::Config;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

/// Says that a folder was made by this program and may be replaced.
const MARKER: &str = ".workbook";

/// A rendered book that is not in place yet.
pub(super) struct Staged {
    folder: PathBuf,
    out: PathBuf,
    /// What mdBook has complained about.
    pub(super) complaints: Vec<Problem>,
}

/// Renders the chapters beside `out`.
pub(super) fn stage(
    workspace: &Workspace,
    contents: &str,
    chapters: &BTreeMap<PathBuf, Expanded>,
    made: &[Made],
    out: &Path,
) -> Result<Staged, BuildError> {
    let out = std::path::absolute(out).map_err(io(out))?;
    check_ours(&out)?;
    let folder = beside(&out);
    remove(&folder, &out)?;
    std::fs::create_dir_all(&folder).map_err(unwritable(&out))?;
    let mut staged = Staged {
        complaints: Vec::new(),
        folder,
        out,
    };
    let complaints =
        listen_to_mdbook(|| render(workspace, contents, chapters, made, &staged.folder))?;
    let complaint = |message| Problem {
        file: "book/book.toml".into(),
        line: 1,
        message,
    };
    staged.complaints = complaints.into_iter().map(complaint).collect();
    Ok(staged)
}

fn render(
    workspace: &Workspace,
    contents: &str,
    chapters: &BTreeMap<PathBuf, Expanded>,
    made: &[Made],
    folder: &Path,
) -> Result<(), BuildError> {
    let mdbook = |error: mdbook_driver::errors::Error| BuildError::Render(format!("{error:#}"));
    let mut config = Config::from_disk(workspace.book().join("book.toml")).map_err(mdbook)?;
    folder.clone_into(&mut config.build.build_dir);
    // Directives were expanded; mdBook would only log what it cannot find.
    config.build.use_default_preprocessors = false;
    config.build.create_missing = false;
    let contents = mdbook_summary::parse_summary(contents).map_err(mdbook)?;
    let mut book =
        MDBook::load_with_config_and_summary(workspace.book(), config, contents).map_err(mdbook)?;
    book.book.for_each_chapter_mut(|chapter| {
        if let Some(expanded) = chapter.path.as_ref().and_then(|path| chapters.get(path)) {
            chapter.content.clone_from(&expanded.text);
        }
    });
    if !made.is_empty() {
        let part = BookItem::PartTitle("For the instructor".to_owned());
        book.book.push_item(part);
    }
    for page in made {
        let text = page.text.clone();
        let chapter = Chapter::new(&page.title, text, &page.path, Vec::new());
        book.book.push_item(chapter);
    }
    book.build().map_err(mdbook)
}

impl Staged {
    /// The finished pages, for links to be looked up in.
    pub(super) fn pages(&self) -> Result<Pages, BuildError> {
        let mut pages = Pages::default();
        for file in html_below(&self.folder)? {
            let html = std::fs::read_to_string(&file).map_err(io(&file))?;
            pages.add(
                file.strip_prefix(&self.folder)
                    .unwrap_or(&file)
                    .to_path_buf(),
                &html,
            );
        }
        Ok(pages)
    }

    /// Puts the pictures into the pages, and the whole into its place. `first` is the first chapter's folder.
    pub(super) fn publish(
        &self,
        pictures: &BTreeMap<String, String>,
        first: &Path,
    ) -> Result<(), BuildError> {
        for file in html_below(&self.folder)? {
            let html = std::fs::read_to_string(&file).map_err(io(&file))?;
            let mut drawn = access::complete(&draw(&html, pictures));
            if file == self.folder.join("index.html") {
                drawn = front::at_the_root(&drawn, first);
            }
            if drawn != html {
                std::fs::write(&file, drawn).map_err(io(&file))?;
            }
        }
        let missing = self.folder.join("404.html");
        std::fs::write(&missing, access::NO_SUCH_PAGE).map_err(io(&missing))?;
        let marker = self.folder.join(MARKER);
        std::fs::write(
            &marker,
            "Made by `workbook build`, which replaces this folder.\n",
        )
        .map_err(io(&marker))?;
        remove(&self.out, &self.out)?;
        std::fs::rename(&self.folder, &self.out).map_err(unwritable(&self.out))
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // Gone already when published; otherwise half a book is of no use.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Puts the pictures where their marks are.
fn draw(html: &str, pictures: &BTreeMap<String, String>) -> String {
    let (start, end) = PICTURE_MARK;
    let mut parts = html.split(start);
    let mut drawn = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let found = part
            .split_once(end)
            .and_then(|(reference, rest)| Some((pictures.get(reference)?.as_str(), rest)));
        let (svg, rest) = found.unwrap_or((start, part));
        drawn.push_str(svg);
        drawn.push_str(rest);
    }
    drawn
}

fn beside(out: &Path) -> PathBuf {
    let name = out
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    // Two builds at once do not tread on each other.
    out.with_file_name(format!(".{name}.new-{}", std::process::id()))
}

fn check_ours(out: &Path) -> Result<(), BuildError> {
    let Ok(mut entries) = std::fs::read_dir(out) else {
        return Ok(());
    };
    if out.join(MARKER).is_file() || entries.next().is_none() {
        return Ok(());
    }
    Err(BuildError::NotOurs(out.to_path_buf()))
}

/// Removes `folder`, so that `out` can be written.
fn remove(folder: &Path, out: &Path) -> Result<(), BuildError> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(unwritable(out)(error)),
        _ => Ok(()),
    }
}

fn unwritable(path: &Path) -> impl FnOnce(std::io::Error) -> BuildError + '_ {
    move |error| BuildError::Out {
        path: path.to_path_buf(),
        error,
    }
}

fn html_below(folder: &Path) -> Result<Vec<PathBuf>, BuildError> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(io(folder))? {
        let path = entry.map_err(io(folder))?.path();
        if path.is_dir() {
            found.extend(html_below(&path)?);
        } else if path.extension().is_some_and(|kind| kind == "html") {
            found.push(path);
        }
    }
    Ok(found)
}

/// What mdBook warns of while `work` runs. It only logs unbalanced HTML and the like.
fn listen_to_mdbook(
    work: impl FnOnce() -> Result<(), BuildError>,
) -> Result<Vec<String>, BuildError> {
    let heard = Heard::default();
    let subscriber = tracing_subscriber::registry().with(heard.clone());
    tracing::subscriber::with_default(subscriber, work)?;
    let mut complaints = heard.0.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(std::mem::take(&mut *complaints))
}

#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<String>>>);

impl<S: Subscriber> Layer<S> for Heard {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if *event.metadata().level() <= Level::WARN {
            let mut message = Message(String::new());
            event.record(&mut message);
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(message.0);
        }
    }
}

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}
