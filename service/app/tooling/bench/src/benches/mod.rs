//! The benchmarks. A further one is a file here and a line in [`ALL`].

mod answers;
mod capture;
mod codec;
pub(crate) mod console;
mod counters;
mod crates;
mod disk;
mod go_rival;
mod group_commit;
mod hot;
mod layers;
mod locks;
mod onion;
mod overload;
mod recorder;
mod sales;
mod sampling;
mod switch;
mod tasks;
mod tour;
mod turns;
mod variables;
mod vars_endpoint;
mod workbook;

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use crate::context::Context;
use crate::record::Row;

/// A benchmark.
pub(crate) struct Bench {
    pub(crate) name: &'static str,
    /// What it measures, in a sentence or two.
    pub(crate) what: &'static str,
    pub(crate) run: for<'a> fn(&'a Context) -> Running<'a>,
}

/// A benchmark under way.
pub(crate) type Running<'a> = Pin<Box<dyn Future<Output = anyhow::Result<Found>> + 'a>>;

/// What it found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) rows: Vec<Row>,
    pub(crate) notes: Vec<String>,
}

/// Why a benchmark cannot be run on this machine, which is no fault of the service's.
#[derive(Debug)]
pub(crate) struct Skipped(pub(crate) &'static str);

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "skipped: {}", self.0)
    }
}

impl std::error::Error for Skipped {}

/// In the order they run.
pub(crate) const ALL: &[Bench] = &[
    variables::BENCH,
    counters::BENCH,
    locks::BENCH,
    recorder::BENCH,
    vars_endpoint::BENCH,
    codec::BENCH,
    sampling::CPU,
    sampling::HEAP,
    sampling::CONTENTION,
    sampling::TIMELINE,
    sampling::ALL_ON,
    tasks::BENCH,
    onion::BENCH,
    go_rival::BENCH,
    group_commit::BENCH,
    overload::BENCH,
    answers::BENCH,
    crates::BENCH,
    console::watch::BENCH,
    console::start::FIRST_SAMPLE,
    console::frames::BENCH,
    console::start::PROFILE,
    console::top::BENCH,
    workbook::verdict::BENCH,
    workbook::page::BENCH,
    workbook::book::BENCH,
    tour::BENCH,
    layers::BENCH,
];
