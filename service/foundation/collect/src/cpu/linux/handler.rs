//! The signal, its handler and the timer.

#![allow(unsafe_code)]

use std::io;
use std::ptr::{null, null_mut};
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use super::ring::{Ring, Signal};
use super::{stack, threads};
use crate::Error;

/// Where the handler writes; null when no capture runs. Points into the `Arc` of the one [`Armed`] there is.
static RING: AtomicPtr<Ring> = AtomicPtr::new(null_mut());
/// How many threads are inside of the handler.
static INSIDE: AtomicUsize = AtomicUsize::new(0);

/// The timer runs and the handler writes to the ring, until dropped.
pub(super) struct Armed {
    /// Keeps alive what [`RING`] points to.
    _ring: Arc<Ring>,
}

impl Armed {
    pub(super) fn new(ring: Arc<Ring>, hz: u32) -> Result<Self, Error> {
        install_handler()?;
        if !timer_is_free()? {
            return Err(Error::Taken {
                what: "the profiling timer (ITIMER_PROF)",
            });
        }
        RING.store(Arc::as_ptr(&ring).cast_mut(), Ordering::SeqCst);
        let armed = Self { _ring: ring };
        set_timer(1_000_000 / i64::from(hz))?;
        Ok(armed)
    }
}

impl Drop for Armed {
    fn drop(&mut self) {
        // Cannot fail with these arguments; and if it did, the handler would find no ring.
        let _ = set_timer(0);
        RING.store(null_mut(), Ordering::SeqCst);
        // A handler counts itself before it looks for the ring, so whoever saw this one is counted.
        while INSIDE.load(Ordering::SeqCst) != 0 {
            std::thread::yield_now();
        }
    }
}

/// Notes the interrupted thread's stack. Calls only what may be called at any point of a program.
extern "C" fn on_signal(
    _signal: libc::c_int,
    info: *mut libc::siginfo_t,
    context: *mut libc::c_void,
) {
    // SAFETY: the address of this thread's own errno. It is put back, since the interrupted code may be about to read it.
    let errno = unsafe { libc::__errno_location() };
    // SAFETY: as above.
    let before = unsafe { *errno };
    INSIDE.fetch_add(1, Ordering::SeqCst);
    let ring = RING.load(Ordering::SeqCst);
    // SAFETY: null, or a ring that `Armed::drop` keeps until nobody is inside.
    if let Some(ring) = unsafe { ring.as_ref() } {
        // SAFETY: these are the handler's own arguments.
        unsafe { note(ring, info, context) };
    }
    INSIDE.fetch_sub(1, Ordering::SeqCst);
    // SAFETY: as above.
    unsafe { *errno = before };
}

/// # Safety
/// The arguments are those of a handler installed with `SA_SIGINFO`.
unsafe fn note(ring: &Ring, info: *const libc::siginfo_t, context: *const libc::c_void) {
    // SAFETY: this is the handler's own argument.
    let signal = unsafe { signal(info) };
    if signal.weight == 0 {
        return;
    }
    if let Some(claim) = ring.claim(signal) {
        // SAFETY: this is the handler's own argument.
        let registers = unsafe { stack::registers(context) };
        claim.set(registers, thread_name());
        stack::record(&claim, registers);
    }
}

/// What the signal stands for: nothing if it is the process's timer's and the thread has its own; more than one sample if
/// the thread's timer has expired again before the kernel was done with a long system call.
///
/// # Safety
/// `info` is the second argument of a handler installed with `SA_SIGINFO`.
unsafe fn signal(info: *const libc::siginfo_t) -> Signal {
    /// The start of `siginfo_t` where a timer of POSIX has sent the signal.
    #[repr(C)]
    struct TimerInfo {
        header: [libc::c_int; 4],
        timer: libc::c_int,
        overrun: libc::c_int,
    }
    // SAFETY: has no conditions.
    let thread = unsafe { libc::gettid() };
    // SAFETY: the kernel has put it there.
    if unsafe { (*info).si_code } == libc::SI_TIMER {
        // SAFETY: `siginfo_t` is larger, and begins like this for this code.
        let overrun = unsafe { (*info.cast::<TimerInfo>()).overrun };
        return Signal {
            weight: 1 + usize::try_from(overrun).unwrap_or(0),
            timer_of: thread,
        };
    }
    Signal {
        weight: usize::from(!threads::has_own_timer(thread)),
        timer_of: 0,
    }
}

fn thread_name() -> [u8; 16] {
    let mut name = [0_u8; 16];
    // SAFETY: the kernel writes at most 16 bytes, zero-terminated.
    unsafe { libc::prctl(libc::PR_GET_NAME, name.as_mut_ptr()) };
    name
}

/// Installs the handler for good: a signal that arrives after the last capture must find it, or it would end the process.
fn install_handler() -> Result<(), Error> {
    let handler: extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void) = on_signal;
    // SAFETY: plain data; all-zero is valid.
    let mut old: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: asks only.
    let asked = unsafe { libc::sigaction(libc::SIGPROF, null(), &raw mut old) };
    check("asking for the signal's handler", asked)?;
    if old.sa_sigaction == handler as usize {
        return Ok(());
    }
    if old.sa_sigaction != libc::SIG_DFL && old.sa_sigaction != libc::SIG_IGN {
        return Err(Error::Taken {
            what: "the profiling signal (SIGPROF)",
        });
    }
    // SAFETY: as above.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handler as usize;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART;
    // SAFETY: the handler has the signature that SA_SIGINFO asks for and calls only what is safe in a handler.
    let installed = unsafe { libc::sigaction(libc::SIGPROF, &raw const action, null_mut()) };
    check("installing the signal's handler", installed)
}

fn timer_is_free() -> Result<bool, Error> {
    let mut timer = interval(0);
    // SAFETY: writes one `itimerval`.
    let asked = unsafe { libc::getitimer(libc::ITIMER_PROF, &raw mut timer) };
    check("asking for the timer", asked)?;
    Ok(timer.it_value.tv_sec == 0 && timer.it_value.tv_usec == 0)
}

/// Lets the timer expire every so many microseconds of the process's CPU time; 0 stops it.
fn set_timer(micros: i64) -> Result<(), Error> {
    let timer = interval(micros);
    // SAFETY: reads one `itimerval`.
    let set = unsafe { libc::setitimer(libc::ITIMER_PROF, &raw const timer, null_mut()) };
    check("setting the timer", set)
}

fn interval(micros: i64) -> libc::itimerval {
    let time = libc::timeval {
        tv_sec: micros / 1_000_000,
        tv_usec: micros % 1_000_000,
    };
    libc::itimerval {
        it_interval: time,
        it_value: time,
    }
}

/// How often a second the kernel looks at timers of CPU time: the resolution of its coarse clock is one tick.
pub(super) fn tick_hz() -> u32 {
    let mut tick = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: writes one `timespec`.
    let asked = unsafe { libc::clock_getres(libc::CLOCK_MONOTONIC_COARSE, &raw mut tick) };
    match u32::try_from(tick.tv_nsec) {
        Ok(nanos) if asked == 0 && nanos > 0 => (1_000_000_000 / nanos).max(1),
        _ => super::super::MAX_HZ,
    }
}

fn check(doing: &'static str, result: libc::c_int) -> Result<(), Error> {
    if result == 0 {
        return Ok(());
    }
    let source = io::Error::last_os_error();
    Err(Error::System { doing, source })
}
