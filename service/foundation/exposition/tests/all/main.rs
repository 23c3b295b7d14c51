//! The tests of what this crate offers, in one program.

mod bad_lines;
mod corpus;
mod libraries;
mod official;
mod quantiles;
mod random;
mod strict;
mod text;
mod write;

/// Counts what is allocated.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;
