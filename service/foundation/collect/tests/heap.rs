//! Heap profiles of a program whose allocator is jemalloc: what they show of allocations that are known.
#![cfg(target_os = "linux")]

use std::hint::black_box;
use std::panic;
use std::process::Command;
use std::thread;

use collect::heap;
use profile::{Profile, Sample};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const SIZE: usize = 4096;
const COUNT: usize = 4_000;
const BYTES: i64 = (SIZE * COUNT) as i64;

#[inline(never)]
fn keeps() -> Vec<Box<[u8]>> {
    let mut kept = Vec::with_capacity(COUNT);
    for _ in 0..COUNT {
        kept.push(black_box(vec![1_u8; SIZE].into_boxed_slice()));
    }
    kept
}

#[inline(never)]
fn frees() {
    for _ in 0..COUNT {
        drop(black_box(vec![2_u8; SIZE]));
    }
}

/// Allocates while the stack is unwound by a panic.
struct OnDrop;

impl Drop for OnDrop {
    #[inline(never)]
    fn drop(&mut self) {
        frees();
        // Not the last thing, so that this function is in the stack.
        black_box(self);
    }
}

#[inline(never)]
fn panics() {
    let caught = panic::catch_unwind(|| {
        let _guard = OnDrop;
        panic::resume_unwind(Box::new("caught below"));
    });
    assert!(caught.is_err());
}

fn stack<'a>(profile: &'a Profile, sample: &'a Sample) -> Vec<&'a str> {
    let places = sample
        .locations
        .iter()
        .map(|at| &profile.locations[*at as usize]);
    let lines = places.flat_map(|place| &place.lines);
    lines
        .map(|line| &*profile.functions[line.function as usize].name)
        .collect()
}

/// The sum of a type over the stacks that have all of these functions.
fn sum(profile: &Profile, kind: &str, functions: &[&str]) -> i64 {
    let types = &profile.sample_types;
    let index = types.iter().position(|t| t.kind == kind).expect("the type");
    let has_all = |sample: &&Sample| {
        let stack = stack(profile, sample);
        let has = |name: &&str| stack.iter().any(|frame| frame.ends_with(name));
        functions.iter().all(has)
    };
    let samples = profile.samples.iter().filter(has_all);
    samples.map(|sample| sample.value(index)).sum()
}

/// Sampling is random: some 4,000 samples of one allocation each stay within a tenth by far.
fn about(value: i64, expected: i64) -> bool {
    (value - expected).abs() < expected / 10
}

/// One test: what is sampled is the process's.
#[test]
fn profiles_show_what_is_allocated_and_where() {
    assert_eq!(collect::support().heap, Ok(()));
    assert_eq!(heap::rate(), None, "off until it is activated");
    let error = heap::profile().expect_err("nothing has been sampled yet");
    assert!(error.to_string().contains("off"), "{error}");
    for lg_sample in [0, 8, 33, u32::MAX] {
        let error = heap::activate(lg_sample).expect_err("out of bounds");
        assert!(error.to_string().contains("power of two"), "{error}");
    }

    heap::activate(heap::DEFAULT_LG_SAMPLE).expect("jemalloc samples");
    assert_eq!(heap::rate(), Some(512 << 10));
    heap::activate(12).expect("jemalloc samples");
    assert_eq!(heap::rate(), Some(4096));

    // New threads, because the next sample of one that there was is still at the old distance.
    let main = thread::spawn(|| {
        let kept = keeps();
        frees();
        kept
    });
    let kept = main.join().expect("what it keeps");
    let threads: Vec<_> = (0..4).map(|_| thread::spawn(panics)).collect();
    for thread in threads {
        thread.join().expect("its panics are caught");
    }
    let profile = heap::profile().expect("a profile");
    has_gos_shape(&profile);

    let keeping = ["heap::keeps"];
    assert!(about(sum(&profile, "alloc_space", &keeping), BYTES));
    assert!(about(sum(&profile, "inuse_space", &keeping), BYTES));
    assert!(about(
        sum(&profile, "inuse_objects", &keeping),
        COUNT as i64
    ));
    let freeing = ["heap::frees"];
    assert!(about(sum(&profile, "alloc_space", &freeing), 5 * BYTES));
    assert_eq!(sum(&profile, "inuse_space", &freeing), 0);
    let unwinding = [
        "heap::frees",
        "heap::OnDrop as core::ops::drop::Drop>::drop",
    ];
    assert!(about(sum(&profile, "alloc_space", &unwinding), 4 * BYTES));

    drop(kept);
    heap::deactivate().expect("jemalloc stops to sample");
    assert_eq!(heap::rate(), None);
    frees();
    let allocs = heap::allocs().expect("what was noted stays");
    assert_eq!(allocs.default_sample_type.as_deref(), Some("alloc_space"));
    assert_eq!(sum(&allocs, "inuse_space", &keeping), 0);
    assert!(about(sum(&allocs, "alloc_space", &keeping), BYTES));
    assert!(
        about(sum(&allocs, "alloc_space", &freeing), 5 * BYTES),
        "nothing was added while it was off"
    );
    gos_tool_reads_it(&allocs);

    let lookups = collect::lookups().expect("names were looked up");
    let peak = lookups.peak_heap_bytes.expect("jemalloc has counted");
    assert!(peak > 0 && lookups.peak_mapped_bytes > 0, "{lookups:?}");
    assert!((1..16 << 20).contains(&lookups.kept_bytes), "{lookups:?}");
    let again = heap::allocs().expect("a profile");
    assert!(again.samples.len() >= allocs.samples.len());
    let now = collect::lookups().expect("names were looked up");
    assert_eq!(now.addresses, lookups.addresses, "nothing is read twice");
}

fn has_gos_shape(profile: &Profile) {
    let types = profile.sample_types.iter().map(|t| (&*t.kind, &*t.unit));
    let expected = [
        ("alloc_objects", "count"),
        ("alloc_space", "bytes"),
        ("inuse_objects", "count"),
        ("inuse_space", "bytes"),
    ];
    assert!(types.eq(expected));
    assert_eq!(profile.default_sample_type.as_deref(), Some("inuse_space"));
    let period = profile.period_type.as_ref().expect("a period");
    assert_eq!(
        (&*period.kind, &*period.unit, profile.period),
        ("space", "bytes", 4096)
    );
    assert!(profile.time_nanos > 0);
    let program = profile.mappings.first().expect("the program itself");
    assert!(program.has_functions && program.has_line_numbers && program.has_inline_frames);
    assert_eq!(
        Profile::decode(&profile.encode_gzip()).as_ref(),
        Ok(profile)
    );
}

/// Go's tool leaves the allocator's own frames out: what allocates is the leaf. Skipped where it is not installed.
fn gos_tool_reads_it(profile: &Profile) {
    let path = std::env::temp_dir().join(format!("collect-heap-{}.pb.gz", std::process::id()));
    std::fs::write(&path, profile.encode_gzip()).expect("a file");
    let top = [
        "tool",
        "pprof",
        "-top",
        "-nodecount=1000",
        "-symbolize=none",
    ];
    let output = Command::new("go").args(top).arg(&path).output();
    std::fs::remove_file(&path).expect("the file is there");
    let Ok(output) = output else {
        eprintln!("skipped: there is no `go` here to read the profile");
        return;
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert!(text.contains("Type: alloc_space"), "{text}");
    assert!(text.contains(" heap::frees"), "{text}");
    for own in [
        "_rjem_",
        "tikv_jemallocator",
        "prof_backtrace",
        "__rust_alloc",
    ] {
        assert!(!text.contains(own), "{own}: {text}");
    }
}
