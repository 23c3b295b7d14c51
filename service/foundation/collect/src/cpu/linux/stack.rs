//! Reading the interrupted thread's registers and stack. All of it runs inside of the signal handler: nothing here
//! allocates, locks or can panic.

#![allow(unsafe_code)]

use std::fs::File;
use std::os::fd::{AsRawFd as _, RawFd};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::ring::{Claim, Link, Registers, WINDOW_WORDS};
#[cfg(test)]
use super::ring::{Ring, Signal};

const WORD: usize = size_of::<usize>();
/// The smallest page there is.
const PAGE: usize = 4096;
/// How far above a frame its caller's may be: a stack of tokio's is 2 MiB, the main thread's 8.
const MAX_FRAME: usize = 8 << 20;
/// How many words from the top are searched for a saved frame pointer when the register does not hold one.
const SEARCHED_WORDS: usize = 48;

/// The registers in the context that a signal handler is given.
///
/// # Safety
/// `context` is the third argument of a handler installed with `SA_SIGINFO`.
pub(super) unsafe fn registers(context: *const libc::c_void) -> Registers {
    let context = context.cast::<libc::ucontext_t>();
    // SAFETY: the kernel has put an `ucontext_t` there, and it stays while the handler runs.
    let machine = unsafe { &(*context).uc_mcontext };
    #[cfg(target_arch = "x86_64")]
    let register = |index: i32| {
        machine
            .gregs
            .get(index as usize)
            .map_or(0, |value| *value as usize)
    };
    #[cfg(target_arch = "x86_64")]
    let registers = Registers {
        pc: register(libc::REG_RIP),
        sp: register(libc::REG_RSP),
        fp: register(libc::REG_RBP),
        lr: 0,
    };
    #[cfg(target_arch = "aarch64")]
    let registers = Registers {
        pc: machine.pc as usize,
        sp: machine.sp as usize,
        fp: machine.regs[29] as usize,
        lr: machine.regs[30] as usize,
    };
    registers
}

/// Notes the top of the stack and the frames that frame pointers lead to.
pub(super) fn record(claim: &Claim<'_>, registers: Registers) {
    let mut memory = Memory::new(claim);
    claim.set_stack_len(memory.process.read(registers.sp, claim.stack()));
    follow(claim, &mut memory, registers.fp, registers.sp);
    if claim.depth() == 0 {
        search(claim, &mut memory, registers.sp);
    }
}

/// C libraries are built without frame pointers and use the register for something else, but have saved it on the stack:
/// takes the first word near the top that leads to at least two frames.
fn search(claim: &Claim<'_>, memory: &mut Memory<'_>, sp: usize) {
    let mut address = sp;
    for word in claim.words().take(SEARCHED_WORDS) {
        address = address.wrapping_add(WORD);
        follow(claim, memory, word, address);
        if claim.depth() >= 2 {
            return;
        }
        claim.clear_chain();
    }
}

/// Notes the frames from `frame_pointer` up, as long as they look like frames: aligned as both architectures' calling
/// conventions have it, each above the one before and above `lowest`.
fn follow(claim: &Claim<'_>, memory: &mut Memory<'_>, mut frame_pointer: usize, mut lowest: usize) {
    while frame_pointer.is_multiple_of(16)
        && (lowest..=lowest.saturating_add(MAX_FRAME)).contains(&frame_pointer)
    {
        let (Some(next), Some(return_address)) = (
            memory.word(frame_pointer),
            memory.word(frame_pointer + WORD),
        ) else {
            return;
        };
        let link = Link {
            frame_pointer,
            return_address: strip(return_address),
        };
        if link.return_address < PAGE || !claim.push_link(link) {
            return;
        }
        lowest = frame_pointer + 2 * WORD;
        frame_pointer = next;
    }
}

/// A return address without the signature that 64-bit Arm may keep in its upper bits.
pub(super) fn strip(address: usize) -> usize {
    if cfg!(target_arch = "aarch64") {
        address & 0x0000_ffff_ffff_ffff
    } else {
        address
    }
}

