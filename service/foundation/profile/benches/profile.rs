//! What reading, writing and summing up a profile costs: `cargo bench -p profile`.
//!
//! Each round runs every case once, so that a slower moment of the machine falls on all of them; the table shows the
//! median of the rounds and the best, which other work on the machine disturbs least. A number as argument sets how many rounds there are.

use std::any::Any;
use std::hint::black_box;
use std::io::Write as _;
use std::rc::Rc;
use std::time::{Duration, Instant};

use profile::graph::Graph;
use profile::{
    Function, Label, LabelValue, Line, Location, Mapping, Profile, Reader, Sample, ValueType,
    flame, top,
};

fn main() -> std::io::Result<()> {
    let rounds = std::env::args().find_map(|argument| argument.parse().ok());
    let rounds: usize = rounds.unwrap_or(15).max(1);
    let mut cases = cases();
    let mut times = vec![Vec::with_capacity(rounds); cases.len()];
    for _ in 0..rounds {
        for (case, times) in cases.iter_mut().zip(&mut times) {
            let start = Instant::now();
            let made = black_box((case.run)());
            times.push(start.elapsed());
            drop(made);
        }
    }
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{:<44} {:>10} {:>10} {:>10}",
        "case", "median ms", "best ms", "limit ms"
    )?;
    for (case, times) in cases.iter().zip(&mut times) {
        let limit = case.limit.map_or("-".to_owned(), |limit| limit.to_string());
        let (median, best) = median(times);
        writeln!(
            out,
            "{:<44} {median:>10.1} {best:>10.1} {limit:>10}",
            case.name
        )?;
    }
    Ok(())
}

/// The median and the least, in milliseconds.
fn median(times: &mut [Duration]) -> (f64, f64) {
    times.sort_unstable();
    let millis = |time: Duration| time.as_secs_f64() * 1e3;
    (millis(times[times.len() / 2]), millis(times[0]))
}

/// What a case makes; it is let go of after the clock has been read.
type Made = Box<dyn Any>;

struct Case {
    name: &'static str,
    /// What it may take, in milliseconds.
    limit: Option<u32>,
    run: Box<dyn FnMut() -> Made>,
}

fn case<T: 'static>(
    name: &'static str,
    limit: Option<u32>,
    mut run: impl FnMut() -> T + 'static,
) -> Case {
    Case {
        name,
        limit,
        run: Box::new(move || Box::new(run())),
    }
}

fn cases() -> Vec<Case> {
    let small = Rc::new(synthetic(50_000));
    let bytes = small.encode();
    let gzip = small.encode_gzip();
    let large = synthetic(1_000_000).encode_gzip();
    eprintln!(
        "50,000 samples: {} bytes, {} compressed; 1,000,000: {} compressed",
        bytes.len(),
        gzip.len(),
        large.len()
    );
    let with = |run: fn(&Profile) -> Made| {
        let profile = Rc::clone(&small);
        move || run(&profile)
    };
    vec![
        case("decode, 50,000 samples", Some(60), move || {
            Profile::decode(&bytes)
        }),
        case("decode, 50,000 samples, gzip", Some(60), move || {
            Profile::decode(&gzip)
        }),
        case(
            "encode, 50,000 samples",
            Some(60),
            with(|p| Box::new(p.encode())),
        ),
        case(
            "encode, 50,000 samples, gzip",
            Some(60),
            with(|p| Box::new(p.encode_gzip())),
        ),
        case(
            "read and sum up, 1,000,000 samples, gzip",
            Some(3000),
            move || sum_up(&large),
        ),
        case(
            "top, 50,000 samples",
            None,
            with(|p| Box::new(top::table(p, 1))),
        ),
        case(
            "callers and callees, 50,000 samples",
            None,
            with(|p| Box::new(Graph::new(p, 1))),
        ),
        case(
            "merge with itself, 50,000 samples",
            None,
            with(|p| Box::new(Profile::merge(&[p, p]))),
        ),
        case(
            "flame graph, 50,000 samples",
            None,
            with(|p| Box::new(flame::svg(p, &flame::Options::default()))),
        ),
    ]
}

fn sum_up(bytes: &[u8]) -> usize {
    let mut reader = Reader::new(bytes, 1 << 30).expect("a profile");
    reader.prune().expect("expressions");
    top::read(&reader, 1).expect("samples").0.len()
}

/// A profile such as a sampler takes: stacks of some 30 frames that share their callers, some frames inlined, a label.
fn synthetic(samples: usize) -> Profile {
    let mut random = Random(0x5eed);
    let functions = (0..3000).map(|index| Function {
        name: format!(
            "<service::module{}::Type{index} as core::ops::Fn>::call_{index}",
            index % 70
        )
        .into(),
        system_name: format!("_ZN7service6module{index}4call17h{:016x}E", index * 7919).into(),
        filename: format!(
            "/build/service/src/module{}/file{}.rs",
            index % 70,
            index % 400
        )
        .into(),
        start_line: index,
    });
    let locations = (0..9000_u32).map(|index| {
        let line = |offset| Line {
            function: (index * 7 + offset) % 3000,
            line: i64::from(index % 900),
        };
        Location {
            address: 0x55d0_0000_0000 + u64::from(index) * 61,
            mapping: Some(0),
            lines: (0..=u32::from(index % 5 == 0)).map(line).collect(),
            folded: false,
        }
    });
    let threads: Vec<_> = (0..16)
        .map(|n| Label {
            key: "thread".into(),
            value: LabelValue::Text(format!("tokio-worker-{n}").into()),
        })
        .collect();
    let mut stack: Vec<u32> = Vec::new();
    let samples = (0..samples)
        .map(|_| {
            // A walk: each stack shares its root with the one before.
            let kept = random.below(stack.len() + 1);
            stack.truncate(kept.max(5));
            let depth = 15 + random.below(36);
            while stack.len() < depth {
                // Each place calls four others.
                let caller = stack.last().copied().unwrap_or(0);
                stack.push((caller * 31 + random.below(4) as u32 * 977 + 1) % 9000);
            }
            let count = 1 + random.below(3) as i64;
            Sample {
                locations: stack.iter().rev().copied().collect(),
                values: vec![count, count * 10_000_000],
                labels: vec![threads[random.below(16)].clone()],
            }
        })
        .collect();
    Profile {
        sample_types: vec![
            ValueType::new("samples", "count"),
            ValueType::new("cpu", "nanoseconds"),
        ],
        samples,
        locations: locations.collect(),
        functions: functions.collect(),
        mappings: vec![Mapping {
            memory_start: 0x55d0_0000_0000,
            memory_limit: 0x55d1_0000_0000,
            filename: "/bin/service".into(),
            build_id: "00ff".into(),
            has_functions: true,
            ..Mapping::default()
        }],
        period_type: Some(ValueType::new("cpu", "nanoseconds")),
        period: 10_000_000,
        ..Profile::default()
    }
}

/// The same numbers at each run (Marsaglia's xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}
