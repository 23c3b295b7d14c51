//! Broken input for the readers, endlessly.
//!
//! Execution number *i* under a seed is always the same input: a file of the reader's committed corpus or a document made
//! up, changed in one to eight places. A worker ([`worker`]) is a process of its own, so that one that dies or never comes
//! back is a finding like any other, and its allocator counts every byte that a reader takes.

mod corpus;
mod memory;
mod mutate;
mod readers;
pub mod worker;

pub(crate) use corpus::Corpus;
pub(crate) use readers::{READERS, Reader};
pub(crate) use worker::{Finding, Line};

/// The largest input, in bytes.
const MAX_INPUT: usize = 64 << 10;
