//! Names that say that their value is secret.

/// Secret wherever a name ends in it: `PGPASSWORD`, `authToken`.
const ENDINGS: [&str; 10] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "secretkey",
    "privatekey",
    "signingkey",
];

/// Secret only as a word of its own, for other words end in them too: `--api-key`, but `--monkey` is not.
const WORDS: [&str; 8] = [
    "key",
    "pwd",
    "pass",
    "auth",
    "authorization",
    "credential",
    "credentials",
    "sig",
];

/// A name that ends in one of these says where a secret is, not what it is.
const PLACES: [&str; 5] = ["file", "path", "dir", "name", "id"];

/// True if the value of a flag or setting of this name must not be shown.
pub fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let mut words = name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .rev()
        .skip_while(|word| word.is_empty());
    let Some(last) = words.next() else {
        return false;
    };
    if PLACES.contains(&last) {
        return false;
    }
    WORDS.contains(&last)
        || std::iter::once(last)
            .chain(words)
            .any(|word| ENDINGS.iter().any(|ending| word.ends_with(ending)))
}

/// True for `--password`: a flag without its value, which the next argument is.
pub(super) fn is_secret_flag(arg: &str) -> bool {
    arg.starts_with('-') && is_setting(arg) && is_secret(arg)
}

/// True if the text could be the name of a flag or setting.
pub(super) fn is_setting(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(is_name_byte)
}

pub(super) fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}
