//! Just enough JSON to write a verdict: a serialiser would double what a learner waits for once.

use std::fmt::Write as _;

/// An object that is being written.
pub(crate) struct Object(String);

impl Object {
    pub(crate) fn new() -> Object {
        Object("{".to_owned())
    }

    /// Adds a field whose value is JSON already.
    pub(crate) fn raw(mut self, name: &str, value: &str) -> Object {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        let _ = write!(self.0, "{}:{value}", text(name));
        self
    }

    pub(crate) fn text(self, name: &str, value: &str) -> Object {
        let value = text(value);
        self.raw(name, &value)
    }

    pub(crate) fn number(self, name: &str, value: u64) -> Object {
        self.raw(name, &value.to_string())
    }

    /// Adds a number, if there is one.
    pub(crate) fn maybe(self, name: &str, value: Option<usize>) -> Object {
        match value {
            Some(value) => self.number(name, value as u64),
            None => self,
        }
    }

    pub(crate) fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

pub(crate) fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}

pub(crate) fn text(value: &str) -> String {
    let mut json = String::from("\"");
    for character in value.chars() {
        match character {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            control if control < ' ' => {
                let _ = write!(json, "\\u{:04x}", control as u32);
            }
            other => json.push(other),
        }
    }
    json.push('"');
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped() {
        assert_eq!(text("a\"b\\c\nd\u{7}é"), r#""a\"b\\c\nd\u0007é""#);
        assert_eq!(
            Object::new()
                .text("a", "b")
                .maybe("c", None)
                .number("d", 1)
                .end(),
            r#"{"a":"b","d":1}"#
        );
    }
}
