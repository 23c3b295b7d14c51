use crate::cursor::{Cursor, is_blank, shown, unescape};
use crate::{Exemplar, Kind, Sample};

/// What a line says.
pub(crate) enum Line {
    /// It is empty, or a comment.
    Nothing,
    Help {
        name: String,
        text: String,
    },
    Type {
        name: String,
        kind: Kind,
    },
    Unit {
        name: String,
        unit: String,
    },
    Sample(Sample),
}

/// Reads one line, without its end. `in_seconds` tells the unit of timestamps without a fraction:
/// seconds, or else milliseconds.
pub(crate) fn read(line: &str, in_seconds: bool) -> Result<Line, String> {
    let mut cursor = Cursor::new(line.trim_matches(is_blank));
    if cursor.is_at_end() {
        Ok(Line::Nothing)
    } else if cursor.take('#') {
        comment(cursor)
    } else {
        sample(cursor, in_seconds).map(Line::Sample)
    }
}

fn comment(mut cursor: Cursor<'_>) -> Result<Line, String> {
    cursor.skip_blanks();
    let keyword = cursor.word();
    if !matches!(keyword, "HELP" | "TYPE" | "UNIT") {
        return Ok(Line::Nothing);
    }
    cursor.skip_blanks();
    let name = match cursor.peek() {
        Some('"') => cursor.quoted()?,
        _ => plain_name(cursor.word())?,
    };
    if cursor.peek().is_some_and(|c| !is_blank(c)) {
        return Err(cursor.expected("a blank after the name"));
    }
    cursor.skip_blanks();
    let text = cursor.rest();
    Ok(match keyword {
        "HELP" => Line::Help {
            name,
            text: unescape(text),
        },
        "UNIT" => Line::Unit {
            name,
            unit: text.into(),
        },
        _ => Line::Type {
            kind: kind(text)?,
            name,
        },
    })
}

fn kind(text: &str) -> Result<Kind, String> {
    Ok(match text.to_ascii_lowercase().as_str() {
        "counter" => Kind::Counter,
        "gauge" => Kind::Gauge,
        "histogram" => Kind::Histogram,
        "gaugehistogram" => Kind::GaugeHistogram,
        "summary" => Kind::Summary,
        "info" => Kind::Info,
        "stateset" => Kind::StateSet,
        "unknown" | "untyped" => Kind::Untyped,
        _ => return Err(format!("unknown type `{}`", shown(text))),
    })
}

fn sample(mut cursor: Cursor<'_>, in_seconds: bool) -> Result<Sample, String> {
    let before = cursor.take_while(|c| !is_blank(c) && c != '{');
    cursor.skip_blanks();
    let (quoted, labels) = if cursor.take('{') {
        in_braces(&mut cursor)?
    } else {
        (None, vec![])
    };
    let name = match (before, quoted) {
        ("", Some(name)) => name,
        (name, None) => plain_name(name)?,
        (_, Some(_)) => {
            return Err("there are two names, one before the braces and one inside".into());
        }
    };
    let value = value(&mut cursor, "a value")?;
    cursor.skip_blanks();
    let has_timestamp = cursor.peek().is_some_and(|c| c != '#');
    let timestamp = has_timestamp
        .then(|| timestamp(cursor.word(), in_seconds))
        .transpose()?;
    cursor.skip_blanks();
    let exemplar = if cursor.take('#') {
        Some(Box::new(exemplar(&mut cursor)?))
    } else {
        None
    };
    if !cursor.is_at_end() {
        return Err(cursor.expected("the end of the line"));
    }
    Ok(Sample {
        name,
        labels,
        value,
        timestamp,
        exemplar,
    })
}

fn exemplar(cursor: &mut Cursor<'_>) -> Result<Exemplar, String> {
    cursor.skip_blanks();
    if !cursor.take('{') {
        return Err(cursor.expected("the labels of an exemplar"));
    }
    let (None, labels) = in_braces(cursor)? else {
        return Err("an exemplar has no name".into());
    };
    let value = value(cursor, "the value of an exemplar")?;
    cursor.skip_blanks();
    let timestamp = (!cursor.is_at_end())
        .then(|| timestamp(cursor.word(), true))
        .transpose()?;
    cursor.skip_blanks();
    Ok(Exemplar {
        labels,
        value,
        timestamp,
    })
}

