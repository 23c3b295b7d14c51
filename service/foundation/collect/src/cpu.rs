//! Where the process spends its CPU time.
//!
//! A timer for each thread counts its CPU time and interrupts it when it expires; one of the whole process does for the
//! threads that are too young to have been seen. The handler notes the thread's stack, and nothing more. Names are
//! looked up once the capture is over.
//!
//! The timers cannot be finer than the kernel's tick (often 250 Hz): a higher rate is asked for in vain. A
//! [`CpuProfile`] says how many samples the rate asked for stands for, how many the rate delivered stands for, how many
//! of them the kernel could deliver, and how many there are; its period is that of the rate delivered, so that times add
//! up.

#[cfg(unix)]
mod clock;
#[cfg(own_sampler)]
mod linux;
#[cfg(all(unix, any(not(own_sampler), all(test, frame_pointers))))]
mod portable;

use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime};

use profile::Profile;

use crate::Error;
#[cfg(own_sampler)]
use linux as sampler;
#[cfg(all(unix, not(own_sampler)))]
use portable as sampler;

/// The lowest rate that can be asked for.
pub const MIN_HZ: u32 = 1;
/// The highest rate that can be asked for.
pub const MAX_HZ: u32 = 1000;

/// A finished capture.
#[derive(Clone, Debug)]
pub struct CpuProfile {
    /// The samples, with the types `samples` in `count` and `cpu` in `nanoseconds`, and the name of the thread as the
    /// label `thread`.
    pub profile: Profile,
    /// The rate asked for, in samples per second of CPU time.
    pub hz: u32,
    /// The rate that the kernel can deliver, at most `hz`: what the profile's period says.
    pub delivered_hz: u32,
    /// How many samples the rate asked for stands for in the CPU time used.
    pub asked: u64,
    /// How many the rate delivered stands for in that time.
    pub expected: u64,
    /// How many of those the kernel could deliver. It looks at a thread's timer when its tick interrupts that very thread:
    /// what has expired since the last time is lost when the thread ends or the capture does. That is a sample or so of
    /// each thread, much where many threads do little, nothing under load. And none is delivered to a thread that is just
    /// being made or ending.
    pub deliverable: u64,
    /// How many are in the profile.
    pub kept: u64,
    /// How many arrived and found no room.
    pub lost: u64,
    /// How long the capture took.
    pub duration: Duration,
    /// How much CPU time the process used meanwhile, all threads together.
    pub cpu_time: Duration,
}

/// A capture under way. Dropping it ends it.
#[derive(Debug)]
pub struct Capture {
    sampler: sampler::Sampler,
    hz: u32,
    started: Instant,
    turn: Turn,
}

/// Starts to sample, `hz` times in a second of CPU time.
///
/// # Errors
/// [`Error::Busy`] while another capture runs, [`Error::Unsupported`] where there is no sampler, [`Error::Rate`],
/// [`Error::Taken`] if something else uses the profiling signal or timer, [`Error::System`].
pub fn start(hz: u32) -> Result<Capture, Error> {
    supported().map_err(|why| Error::Unsupported { why })?;
    if !(MIN_HZ..=MAX_HZ).contains(&hz) {
        return Err(Error::Rate { hz });
    }
    let turn = Turn::take()?;
    Ok(Capture {
        sampler: sampler::Sampler::start(hz)?,
        hz,
        started: Instant::now(),
        turn,
    })
}

/// Whether CPU profiles work in this build and process, and why not.
pub(crate) fn supported() -> Result<(), &'static str> {
    if cfg!(not(unix)) {
        return Err("CPU profiles need Linux or macOS");
    }
    if cfg!(not(frame_pointers)) {
        return Err(
            "this program was built without frame pointers: its compiler flags need -C force-frame-pointers=yes",
        );
    }
    #[cfg(own_sampler)]
    linux::permitted()?;
    Ok(())
}

impl Capture {
    /// How many samples have been taken so far.
    pub fn samples(&self) -> u64 {
        self.sampler.samples()
    }

    /// When it was started.
    pub fn since(&self) -> SystemTime {
        self.turn.since
    }

    /// Stops sampling and looks up names. That reads the program's debug information: it takes some 100 ms of CPU time
    /// and as much memory as the debug information has, which is given back at the end. Not for an async task.
    pub fn finish(self) -> Result<CpuProfile, Error> {
        let duration = self.started.elapsed();
        let samples = self.sampler.finish()?;
        let nanos = |time: Duration| i64::try_from(time.as_nanos()).unwrap_or(i64::MAX);
        let mut profile = samples.profile;
        profile.duration_nanos = nanos(duration);
        profile.time_nanos = self
            .turn
            .since
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0, nanos);
        Ok(CpuProfile {
            profile,
            hz: self.hz,
            delivered_hz: samples.delivered_hz,
            asked: expected(samples.cpu_time, self.hz),
            expected: expected(samples.cpu_time, samples.delivered_hz),
            deliverable: samples.deliverable,
            kept: samples.kept,
            lost: samples.lost,
            duration,
            cpu_time: samples.cpu_time,
        })
    }
}

/// What a sampler hands over at its end.
struct Samples {
    profile: Profile,
    deliverable: u64,
    kept: u64,
    lost: u64,
    delivered_hz: u32,
    cpu_time: Duration,
}

fn expected(cpu_time: Duration, hz: u32) -> u64 {
    (cpu_time.as_secs_f64() * f64::from(hz)).round() as u64
}

/// The right to capture, given to one at a time and given back when dropped.
#[derive(Debug)]
struct Turn {
    since: SystemTime,
}

static RUNNING: Mutex<Option<(SystemTime, Instant)>> = Mutex::new(None);

impl Turn {
    fn take() -> Result<Self, Error> {
        let mut running = RUNNING
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((since, started)) = *running {
            let running_for = started.elapsed();
            return Err(Error::Busy { since, running_for });
        }
        let since = SystemTime::now();
        *running = Some((since, Instant::now()));
        Ok(Self { since })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *RUNNING
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = None;
    }
}
