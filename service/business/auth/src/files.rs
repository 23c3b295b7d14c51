//! Keys in a directory: `ID.private.jwk`, which only its owner may read, and `ID.public.jwk`. The file
//! `current` names the key that is signed with. A service needs the public ones alone, unless people log
//! in with it.
//!
//! Files appear and change whole: they are written beside their place and then moved there.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use thiserror::Error;

use crate::claims::seconds;
use crate::key::{BadKey, KeyId, Keys, PublicKey, SigningKey};
use crate::verify::Verifier;

const PRIVATE: &str = ".private.jwk";
const PUBLIC: &str = ".public.jwk";
const CURRENT: &str = "current";
/// No key's file is larger, in bytes.
const MAX_SIZE: u64 = 4_096;

/// Why keys could not be read or written. Each message names the file or directory and the whole
/// cause.
#[derive(Debug, Error)]
pub enum KeyFileError {
    /// It cannot be read or written.
    #[error("cannot {what} {}: {cause}", .path.display())]
    Io {
        /// What was to be done.
        what: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The cause.
        cause: io::Error,
    },
    /// It does not hold a key.
    #[error("{} is not a key: {cause}", .path.display())]
    Bad {
        /// The file.
        path: PathBuf,
        /// The cause.
        cause: BadKey,
    },
    /// Others may read a private key.
    #[error("{} can be read by others than its owner: chmod 600 it, and make a new key if somebody may have", .path.display())]
    Open {
        /// The file.
        path: PathBuf,
    },
    /// There is none.
    #[error("there is no {kind} key in {}: make one with `sales-admin genkey`", .path.display())]
    None {
        /// `public` or `private`.
        kind: &'static str,
        /// The directory.
        path: PathBuf,
    },
    /// It is signed with, so it cannot go yet.
    #[error("it is the key in use in {}: take another one into use first, with `sales-admin keys use ID`", .path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// There are several, and none is asked for.
    #[error("there are several private keys in {}, and none of them is in use: choose one of {ids} with `sales-admin keys use ID`", .path.display())]
    Several {
        /// The directory.
        path: PathBuf,
        /// Their ids.
        ids: String,
    },
}

impl KeyFileError {
    fn is_missing(&self) -> bool {
        matches!(self, KeyFileError::Io { cause, .. } if cause.kind() == io::ErrorKind::NotFound)
    }
}

impl SigningKey {
    /// Keeps both halves in the directory, which is made if it is missing. What is there already is
    /// never overwritten.
    ///
    /// # Errors
    /// Names the file or directory and the cause.
    pub fn write(&self, directory: &Path) -> Result<(), KeyFileError> {
        make_directory(directory)
            .map_err(|cause| failed("make the directory", directory, cause))?;
        let id = self.public().id().clone();
        let private = directory.join(format!("{id}{PRIVATE}"));
        write_new(&private, &self.to_secret_jwk(), 0o600)?;
        let public = directory.join(format!("{id}{PUBLIC}"));
        write_new(&public, &self.public().to_jwk(), 0o644)
    }

    /// The private key with this id in the directory; without an id, the one in use, or the only one.
    ///
    /// # Errors
    /// There is no such key, or there are several and none is named, or it cannot be read or may be
    /// read by others.
    pub fn read(directory: &Path, id: Option<&str>) -> Result<SigningKey, KeyFileError> {
        let mut files = files(directory, PRIVATE)?;
        let current = current(directory)?;
        if let Some(id) = id.or(current.as_deref()) {
            files.retain(|file| name(file).strip_suffix(PRIVATE) == Some(id));
        }
        match files.as_slice() {
            [] => Err(KeyFileError::None {
                kind: "private",
                path: directory.to_owned(),
            }),
            [file] => {
                let text = read_private(file)?;
                SigningKey::from_secret_jwk(&text).map_err(|cause| bad(file, cause))
            }
            several => {
                let ids = several.iter().map(|file| name(file).replace(PRIVATE, ""));
                Err(KeyFileError::Several {
                    path: directory.to_owned(),
                    ids: ids.collect::<Vec<_>>().join(", "),
                })
            }
        }
    }
}

