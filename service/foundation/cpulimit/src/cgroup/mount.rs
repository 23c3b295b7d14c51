//! `/proc/self/mountinfo`: where cgroups can be seen.

use std::path::Path;

use super::Version;
use crate::file::quoted;
use crate::problem::{Problem, Problems};

/// A mounted cgroup hierarchy, or a part of one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mount {
    pub(super) version: Version,
    /// The controllers of a v1 hierarchy, among other options.
    pub(super) options: Vec<String>,
    /// The cgroup that lies at the mount point, seen from the root of the cgroup namespace; it starts with `/..` if it
    /// is outside of that.
    pub(super) root: String,
    /// Where it is mounted.
    pub(super) point: String,
}

/// The cgroup mounts, in the file's order.
pub(super) fn parse(text: &str, file: &Path, problems: &mut Problems) -> Vec<Mount> {
    let mut mounts = Vec::new();
    for line in text.lines() {
        match parse_line(line) {
            Ok(mount) => mounts.extend(mount),
            Err(missing) => problems.add(Problem::malformed(
                file,
                format!("{missing} is missing in {}", quoted(line)),
            )),
        }
    }
    mounts
}

/// The mount, nothing if it is of something else, or the name of the field that is missing.
///
/// A line is `id parent major:minor root point options [tag…] - type source superoptions`.
fn parse_line(line: &str) -> Result<Option<Mount>, &'static str> {
    let (mount, filesystem) = line.split_once(" - ").ok_or("the separator \" - \"")?;
    // Not by any white space: the source may be empty.
    let mut filesystem = filesystem.split(' ');
    let version = match filesystem.next() {
        Some("cgroup") => Version::V1,
        Some("cgroup2") => Version::V2,
        _ => return Ok(None),
    };
    let options = filesystem
        .nth(1)
        .ok_or("the list of options (last field)")?;
    let mut fields = mount.split(' ').skip(3);
    let mut path = |what| {
        fields
            .next()
            .filter(|field| field.starts_with('/'))
            .ok_or(what)
    };
    Ok(Some(Mount {
        version,
        root: unescape(path("the root (4th field)")?),
        point: unescape(path("the mount point (5th field)")?),
        options: options.split(',').map(str::to_owned).collect(),
    }))
}

/// The kernel writes space, tab, newline, `\` and `#` in names as `\` and three octal digits.
fn unescape(field: &str) -> String {
    let mut plain = String::with_capacity(field.len());
    let mut rest = field;
    while let Some((before, after)) = rest.split_once('\\') {
        plain.push_str(before);
        let code = after
            .get(..3)
            .and_then(|digits| u8::from_str_radix(digits, 8).ok());
        if let Some(code) = code.filter(u8::is_ascii) {
            plain.push(char::from(code));
            rest = &after[3..];
        } else {
            plain.push('\\');
            rest = after;
        }
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        for (written, name) in [
            (r"/plain", "/plain"),
            (r"/a\040b\011c\012d\134e\043f", "/a b\tc\nd\\e#f"),
            (r"/\134040", r"/\040"),
            (r"/end\", r"/end\"),
            (r"/end\04", r"/end\04"),
            (r"/not\octal", r"/not\octal"),
            (r"/\777", r"/\777"),
            (r"/\0ż4", r"/\0ż4"),
        ] {
            assert_eq!(unescape(written), name, "{written}");
        }
    }
}
