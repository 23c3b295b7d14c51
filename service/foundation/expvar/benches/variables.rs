//! What a variable costs those who write it, at one thread and at two, beside a plain `AtomicU64`; and what the
//! document of 500 variables costs who asks for it.
//!
//! ```text
//! cargo bench -p expvar
//! ```
//!
//! Medians of alternating rounds, so that a busy machine slows all of them down alike.

use std::hint::black_box;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use expvar::{Error, Registry};

const ROUNDS: usize = 15;
const INCREMENTS: u32 = 400_000;
const DOCUMENTS: u32 = 100;

fn main() -> Result<(), Error> {
    increments()?;
    documents()
}

/// Something that a thread does over and over, and its name.
type Work<'a> = (&'static str, Box<dyn Fn(u64) + Sync + 'a>);

fn increments() -> Result<(), Error> {
    let vars = Registry::new();
    let plain = AtomicU64::new(0);
    let (counter, gauge) = (vars.counter("counter")?, vars.gauge("gauge")?);
    let (float, histogram) = (vars.float("float")?, vars.histogram("histogram_ns")?);
    let family = vars.counters("family", &["method", "route", "status"])?;
    for status in ["1xx", "3xx", "4xx", "5xx"] {
        family.with(&["GET", "/v1/orders/{id}", status]);
    }
    let kept = family.with(&["GET", "/v1/orders/{id}", "2xx"]);
    let work: [Work<'_>; 8] = [
        (
            "AtomicU64",
            Box::new(|_| {
                plain.fetch_add(1, Ordering::Relaxed);
            }),
        ),
        ("Counter", Box::new(|_| counter.inc())),
        ("Gauge", Box::new(|_| gauge.inc())),
        ("Float", Box::new(|_| float.add(1.0))),
        (
            "Histogram",
            Box::new(|n| histogram.record(1_000_000 + n % 200_000)),
        ),
        (
            "Family, found each time",
            Box::new(|_| family.with(&["GET", "/v1/orders/{id}", "2xx"]).inc()),
        ),
        (
            "Family, updated",
            Box::new(|_| family.update(&["GET", "/v1/orders/{id}", "2xx"], expvar::Counter::inc)),
        ),
        ("Family, series kept", Box::new(|_| kept.inc())),
    ];
    println!(
        "{:<26} {:>10} {:>10}",
        "ns per increment, at", "1 thread", "2 threads"
    );
    let mut times = vec![[const { Vec::new() }; 2]; work.len()];
    for _ in 0..ROUNDS {
        for ((_, work), times) in work.iter().zip(&mut times) {
            for threads in 1..=2 {
                times[threads - 1].push(per_increment(threads, work.as_ref()));
            }
        }
    }
    for ((name, _), [one, two]) in work.iter().zip(times) {
        println!("{name:<26} {:>10.1} {:>10.1}", median(one), median(two));
    }
    Ok(())
}

/// Nanoseconds per increment, as one thread sees it, while `threads` of them do the same.
fn per_increment(threads: usize, work: &(dyn Fn(u64) + Sync)) -> f64 {
    let start = Barrier::new(threads);
    let run = || {
        start.wait();
        let begun = Instant::now();
        for n in 0..u64::from(INCREMENTS) {
            work(black_box(n));
        }
        begun.elapsed()
    };
    let slowest = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        threads
            .into_iter()
            .filter_map(|thread| thread.join().ok())
            .max()
    });
    nanoseconds(slowest.unwrap_or_default()) / f64::from(INCREMENTS)
}

fn documents() -> Result<(), Error> {
    let vars = Registry::new();
    let sink = many(&vars)?;
    let read = expvar::read::Document::parse(vars.to_json().as_bytes());
    let read = read.expect("our own document");
    let (mut write, mut parse) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        sink.inc();
        let begun = Instant::now();
        for _ in 0..DOCUMENTS {
            black_box(vars.to_json());
        }
        write.push(nanoseconds(begun.elapsed()) / f64::from(DOCUMENTS) / 1e3);
        let document = vars.to_json();
        let begun = Instant::now();
        for _ in 0..DOCUMENTS {
            let _ = black_box(expvar::read::Document::parse(document.as_bytes()));
        }
        parse.push(nanoseconds(begun.elapsed()) / f64::from(DOCUMENTS) / 1e3);
    }
    println!(
        "\nµs for the document of 500 variables ({} values, {} bytes): written {:.0}, read {:.0}",
        read.values().len(),
        vars.to_json().len(),
        median(write),
        median(parse)
    );
    Ok(())
}

/// 500 variables as a service has them: counters above all, some histograms, families and functions.
fn many(vars: &Registry) -> Result<expvar::Counter, Error> {
    for n in 0..250u32 {
        vars.counter(&format!("counter_{n}"))?
            .add(u64::from(n) * 1_234_567);
    }
    for n in 0..100u32 {
        let store = vars.map(&format!("part_{}", n % 10))?;
        store.gauge(&format!("depth_{n}"))?.set(i64::from(n) - 50);
    }
    for n in 0..60u32 {
        vars.float(&format!("ratio_{n}"))?.set(f64::from(n) / 7.0);
        vars.text(&format!("state_{}", n / 3))?
            .set("ready: \"fine\"");
    }
    for n in 0..30u32 {
        let latency = vars.histogram(&format!("latency_{n}_ns"))?;
        (0..2_000u64).for_each(|value| latency.record(value * value * 1_000));
    }
    for n in 0..20u32 {
        let family = vars.counters(&format!("requests_{n}"), &["method", "status"])?;
        for status in ["2xx", "4xx", "5xx"] {
            family.with(&["GET", status]).inc();
        }
    }
    for n in 0..20u32 {
        vars.func(&format!("func_{n}"), move || n.into())?;
    }
    vars.counter("counter_0")
}

fn nanoseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e9
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
