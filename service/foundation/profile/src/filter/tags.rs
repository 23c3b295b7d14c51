//! Filters by labels, which `go tool pprof` calls tags.

use std::collections::HashMap;

use regex::Regex;

use crate::{Error, Label, LabelValue, Sample, pattern, units};

/// Which labels match.
#[derive(Clone, Debug)]
pub(super) struct TagFilter {
    /// Of which key; none stands for all.
    key: Option<String>,
    values: Values,
}

#[derive(Clone, Debug)]
enum Values {
    /// Numbers in a unit, both ends included.
    Range {
        unit: String,
        least: f64,
        most: f64,
    },
    Texts(Vec<Regex>),
}

impl TagFilter {
    /// None if the text is empty.
    pub(super) fn parse(option: &'static str, text: &str) -> Result<Option<Self>, Error> {
        if text.is_empty() {
            return Ok(None);
        }
        let (key, value) = match text.split_once('=') {
            Some((key, value)) => (Some(key.to_owned()).filter(|key| !key.is_empty()), value),
            None => (None, text),
        };
        let values = if let Some(range) = range(option, value)? {
            range
        } else {
            let all = value.split(',').map(|part| pattern::regex(option, part));
            Values::Texts(all.collect::<Result<_, _>>()?)
        };
        Ok(Some(Self { key, values }))
    }

    /// `label_units` are the units of numbers by their keys.
    pub(super) fn matches(&self, sample: &Sample, label_units: &HashMap<String, String>) -> bool {
        let of_key = |label: &&Label| self.key.as_ref().is_none_or(|key| **key == *label.key);
        let mut labels = sample.labels.iter().filter(of_key);
        match &self.values {
            Values::Range { unit, least, most } => labels.any(|label| {
                let LabelValue::Number(number, _) = &label.value else {
                    return false;
                };
                let from = label_units.get(&*label.key).map_or("", String::as_str);
                let (value, scaled_unit) = units::scale(*number, from, unit);
                scaled_unit == *unit && (*least..=*most).contains(&value)
            }),
            Values::Texts(all) if self.key.is_none() => all.iter().all(|regex| {
                let mut texts = sample.labels.iter().filter_map(text);
                texts.any(|(key, text)| regex.is_match(&format!("{key}:{text}")))
            }),
            Values::Texts(any) => labels
                .filter_map(text)
                .any(|(_, text)| any.iter().any(|regex| regex.is_match(text))),
        }
    }
}

fn text(label: &Label) -> Option<(&str, &str)> {
    match &label.value {
        LabelValue::Text(text) => Some((&label.key, text)),
        LabelValue::Number(..) => None,
    }
}

/// A range of numbers; none if the text is not one.
fn range(option: &'static str, text: &str) -> Result<Option<Values>, Error> {
    let (least, most) = match text.split_once(':') {
        None => (Some(text), Some(text)),
        Some(("", most)) => (None, Some(most)),
        Some((least, "")) => (Some(least), None),
        Some((least, most)) => (Some(least), Some(most)),
    };
    let (least, most) = (least.map(split_number), most.map(split_number));
    if least == Some(None) || most == Some(None) {
        return Ok(None);
    }
    let (least, most) = (least.flatten(), most.flatten());
    let Some(first) = least.or(most) else {
        return Ok(None);
    };
    // The first number's unit is the one to compare in.
    let unit = units::scale(1, first.1, first.1).1;
    let scaled = |(number, from): (&str, &str), to: &str| -> Result<(f64, String), Error> {
        let parsed = number.parse().map_err(|_| Error::TagNumber {
            option,
            number: number.to_owned(),
        })?;
        Ok(units::scale(parsed, from, to))
    };
    let mut ends = [f64::NEG_INFINITY, f64::INFINITY];
    for (end, given) in ends.iter_mut().zip([least, most]) {
        if let Some(given) = given {
            let (value, scaled_unit) = scaled(given, if given == first { first.1 } else { &unit })?;
            if scaled_unit != unit {
                return Ok(None);
            }
            *end = value;
        }
    }
    let [least, most] = ends;
    Ok(Some(Values::Range { unit, least, most }))
}

/// A number and the letters behind it; none if there is anything else.
fn split_number(text: &str) -> Option<(&str, &str)> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let letters = digits.trim_start_matches(|c: char| c.is_ascii_digit());
    let number = &text[..text.len() - letters.len()];
    let whole = letters.len() < digits.len() && letters.bytes().all(|b| b.is_ascii_alphabetic());
    whole.then_some((number, letters))
}
