//! The stack of an allocation by frame pointers, which takes a tenth of the time that jemalloc needs for it with unwind
//! tables.

#![allow(unsafe_code)]

use std::ffi::{c_uint, c_void};
use std::sync::OnceLock;

use tikv_jemalloc_ctl::{Result, raw};

use crate::walk::{callers, frame_pointer};

/// jemalloc's type `prof_backtrace_hook_t`: writes return addresses, innermost first, and how many there are; the last
/// argument is for how many there is room.
type Hook = unsafe extern "C" fn(*mut *mut c_void, *mut c_uint, c_uint);

const HOOK: &[u8] = b"experimental.hooks.prof_backtrace\0";
/// jemalloc's own way.
static BY_TABLES: OnceLock<Hook> = OnceLock::new();

/// jemalloc notes no more.
const MOST: usize = 128;
/// A sound stack has more than these: jemalloc's own, the allocator's, the caller's, the thread's.
const FEW: usize = 8;

/// Has jemalloc find stacks this way from now on. A jemalloc without such a hook keeps to its own.
pub(super) fn install() {
    if BY_TABLES.get().is_some() {
        return;
    }
    // SAFETY: the option is of this type.
    if let Ok(Some(hook)) = unsafe { raw::read::<Option<Hook>>(HOOK) } {
        BY_TABLES.get_or_init(|| hook);
        // SAFETY: the option is of this type, and the hook keeps to what it is to do.
        let _installed: Result<()> = unsafe { raw::write::<Hook>(HOOK, by_frame_pointers) };
    }
}

/// Runs within an allocation: allocates nothing.
unsafe extern "C" fn by_frame_pointers(
    addresses: *mut *mut c_void,
    count: *mut c_uint,
    room: c_uint,
) {
    let mut found = [0; MOST];
    let depth = callers(
        frame_pointer(),
        usize::MAX,
        &mut found[..MOST.min(room as usize)],
    );
    if depth <= FEW
        && let Some(by_tables) = BY_TABLES.get()
    {
        // Somebody has no frame pointers, or the stack is not the thread's: rare, and no reason to lose it.
        // SAFETY: the arguments are jemalloc's.
        unsafe { by_tables(addresses, count, room) };
        return;
    }
    for (at, address) in found[..depth].iter().enumerate() {
        // The walk gives the last byte of a call, jemalloc the address that it returns to.
        // SAFETY: there is room for so many.
        unsafe { addresses.cast::<u64>().add(at).write(address + 1) };
    }
    // SAFETY: the count is jemalloc's to be written.
    unsafe { count.write(depth as c_uint) };
}
