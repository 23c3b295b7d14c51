//! The keys in a directory while a service runs: read again and again, so that keys can change without a
//! restart.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::files::KeyFileError;
use crate::key::{KeyId, Keys, SigningKey};

/// A directory of keys, as it was when it was last read. Cheap to clone; all clones see the same.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
    keys: Arc<ArcSwap<Keys>>,
    signer: Arc<ArcSwap<Signer>>,
}

type Signer = Result<Arc<SigningKey>, KeyFileError>;

/// What was different when the directory was read again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// This key counts from now on.
    Added(KeyId),
    /// This key will count no more at a time that is set now.
    Retired(KeyId),
    /// This key counts no more.
    Removed(KeyId),
    /// Tokens are signed with this key from now on.
    InUse(KeyId),
}

impl Folder {
    /// Reads the directory for the first time.
    ///
    /// # Errors
    /// It holds no public key, or something that is none. A private key is not needed.
    pub fn open(path: &Path) -> Result<Folder, KeyFileError> {
        // Before the keys, so that the one in use is among them.
        let signer = read_signer(path);
        let keys = Keys::read(path)?;
        Ok(Folder {
            path: path.to_owned(),
            keys: Arc::new(ArcSwap::from_pointee(keys)),
            signer: Arc::new(ArcSwap::from_pointee(signer)),
        })
    }

    /// Reads the directory again, and tells what is different. Blocks for as long as reading a few small files takes.
    ///
    /// # Errors
    /// It cannot be read, holds no public key, or something that is none. Then nothing changes: the keys that counted go on
    /// counting.
    pub fn reload(&self) -> Result<Vec<Change>, KeyFileError> {
        // Before the keys, as in `open`: what this process signs it must believe itself.
        let signer = read_signer(&self.path);
        let keys = Keys::read(&self.path)?;
        let before = self.keys.load_full();
        let mut changes = compare(&before, &keys);
        if !changes.is_empty() {
            self.keys.store(Arc::new(keys));
        }
        let id = |signer: &Signer| signer.as_ref().ok().map(|key| key.public().id().clone());
        let in_use = id(&signer);
        if in_use != id(&self.signer.load()) {
            changes.extend(in_use.map(Change::InUse));
        }
        self.signer.store(Arc::new(signer));
        Ok(changes)
    }

    /// The key that tokens are signed with.
    ///
    /// # Errors
    /// Why there is none: mostly because a service that only checks tokens has no private key.
    pub fn signer(&self) -> Result<Arc<SigningKey>, String> {
        match &**self.signer.load() {
            Ok(key) => Ok(Arc::clone(key)),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The keys that count.
    pub fn keys(&self) -> Arc<Keys> {
        self.keys.load_full()
    }

    pub(crate) fn shared_keys(&self) -> Arc<ArcSwap<Keys>> {
        Arc::clone(&self.keys)
    }
}

fn read_signer(path: &Path) -> Signer {
    SigningKey::read(path, None).map(Arc::new)
}

fn compare(before: &Keys, after: &Keys) -> Vec<Change> {
    let mut changes = Vec::new();
    for key in after.iter() {
        match before.get(key.id().as_str()) {
            None => changes.push(Change::Added(key.id().clone())),
            Some(old) if old != key => changes.push(Change::Retired(key.id().clone())),
            Some(_) => {}
        }
    }
    let gone = before.ids().filter(|id| after.get(id.as_str()).is_none());
    changes.extend(gone.cloned().map(Change::Removed));
    changes
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use user::Roles;

    use super::*;
    use crate::claims::Claims;
    use crate::files;
    use crate::verify::{Refused, Verifier};

    #[test]
    fn a_verifier_follows_what_happens_in_the_folder() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path();
        Folder::open(path).expect_err("there is no key");
        let keys = [1, 2].map(|seed| SigningKey::from_seed([seed; 32]));
        let [one, two] = keys.each_ref().map(|key| key.public().id().clone());
        keys[0].write(path).expect("writable");
        let folder = Folder::open(path).expect("a key");
        let verifier = Verifier::following(&folder);
        let now = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let claims = Claims::new("ada", Roles::default(), now, Duration::from_mins(1));
        let token = keys[1].sign(&claims.expect("sensible"));
        assert_eq!(folder.reload().expect("readable"), []);
        assert_eq!(verifier.verify(&token, now), Err(Refused::UnknownKey));

        files::make_current(path, one.as_str()).expect("it is there");
        keys[1].write(path).expect("writable");
        assert_eq!(
            folder.reload().expect("readable"),
            [Change::Added(two.clone())]
        );
        assert!(verifier.verify(&token, now).is_ok());
        assert_eq!(folder.signer().expect("one").public().id(), &one);
        files::make_current(path, two.as_str()).expect("it is there");
        assert_eq!(
            folder.reload().expect("readable"),
            [Change::InUse(two.clone())]
        );

        files::retire(path, one.as_str(), now).expect("not in use");
        assert_eq!(
            folder.reload().expect("readable"),
            [Change::Retired(one.clone())]
        );
        files::prune(path, now + Duration::from_hours(1)).expect("readable");
        assert_eq!(folder.reload().expect("readable"), [Change::Removed(one)]);

        // What cannot be read takes nothing away.
        let (_, public) = files::paths(path, &two);
        std::fs::write(&public, "{}").expect("ours");
        folder.reload().expect_err("no key");
        assert!(verifier.verify(&token, now).is_ok());
    }
}