impl Keys {
    /// All public keys in the directory.
    ///
    /// # Errors
    /// There is none, or one of the files does not hold one.
    pub fn read(directory: &Path) -> Result<Keys, KeyFileError> {
        let mut keys = Vec::new();
        for file in files(directory, PUBLIC)? {
            let text = match read_text(&file) {
                // Removed since the directory was listed.
                Err(error) if error.is_missing() => continue,
                text => text?,
            };
            keys.push(PublicKey::from_jwk(&text).map_err(|cause| bad(&file, cause))?);
        }
        if keys.is_empty() {
            return Err(KeyFileError::None {
                kind: "public",
                path: directory.to_owned(),
            });
        }
        Ok(Keys::of(keys))
    }
}

/// The id of the key that is signed with, if one is chosen.
///
/// # Errors
/// The choice cannot be read.
pub fn current(directory: &Path) -> Result<Option<String>, KeyFileError> {
    match read_text(&directory.join(CURRENT)) {
        Ok(id) => Ok(Some(id.trim().to_owned())),
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Signs with the key with this id from now on. Its private half must be there.
///
/// # Errors
/// There is no such private key, or the choice cannot be written.
pub fn make_current(directory: &Path, id: &str) -> Result<(), KeyFileError> {
    let key = SigningKey::read(directory, Some(id))?;
    let text = format!("{}\n", key.public().id());
    replace(&directory.join(CURRENT), &text, 0o644)
}

/// Lets a key count until `until` and no longer, and removes its private half, so that nobody signs with it any more.
///
/// # Errors
/// There is no such key, it is the one in use, or its files cannot be changed.
pub fn retire(directory: &Path, id: &str, until: SystemTime) -> Result<(), KeyFileError> {
    if current(directory)?.as_deref() == Some(id) {
        return Err(KeyFileError::InUse {
            path: directory.to_owned(),
        });
    }
    let keys = Keys::read(directory)?;
    let key = keys.get(id).ok_or_else(|| KeyFileError::None {
        kind: "public",
        path: directory.join(format!("{id}{PUBLIC}")),
    })?;
    let (private, public) = paths(directory, key.id());
    match fs::remove_file(&private) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
            return Err(failed("remove", &private, cause));
        }
        _ => {}
    }
    replace(&public, &key.clone().retire(until).to_jwk(), 0o644)
}

/// Removes what is left of retired keys that count no more at `now`; gives their ids.
///
/// # Errors
/// The keys cannot be read or removed.
pub fn prune(directory: &Path, now: SystemTime) -> Result<Vec<KeyId>, KeyFileError> {
    let over = seconds(now).saturating_sub(Verifier::MAX_LEEWAY.as_secs());
    let keys = Keys::read(directory)?;
    let gone = keys
        .iter()
        .filter(|key| key.retired_at().is_some_and(|at| at <= over));
    gone.map(|key| {
        let (_, public) = paths(directory, key.id());
        fs::remove_file(&public).map_err(|cause| failed("remove", &public, cause))?;
        Ok(key.id().clone())
    })
    .collect()
}

/// Where the halves of the key with this id are kept in a directory: the private one, the public one.
pub fn paths(directory: &Path, id: &KeyId) -> (PathBuf, PathBuf) {
    let path = |end| directory.join(format!("{id}{end}"));
    (path(PRIVATE), path(PUBLIC))
}

