//! Is this the process we knew? Two readings of one source are compared.

use cutaway_model::{Kind, Path, Scalar, units};
use expvar::read::guess_kind;

use crate::read::Reading;

/// Counters that fall together before this is taken for a restart: a single one may be a gauge with a misleading name.
const FALLING_TOGETHER: usize = 2;

/// The evidence that `now` comes from another process than `before`, for people; `None` when there is none.
pub(crate) fn evidence(before: &Reading, now: &Reading) -> Option<String> {
    let pairs = || Pairs {
        before: &before.values,
        now: &now.values,
    };
    pairs()
        .find_map(|(path, old, new)| named(path, old, new))
        .or_else(|| falling_counters(pairs(), now))
}

/// Variables whose names say that they tell one process from another.
fn named(path: &Path, old: &Scalar, new: &Scalar) -> Option<String> {
    if old == new {
        return None;
    }
    let in_build = path.segments().len() > 1 && path.segments()[0].as_ref() == "build";
    match path.name() {
        "uptime" | "uptime_ns" => fell(old, new).map(|(old, new)| {
            format!(
                "uptime fell from {} to {}",
                units::nanos(old),
                units::nanos(new)
            )
        }),
        "uptime_seconds" => fell(old, new).map(|(old, new)| {
            format!(
                "uptime fell from {} to {}",
                units::nanos(old * 1e9),
                units::nanos(new * 1e9)
            )
        }),
        "process_start_time_seconds" => {
            later(old, new).then(|| "the process started later".to_owned())
        }
        "cmdline" if path.segments().len() == 1 => Some("the command line changed".to_owned()),
        "pid" => Some(format!("the process id changed from {old} to {new}")),
        _ if in_build => Some(format!("{path} changed")),
        name @ ("TotalAlloc" | "Mallocs" | "NumGC" | "PauseTotalNs")
            if path.segments()[0].as_ref() == "memstats" =>
        {
            fell(old, new).map(|_| format!("memstats.{name} fell"))
        }
        _ => None,
    }
}

fn falling_counters(pairs: Pairs<'_>, now: &Reading) -> Option<String> {
    let is_counter = |path: &Path, value: &Scalar| match now.kinds.get(path) {
        Some(kind) => *kind == Kind::Counter,
        None => guess_kind(path, value) == Kind::Counter,
    };
    let falling: Vec<&Path> = pairs
        .clone()
        .filter(|(path, old, new)| fell(old, new).is_some() && is_counter(path, new))
        .map(|(path, ..)| path)
        .collect();
    if falling.len() < FALLING_TOGETHER {
        return None;
    }
    let growing = pairs
        .filter(|(path, old, new)| fell(new, old).is_some() && is_counter(path, new))
        .count();
    (falling.len() > growing).then(|| {
        format!(
            "{} and {} more counters fell",
            falling[0],
            falling.len() - 1
        )
    })
}

fn fell(old: &Scalar, new: &Scalar) -> Option<(f64, f64)> {
    let (old, new) = (old.as_f64()?, new.as_f64()?);
    (new < old).then_some((old, new))
}

/// Start times are computed, and may wobble by a little.
fn later(old: &Scalar, new: &Scalar) -> bool {
    matches!((old.as_f64(), new.as_f64()), (Some(old), Some(new)) if new - old > 1.0)
}

/// The paths that both lists have, with both values. The lists are sorted.
#[derive(Clone)]
struct Pairs<'a> {
    before: &'a [(Path, Scalar)],
    now: &'a [(Path, Scalar)],
}

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a Path, &'a Scalar, &'a Scalar);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (old, new) = (self.before.first()?, self.now.first()?);
            let order = old.0.cmp(&new.0);
            if order.is_le() {
                self.before = &self.before[1..];
            }
            if order.is_ge() {
                self.now = &self.now[1..];
            }
            if order.is_eq() {
                return Some((&new.0, &old.1, &new.1));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use cutaway_model::Source;
    use expvar::read::Document;

    use super::*;

    fn compare(before: &str, now: &str) -> Option<String> {
        evidence(&reading(before), &reading(now))
    }

    fn reading(json: &str) -> Reading {
        let document = Document::parse(json.as_bytes()).expect("the test's JSON is JSON");
        Reading {
            source: Source::Expvar,
            values: Arc::new(document.into_values()),
            kinds: Arc::default(),
            warnings: 0,
        }
    }

    #[test]
    fn another_process_is_noticed() {
        let cases = [
            (
                r#"{"uptime_ns":5000000000}"#,
                r#"{"uptime_ns":1000000000}"#,
                "uptime fell from 5 s to 1 s",
            ),
            (
                r#"{"a":{"uptime_seconds":90}}"#,
                r#"{"a":{"uptime_seconds":1}}"#,
                "uptime fell from 1 min 30 s to 1 s",
            ),
            (
                r#"{"cmdline":["a"]}"#,
                r#"{"cmdline":["a","-v"]}"#,
                "the command line changed",
            ),
            (
                r#"{"build":{"commit":"a","name":"x"}}"#,
                r#"{"build":{"commit":"b","name":"x"}}"#,
                "build.commit changed",
            ),
            (
                r#"{"pid":1}"#,
                r#"{"pid":2}"#,
                "the process id changed from 1 to 2",
            ),
            (
                r#"{"memstats":{"Mallocs":9}}"#,
                r#"{"memstats":{"Mallocs":1}}"#,
                "memstats.Mallocs fell",
            ),
            (
                r#"{"process_start_time_seconds":100}"#,
                r#"{"process_start_time_seconds":150}"#,
                "the process started later",
            ),
            (
                r#"{"requests":9,"errors":4,"x":1}"#,
                r#"{"requests":1,"errors":0,"x":2}"#,
                "errors and 1 more counters fell",
            ),
        ];
        for (before, now, expect) in cases {
            assert_eq!(
                compare(before, now).as_deref(),
                Some(expect),
                "{before} {now}"
            );
        }
    }

    #[test]
    fn the_same_process_is_left_alone() {
        let cases = [
            (
                r#"{"uptime_ns":1,"requests":1}"#,
                r#"{"uptime_ns":2,"requests":5}"#,
            ),
            (
                r#"{"requests":9,"errors":1}"#,
                r#"{"requests":1,"errors":2}"#,
            ),
            (
                r#"{"memstats":{"Alloc":9,"HeapInuse":9}}"#,
                r#"{"memstats":{"Alloc":1,"HeapInuse":1}}"#,
            ),
            (
                r#"{"process_start_time_seconds":100.1}"#,
                r#"{"process_start_time_seconds":100.2}"#,
            ),
            (r#"{"a":1,"uptime":5}"#, r#"{"b":1,"pid":7}"#),
            ("{}", "{}"),
        ];
        for (before, now) in cases {
            assert_eq!(compare(before, now), None, "{before} {now}");
        }
    }
}
