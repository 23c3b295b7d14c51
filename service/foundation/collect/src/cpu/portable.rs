//! The sampler for other Unix systems: the `pprof` crate's, with the names that it finds. It notes callers only, not the
//! interrupted function itself, tells stacks apart by function, and knows no addresses.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use pprof::{Frames, ProfilerGuard, Symbol};
use profile::{Function, Label, LabelValue, Line, Location, Profile, Sample, ValueType};

use super::{Samples, clock, expected};
use crate::Error;

/// Samples being taken.
pub(super) struct Sampler {
    guard: ProfilerGuard<'static>,
    hz: u32,
    cpu_time_before: Duration,
}

impl Sampler {
    pub(super) fn start(hz: u32) -> Result<Self, Error> {
        let cpu_time_before = clock::process_cpu_time();
        let guard = ProfilerGuard::new(hz as i32).map_err(failed("starting the sampler"))?;
        Ok(Self {
            guard,
            hz,
            cpu_time_before,
        })
    }

    pub(super) fn samples(&self) -> u64 {
        let report = self.guard.report().build_unresolved();
        report.map_or(0, |report| {
            report.data.values().map(|count| *count as u64).sum()
        })
    }

    pub(super) fn finish(self) -> Result<Samples, Error> {
        let cpu_time = clock::process_cpu_time().saturating_sub(self.cpu_time_before);
        let report = self
            .guard
            .report()
            .build()
            .map_err(failed("looking up names"))?;
        let period = 1_000_000_000 / i64::from(self.hz);
        let mut places = Places::default();
        let stacks = report.data.iter();
        let samples: Vec<Sample> = stacks
            .map(|(stack, count)| places.sample(stack, *count as i64, period))
            .collect();
        let cpu = ValueType::new("cpu", "nanoseconds");
        Ok(Samples {
            // Which ticks came is not known.
            deliverable: expected(cpu_time, self.hz),
            kept: samples.iter().map(|sample| sample.value(0) as u64).sum(),
            lost: 0,
            delivered_hz: self.hz,
            cpu_time,
            profile: Profile {
                sample_types: vec![ValueType::new("samples", "count"), cpu.clone()],
                samples,
                locations: places.locations,
                functions: places.functions,
                period_type: Some(cpu),
                period,
                ..Profile::default()
            },
        })
    }
}

impl fmt::Debug for Sampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sampler")
            .field("hz", &self.hz)
            .finish_non_exhaustive()
    }
}

fn failed(doing: &'static str) -> impl Fn(pprof::Error) -> Error {
    move |error| match error {
        pprof::Error::Running => Error::Taken {
            what: "the pprof crate's profiler",
        },
        other => Error::System {
            doing,
            source: std::io::Error::other(other.to_string()),
        },
    }
}

/// The tables of a profile being made. A location stands for a function here and what is inlined into it.
#[derive(Default)]
struct Places {
    locations: Vec<Location>,
    functions: Vec<Function>,
    known_locations: HashMap<Vec<Line>, u32>,
    known_functions: HashMap<String, u32>,
}

impl Places {
    fn sample(&mut self, stack: &Frames, count: i64, period: i64) -> Sample {
        let locations = stack
            .frames
            .iter()
            .map(|symbols| self.location(symbols))
            .collect();
        let thread = Label {
            key: "thread".into(),
            value: LabelValue::Text(stack.thread_name_or_id().into()),
        };
        Sample {
            locations,
            values: vec![count, count.saturating_mul(period)],
            labels: vec![thread],
        }
    }

    fn location(&mut self, symbols: &[Symbol]) -> u32 {
        let line = |symbol: &Symbol| Line {
            function: self.function(symbol),
            line: i64::from(symbol.lineno()),
        };
        let lines: Vec<Line> = symbols.iter().map(line).collect();
        let next = self.locations.len() as u32;
        *self
            .known_locations
            .entry(lines)
            .or_insert_with_key(|lines| {
                self.locations.push(Location {
                    lines: lines.clone(),
                    ..Location::default()
                });
                next
            })
    }

    fn function(&mut self, symbol: &Symbol) -> u32 {
        let system_name = symbol.sys_name().into_owned();
        let next = self.functions.len() as u32;
        *self
            .known_functions
            .entry(system_name)
            .or_insert_with_key(|system_name| {
                self.functions.push(Function {
                    name: symbol.name().into(),
                    system_name: Arc::from(system_name.as_str()),
                    filename: symbol.filename().into(),
                    start_line: 0,
                });
                next
            })
    }
}

/// Compiled on Linux for this test alone, as a cross-check of the sampler used there.
#[cfg(all(test, own_sampler))]
mod tests {
    use std::hint::black_box;

    use super::super::{Turn, linux};
    use super::*;

    #[inline(never)]
    fn leaf(rounds: u64) -> u64 {
        (0..rounds).fold(1, |state: u64, round| {
            black_box(state ^ round).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        })
    }

    #[inline(never)]
    fn hot(rounds: u64) -> u64 {
        black_box(leaf(black_box(rounds))) + 1
    }

    #[inline(never)]
    fn warm(rounds: u64) -> u64 {
        black_box(leaf(black_box(rounds))) + 2
    }

    /// Twice as much in one as in the other.
    fn burn_until(enough: impl Fn() -> bool) {
        while !enough() {
            black_box(hot(100_000));
            black_box(warm(50_000));
        }
    }

    /// How many of the samples of the thread `crosscheck` have `hot` and `warm` in their stack.
    fn shares(mut profile: Profile) -> [f64; 2] {
        let own = LabelValue::Text("crosscheck".into());
        profile
            .samples
            .retain(|sample| sample.labels[0].value == own);
        let table = profile::top::table(&profile, 0);
        ["hot", "warm"].map(|name| {
            let named = |row: &&profile::top::Row| row.name.rsplit("::").next() == Some(name);
            let row = table.iter().find(named);
            let row = row.unwrap_or_else(|| panic!("{name} is not in {table:#?}"));
            row.cum as f64 / profile.total(0) as f64
        })
    }

    #[test]
    fn both_samplers_see_the_same() {
        let _turn = Turn::take().expect("no other test captures");
        let crosscheck = || {
            let theirs = Sampler::start(100).expect("the pprof crate's sampler");
            burn_until(|| theirs.samples() >= 150);
            let theirs = theirs.finish().expect("a profile");
            let ours = linux::Sampler::start(100).expect("our sampler");
            burn_until(|| ours.samples() >= 150);
            let ours = ours.finish().expect("a profile");
            (shares(theirs.profile), shares(ours.profile))
        };
        let thread = std::thread::Builder::new().name("crosscheck".to_owned());
        let thread = thread.spawn(crosscheck).expect("a thread");
        let (theirs, ours) = thread.join().expect("two profiles");
        for ([hot, warm], whose) in [(theirs, "theirs"), (ours, "ours")] {
            assert!(hot + warm > 0.8 && hot > warm, "{whose}: {hot} {warm}");
        }
        // By chance they differ by 0.05 or so.
        for (theirs, ours) in theirs.into_iter().zip(ours) {
            assert!((theirs - ours).abs() < 0.25, "theirs {theirs}, ours {ours}");
        }
    }
}
