//! The keys of tokens: read when the service starts, and again and again while it runs.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use audit::{Author, Event, Outcome, Store as _};
use auth::folder::Change;
use auth::{Algorithm, Folder, KeyFileError, SigningKey, files};
use expvar::{Error, Registry};
use stores::{Any, Location};

/// How often the folder is read again. A key is best taken into use a few times that long after it was added, so that all
/// instances know it.
pub const EVERY: Duration = Duration::from_secs(1);

/// Where the keys of a service in development are: beside its database.
pub fn of_development(store: &Location) -> PathBuf {
    let beside = store.file().and_then(Path::parent);
    beside.unwrap_or(Path::new(".cutaway")).join("keys")
}

/// The keys in this directory, where the first one is made if there is none. For development only: whoever can start the
/// service may sign with them.
///
/// # Errors
/// They cannot be read or made.
pub fn make_if_missing(directory: &Path) -> Result<Folder, anyhow::Error> {
    match Folder::open(directory) {
        Err(KeyFileError::None { .. }) => {}
        found => return Ok(found?),
    }
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)?;
    let key = SigningKey::generate(Algorithm::EdDsa, seed)?;
    key.write(directory)?;
    files::make_current(directory, key.public().id().as_str())?;
    tracing::info!(directory = %directory.display(), key = %key.public().id(), "made a key for development");
    Ok(Folder::open(directory)?)
}

/// Reads the folder again and again, and notes in the log and the audit log what is different. Its variables are
/// `keys.known` and `keys.unreadable`.
///
/// # Errors
/// A variable's name is taken.
pub fn follow(folder: &Folder, store: &Any, variables: &Registry) -> Result<(), Error> {
    let keys = variables.map("keys")?;
    let known = folder.clone();
    keys.func("known", move || (known.keys().iter().count() as u64).into())?;
    let unreadable = keys.counter("unreadable")?;
    let (folder, store) = (folder.clone(), store.clone());
    sync::spawn("keys", async move {
        let mut every = tokio::time::interval(EVERY);
        let mut failing = false;
        loop {
            every.tick().await;
            let again = folder.clone();
            // Its end is the runtime's, or a panic, which is counted.
            let Ok(read) = tokio::task::spawn_blocking(move || again.reload()).await else {
                continue;
            };
            match read {
                Ok(changes) => {
                    failing = false;
                    for change in changes {
                        note(&store, &change).await;
                    }
                }
                Err(error) => {
                    unreadable.inc();
                    if !std::mem::replace(&mut failing, true) {
                        tracing::warn!(%error, "the keys that counted go on counting");
                    }
                }
            }
        }
    });
    Ok(())
}

async fn note(store: &Any, change: &Change) {
    let (action, key) = match change {
        Change::Added(key) => ("key.add", key),
        Change::Retired(key) => ("key.retire", key),
        Change::Removed(key) => ("key.remove", key),
        Change::InUse(key) => ("key.use", key),
    };
    tracing::info!(%key, action, "the keys have changed");
    let event = Event {
        author: Author {
            subject: "sales-api".to_owned(),
            request: String::new(),
            at: SystemTime::now(),
        },
        action: action.to_owned(),
        object: format!("keys/{key}"),
        outcome: Outcome::Done,
    };
    if let Err(error) = store.note(event).await {
        tracing::warn!(%error, %key, action, "a change of the keys is not in the audit log");
    }
}
