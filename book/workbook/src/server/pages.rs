//! The pages as they are now: built anew when somebody asks for one and what they are made of has changed.
//!
//! Labs and exercises that a chapter names for the first time can be run after the next start; its text is there at once.

use crate::book::{self, Audience};
use crate::site::Site;
use crate::workspace::Workspace;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

/// How long what was seen is believed: a page asks for a dozen files.
const BELIEVED: Duration = Duration::from_millis(500);
/// What pages are made of: chapters, styles, runs, exercises, and the code that they show.
const FOLDERS: [&str; 4] = ["book", "console", "labs", "service"];
/// What programs write, and nobody includes.
const NOT: [&str; 2] = ["target", ".cutaway"];

/// The site that is served.
#[derive(Debug)]
pub struct Pages {
    site: Arc<RwLock<Arc<Site>>>,
    source: Option<Source>,
    seen: Arc<Mutex<Seen>>,
}

/// What the site is made of.
#[derive(Clone, Debug)]
pub struct Source {
    /// Whom it is for.
    pub audience: Audience,
    /// Where its chapters are.
    pub workspace: Workspace,
    /// The folder that it is built into.
    pub out: PathBuf,
}

/// What was seen of the source, and when.
#[derive(Debug)]
struct Seen {
    at: Instant,
    stamp: Stamp,
}

/// How many files there are, and when the last of them was changed.
type Stamp = (usize, Option<SystemTime>);

impl From<Site> for Pages {
    /// Pages that stay as they are.
    fn from(site: Site) -> Pages {
        Pages {
            site: Arc::new(RwLock::new(Arc::new(site))),
            source: None,
            seen: Arc::new(Mutex::new(Seen {
                at: Instant::now(),
                stamp: (0, None),
            })),
        }
    }
}

impl Pages {
    /// Builds pages that follow their source.
    ///
    /// # Errors
    /// It has faults.
    pub fn of(source: Source) -> anyhow::Result<Pages> {
        let stamp = source.stamp();
        Ok(Pages::following(source.build()?, source, stamp))
    }

    /// Pages that follow their source, which had this `stamp` before `site` was built.
    pub(super) fn following(site: Site, source: Source, stamp: Stamp) -> Pages {
        let at = Instant::now();
        Pages {
            source: Some(source),
            seen: Arc::new(Mutex::new(Seen { at, stamp })),
            ..Pages::from(site)
        }
    }

    /// The site for a request. Where the source has faults, it is the last one without; the faults are in the log.
    pub async fn now(&self, path: &str) -> Arc<Site> {
        let kind = Path::new(path).extension();
        let page = kind.is_none_or(|kind| kind == "html");
        if let Some(source) = self.source.as_ref().filter(|_| page) {
            self.look(source).await;
        }
        self.site().clone()
    }

    async fn look(&self, source: &Source) {
        // Who asks meanwhile waits, and gets the same.
        let mut seen = Arc::clone(&self.seen).lock_owned().await;
        if seen.at.elapsed() < BELIEVED {
            return;
        }
        let (source, site) = (source.clone(), Arc::clone(&self.site));
        // Goes on, with the lock, when whoever has asked goes away: two builds would write into the same folder.
        let looked = spawn_blocking(move || {
            let stamp = source.stamp();
            if stamp != seen.stamp {
                seen.stamp = stamp;
                match source.build() {
                    Ok(built) => {
                        *site.write().unwrap_or_else(PoisonError::into_inner) = built.into();
                    }
                    Err(error) => tracing::error!("the pages stay as they were: {error:#}"),
                }
            }
            seen.at = Instant::now();
        });
        // Should it panic, the pages stay as they were, too.
        drop(looked.await);
    }

    fn site(&self) -> Arc<Site> {
        let site = self.site.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&site)
    }
}

impl Source {
    fn build(&self) -> anyhow::Result<Site> {
        book::build_for(self.audience, &self.workspace, &self.out)?;
        Ok(Site::load(&self.out)?)
    }

    pub(super) fn stamp(&self) -> Stamp {
        let mut stamp = (0, None);
        for folder in FOLDERS {
            add(&self.workspace.root().join(folder), &mut stamp);
        }
        stamp
    }
}

fn add(folder: &Path, stamp: &mut Stamp) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        if kind.is_dir() && !NOT.iter().any(|name| entry.file_name() == *name) {
            add(&entry.path(), stamp);
        } else if kind.is_file() {
            let changed = entry.metadata().and_then(|file| file.modified()).ok();
            *stamp = (stamp.0 + 1, stamp.1.max(changed));
        }
    }
}