/// In the order of their names.
fn files(directory: &Path, end: &str) -> Result<Vec<PathBuf>, KeyFileError> {
    let unreadable = |cause| failed("read the directory", directory, cause);
    let mut files = Vec::new();
    let entries = match fs::read_dir(directory) {
        // As if it were empty: both are for want of a key.
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(files),
        entries => entries.map_err(unreadable)?,
    };
    for entry in entries {
        let path = entry.map_err(unreadable)?.path();
        if name(&path).ends_with(end) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn name(file: &Path) -> &str {
    let name = file.file_name().and_then(|name| name.to_str());
    name.unwrap_or_default()
}

fn read_text(path: &Path) -> Result<String, KeyFileError> {
    let file = fs::File::open(path).map_err(|cause| failed("open", path, cause))?;
    let mut text = String::new();
    // What is cut off is not JSON any more.
    file.take(MAX_SIZE)
        .read_to_string(&mut text)
        .map_err(|cause| failed("read", path, cause))?;
    Ok(text)
}

fn read_private(path: &Path) -> Result<String, KeyFileError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let about = fs::metadata(path).map_err(|cause| failed("open", path, cause))?;
        let own = about.uid() == rustix::process::geteuid().as_raw();
        if is_open(about.mode(), own) {
            return Err(KeyFileError::Open {
                path: path.to_owned(),
            });
        }
    }
    read_text(path)
}

/// Whether others than those who are meant may read a file of this mode. Whose it is, is alone with it. One of somebody else's is
/// there for a group: so Kubernetes gives a secret, which root owns, to a program that does not run as root.
#[cfg(unix)]
fn is_open(mode: u32, own: bool) -> bool {
    let others = if own { 0o077 } else { 0o007 };
    mode & others != 0
}

fn make_directory(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        // A service that runs as somebody else gets the public keys by other ways.
        builder.mode(0o755);
    }
    builder.create(path)
}

/// Refuses to overwrite.
fn write_new(path: &Path, text: &str, mode: u32) -> Result<(), KeyFileError> {
    write_beside(path, text, mode, |beside| {
        // Unlike a move, a link never replaces what is there.
        let linked = fs::hard_link(beside, path);
        let removed = fs::remove_file(beside);
        linked.and(removed)
    })
}

fn replace(path: &Path, text: &str, mode: u32) -> Result<(), KeyFileError> {
    write_beside(path, text, mode, |beside| fs::rename(beside, path))
}

/// On disk before it is put in place: a token may be signed with it at once.
fn write_beside(
    path: &Path,
    text: &str,
    mode: u32,
    put: impl FnOnce(&Path) -> io::Result<()>,
) -> Result<(), KeyFileError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(mode);
    }
    #[cfg(not(unix))]
    let _unused = mode;
    // Its name ends as no key's does, and is no other process's.
    let beside = path.with_added_extension(format!("{}.new", std::process::id()));
    let write = || -> io::Result<()> {
        let mut file = options.open(&beside)?;
        let written = file.write_all(text.as_bytes());
        let written = written.and_then(|()| file.sync_all());
        let in_place = written.and_then(|()| put(&beside));
        if in_place.is_err() {
            // It may hold a key, and it would be in the way of the next one. It may be gone already.
            let _gone = fs::remove_file(&beside);
        }
        in_place
    };
    write().map_err(|cause| failed("write", path, cause))
}

fn failed(what: &'static str, path: &Path, cause: io::Error) -> KeyFileError {
    KeyFileError::Io {
        what,
        path: path.to_owned(),
        cause,
    }
}

