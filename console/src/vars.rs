//! expvarmon's `-vars`: which variables, and how to print them.

use cutaway_model::{Number, Path, Scalar, Values, sanitize};

use crate::go;

/// What expvarmon shows when it is not told.
const DEFAULTS: [&str; 6] = [
    "mem:memstats.Alloc",
    "mem:memstats.Sys",
    "mem:memstats.HeapAlloc",
    "mem:memstats.HeapInuse",
    "duration:memstats.PauseNs",
    "duration:memstats.PauseTotalNs",
];

/// A variable to show: `[mem:|duration:|str:]dotted.path`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Var {
    /// Where it is.
    pub(crate) path: Path,
    /// How its value is meant.
    pub(crate) format: Format,
}

/// How a value is meant.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// As it is.
    Plain,
    /// Bytes.
    Memory,
    /// Nanoseconds.
    Duration,
    /// Text.
    Text,
}

impl Var {
    /// Reads one item of the list.
    pub(crate) fn parse(item: &str) -> Result<Self, String> {
        let (format, path) = match item.split_once(':') {
            Some(("mem", path)) => (Format::Memory, path),
            Some(("duration", path)) => (Format::Duration, path),
            Some(("str", path)) => (Format::Text, path),
            // Names may have colons of their own.
            _ => (Format::Plain, item),
        };
        if path.is_empty() {
            return Err("a variable's name is missing".to_owned());
        }
        Ok(Self {
            path: Path::from(path),
            format,
        })
    }

    /// What expvarmon shows when it is not told.
    pub(crate) fn defaults() -> Vec<Self> {
        DEFAULTS
            .into_iter()
            .filter_map(|item| Self::parse(item).ok())
            .collect()
    }

    /// The value among `values` (sorted by path) as expvarmon prints it; `N/A` if there is none.
    pub(crate) fn print(&self, values: &Values) -> String {
        let found = values
            .binary_search_by(|(path, _)| path.cmp(&self.path))
            .ok();
        found.map_or_else(|| "N/A".to_owned(), |at| self.print_value(&values[at].1))
    }

    fn print_value(&self, value: &Scalar) -> String {
        match (value, self.format) {
            (Scalar::Number(number), format) => print_number(*number, format),
            (Scalar::Array(items), format) => {
                mean(items).map_or_else(|| "N/A".to_owned(), |mean| print_number(mean, format))
            }
            (Scalar::Text(text), _) => sanitize(text).into_owned(),
            (Scalar::Bool(flag), _) => flag.to_string(),
            (Scalar::Null, _) => "N/A".to_owned(),
        }
    }
}

fn print_number(number: Number, format: Format) -> String {
    match (whole(number), format) {
        (Some(bytes), Format::Memory) => go::byte_size(bytes),
        (Some(nanos), Format::Duration) => go::rounded_duration(nanos),
        (Some(whole), _) => whole.to_string(),
        (None, _) => match number {
            Number::U64(large) => large.to_string(),
            other => format!("{:.2}", other.as_f64()),
        },
    }
}

fn whole(number: Number) -> Option<i64> {
    match number {
        Number::U64(value) => i64::try_from(value).ok(),
        Number::I64(value) => Some(value),
        Number::F64(_) => None,
    }
}

/// The mean of an array without its trailing zeros: Go's `PauseNs` is a ring of 256 places, unused ones 0. Whole if the
/// first number is.
fn mean(items: &[Scalar]) -> Option<Number> {
    let numbers: Vec<f64> = items.iter().filter_map(Scalar::as_f64).collect();
    let used = numbers
        .iter()
        .rposition(|n| *n != 0.0)
        .map_or(0, |last| last + 1);
    let mean = if used == 0 {
        0.0
    } else {
        numbers[..used].iter().sum::<f64>() / used as f64
    };
    match items.first() {
        None => Some(Number::I64(0)),
        Some(Scalar::Number(Number::F64(_))) => Some(Number::F64(mean)),
        Some(Scalar::Number(_)) => Some(Number::I64(mean as i64)),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn print(item: &str, value: Scalar) -> String {
        let var = Var::parse(item).expect(item);
        var.print(&Arc::new(vec![(var.path.clone(), value)]))
    }

    fn number(value: f64) -> Scalar {
        Scalar::Number(Number::F64(value))
    }

    fn int(value: u64) -> Scalar {
        Scalar::Number(Number::U64(value))
    }

    #[test]
    fn prefixes_and_paths_are_told_apart() {
        let var = |item| Var::parse(item).map(|var| (var.format, var.path.segments().len()));
        assert_eq!(var("mem:memstats.Alloc"), Ok((Format::Memory, 2)));
        assert_eq!(var("duration:a"), Ok((Format::Duration, 1)));
        assert_eq!(var("str:a.b.c"), Ok((Format::Text, 3)));
        assert_eq!(var(r"bench\.bleve.index"), Ok((Format::Plain, 2)));
        assert_eq!(var("http:hits"), Ok((Format::Plain, 1)));
        assert!(var("mem:").is_err());
    }

    #[test]
    fn values_are_printed_as_expvarmon_does() {
        assert_eq!(print("mem:a", int(6_815_744)), "6.5MB");
        assert_eq!(print("duration:a", int(155_000_000)), "155ms");
        assert_eq!(print("a", int(142)), "142");
        assert_eq!(print("a", number(13.236)), "13.24");
        assert_eq!(print("mem:a", number(1.5)), "1.50");
        assert_eq!(print("a", Scalar::Bool(true)), "true");
        assert_eq!(print("a", Scalar::Null), "N/A");
        assert_eq!(
            print("a", Scalar::Array(vec![int(2), int(5), int(0), int(0)])),
            "3"
        );
        assert_eq!(
            print(
                "duration:a",
                Scalar::Array(vec![int(0), int(4_000), int(0)])
            ),
            "2µs"
        );
        assert_eq!(print("a", Scalar::Array(vec![])), "0");
        assert_eq!(Var::defaults().len(), 6);
        assert_eq!(Var::defaults()[0].print(&Arc::default()), "N/A");
    }

    #[test]
    fn text_is_made_safe() {
        let text = Scalar::Text("a\u{1b}[2Jb".into());
        assert_eq!(print("str:a", text), "a␛[2Jb");
    }
}
