//! The texts of `tests/corpus`: real, broken, hostile. What is added there is read here.
//!
//! | folder | what its texts are |
//! |---|---|
//! | `prometheus`, `openmetrics` | valid, in that format |
//! | `broken` | neither: the tolerant reader may read parts, the strict one refuses them |
//! | `hostile` | made to hurt: whatever is read stays within the memory stated |

use std::fs;
use std::path::Path;

use exposition::{
    Format, MEMORY_BESIDES, MEMORY_PER_BYTE, Parsed, parse, parse_strict, quantile, write,
};
use tikv_jemalloc_ctl::thread;

const FORMATS: [(&str, Format); 2] = [
    ("prometheus", Format::Prometheus),
    ("openmetrics", Format::OpenMetrics),
];

#[test]
fn valid_texts_are_read_and_written_so_that_they_are_valid_again() {
    for (folder, format) in FORMATS {
        for (name, input) in corpus(folder) {
            let read = within_bounds(&name, &input);
            assert_eq!(read.bad_lines, [], "{name}");
            let families =
                parse_strict(&input, format).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(families.len(), read.families.len(), "{name}");
            let written = write(&families, format);
            parse_strict(written.as_bytes(), format)
                .unwrap_or_else(|error| panic!("{name}: {error}\n{written}"));
        }
    }
}

#[test]
fn broken_texts_are_refused() {
    for (name, input) in corpus("broken") {
        within_bounds(&name, &input);
        for (_, format) in FORMATS {
            let violations = parse_strict(&input, format).expect_err(&name);
            assert!(
                violations.count > 0 && !violations.first.is_empty(),
                "{name}"
            );
        }
    }
}

#[test]
fn hostile_texts_stay_within_the_memory_stated() {
    for (name, input) in corpus("hostile") {
        within_bounds(&name, &input);
        // The same at a size that would hurt.
        within_bounds(&name, &input.repeat(1 + 500_000 / input.len().max(1)));
    }
    let many = |line: &dyn Fn(u32) -> String| (0..40_000).map(line).collect::<String>();
    for (name, text) in [
        ("families", many(&|n| format!("a{n} 1\n"))),
        ("descriptions", many(&|n| format!("# TYPE a{n} gauge\n"))),
        (
            "labels",
            format!("a{{{}}} 1\n", many(&|n| format!("b{n}=\"\","))),
        ),
        ("series", many(&|n| format!("a{{b=\"{n}\"}} 1\n"))),
        ("short", "a 1\n".repeat(100_000)),
        ("bad", "?\n".repeat(100_000)),
        ("exemplars", "a_total 1 # {} 1\n".repeat(40_000)),
    ] {
        within_bounds(name, text.as_bytes());
    }
}

/// Reads a text and compares what that took with what [`parse`] and [`parse_strict`] state; uses everything it gives.
fn within_bounds(name: &str, input: &[u8]) -> Parsed {
    let (read, kept, total) = measured(|| parse(input));
    let size = input.len() as u64;
    assert!(
        kept <= 200 * size + 16_384,
        "{name}: {kept} bytes kept for {size}"
    );
    assert!(
        total <= (MEMORY_PER_BYTE * input.len() + MEMORY_BESIDES) as u64,
        "{name}: {total} bytes in all for {size}"
    );
    for (_, format) in FORMATS {
        let (_, kept, total) = measured(|| parse_strict(input, format));
        assert!(
            kept <= 200 * size + 16_384,
            "{name}, strictly: {kept} bytes kept for {size}"
        );
        assert!(
            total <= 300 * size + 65_536,
            "{name}, strictly: {total} bytes in all for {size}"
        );
        let _ = write(&read.families, format);
    }
    for series in read
        .families
        .iter()
        .flat_map(exposition::Family::distributions)
    {
        let _ = quantile(0.9, &series.buckets);
    }
    read
}

/// What `read` gives, how many bytes that keeps, and how many were allocated on the way.
fn measured<T>(read: impl FnOnce() -> T) -> (T, u64, u64) {
    let (allocated, freed) = (
        thread::allocatedp::read().expect("jemalloc counts"),
        thread::deallocatedp::read().expect("jemalloc counts"),
    );
    let before = (allocated.get(), freed.get());
    let read = read();
    let (total, returned) = (allocated.get() - before.0, freed.get() - before.1);
    (read, total.saturating_sub(returned), total)
}

/// The files of a folder, by name.
fn corpus(folder: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/corpus")
        .join(folder);
    let files =
        fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = files
        .map(|file| {
            let path = file.expect("a file").path();
            let content =
                fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            (path.display().to_string(), content)
        })
        .collect();
    files.sort();
    assert!(files.len() >= 4, "{} is nearly empty", folder.display());
    files
}
