//! The sampler for Linux: `SIGPROF` at a rate of CPU time, frame pointers walked in the handler into a ring of records
//! set aside beforehand, drained by a thread of its own. Unwind tables complete the stacks, outside of the handler.

mod drain;
mod handler;
mod ring;
mod samples;
mod stack;
mod threads;
mod unwind;

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::Samples;
use crate::Error;
use drain::Drain;
use ring::Ring;

/// Whether the system lets the sampler read stacks, and why not: in a sandbox it may not.
pub(super) fn permitted() -> Result<(), &'static str> {
    static CAN_READ: OnceLock<bool> = OnceLock::new();
    if *CAN_READ.get_or_init(stack::can_read) {
        Ok(())
    } else {
        Err(
            "the system permits neither process_vm_readv nor /proc/self/mem, by which stacks are read",
        )
    }
}

/// Samples being taken.
pub(super) struct Sampler {
    drain: Drain,
    ring: Arc<Ring>,
    hz: u32,
}

impl Sampler {
    pub(super) fn start(hz: u32) -> Result<Self, Error> {
        let hz = hz.min(handler::tick_hz());
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let ring = Arc::new(Ring::for_rate(hz as usize * cores));
        let drain = Drain::start(Arc::clone(&ring), hz)?;
        Ok(Self { drain, ring, hz })
    }

    pub(super) fn samples(&self) -> u64 {
        self.ring.taken()
    }

    #[expect(clippy::unnecessary_wraps, reason = "the other sampler can fail here")]
    pub(super) fn finish(self) -> Result<Samples, Error> {
        let stacks = self.drain.finish();
        let lost = self.ring.lost() + stacks.lost;
        let period = 1_000_000_000 / i64::from(self.hz);
        Ok(Samples {
            kept: stacks.kept,
            lost,
            // What has been delivered could be.
            deliverable: stacks.deliverable.max(stacks.kept + lost),
            delivered_hz: self.hz,
            cpu_time: stacks.cpu_time,
            profile: samples::profile(stacks, period),
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
