use std::convert::Infallible;
use std::fmt::{self, Write as _};
use std::str::FromStr;
use std::sync::Arc;

/// The name of a value in a document: the keys from the outermost object inwards.
///
/// Written with dots; a dot or a backslash in a key is escaped by a backslash. Reading accepts any
/// text (a backslash before anything else stands for itself) and is the inverse of writing.
/// Clones are cheap. Paths order by their keys, outermost first.
///
/// ```
/// use expvar::read::Path;
///
/// let path = Path::new(["latency_ns", "GET /v1.0", "p99"]);
/// assert_eq!(path.to_string(), r"latency_ns.GET /v1\.0.p99");
/// assert_eq!(path, path.to_string().parse().unwrap());
/// assert_eq!(path.name(), "p99");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path {
    segments: Arc<[Arc<str>]>,
}

impl Path {
    /// The path of these keys. It should have at least one.
    pub fn new<S: Into<Arc<str>>>(segments: impl IntoIterator<Item = S>) -> Self {
        Self {
            segments: segments.into_iter().map(Into::into).collect(),
        }
    }

    /// The keys, outermost first.
    pub fn segments(&self) -> &[Arc<str>] {
        &self.segments
    }

    /// The innermost key.
    pub fn name(&self) -> &str {
        self.segments.last().map_or("", AsRef::as_ref)
    }

    /// The path of `key` in the object that this path names.
    pub fn child(&self, key: impl Into<Arc<str>>) -> Self {
        Self {
            segments: self.segments.iter().cloned().chain([key.into()]).collect(),
        }
    }

    pub(super) fn from_segments(segments: &[Arc<str>]) -> Self {
        Self {
            segments: segments.into(),
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, segment) in self.segments.iter().enumerate() {
            if i > 0 {
                f.write_char('.')?;
            }
            for c in segment.chars() {
                if matches!(c, '.' | '\\') {
                    f.write_char('\\')?;
                }
                f.write_char(c)?;
            }
        }
        Ok(())
    }
}

impl From<&str> for Path {
    fn from(text: &str) -> Self {
        let mut segments = vec![String::new()];
        let mut rest = text.chars().peekable();
        while let Some(c) = rest.next() {
            let escaped = if c == '\\' {
                rest.next_if(|next| matches!(next, '.' | '\\'))
            } else {
                None
            };
            match (escaped, c) {
                (None, '.') => segments.push(String::new()),
                (escaped, c) => {
                    let last = segments.len() - 1;
                    segments[last].push(escaped.unwrap_or(c));
                }
            }
        }
        Self::new(segments)
    }
}

impl FromStr for Path {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(text.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writing_and_reading_are_inverse() {
        let cases: &[(&[&str], &str)] = &[
            (&["a"], "a"),
            (&["memstats", "Alloc"], "memstats.Alloc"),
            (&["a.b", "c"], r"a\.b.c"),
            (&[r"C:\dir", "x"], r"C:\\dir.x"),
            (&[r"ends with \"], r"ends with \\"),
            (&[r"\.", "."], r"\\\..\."),
            (&["", ""], "."),
            (&[""], ""),
            (&["żółw", "🐢.🐢"], r"żółw.🐢\.🐢"),
        ];
        for &(segments, text) in cases {
            let path = Path::new(segments.iter().copied());
            assert_eq!(path.to_string(), text);
            assert_eq!(Path::from(text), path, "{text}");
        }
    }

    #[test]
    fn a_backslash_before_anything_else_is_itself() {
        for (text, segments) in [(r"a\b.c", vec![r"a\b", "c"]), (r"a\", vec![r"a\"])] {
            assert_eq!(Path::from(text), Path::new(segments));
        }
    }

    #[test]
    fn orders_by_keys_not_by_text() {
        let mut paths: Vec<Path> = ["b", "a.z", "a", "a.b.c", r"a\.b"].map(Path::from).into();
        paths.sort();
        let sorted: Vec<String> = paths.iter().map(ToString::to_string).collect();
        assert_eq!(sorted, ["a", "a.b.c", "a.z", r"a\.b", "b"]);
    }

    #[test]
    fn child_appends_a_key() {
        assert_eq!(Path::from("a").child("b.c"), Path::from(r"a.b\.c"));
    }
}
