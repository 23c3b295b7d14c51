//! Secrets in text become `***`: command lines, configuration and log lines are shown to people and kept in files.
//!
//! Masked are
//! - passwords in URLs, whole or percent-encoded: `postgres://sales:***@db/sales`;
//! - user and password before a host without a scheme: `sales:***@db:5432`;
//! - values of flags and settings whose name says that they are secret: `--password ***`, `SALES_TOKEN=***`,
//!   `?api_key=***`, `"secret": "***"`, also in `key=value` lists;
//! - what follows `Bearer` and `Basic`;
//! - JSON Web Tokens, whatever stands around them.
//!
//! A name that says where a secret lies (`--token-file PATH`) is not secret itself. In doubt too much is masked.
//!
//! ```
//! use secret::mask::mask;
//! assert_eq!(mask("--store postgres://sales:s3cret@db/sales"), "--store postgres://sales:***@db/sales");
//! assert_eq!(mask("nothing to hide"), "nothing to hide");
//! ```

mod assignment;
mod name;
mod token;
mod url;

use std::borrow::Cow;
use std::ops::Range;

use crate::MASK;

pub use name::is_secret;

/// The text with its secrets masked. Costs no allocation if there are none.
pub fn mask(text: &str) -> Cow<'_, str> {
    let mut secrets = url::secrets(text);
    secrets.extend(assignment::secrets(text));
    secrets.extend(token::secrets(text));
    if secrets.is_empty() {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(replace(text, secrets))
    }
}

/// A command line with its secrets masked: unlike in a text it is known where an argument ends, so a secret is masked
/// whole although it contains spaces.
pub fn args<S: AsRef<str>>(args: impl IntoIterator<Item = S>) -> Vec<String> {
    let mut masked = Vec::new();
    let mut is_secret = false;
    for arg in args {
        let arg = arg.as_ref();
        masked.push(if is_secret {
            MASK.to_owned()
        } else {
            one_arg(arg)
        });
        is_secret = !is_secret && name::is_secret_flag(arg);
    }
    masked
}

fn one_arg(arg: &str) -> String {
    match arg.split_once('=') {
        Some((name, value))
            if name::is_setting(name) && name::is_secret(name) && !value.is_empty() =>
        {
            format!("{name}={MASK}")
        }
        _ => mask(arg).into_owned(),
    }
}

