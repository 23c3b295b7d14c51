//! What the formats say of a single line, beyond what the tolerant reader wants to know.

use crate::Format;
use crate::cursor::shown;

/// The lines of a text, without OpenMetrics' last one, and what is wrong with its end.
pub(super) fn lines(input: &[u8], format: Format) -> (impl Iterator<Item = &[u8]>, Option<String>) {
    let mut ending = None;
    let mut text = input;
    if format == Format::OpenMetrics {
        match input
            .strip_suffix(b"# EOF\n")
            .or_else(|| input.strip_suffix(b"# EOF"))
        {
            Some(before) if before.is_empty() || before.ends_with(b"\n") => text = before,
            _ => ending = Some("the text does not end in `# EOF`".to_owned()),
        }
    }
    if ending.is_none() && !text.is_empty() && !text.ends_with(b"\n") {
        ending = Some("the last line has no end".to_owned());
    }
    let without_last_end = text.strip_suffix(b"\n").unwrap_or(text);
    let lines = without_last_end.split(|&byte| byte == b'\n');
    // Of no text there is one line, and that is empty.
    (lines.skip(usize::from(text.is_empty())), ending)
}

pub(super) fn check(line: &str, format: Format) -> Result<(), String> {
    if line.ends_with('\r') {
        return Err("the line ends in CR LF instead of LF".into());
    }
    if let Some(comment) = line.strip_prefix('#') {
        return check_comment(comment, format);
    }
    if line.trim_matches([' ', '\t']).is_empty() {
        return match format {
            Format::Prometheus => Ok(()),
            Format::OpenMetrics => Err("a line is empty".into()),
        };
    }
    if line.trim_start_matches([' ', '\t']).starts_with('#') {
        return match format {
            Format::Prometheus => Ok(()),
            Format::OpenMetrics => Err("there are blanks before `#`".into()),
        };
    }
    let parts = Parts::of(line)?;
    if format == Format::OpenMetrics {
        check_blanks(line)?;
    }
    check_numbers(&parts, format)
}

/// After the `#`.
fn check_comment(comment: &str, format: Format) -> Result<(), String> {
    let mut words = comment
        .trim_start_matches([' ', '\t'])
        .splitn(2, [' ', '\t']);
    let keyword = words.next().unwrap_or_default();
    let is_open_metrics = format == Format::OpenMetrics;
    match keyword {
        "HELP" => {
            let text = words.next().unwrap_or_default();
            check_escapes(text, is_open_metrics)?;
            if is_open_metrics && has_bare_quote(text) {
                return Err("a quote in HELP is not escaped".into());
            }
        }
        "TYPE" => {
            let kind = comment.rsplit([' ', '\t']).next().unwrap_or_default();
            let known = match format {
                Format::Prometheus => {
                    ["counter", "gauge", "histogram", "summary", "untyped"].contains(&kind)
                }
                Format::OpenMetrics => [
                    "counter",
                    "gauge",
                    "histogram",
                    "summary",
                    "unknown",
                    "gaugehistogram",
                    "info",
                    "stateset",
                ]
                .contains(&kind),
            };
            if !known {
                return Err(format!("`{}` is no type of this format", shown(kind)));
            }
        }
        "UNIT" => {}
        "EOF" if is_open_metrics => return Err("there is something after `# EOF`".into()),
        _ if is_open_metrics => {
            return Err("a comment that is neither HELP, TYPE, UNIT nor EOF".into());
        }
        _ => return Ok(()),
    }
    if keyword != "UNIT"
        && comment.contains('"')
        && comment
            .split_ascii_whitespace()
            .nth(1)
            .is_some_and(|name| name.starts_with('"'))
    {
        return Err("a name in quotes: this version of the format has none".into());
    }
    if is_open_metrics && !is_well_spaced(comment, keyword) {
        return Err(format!(
            "there is not exactly one blank between the parts of {keyword}"
        ));
    }
    Ok(())
}

/// OpenMetrics: one blank before the keyword, the name, and the rest, of which only that of HELP has blanks.
fn is_well_spaced(comment: &str, keyword: &str) -> bool {
    let parts: Vec<&str> = comment.splitn(4, ' ').collect();
    let ["", first, name, rest] = parts.as_slice() else {
        return false;
    };
    let is_word = |text: &str| !text.contains([' ', '\t']);
    *first == keyword && !name.is_empty() && is_word(name) && (keyword == "HELP" || is_word(rest))
}