type Labels = Vec<(String, String)>;

/// Reads labels up to the closing brace, and the sample's name if it stands among them.
fn in_braces(cursor: &mut Cursor<'_>) -> Result<(Option<String>, Labels), String> {
    let (mut name, mut labels) = (None, Labels::new());
    loop {
        cursor.skip_blanks();
        if cursor.take('}') {
            check_unique(&labels)?;
            return Ok((name, labels));
        }
        let (key, is_quoted) = match cursor.peek() {
            Some('"') => (cursor.quoted()?, true),
            _ => (label_name(cursor)?, false),
        };
        cursor.skip_blanks();
        if cursor.take('=') {
            let value = label_value(cursor, &key)?;
            labels.push((key, value));
        } else if is_quoted && name.is_none() {
            name = Some(key);
        } else {
            return Err(cursor.expected(&format!("`=` after the label `{}`", shown(&key))));
        }
        cursor.skip_blanks();
        if !cursor.take(',') && cursor.peek() != Some('}') {
            return Err(cursor.expected("`,` or `}` after a label"));
        }
    }
}

/// By sorting: a line of many thousand labels must not take seconds.
fn check_unique(labels: &Labels) -> Result<(), String> {
    let mut names: Vec<&str> = labels.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(format!("the label `{}` occurs twice", shown(pair[0]))),
        None => Ok(()),
    }
}

fn label_name(cursor: &mut Cursor<'_>) -> Result<String, String> {
    let starts = cursor
        .peek()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    if !starts {
        return Err(cursor.expected("a label"));
    }
    Ok(cursor
        .take_while(|c| c.is_ascii_alphanumeric() || c == '_')
        .into())
}

fn label_value(cursor: &mut Cursor<'_>, label: &str) -> Result<String, String> {
    cursor.skip_blanks();
    if cursor.peek() != Some('"') {
        let what = format!("a value in quotes for the label `{}`", shown(label));
        return Err(cursor.expected(&what));
    }
    cursor.quoted()
}

/// Checks a name that is not in quotes: `[a-zA-Z_:][a-zA-Z0-9_:]*`.
fn plain_name(name: &str) -> Result<String, String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':');
    if name.is_empty() {
        Err("the name is missing".into())
    } else if name.chars().all(is_name) && !name.starts_with(|c: char| c.is_ascii_digit()) {
        Ok(name.into())
    } else {
        Err(format!(
            "`{}` is no name, unless it is put in quotes",
            shown(name)
        ))
    }
}

fn value(cursor: &mut Cursor<'_>, what: &str) -> Result<f64, String> {
    cursor.skip_blanks();
    if cursor.is_at_end() {
        return Err(cursor.expected(what));
    }
    number(cursor.word())
}

fn number(word: &str) -> Result<f64, String> {
    let number: f64 = word
        .parse()
        .map_err(|_| format!("`{}` is no number", shown(word)))?;
    if number.is_infinite() && word.contains(|c: char| c.is_ascii_digit()) {
        return Err(format!("`{}` is too large", shown(word)));
    }
    Ok(number)
}

/// Reads a timestamp and gives it in milliseconds.
fn timestamp(word: &str, in_seconds: bool) -> Result<i64, String> {
    let bad = || format!("`{}` is no timestamp", shown(word));
    if let Ok(whole) = word.parse::<i64>() {
        let factor = if in_seconds { 1_000 } else { 1 };
        return whole.checked_mul(factor).ok_or_else(bad);
    }
    let milliseconds = number(word).map_err(|_| bad())? * 1_000.0;
    if milliseconds.abs() < i64::MAX as f64 {
        Ok(milliseconds.round() as i64)
    } else {
        Err(bad())
    }
}
