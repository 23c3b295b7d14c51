//! What jemalloc is told and asked.

#![allow(unsafe_code)]

use std::ffi::{CString, c_char};
use std::io;
use std::sync::Mutex;

use tikv_jemalloc_ctl::raw;

use super::dump::{self, Dump};
use crate::Error;

/// Whether jemalloc can sample in this process, and why not.
pub(super) fn prepared() -> Result<(), &'static str> {
    // SAFETY: both are of the type `bool`.
    let (built, prepared) = unsafe { (raw::read(b"config.prof\0"), raw::read(b"opt.prof\0")) };
    match (built, prepared) {
        (Ok(true), Ok(true)) => Ok(()),
        (Ok(true), _) => Err(
            "jemalloc was started without heap sampling: its options need prof:true (see _RJEM_MALLOC_CONF)",
        ),
        _ => Err("jemalloc was built without its feature `profiling`"),
    }
}

/// Orders changes of what is sampled.
static CHANGES: Mutex<()> = Mutex::new(());

pub(super) fn activate(lg_sample: u32) -> Result<(), Error> {
    let _change = CHANGES.lock();
    #[cfg(frame_pointers)]
    super::backtrace::install();
    // SAFETY: the options are of the types `size_t` and `bool`.
    let set = unsafe {
        raw::read::<usize>(b"prof.lg_sample\0").and_then(|now| {
            if now != lg_sample as usize {
                raw::write(b"prof.reset\0", lg_sample as usize)?;
            }
            raw::write(b"prof.active\0", true)
        })
    };
    set.map_err(failed("switching heap sampling on"))
}

pub(super) fn deactivate() -> Result<(), Error> {
    let _change = CHANGES.lock();
    // SAFETY: the option is of the type `bool`.
    unsafe { raw::write(b"prof.active\0", false) }.map_err(failed("switching heap sampling off"))
}

pub(super) fn active() -> bool {
    // SAFETY: the option is of the type `bool`.
    unsafe { raw::read(b"prof.active\0") }.unwrap_or(false)
}

/// One sample in so many bytes.
pub(super) fn rate() -> Option<u64> {
    // SAFETY: the option is of the type `size_t`.
    let lg_sample = unsafe { raw::read::<usize>(b"prof.lg_sample\0") };
    1_u64.checked_shl(lg_sample.ok()? as u32)
}

/// All that has been noted. jemalloc writes it to a file, which has no name and is gone when this returns.
pub(super) fn dump() -> Result<Dump, Error> {
    let text = dumped()?;
    let dump = dump::parse(&text).map_err(|error| Error::System {
        doing: "reading jemalloc's heap dump",
        source: io::Error::new(io::ErrorKind::InvalidData, error),
    })?;
    if dump.stacks.is_empty() && !active() {
        return Err(Error::Unsupported {
            why: "heap sampling is off: the program has not switched it on",
        });
    }
    Ok(dump)
}

fn dumped() -> Result<String, Error> {
    use std::io::Read as _;
    use std::os::fd::AsRawFd as _;

    let failed_at = |doing| move |source| Error::System { doing, source };
    let mut file = unnamed_file().map_err(failed_at("making a file for the heap dump"))?;
    let path = CString::new(format!("/proc/self/fd/{}", file.as_raw_fd()))
        .map_err(|error| failed_at("naming the heap dump's file")(error.into()))?;
    let name: *const c_char = path.as_ptr();
    // SAFETY: the option is of the type `const char *`, and the string outlives the call.
    unsafe { raw::write(b"prof.dump\0", name) }.map_err(failed("dumping the heap"))?;
    let mut text = String::new();
    file.read_to_string(&mut text)
        .map_err(failed_at("reading jemalloc's heap dump"))?;
    Ok(text)
}

/// A file in memory.
fn unnamed_file() -> io::Result<std::fs::File> {
    use std::os::fd::FromRawFd as _;

    // SAFETY: reads a string that ends with a zero byte.
    let fd = unsafe { libc::memfd_create(c"heap".as_ptr(), libc::MFD_CLOEXEC) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: a descriptor that has just been made and belongs to nobody else.
    Ok(unsafe { std::fs::File::from_raw_fd(fd) })
}

fn failed(doing: &'static str) -> impl Fn(tikv_jemalloc_ctl::Error) -> Error {
    move |error| Error::System {
        doing,
        source: io::Error::other(error.to_string()),
    }
}