/// In text that is not within quotes or whose quotes were taken off.
fn check_escapes(text: &str, quotes: bool) -> Result<(), String> {
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            continue;
        }
        match rest.next() {
            Some('\\' | 'n') => {}
            Some('"') if quotes => {}
            Some(other) => return Err(format!("`\\{}` is no escape", shown(&other.to_string()))),
            None => return Err("a backslash is not escaped".into()),
        }
    }
    Ok(())
}

fn has_bare_quote(text: &str) -> bool {
    let mut is_escaped = false;
    text.chars().any(|c| {
        let found = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        found
    })
}

/// The parts of a sample's line, whose form the tolerant reader checks.
struct Parts<'a> {
    /// What follows the labels: the value, the timestamp.
    numbers: Vec<&'a str>,
    has_exemplar: bool,
    /// The value and the timestamp of the exemplar.
    exemplar: Vec<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(line: &'a str) -> Result<Self, String> {
        let line = line.trim_matches([' ', '\t']);
        let at = line.find([' ', '\t', '{']).unwrap_or(line.len());
        let after_name = line[at..].trim_start_matches([' ', '\t']);
        let tail = match after_name.strip_prefix('{') {
            Some(labels) => &labels[end_of_labels(labels)?..],
            None => after_name,
        };
        let (numbers, exemplar) = match tail.split_once('#') {
            Some((numbers, exemplar)) => (numbers, Some(exemplar)),
            None => (tail, None),
        };
        let after_labels = match exemplar.map(|exemplar| exemplar.split_once('{')) {
            Some(Some((_, labels))) => &labels[end_of_labels(labels)?..],
            _ => "",
        };
        let words = |text: &'a str| {
            text.split([' ', '\t'])
                .filter(|word| !word.is_empty())
                .collect()
        };
        Ok(Self {
            numbers: words(numbers),
            has_exemplar: exemplar.is_some(),
            exemplar: words(after_labels),
        })
    }
}

/// Where the closing brace ends, after the opening one. Checks the escapes on the way, and what the braces hold outside
/// of strings.
fn end_of_labels(labels: &str) -> Result<usize, String> {
    let mut rest = labels;
    let at = |rest: &str| labels.len() - rest.len();
    loop {
        let stop = rest
            .find(['"', '}'])
            .ok_or("the labels have no closing brace")?;
        let (outside, found) = rest.split_at(stop);
        if found.starts_with('}') {
            return Ok(at(found) + 1);
        }
        if !outside.trim_end_matches([' ', '\t']).ends_with('=') {
            return Err("a name in quotes: this version of the format has none".into());
        }
        let value = &found[1..];
        let end = end_of_string(value).ok_or("a string has no closing quote")?;
        check_escapes(&value[..end], true)?;
        rest = &value[end + 1..];
    }
}

fn end_of_string(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    text.bytes().position(|byte| {
        let found = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        found
    })
}

/// OpenMetrics: one blank between the parts, none around them, none within the braces, no comma at their end.
fn check_blanks(line: &str) -> Result<(), String> {
    let (mut in_string, mut is_escaped, mut in_braces) = (false, false, false);
    let mut before = ' ';
    for c in line.chars() {
        if in_string {
            in_string = c != '"' || is_escaped;
            is_escaped = c == '\\' && !is_escaped;
        } else {
            match c {
                '"' => in_string = true,
                '{' if before == ' ' && !line.contains(" # {") => {
                    return Err("there is a blank before `{`".into());
                }
                '{' => in_braces = true,
                '}' if before == ',' => return Err("there is a comma before `}`".into()),
                '}' => in_braces = false,
                '\t' => return Err("there is a tab".into()),
                c if before == '}' && c != ' ' => return Err("there is no blank after `}`".into()),
                ' ' if in_braces || before == ' ' => return Err("there is a blank too many".into()),
                _ => {}
            }
        }
        before = c;
    }
    if before == ' ' {
        return Err("there is a blank at the end of the line".into());
    }
    Ok(())
}

fn check_numbers(parts: &Parts<'_>, format: Format) -> Result<(), String> {
    match format {
        Format::Prometheus if parts.has_exemplar => Err("an exemplar: this format has none".into()),
        Format::Prometheus => match parts.numbers.get(1) {
            Some(at) if at.parse::<i64>().is_err() => Err(format!(
                "`{}` is no timestamp in whole milliseconds",
                shown(at)
            )),
            _ => Ok(()),
        },
        Format::OpenMetrics => {
            let timestamps = [parts.numbers.get(1), parts.exemplar.get(1)];
            match timestamps
                .into_iter()
                .flatten()
                .find(|at| !at.parse::<f64>().is_ok_and(f64::is_finite))
            {
                Some(at) => Err(format!("`{}` is no timestamp in seconds", shown(at))),
                None => Ok(()),
            }
        }
    }
}