fn replace(text: &str, mut secrets: Vec<Range<usize>>) -> String {
    secrets.sort_by_key(|secret| secret.start);
    let mut masked = String::with_capacity(text.len());
    let mut end = 0;
    for secret in secrets {
        if secret.start >= end {
            masked.push_str(&text[end..secret.start]);
            masked.push_str(MASK);
        }
        end = end.max(secret.end);
    }
    masked.push_str(&text[end..]);
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_in_text_are_masked() {
        for (text, expected) in [
            // URLs.
            ("postgres://u:p@h/db", "postgres://u:***@h/db"),
            (
                "SALES_STORE=postgres://u:p@h/db",
                "SALES_STORE=postgres://u:***@h/db",
            ),
            (
                "--store=postgres://u:p@h/db?sslmode=off",
                "--store=postgres://u:***@h/db?sslmode=off",
            ),
            ("postgres://u:p%40ss%2Fw@h/db", "postgres://u:***@h/db"),
            ("postgres://u:p@ss@h/db", "postgres://u:***@h/db"),
            ("postgres://u:p/w@h/db", "postgres://u:***@h/db"),
            ("redis://:p@h:6379", "redis://:***@h:6379"),
            ("https://ghp_abc@github.com/x", "https://***@github.com/x"),
            ("postgres://u@h/db", "postgres://u@h/db"),
            ("http://h:80/a@b", "http://h:80/a@b"),
            ("http://[::1]:4000/x", "http://[::1]:4000/x"),
            ("http://u:p@[::1]:4000/x", "http://u:***@[::1]:4000/x"),
            ("http://u:@h/", "http://u:@h/"),
            (
                "from http://a:b@c/ to http://d:e@f/, or http://g/",
                "from http://a:***@c/ to http://d:***@f/, or http://g/",
            ),
            ("http://a:b@c,http://d:e@f", "http://a:***@c,http://d:***@f"),
            ("(\"postgres://u:p@h/db\")", "(\"postgres://u:***@h/db\")"),
            (
                "postgres%3A%2F%2Fu%3Ap%40h%2Fdb",
                "postgres%3A%2F%2Fu%3A***%40h%2Fdb",
            ),
            (
                "?next=https%3a%2f%2fu%3ap%2540x%40h",
                "?next=https%3a%2f%2fu%3a***%40h",
            ),
            ("héllo postgres://ü:pä@h ✓", "héllo postgres://ü:***@h ✓"),
            // Without a scheme.
            ("sales:p@db:5432", "sales:***@db:5432"),
            ("sales:p@tcp(db:3306)/x", "sales:***@tcp(db:3306)/x"),
            ("a@b.c", "a@b.c"),
            ("at 10:30 @ home", "at 10:30 @ home"),
            // Flags.
            ("--password x", "--password ***"),
            ("-password x -v", "-password *** -v"),
            ("--password=x", "--password=***"),
            ("run --api-key x --rate 5", "run --api-key *** --rate 5"),
            ("--token 'a b' --x", "--token '***' --x"),
            ("--token-file /run/token", "--token-file /run/token"),
            ("--monkey x --max-tokens 5", "--monkey x --max-tokens 5"),
            ("--password", "--password"),
            // Settings.
            ("SALES_TOKEN=abc", "SALES_TOKEN=***"),
            ("PGPASSWORD=abc psql", "PGPASSWORD=*** psql"),
            ("host=h password=p user=u", "host=h password=*** user=u"),
            ("secret=\"a b\" x", "secret=\"***\" x"),
            ("http://h/?a=1&token=t&b=2", "http://h/?a=1&token=***&b=2"),
            ("http://h/?api_key=k#top", "http://h/?api_key=***#top"),
            (
                "postgres://u:p@h/db?password=q",
                "postgres://u:***@h/db?password=***",
            ),
            ("key=k", "key=***"),
            (
                "{\"authToken\": \"a\\\"b\", \"x\": 1}",
                "{\"authToken\": \"***\", \"x\": 1}",
            ),
            ("{\"secret\":42}", "{\"secret\":***}"),
            (
                r#"{"body":"{\"password\":\"a b\",\"x\":1}"}"#,
                r#"{"body":"{\"password\":\"***\",\"x\":1}"}"#,
            ),
            (r#"\"token\": \"a"#, r#"\"token\": \"***"#),
            // JSON Web Tokens.
            ("got eyJh.eyJz.c2ln-_, sent", "got ***, sent"),
            ("GET /x/eyJhbGci.eyJzdWIi.c2ln/y", "GET /x/***/y"),
            ("eyJ.a", "eyJ.a"),
            ("eyJh..c", "eyJh..c"),
            ("keyJh.a.b", "keyJh.a.b"),
            ("token=", "token="),
            ("unexpected token: found x", "unexpected token: found x"),
            // Headers.
            ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
            ("authorization=basic dTpw, x", "authorization=*** ***, x"),
            ("bearer of news", "bearer *** news"),
            // Nothing.
            ("", ""),
            ("://", "://"),
            ("@:=@", "@:=@"),
            (
                "sales-api --api 127.0.0.1:8080 --store sqlite:x.db",
                "sales-api --api 127.0.0.1:8080 --store sqlite:x.db",
            ),
        ] {
            assert_eq!(mask(text), expected, "{text}");
        }
    }

    #[test]
    fn secrets_in_command_lines_are_masked_whole() {
        for (line, expected) in [
            (
                vec!["x", "--password", "a b", "--v"],
                vec!["x", "--password", "***", "--v"],
            ),
            (
                vec!["x", "--password=a b&c", "y"],
                vec!["x", "--password=***", "y"],
            ),
            (
                vec!["x", "-token", "-t", "y"],
                vec!["x", "-token", "***", "y"],
            ),
            (
                vec!["x", "--store", "postgres://u:p@h/db"],
                vec!["x", "--store", "postgres://u:***@h/db"],
            ),
            (
                vec!["x", "--password", "--password", "y"],
                vec!["x", "--password", "***", "y"],
            ),
            (vec!["x", "password", "y"], vec!["x", "password", "y"]),
            (
                vec!["x", "--token-file", "f"],
                vec!["x", "--token-file", "f"],
            ),
            (
                vec!["x", "--url=http://h/?token=a b"],
                vec!["x", "--url=http://h/?token=*** b"],
            ),
        ] {
            assert_eq!(args(&line), expected, "{line:?}");
        }
    }

    /// Every cut of a text full of beginnings of secrets: no panic at a boundary, and masking twice changes nothing.
    #[test]
    fn any_cut_of_a_text_can_be_masked() {
        let text = "é \"key\": \"ä\\\" --password ü postgres%3A%2F%2Fu%3Aö%40h http://ß:ç@[::1]/?token=ñ&x ab:c@d Bearer ø";
        for start in (0..=text.len()).filter(|&at| text.is_char_boundary(at)) {
            for end in (start..=text.len()).filter(|&at| text.is_char_boundary(at)) {
                let once = mask(&text[start..end]).into_owned();
                assert_eq!(mask(&once), once, "{:?}", &text[start..end]);
            }
        }
    }
}
