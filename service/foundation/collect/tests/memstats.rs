//! Heap statistics in a program whose allocator is jemalloc.

use std::hint::black_box;

use collect::memstats;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const LARGE: usize = 32 << 20;
const COUNT: usize = 20_000;

fn read() -> memstats::MemStats {
    memstats::read().expect("jemalloc is the allocator")
}

/// What a thread frees stays in its cache for a while, in use for the allocator: counts are compared with some slack.
const SLACK: u64 = COUNT as u64 / 4;

/// One test, so that no other allocates meanwhile.
#[test]
fn figures_follow_what_is_allocated() {
    assert!(collect::support().memstats);
    let before = read();
    let large = black_box(vec![1_u8; LARGE]);
    let many: Vec<Box<u64>> = (0..COUNT as u64).map(|n| black_box(Box::new(n))).collect();
    let during = read();
    assert!(during.alloc >= before.alloc + LARGE as u64);
    assert!(
        during.heap_objects + SLACK >= before.heap_objects + COUNT as u64,
        "{during:?} {before:?}"
    );
    assert!(
        during.mallocs + SLACK >= before.mallocs + COUNT as u64,
        "{during:?} {before:?}"
    );
    assert!(during.total_alloc >= before.total_alloc + LARGE as u64);
    for stats in [before, during] {
        assert!(stats.total_alloc >= stats.alloc, "{stats:?}");
        assert_eq!(stats.mallocs - stats.frees, stats.heap_objects);
    }
    assert!(during.heap_inuse >= during.alloc && during.heap_sys >= during.heap_inuse);
    assert_eq!(during.heap_idle, during.heap_sys - during.heap_inuse);
    assert!(during.sys > during.heap_sys);
    drop((large, many));
    let after = read();
    assert!(after.alloc + LARGE as u64 <= during.alloc);
    assert!(after.total_alloc >= during.total_alloc && after.mallocs >= during.mallocs);
    assert!(
        after.frees + SLACK >= during.frees + COUNT as u64,
        "{after:?} {during:?}"
    );
    let names: Vec<_> = after.fields().iter().map(|(name, _)| *name).collect();
    assert_eq!(names[..2], ["Alloc", "TotalAlloc"]);
    let own = collect::allocator::read().expect("jemalloc is the allocator");
    assert!(own.allocated <= own.active && own.active <= own.resident && own.active <= own.mapped);
    assert!(
        own.version.starts_with(|c: char| c.is_ascii_digit())
            && !own.version.ends_with('\0')
            && own.arenas > 0,
        "{own:?}"
    );
    assert!(!names.contains(&"NumGC"), "there is no garbage collector");
}
