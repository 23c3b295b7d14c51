//! What is sampled all the time, so that its profiles have something to show.

use collect::heap::{DEFAULT_LG_SAMPLE, MAX_LG_SAMPLE, MIN_LG_SAMPLE};
use collect::{contention, heap};

/// How often to sample what has profiles since the start of the program: the heap, and waits for what `sync` has. 0 is
/// never. The rates can be changed later, by POST: `/debug/pprof/heap?rate=524288`.
///
/// ```
/// // First of all: what was allocated before is in no profile.
/// let sampling = debug::Sampling { mutex_fraction: 1, ..debug::Sampling::default() };
/// if let Err(error) = sampling.start() {
///     eprintln!("no heap profiles: {error}");
/// }
/// # debug::Sampling { heap_bytes: 0, block_ns: 0, mutex_fraction: 0 }.start()?;
/// # Ok::<(), debug::SamplingError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampling {
    /// One allocation in so many bytes; of what is no power of two, the next below. Default: 524288, as in Go.
    pub heap_bytes: u64,
    /// Of those who wait, one in so many nanoseconds of waiting. Default: 10000.
    pub block_ns: u64,
    /// Of those who keep others waiting, one in so many. Default: 10.
    pub mutex_fraction: u64,
}

impl Default for Sampling {
    /// What costs a service that is busy less than it can measure.
    fn default() -> Self {
        Self {
            heap_bytes: 1 << DEFAULT_LG_SAMPLE,
            block_ns: 10_000,
            mutex_fraction: 10,
        }
    }
}

impl Sampling {
    /// Samples at these rates from now on.
    ///
    /// # Errors
    /// The heap cannot be sampled at this rate or not at all: jemalloc is not the allocator, or not prepared. Waits are
    /// sampled even so.
    pub fn start(&self) -> Result<(), SamplingError> {
        contention::set_block_rate(self.block_ns);
        contention::set_mutex_fraction(self.mutex_fraction);
        match set_heap_rate(self.heap_bytes) {
            // What cannot be sampled is not sampled, as was asked for.
            Err(SamplingError::Heap(_)) if self.heap_bytes == 0 => Ok(()),
            done => done,
        }
    }

    /// Whether there are such rates, as a check of what somebody typed.
    ///
    /// # Errors
    /// There is no such rate for the heap.
    pub fn check(&self) -> Result<(), SamplingError> {
        match self.heap_bytes {
            0 => Ok(()),
            bytes => lg_sample(bytes).map(|_| ()),
        }
    }
}

/// Samples one allocation in so many bytes, or none.
pub(crate) fn set_heap_rate(bytes: u64) -> Result<(), SamplingError> {
    let set = match bytes {
        0 => heap::deactivate(),
        bytes => heap::activate(lg_sample(bytes)?),
    };
    set.map_err(SamplingError::Heap)
}

fn lg_sample(bytes: u64) -> Result<u32, SamplingError> {
    bytes
        .checked_ilog2()
        .filter(|lg_sample| (MIN_LG_SAMPLE..=MAX_LG_SAMPLE).contains(lg_sample))
        .ok_or(SamplingError::Rate { bytes })
}

/// Why the heap is not sampled as asked for.
#[derive(Debug, thiserror::Error)]
pub enum SamplingError {
    /// The rate is out of bounds.
    #[error(
        "the heap's rate must be 0 or from {} to {} bytes, not {bytes}",
        1_u64 << MIN_LG_SAMPLE,
        1_u64 << MAX_LG_SAMPLE
    )]
    Rate {
        /// The rate asked for.
        bytes: u64,
    },
    /// It cannot be sampled in this process.
    #[error(transparent)]
    Heap(collect::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_of_the_heap_have_bounds() {
        let check = |heap_bytes| {
            let sampling = Sampling {
                heap_bytes,
                ..Sampling::default()
            };
            sampling.check().map_err(|error| error.to_string())
        };
        for bytes in [0, 512, 524_288, 600_000, 1 << 32] {
            assert_eq!(check(bytes), Ok(()), "{bytes}");
        }
        for bytes in [1, 511, 1 << 33, u64::MAX] {
            let expected =
                format!("the heap's rate must be 0 or from 512 to 4294967296 bytes, not {bytes}");
            assert_eq!(check(bytes), Err(expected));
        }
    }
}
