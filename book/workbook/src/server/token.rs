//! The secret that the right to run comes with.
//!
//! It lies in `.cutaway/token`, for its owner's eyes only, and stays the same when the server is started again: a page
//! that is open goes on working. Whoever can read that file can also start programs without the book. Deleting it
//! takes the right back from every page at the next start.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use subtle::ConstantTimeEq as _;
use tempfile::NamedTempFile;

/// How many random bytes a token has.
const BYTES: usize = 32;
/// How many characters it is written with.
const LENGTH: usize = 43;

/// A secret; its `Debug` output does not tell it.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// A new one.
    ///
    /// # Errors
    /// The system has no randomness.
    pub fn random() -> io::Result<Token> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes).map_err(io::Error::other)?;
        Ok(Token(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The one that is kept in `file`. Where there is none, or one that others can read, a new one is.
    ///
    /// # Errors
    /// The file can't be read or written.
    pub fn kept_in(file: &Path) -> io::Result<Token> {
        if let Some(token) = read(file)? {
            return Ok(token);
        }
        let folder = file.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        let token = Token::random()?;
        // For its owner's eyes only, as all temporary files are.
        let mut new = NamedTempFile::new_in(folder)?;
        writeln!(new, "{}", token.0)?;
        match new.persist_noclobber(file) {
            Ok(_) => Ok(token),
            // Of two servers that start at once, the first one's token counts.
            Err(error) if error.error.kind() == ErrorKind::AlreadyExists => {
                read(file)?.ok_or_else(|| io::Error::other("another program writes it"))
            }
            Err(error) => Err(error.error),
        }
    }

    /// The token as text, for a link.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether `text` is the token; takes as long for a text that is nearly right as for any other.
    pub fn is(&self, text: &[u8]) -> bool {
        self.0.as_bytes().ct_eq(text).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

/// What the file holds, if that is a token that nobody else can have read; otherwise the file is gone.
fn read(file: &Path) -> io::Result<Option<Token>> {
    let mut open = match File::open(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        open => open?,
    };
    let private = open.metadata()?.mode().trailing_zeros() >= 6;
    let mut text = String::new();
    let read = open.read_to_string(&mut text);
    let sound = |text: &str| {
        text.len() == LENGTH
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    if private && read.is_ok() && sound(text.trim_end()) {
        text.truncate(LENGTH);
        return Ok(Some(Token(text)));
    }
    std::fs::remove_file(file)?;
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn it_stays_the_same_until_it_is_deleted() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("state/token");
        let first = Token::kept_in(&file).expect("a token");
        let mode = std::fs::metadata(&file).expect("a file").mode();
        assert_eq!(mode & 0o777, 0o600);
        let again = Token::kept_in(&file).expect("a token");
        assert!(first.is(again.reveal().as_bytes()));
        assert!(!first.is(b"") && !first.is(&again.reveal().as_bytes()[1..]));
        std::fs::remove_file(&file).expect("it was there");
        let other = Token::kept_in(&file).expect("a token");
        assert!(!other.is(first.reveal().as_bytes()));
        assert!(!format!("{other:?}").contains(other.reveal()));
        let left = std::fs::read_dir(file.parent().expect("a folder")).expect("a folder");
        assert_eq!(left.count(), 1, "nothing but the token");
    }

    #[test]
    fn one_that_others_could_read_or_that_is_none_is_replaced() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("token");
        let first = Token::kept_in(&file).expect("a token");
        let open = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(&file, open).expect("it is ours");
        let second = Token::kept_in(&file).expect("a token");
        assert!(!second.is(first.reveal().as_bytes()));
        std::fs::write(&file, "secret\n").expect("it is ours");
        let third = Token::kept_in(&file).expect("a token");
        assert_eq!(third.reveal().len(), LENGTH);
        assert!(!third.is(second.reveal().as_bytes()));
    }

    #[test]
    fn servers_that_start_at_once_agree() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("token");
        let tokens = std::thread::scope(|scope| {
            let all: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| Token::kept_in(&file)))
                .collect();
            all.into_iter()
                .map(|one| one.join().expect("no panic").map(|token| token.0))
                .collect::<Vec<_>>()
        });
        let first = tokens[0].as_ref().expect("a token");
        assert!(
            tokens
                .iter()
                .all(|token| token.as_ref().is_ok_and(|token| token == first))
        );
    }
}