/// Reads words that may not be there.
struct Memory<'a> {
    process: Process,
    /// What has been read last.
    window: &'a [AtomicUsize; WINDOW_WORDS],
    /// Where that is.
    start: usize,
    words: usize,
}

impl<'a> Memory<'a> {
    fn new(claim: &'a Claim<'_>) -> Self {
        Self {
            process: Process::this(),
            window: claim.window(),
            start: 0,
            words: 0,
        }
    }

    fn word(&mut self, address: usize) -> Option<usize> {
        if address < PAGE || !address.is_multiple_of(WORD) {
            return None;
        }
        let in_window = |start: usize, words: usize| {
            let index = address.checked_sub(start)? / WORD;
            (index < words).then_some(index)
        };
        let index = in_window(self.start, self.words).or_else(|| {
            self.start = address;
            self.words = self.process.read(address, self.window);
            in_window(self.start, self.words)
        })?;
        Some(self.window.get(index)?.load(Ordering::Relaxed))
    }
}

/// This process, as the kernel reads its memory: memory that is not there, or vanishes meanwhile, is not read, and
/// nothing worse happens.
#[derive(Clone, Copy)]
enum Process {
    /// By `process_vm_readv`.
    Call(libc::pid_t),
    /// By reading `/proc/self/mem`, open under this number. Containers' system call filters refuse the call, as a means to look
    /// into other processes, and no reading of files.
    File(RawFd),
}

/// Open where it is needed; [`can_read`] finds that out, before any signal comes.
static MEMORY: OnceLock<File> = OnceLock::new();

impl Process {
    fn this() -> Self {
        MEMORY.get().map_or_else(Self::by_call, Self::by_file)
    }

    fn by_call() -> Self {
        // SAFETY: has no conditions.
        Self::Call(unsafe { libc::getpid() })
    }

    fn by_file(file: &File) -> Self {
        Self::File(file.as_raw_fd())
    }

    /// Reads words into `to`, and says how many could be.
    fn read(self, address: usize, to: &[AtomicUsize]) -> usize {
        let read = match self {
            Self::Call(pid) => call(pid, address, to),
            Self::File(file) => {
                let (start, len) = (to.as_ptr().cast_mut().cast(), size_of_val(to));
                // SAFETY: as in `call`. Addresses that no offset can hold are refused.
                unsafe { libc::pread(file, start, len, address as libc::off_t) }
            }
        };
        usize::try_from(read).map_or(0, |bytes| bytes / WORD)
    }

    /// Whether the kernel (or what stands in for it) lets the process read its own memory in that way.
    fn works(self) -> bool {
        let to = [const { AtomicUsize::new(0) }; 1];
        let here = 42_usize;
        self.read((&raw const here).addr(), &to) == 1
            && to[0].load(Ordering::Relaxed) == here
            && self.read(0, &to) == 0
    }
}

/// How many bytes the kernel has read, or -1.
fn call(pid: libc::pid_t, address: usize, to: &[AtomicUsize]) -> isize {
    let len = size_of_val(to);
    // Two parts, so that it ends where pages end if the second is not there.
    let first = len.min(PAGE - address % PAGE);
    let part = |address: usize, len: usize| libc::iovec {
        iov_base: std::ptr::without_provenance_mut(address),
        iov_len: len,
    };
    let from = [
        part(address, first),
        part(address.wrapping_add(first), len - first),
    ];
    let to = libc::iovec {
        iov_base: to.as_ptr().cast_mut().cast(),
        iov_len: len,
    };
    // SAFETY: the kernel writes at most `len` bytes to `to`, which are atomics and so may be written through a shared
    // reference; no other thread uses them, since the slot is claimed. What is read is checked by the kernel.
    unsafe { libc::process_vm_readv(pid, &raw const to, 1, from.as_ptr(), 2, 0) }
}

