//! Secrets masked, in whatever goes into the archive.

use std::borrow::Cow;

use cutaway_model::Profile;
use cutaway_scrape::Credentials;
use profile::LabelValue;
use secret::{MASK, mask};
use serde_json::Value;

/// Masks what looks like a secret, and what this console was given as one.
#[derive(Debug)]
pub(super) struct Cleaner {
    credentials: Option<Credentials>,
}

impl Cleaner {
    pub(super) fn new(credentials: Option<Credentials>) -> Self {
        Self { credentials }
    }

    /// A line, or any other text without line breaks.
    pub(super) fn line(&self, text: &str) -> String {
        let known = match &self.credentials {
            Some(credentials) => credentials.mask(text),
            None => Cow::Borrowed(text),
        };
        mask::mask(&known).into_owned()
    }

    /// Each line by itself, so that a quote which is never closed hides no more than its line.
    pub(super) fn text(&self, text: &str) -> String {
        let lines: Vec<String> = text.split('\n').map(|line| self.line(line)).collect();
        lines.join("\n")
    }

    /// A document: the values of names that say they are secret, command lines, and every text in it.
    pub(super) fn document(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.text(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.document(item)),
            Value::Object(members) => {
                for (name, value) in members {
                    self.member(name, value);
                }
            }
            _ => {}
        }
    }

    fn member(&self, name: &str, value: &mut Value) {
        match value {
            Value::String(_) | Value::Number(_) if mask::is_secret(name) => *value = MASK.into(),
            Value::Array(items) if mask::is_secret(name) => items.fill(MASK.into()),
            Value::Array(items) if items.iter().all(Value::is_string) => {
                let words = items.iter().filter_map(Value::as_str);
                // It may be a command line, where a secret follows its flag.
                let words = mask::args(words);
                *items = words.iter().map(|word| self.line(word).into()).collect();
            }
            other => self.document(other),
        }
    }

    /// A command line, its words with a NUL between.
    pub(super) fn command_line(&self, bytes: &[u8]) -> String {
        let text = String::from_utf8_lossy(bytes);
        let words = mask::args(text.trim_end_matches(['\0', '\n']).split('\0'));
        let words: Vec<String> = words.iter().map(|word| self.line(word)).collect();
        words.join("\n") + "\n"
    }

    /// A profile: its labels, comments and files. Names of functions are the program's.
    pub(super) fn profile(&self, profile: &mut Profile) {
        for label in profile
            .samples
            .iter_mut()
            .flat_map(|sample| &mut sample.labels)
        {
            if let LabelValue::Text(text) = &mut label.value {
                let masked = if mask::is_secret(&label.key) {
                    MASK.to_owned()
                } else {
                    self.text(text)
                };
                if *masked != **text {
                    *text = masked.into();
                }
            }
        }
        let files = profile.mappings.iter_mut().map(|of| &mut of.filename);
        for text in profile
            .comments
            .iter_mut()
            .chain(files)
            .chain(&mut profile.doc_url)
        {
            *text = self.text(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn cleaner() -> Cleaner {
        Cleaner::new(Some(Credentials::bearer("given-to-us")))
    }

    #[test]
    fn documents_keep_their_numbers_and_lose_their_secrets() {
        let mut document = json!({
            "cmdline": ["shop", "--password", "a canary", "--store", "postgres://me:canary@db/x"],
            "env": {"SHOP_TOKEN": "canary", "PIN_SECRET": 42, "HOME": "/root"},
            "keys": {"signing_key": ["canary", "canary"]},
            "said": "you are given-to-us",
            "routes": {"POST": {"/v1/auth": {"2xx": 5}}},
            "list": [1, {"apiKey": "canary"}, "Bearer canary"],
        });
        cleaner().document(&mut document);
        let text = document.to_string();
        assert!(
            !text.contains("canary") && !text.contains("given") && !text.contains("42"),
            "{text}"
        );
        assert_eq!(document["cmdline"][4], "postgres://me:***@db/x");
        assert_eq!(document["env"]["HOME"], "/root");
        assert_eq!(document["routes"]["POST"]["/v1/auth"]["2xx"], 5);
        assert_eq!(document["list"][0], 1);
    }

    #[test]
    fn lines_are_masked_one_by_one() {
        let cleaned = cleaner().text("password=\"canary\nnext line\nBearer canary\n");
        assert_eq!(cleaned, "password=\"***\nnext line\nBearer ***\n");
        let line = cleaner().command_line(b"shop\0--token\0a canary\0-v\0");
        assert_eq!(line, "shop\n--token\n***\n-v\n");
    }

    #[test]
    fn profiles_keep_their_functions() {
        let text = |text: &str| LabelValue::Text(text.into());
        let label = |key: &str, value| profile::Label {
            key: key.into(),
            value,
        };
        let labels = vec![
            label("api_key", text("canary")),
            label("url", text("http://me:canary@h/")),
            label("bytes", LabelValue::Number(7, "".into())),
            label("task", text("publish")),
        ];
        let mut profile = Profile {
            samples: vec![profile::Sample {
                labels,
                ..Default::default()
            }],
            comments: vec!["shop --password canary".to_owned()],
            ..Default::default()
        };
        cleaner().profile(&mut profile);
        let shown = format!("{profile:?}");
        assert!(!shown.contains("canary"), "{shown}");
        assert_eq!(profile.samples[0].labels[3].value, text("publish"));
        assert_eq!(
            profile.samples[0].labels[2].value,
            LabelValue::Number(7, "".into())
        );
    }
}
