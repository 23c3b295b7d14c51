//! The program that is put to the test; everything it does is in the library.

use tikv_jemallocator::Jemalloc;

/// The service's.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> anyhow::Result<()> {
    bench::subject::main()
}
