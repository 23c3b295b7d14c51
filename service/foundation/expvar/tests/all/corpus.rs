//! The documents of `tests/corpus`: real, broken, hostile. What is added there is read here.
//!
//! | folder | what its documents are |
//! |---|---|
//! | `valid` | read without an error |
//! | `broken` | refused |
//! | `hostile` | made to hurt: read or refused, in either case within the memory stated |

use std::fs;
use std::path::Path;

use expvar::read::{Document, MEMORY_BESIDES, MEMORY_PER_BYTE, guess_kind};
use tikv_jemalloc_ctl::thread;

#[test]
fn valid_documents_are_read() {
    for (name, input) in corpus("valid") {
        let read = within_bounds(&name, &input);
        read.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn broken_documents_are_refused() {
    for (name, input) in corpus("broken") {
        let error = within_bounds(&name, &input).expect_err(&name);
        assert!(error.offset <= input.len(), "{name}: {error}");
        assert!(error.message.len() < 200, "{name}: {error}");
    }
}

#[test]
fn hostile_documents_stay_within_the_memory_stated() {
    for (name, input) in corpus("hostile") {
        let _either = within_bounds(&name, &input);
        // The same at a size that would hurt.
        let large = input.repeat(1 + 500_000 / input.len().max(1));
        let _either = within_bounds(&name, &large);
    }
    for (name, piece, rest) in [
        ("keys", r#""a":{"b":{"c":{"d":0}}},"#, r#""e":0}"#),
        ("short values", r#""":0,"#, r#""":0}"#),
        ("arrays", r#""":[0,0,0,0,0,0,0,0],"#, r#""":[]}"#),
        (
            "escapes",
            r#""\n\u0041":"\ud83d\udc22\ud83d","#,
            r#""":""}"#,
        ),
    ] {
        let document = format!("{{{}{rest}", piece.repeat(30_000));
        let read = within_bounds(name, document.as_bytes());
        assert!(read.is_ok(), "{name}");
    }
    let zeros = format!("{{\"\":[0{}]}}", ",0".repeat(300_000));
    assert!(within_bounds("an array", zeros.as_bytes()).is_ok());
}

/// Reads a document and compares what that took with what [`Document::parse`] states.
fn within_bounds(name: &str, input: &[u8]) -> Result<Document, expvar::read::ReadError> {
    let (allocated, freed) = (
        thread::allocatedp::read().expect("jemalloc counts"),
        thread::deallocatedp::read().expect("jemalloc counts"),
    );
    let before = (allocated.get(), freed.get());
    let read = Document::parse(input);
    let after = (allocated.get(), freed.get());
    let (total, returned) = (after.0 - before.0, after.1 - before.1);
    let size = input.len() as u64;
    let kept = total.saturating_sub(returned);
    assert!(
        kept <= 100 * size + 65_536,
        "{name}: {kept} bytes kept for {size}"
    );
    assert!(
        total <= (MEMORY_PER_BYTE * input.len() + MEMORY_BESIDES) as u64,
        "{name}: {total} bytes in all for {size}"
    );
    for (path, value) in read.iter().flat_map(Document::values) {
        let _ = (guess_kind(path, value), value.to_string());
    }
    read
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
    assert!(files.len() >= 5, "{} is nearly empty", folder.display());
    files
}
