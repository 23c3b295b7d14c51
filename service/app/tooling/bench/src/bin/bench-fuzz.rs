//! A process that reads broken input; everything it does is in the library.

use peak_alloc::PeakAlloc;

/// Counts what the readers take.
#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

fn main() -> anyhow::Result<()> {
    bench::fuzz::worker::main()
}
