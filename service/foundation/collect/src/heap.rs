//! What is on the heap, and what has been: sampled by jemalloc, in the shape of Go's profiles `heap` and `allocs`.
//!
//! Once [`activate`]d, jemalloc notes the stack of one allocation in so many bytes. [`profile`] asks it for all that it
//! has noted and scales that up to what it stands for, in Go's four sample types:
//!
//! | type | what it counts |
//! |---|---|
//! | `alloc_objects`, `alloc_space` | what has been allocated since the start, freed or not |
//! | `inuse_objects`, `inuse_space` | of that, what has not been freed |
//!
//! What was allocated before sampling began is in none of them, so a program activates it first of all:
//!
//! ```
//! // In a program whose allocator is jemalloc this is Ok; here it is not.
//! if let Err(error) = collect::heap::activate(collect::heap::DEFAULT_LG_SAMPLE) {
//!     println!("no heap profiles: {error}");
//! }
//! ```
//!
//! # What a program needs
//! jemalloc as its allocator (`tikv-jemallocator`, `#[global_allocator]`). Its sampling has to be prepared before `main`,
//! which this crate does by a symbol that jemalloc looks for, `_rjem_malloc_conf`; a program that has one of its own
//! turns this crate's feature `malloc-conf` off and puts `prof:true,prof_active:false,prof_accum:true` there.
//! `_RJEM_MALLOC_CONF` in the environment overrides either.
//!
//! Stacks are found in the thread that allocates, by frame pointers, and by unwind tables where there are none. The
//! innermost frames are the allocator's own: [`Profile::drop_frames`] names them, and readers leave them out.

#[cfg(all(own_sampler, frame_pointers))]
mod backtrace;
#[cfg(all(own_sampler, feature = "malloc-conf"))]
mod conf;
#[cfg(own_sampler)]
mod control;
#[cfg(own_sampler)]
mod dump;
#[cfg(own_sampler)]
mod samples;

use profile::Profile;

use crate::Error;

/// Go's default: one sample in 512 KiB (2 to the power of this), which costs some 2 % of CPU time at most.
pub const DEFAULT_LG_SAMPLE: u32 = 19;
/// The shortest distance between samples that can be asked for, as a power of two: 512 bytes.
pub const MIN_LG_SAMPLE: u32 = 9;
/// The longest: 4 GiB.
pub const MAX_LG_SAMPLE: u32 = 32;

/// Begins to sample: one allocation in 2 to the power of `lg_sample` bytes, [`DEFAULT_LG_SAMPLE`] being Go's choice.
/// Another power than the last discards what has been noted so far; the next sample of a thread that there is already is
/// still at the old distance.
///
/// # Errors
/// [`Error::Unsupported`] if jemalloc is not the allocator or not prepared, or the power is out of bounds.
pub fn activate(lg_sample: u32) -> Result<(), Error> {
    check()?;
    if !(MIN_LG_SAMPLE..=MAX_LG_SAMPLE).contains(&lg_sample) {
        let why =
            "one sample in so many bytes: choose a power of two from 9 (512 bytes) to 32 (4 GiB)";
        return Err(Error::Unsupported { why });
    }
    control::activate(lg_sample)
}

/// Stops to sample. What has been noted stays and is watched on: what is freed of it is no longer in use.
///
/// # Errors
/// [`Error::Unsupported`] as for [`activate`].
pub fn deactivate() -> Result<(), Error> {
    check()?;
    control::deactivate()
}

/// One allocation in how many bytes is sampled now; none if none is.
pub fn rate() -> Option<u64> {
    check().ok()?;
    control::active().then(control::rate)?
}

/// The heap, with `inuse_space` as the type to show. Takes some milliseconds, the first time some 100 ms of CPU time: not
/// for an async task.
///
/// # Errors
/// [`Error::Unsupported`] as for [`activate`], and if sampling has never been activated; [`Error::System`] if jemalloc's
/// own dump could not be written or is not as it should be.
pub fn profile() -> Result<Profile, Error> {
    in_shape("inuse_space")
}

/// The same with `alloc_space` as the type to show: what allocates most.
///
/// # Errors
/// As for [`profile`].
pub fn allocs() -> Result<Profile, Error> {
    in_shape("alloc_space")
}

/// How many stacks have been noted: the samples of a [`profile`], which this does not look up the names of.
///
/// # Errors
/// As for [`profile`].
pub fn count() -> Result<usize, Error> {
    check()?;
    control::dump().map(|dump| dump.stacks.len())
}

fn in_shape(default: &str) -> Result<Profile, Error> {
    check()?;
    samples::profile(&control::dump()?, default)
}

fn check() -> Result<(), Error> {
    supported().map_err(|why| Error::Unsupported { why })
}

/// Whether heap profiles can be had in this process, and why not.
#[cfg(own_sampler)]
pub(crate) fn supported() -> Result<(), &'static str> {
    if !crate::memstats::in_use() {
        return Err("heap profiles need jemalloc as the program's allocator, which it is not");
    }
    control::prepared()
}

#[cfg(not(own_sampler))]
pub(crate) fn supported() -> Result<(), &'static str> {
    Err("heap profiles need Linux on x86-64 or 64-bit Arm")
}

/// Where there is nothing to control: [`check`] comes first.
#[cfg(not(own_sampler))]
mod control {
    use crate::Error;

    pub(super) fn activate(_lg_sample: u32) -> Result<(), Error> {
        super::check()
    }
    pub(super) fn deactivate() -> Result<(), Error> {
        super::check()
    }
    pub(super) fn active() -> bool {
        false
    }
    pub(super) fn rate() -> Option<u64> {
        None
    }
    pub(super) fn dump() -> Result<Dump, Error> {
        super::check().map(|()| Dump::default())
    }

    /// What there would be to read.
    #[derive(Default)]
    pub(super) struct Dump {
        pub(super) stacks: [(); 0],
    }
}

#[cfg(not(own_sampler))]
mod samples {
    use profile::Profile;

    use crate::Error;

    pub(super) fn profile(_dump: &super::control::Dump, _default: &str) -> Result<Profile, Error> {
        super::check().map(|()| Profile::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// This test's program uses the system's allocator, although jemalloc is linked in.
    #[test]
    fn says_why_there_is_none() {
        let why = supported().expect_err("another allocator");
        for error in [
            activate(DEFAULT_LG_SAMPLE).err(),
            deactivate().err(),
            profile().err(),
            allocs().err(),
        ] {
            assert!(matches!(error, Some(Error::Unsupported { why: said }) if said == why));
        }
        assert_eq!(rate(), None);
    }
}