/// Whether the process may read its own memory in one way or the other, of which the first that works is used from then on.
pub(super) fn can_read() -> bool {
    if Process::by_call().works() {
        return true;
    }
    let Ok(file) = File::open("/proc/self/mem") else {
        return false;
    };
    let works = Process::by_file(&file).works();
    if works {
        MEMORY.get_or_init(|| file);
    }
    works
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words<const N: usize>() -> [AtomicUsize; N] {
        [const { AtomicUsize::new(0) }; N]
    }

    /// Three pages, of which the second cannot be read.
    fn with_a_hole(use_them: impl FnOnce(usize)) {
        let anywhere = std::ptr::null_mut();
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: new memory, wherever the kernel likes.
        let start = unsafe { libc::mmap(anywhere, 3 * PAGE, access, flags, -1, 0) };
        assert_ne!(start, libc::MAP_FAILED);
        // SAFETY: a part of what has just been mapped.
        let closed = unsafe { libc::mprotect(start.byte_add(PAGE), PAGE, libc::PROT_NONE) };
        assert_eq!(closed, 0);
        use_them(start.addr());
        // SAFETY: nobody else knows of it.
        unsafe { libc::munmap(start, 3 * PAGE) };
    }

    #[test]
    fn reads_what_can_be_read_and_nothing_else() {
        assert!(can_read());
        let file = File::open("/proc/self/mem").expect("ours");
        for process in [Process::by_call(), Process::by_file(&file)] {
            assert!(process.works());
            let to = words::<WINDOW_WORDS>();
            assert_eq!(process.read(0, &to), 0);
            assert_eq!(process.read(usize::MAX / PAGE * PAGE, &to), 0);
            let here: [usize; 3] = [1, 2, 3];
            let to = words::<3>();
            assert_eq!(process.read((&raw const here).addr(), &to), 3);
            assert_eq!(to.map(AtomicUsize::into_inner), here);
        }
    }

    #[test]
    fn reads_up_to_a_page_that_is_not_there() {
        with_a_hole(|start| {
            let process = Process::this();
            let to = words::<WINDOW_WORDS>();
            assert_eq!(process.read(start + PAGE - 2 * WORD, &to), 2);
            assert_eq!(process.read(start + PAGE, &to), 0);
            assert_eq!(process.read(start + 2 * PAGE - WORD, &to), 0);
            assert_eq!(process.read(start + 2 * PAGE, &to), WINDOW_WORDS);
        });
    }

    /// What made checking first and reading then unsafe: the page goes in between.
    #[test]
    fn memory_may_vanish_at_any_time() {
        let ended = std::sync::atomic::AtomicBool::new(false);
        let place = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..2_000 {
                    with_a_hole(|start| place.store(start, Ordering::Relaxed));
                }
                ended.store(true, Ordering::Relaxed);
            });
            let file = File::open("/proc/self/mem").expect("ours");
            let to = words::<WINDOW_WORDS>();
            while !ended.load(Ordering::Relaxed) {
                for process in [Process::by_call(), Process::by_file(&file)] {
                    let words = process.read(place.load(Ordering::Relaxed), &to);
                    assert!(words == 0 || words == WINDOW_WORDS);
                }
            }
        });
    }

    #[test]
    fn words_are_read_through_a_window() {
        let ring = Ring::for_rate(1);
        let claim = ring.claim(Signal::default()).expect("a slot");
        let mut memory = Memory::new(&claim);
        assert_eq!(memory.word(0), None);
        let values: [usize; 2 * WINDOW_WORDS] = std::array::from_fn(|index| index);
        let address = (&raw const values).addr();
        for index in [
            0,
            1,
            WINDOW_WORDS - 1,
            WINDOW_WORDS,
            2 * WINDOW_WORDS - 1,
            0,
        ] {
            assert_eq!(memory.word(address + index * WORD), Some(index));
        }
        assert_eq!(memory.word(address + 1), None, "not aligned");
    }
}
