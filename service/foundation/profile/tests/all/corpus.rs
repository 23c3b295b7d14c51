//! The files of `tests/corpus`: real, broken, hostile. What is added there is read here.
//!
//! | folder | what its files are |
//! |---|---|
//! | `valid` | profiles: of Go, and made to have one of everything |
//! | `broken` | refused |
//! | `hostile` | made to hurt: read or refused, in either case within the memory stated (`tests/memory.rs`) |

use std::path::Path;

use profile::graph::Graph;
use profile::{BASE_LABEL, Filter, Profile, Reader, flame, folded, top};

use crate::hostile::{Random, damage};

#[test]
fn valid_profiles_are_read_and_shown() {
    for (name, bytes) in corpus("valid") {
        assert!(
            exercise(&bytes),
            "{name}: {:?}",
            Profile::decode(&bytes).err()
        );
    }
}

#[test]
fn broken_profiles_are_refused() {
    for (name, bytes) in corpus("broken") {
        let error = Profile::decode(&bytes).expect_err(&name).to_string();
        assert!(
            error.len() < 200 && !error.contains('\n'),
            "{name}: {error}"
        );
    }
}

#[test]
fn hostile_profiles_do_no_harm() {
    for (name, bytes) in corpus("hostile") {
        let read = exercise(&bytes);
        assert!(!(read && name.starts_with("bomb")), "{name}");
    }
}

/// Some bytes changed, cut or doubled: read or refused, and what is read can be shown.
#[test]
fn damaged_files_do_no_harm() {
    let mut random = Random(0x00c0_ffee);
    let mut read = 0;
    for folder in ["valid", "broken", "hostile"] {
        let files = corpus(folder).into_iter();
        for (_, bytes) in files.filter(|(_, bytes)| !bytes.is_empty()) {
            // Of a compressed file little but the checksum tells.
            let rounds = if bytes[0] == 0x1f { 10 } else { 100 };
            for _ in 0..rounds {
                read += usize::from(exercise(&damage(&bytes, &mut random)));
            }
        }
    }
    assert!(
        read > 50,
        "some damage goes unnoticed, so the views are exercised too: {read}"
    );
}

fn corpus(folder: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/corpus")
        .join(folder);
    let files = std::fs::read_dir(&folder).expect("the corpus");
    let read = files.map(|file| {
        let file = file.expect("a file");
        let name = file.file_name().to_string_lossy().into_owned();
        (name, std::fs::read(file.path()).expect("its content"))
    });
    let mut read: Vec<_> = read.collect();
    assert!(read.len() > 5, "{}", folder.display());
    read.sort();
    read
}

/// Does all that can be done to a profile. Whether the bytes were one.
pub(crate) fn exercise(bytes: &[u8]) -> bool {
    let decoded = Profile::decode(bytes);
    let Ok(profile) = decoded else {
        let reader = Reader::new(bytes, profile::MAX_INFLATED);
        let read = reader.and_then(|reader| reader.for_each(|_| {}));
        assert_eq!(read.err(), decoded.err(), "both refuse it for one reason");
        return false;
    };
    let again = Profile::decode(&profile.encode());
    assert!(
        again.as_ref() == Ok(&profile),
        "what is written is not what was read"
    );
    for index in 0..=profile.sample_types.len().min(4) {
        show(&profile, index);
        let reader = Reader::new(bytes, profile::MAX_INFLATED).expect("it was read before");
        let (rows, total) = top::read(&reader, index).expect("it was read before");
        assert_eq!(
            (rows, total),
            (top::table(&profile, index), profile.total(index))
        );
    }
    combine(&profile);
    change(&profile);
    true
}

fn show(profile: &Profile, index: usize) {
    let options = flame::Options {
        sample_index: Some(index),
        ..flame::Options::default()
    };
    assert!(flame::svg(profile, &options).ends_with("</svg>\n"));
    let _ = folded::write(profile, index);
    let graph = Graph::new(profile, index);
    let table = top::table(profile, index);
    let listed = graph.nodes.iter().filter(|node| !node.is_zero());
    assert_eq!(listed.count(), table.len());
}

fn combine(profile: &Profile) {
    let sum = Profile::merge(&[profile, profile]).expect("it is of one kind");
    assert_eq!(sum.compact(), sum, "it is as small as can be");
    let mut difference = sum.diff(profile).expect("it is of one kind");
    for index in 0..difference.sample_types.len().min(4) {
        let _ = difference.reference_total(index);
        show(&difference, index);
    }
    assert!(
        difference
            .samples
            .iter()
            .all(|sample| !sample.values.is_empty())
    );
    let base = difference.filter(
        &Filter::default()
            .tag_focus(BASE_LABEL)
            .expect("an expression"),
    );
    assert!(base.len() <= 1);
    let _ = profile.normalized(&sum).expect("it is of one kind");
}

fn change(profile: &Profile) {
    let mut pruned = profile.clone();
    // The profile's own expressions may be none.
    let _either = pruned.prune();
    show(&pruned, 0);
    let filter = Filter::default()
        .focus("m")
        .and_then(|f| f.hide("a"))
        .and_then(|f| f.show("[^x]"));
    let filter = filter
        .and_then(|f| f.show_from("i"))
        .and_then(|f| f.tag_ignore("1kb:"));
    let _ = pruned.filter(&filter.expect("expressions"));
    show(&pruned, 0);
}
