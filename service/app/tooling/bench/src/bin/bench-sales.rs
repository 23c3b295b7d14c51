//! The service that parts are left out of; everything it does is in the library.

use tikv_jemallocator::Jemalloc;

/// The service's.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> anyhow::Result<()> {
    bench::sales::main()
}
