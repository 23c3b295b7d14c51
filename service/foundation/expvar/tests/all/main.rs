//! The tests of what this crate offers, in one program.

mod corpus;
mod described;
mod document;
mod go;
mod histograms;
mod kinds;
mod mutation;
mod reader;

/// Counts what is allocated.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;