fn bad(path: &Path, cause: BadKey) -> KeyFileError {
    KeyFileError::Bad {
        path: path.to_owned(),
        cause,
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed([seed; 32])
    }

    #[test]
    fn keys_are_found_again_and_never_overwritten() {
        let directory = tempfile::tempdir().expect("a directory");
        let keys = directory.path().join("deep/keys");
        key(1).write(&keys).expect("writable");
        key(1).write(&keys).expect_err("it is there");
        // What cannot be put in place leaves nothing behind.
        let current = keys.join(CURRENT);
        fs::create_dir(&current).expect("ours");
        replace(&current, "x", 0o644).expect_err("a directory is in its place");
        fs::remove_dir(&current).expect("ours");
        assert_eq!(fs::read_dir(&keys).expect("ours").count(), 2);
        let id = key(1).public().id().clone();
        let (private, public) = paths(&keys, &id);
        let mode = |path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode(&private), 0o600);
        assert_eq!(mode(&public) & 0o600, 0o600);
        let only = SigningKey::read(&keys, None).expect("the only one");
        assert_eq!(only.public().id(), &id);

        key(2).write(&keys).expect("another one");
        assert_eq!(Keys::read(&keys).expect("two").ids().count(), 2);
        let error = SigningKey::read(&keys, None)
            .expect_err("which?")
            .to_string();
        assert!(error.contains(id.as_str()), "{error}");
        let named = SigningKey::read(&keys, Some(id.as_str())).expect("named");
        assert_eq!(named.public().id(), &id);
        SigningKey::read(&keys, Some("../x")).expect_err("no such key");
    }

    #[test]
    fn keys_are_taken_into_use_retired_and_removed() {
        let directory = tempfile::tempdir().expect("a directory");
        let keys = directory.path();
        let [one, two] = [1, 2].map(|seed| {
            key(seed).write(keys).expect("writable");
            key(seed).public().id().clone()
        });
        let signs = || {
            let key = SigningKey::read(keys, None).expect("one is in use");
            key.public().id().clone()
        };
        for id in [&one, &two] {
            make_current(keys, id.as_str()).expect("it is there");
            assert_eq!(&signs(), id);
        }
        make_current(keys, "missing").expect_err("no such key");
        let until = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000);
        let error = retire(keys, two.as_str(), until).expect_err("in use");
        assert!(error.to_string().contains("keys use"), "{error}");
        retire(keys, one.as_str(), until).expect("not in use");
        SigningKey::read(keys, Some(one.as_str())).expect_err("nobody signs with it any more");
        let retired = Keys::read(keys).expect("two");
        let at = retired
            .get(one.as_str())
            .expect("it counts still")
            .retired_at();
        assert_eq!(at, Some(1_000));

        let leeway = Verifier::MAX_LEEWAY;
        let early = prune(keys, until + leeway - std::time::Duration::from_secs(1));
        assert_eq!(early.expect("readable"), []);
        assert_eq!(prune(keys, until + leeway).expect("readable"), [one]);
        assert_eq!(
            Keys::read(keys).expect("one").ids().collect::<Vec<_>>(),
            [&two]
        );
        let mut names: Vec<_> = fs::read_dir(keys).expect("ours").flatten().collect();
        names.retain(|entry| entry.file_name().to_string_lossy().ends_with(".new"));
        assert!(names.is_empty(), "{names:?}");
    }

    #[test]
    fn a_secret_that_root_owns_is_shared_with_a_group_at_most() {
        for (mode, own, open) in [
            (0o100_600, true, false),
            (0o100_640, true, true),
            (0o100_440, false, false),
            (0o100_444, false, true),
            (0o100_604, true, true),
        ] {
            assert_eq!(is_open(mode, own), open, "{mode:o} {own}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_key_is_said() {
        let directory = tempfile::tempdir().expect("a directory");
        let keys = directory.path();
        let error = Keys::read(keys).expect_err("none").to_string();
        assert!(error.contains("sales-admin genkey"), "{error}");
        let missing = Keys::read(&keys.join("missing")).expect_err("missing");
        assert!(missing.to_string().contains("missing"), "{missing}");

        key(1).write(keys).expect("writable");
        let (private, public) = paths(keys, key(1).public().id());
        fs::set_permissions(&private, fs::Permissions::from_mode(0o640)).expect("ours");
        let error = SigningKey::read(keys, None)
            .expect_err("open to others")
            .to_string();
        assert!(error.contains("chmod 600"), "{error}");
        fs::write(&public, "{}").expect("ours");
        let error = Keys::read(keys).expect_err("no key").to_string();
        assert!(error.contains("public.jwk is not a key"), "{error}");
    }
}
