//! Writing and reading a large profile.

use std::hint::black_box;

use profile::Profile;

use super::hot::thread_cpu;
use super::{Bench, Found};
use crate::context::Context;
use crate::record::{Limit, Row, Unit};
use crate::synthetic;

pub(crate) const BENCH: Bench = Bench {
    name: "profile-codec",
    what: "Writing and reading a profile of 50,000 samples: CPU time of one call, as served (gzip) and without \
           compression.",
    run: |context| Box::pin(async move { run(context) }),
};

const SAMPLES: usize = 50_000;
/// Of CPU each way, in nanoseconds.
const LIMIT: f64 = 60e6;

fn run(context: &Context) -> anyhow::Result<Found> {
    let profile = synthetic::profile(SAMPLES, 1);
    let (plain, packed) = (profile.encode(), profile.encode_gzip());
    anyhow::ensure!(
        Profile::decode(&packed)? == profile,
        "what was written is not what is read"
    );
    context.cores.stay_on(context.cores.count() - 1)?;
    let times = context.times(40);
    let row = |what, limit, work: &dyn Fn()| -> anyhow::Result<Row> {
        let costs: anyhow::Result<Vec<f64>> = (0..times).map(|_| cost(work)).collect();
        eprintln!("  {}: {what}", BENCH.name);
        Ok(Row::repeated(what, Unit::Nanoseconds, costs?, limit))
    };
    let limit = Some(Limit::AtMost(LIMIT));
    let rows = vec![
        row("encode, gzip", limit, &|| {
            drop(black_box(black_box(&profile).encode_gzip()));
        })?,
        row("decode, gzip", limit, &|| {
            drop(black_box(Profile::decode(black_box(&packed))));
        })?,
        row("encode, not compressed", None, &|| {
            drop(black_box(black_box(&profile).encode()));
        })?,
        row("decode, not compressed", None, &|| {
            drop(black_box(Profile::decode(black_box(&plain))));
        })?,
    ];
    context.cores.stay_off()?;
    Ok(Found {
        rows,
        notes: vec![format!(
            "{SAMPLES} samples over {} locations, stacks of {:.1} frames on average, a thread label each; {} bytes, {} \
             compressed.",
            profile.locations.len(),
            profile
                .samples
                .iter()
                .map(|sample| sample.locations.len())
                .sum::<usize>() as f64
                / SAMPLES as f64,
            plain.len(),
            packed.len()
        )],
    })
}

/// CPU time of this thread, in nanoseconds.
fn cost(work: &dyn Fn()) -> anyhow::Result<f64> {
    let before = thread_cpu()?;
    work();
    Ok(thread_cpu()?.saturating_sub(before).as_nanos() as f64)
}
