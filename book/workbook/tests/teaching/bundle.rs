//! A bundle, unpacked where there is no network and nothing else either.

use crate::common::Tiny;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use workbook::bundle::{self, Bundled, Wanted};

fn run(folder: &Path, program: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder);
    // Nothing of whoever runs the test.
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("GIT_")) {
        command.env_remove(name);
    }
    command.output().expect("it can be run")
}

fn git(tiny: &Tiny, arguments: &[&str]) {
    let who = ["-c", "user.name=t", "-c", "user.email=t@example.org"];
    let output = run(tiny.folder.path(), "git", &[&who, arguments].concat());
    assert!(output.status.success(), "{output:?}");
}

/// What this workspace's lock file says of a crate that depends on nothing.
fn locked(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock");
    let lock = std::fs::read_to_string(root).expect("the lock file");
    let begins = format!("name = \"{name}\"\n");
    let entry = lock
        .split("[[package]]\n")
        .find(|entry| entry.starts_with(&begins));
    entry.expect("the crate").trim().to_owned()
}

/// A repository with a workspace and a gym, which depend on one crate each.
fn repository() -> Tiny {
    let tiny = Tiny::new();
    let package = |name: &str, rest: &str| {
        format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{rest}")
    };
    let lock = |name: &str, dependency: &str| {
        format!(
            "version = 4\n\n[[package]]\n{}\n\n[[package]]\nname = \"{name}\"\nversion = \"0.1.0\"\ndependencies = [\n \"{dependency}\",\n]\n",
            locked(dependency)
        )
    };
    tiny.write(
        "Cargo.toml",
        "[workspace]\nresolver = \"3\"\nmembers = [\"labs/queue\"]\nexclude = [\"labs/gym\"]\n",
    );
    tiny.write(
        "labs/queue/Cargo.toml",
        &package("queue", "[dependencies]\nitoa = \"1\"\n"),
    );
    tiny.write("Cargo.lock", &lock("queue", "itoa"));
    tiny.write(
        "labs/gym/Cargo.toml",
        &package("gym", "[dependencies]\nstrsim = \"0.11\"\n[workspace]\n"),
    );
    tiny.write("labs/gym/src/lib.rs", "");
    tiny.write("labs/gym/Cargo.lock", &lock("gym", "strsim"));
    tiny.write(".cargo/config.toml", "[alias]\nx = \"check\"\n");
    tiny.write(".gitignore", "/secret\n/out\n");
    tiny.write("secret", "not for the room");
    tiny.write("script", "#!/bin/sh\n");
    run(tiny.folder.path(), "chmod", &["+x", "script"]);
    git(&tiny, &["init", "--quiet"]);
    git(&tiny, &["add", "."]);
    git(&tiny, &["commit", "--quiet", "-m", "All of it"]);
    tiny
}

fn wanted(tiny: &Tiny) -> Wanted {
    Wanted {
        out: tiny.folder.path().join("out/b.tar.gz"),
        toolchain: None,
        force: false,
        offline: true,
    }
}

fn pack(tiny: &Tiny, wanted: &Wanted) -> Result<Bundled, String> {
    bundle::bundle(&tiny.workspace, wanted, &mut |_| ()).map_err(|error| format!("{error:#}"))
}

fn unpack(archive: &Path, into: &Path) -> PathBuf {
    let file = std::fs::File::open(archive).expect("the archive");
    tar::Archive::new(flate2::read::GzDecoder::new(file))
        .unpack(into)
        .expect("it unpacks");
    into.join("cutaway")
}

/// Whether cargo finds everything, from a home of its own.
fn resolves(folder: &Path, manifest: &str) -> Output {
    let home = tempfile::tempdir().expect("a temporary folder");
    Command::new("cargo")
        .args([
            "metadata",
            "--offline",
            "--locked",
            "--format-version=1",
            "--manifest-path",
            manifest,
        ])
        .current_dir(folder)
        .env("CARGO_HOME", home.path())
        .output()
        .expect("cargo")
}

#[test]
fn what_is_unpacked_needs_no_network() {
    let tiny = repository();
    let wanted = wanted(&tiny);
    let bundled = pack(&tiny, &wanted).expect("a bundle");
    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    let folder = unpack(&wanted.out, elsewhere.path());
    for manifest in ["Cargo.toml", "labs/gym/Cargo.toml"] {
        let output = resolves(&folder, manifest);
        assert!(output.status.success(), "{output:?}");
    }
    for file in [
        "START-HERE.md",
        "book/build/index.html",
        "book/src/part/queues.md",
        "script",
    ] {
        assert!(folder.join(file).is_file(), "no {file}");
    }
    assert!(!folder.join("secret").exists() && !folder.join("toolchain").exists());
    let config = std::fs::read_to_string(folder.join(".cargo/config.toml")).expect("a config");
    assert!(config.starts_with("[alias]\nx = \"check\"\n"), "{config}");
    assert!(run(&folder, "./script", &[]).status.success());

    // It is the bundle that makes the difference.
    std::fs::remove_dir_all(folder.join("vendor")).expect("it was there");
    assert!(!resolves(&folder, "Cargo.toml").status.success());

    // The checksum is the archive's.
    let sum = std::fs::read_to_string(tiny.folder.path().join("out/b.tar.gz.sha256"));
    assert_eq!(
        sum.expect("a checksum"),
        format!("{}  b.tar.gz\n", bundled.sha256)
    );
    let archive = std::fs::metadata(&wanted.out).expect("the archive");
    assert_eq!(archive.len(), bundled.packed);
}

#[test]
fn the_same_files_give_the_same_archive_and_none_is_lost() {
    let tiny = repository();
    let mut wanted = wanted(&tiny);
    let first = pack(&tiny, &wanted).expect("a bundle");
    let again = pack(&tiny, &wanted).expect_err("it is there");
    assert!(
        again.contains("--force") && again.contains("b.tar.gz"),
        "{again}"
    );
    wanted.force = true;
    assert_eq!(pack(&tiny, &wanted).expect("a bundle").sha256, first.sha256);
    let left = std::fs::read_dir(tiny.folder.path().join("out")).expect("the folder");
    let mut left: Vec<_> = left.flatten().map(|entry| entry.file_name()).collect();
    left.sort();
    assert_eq!(left, ["b.tar.gz", "b.tar.gz.sha256"]);

    wanted.toolchain = Some(tiny.folder.path().join("labs/queue"));
    let more = pack(&tiny, &wanted).expect("a bundle");
    assert!(more.files > first.files && more.sha256 != first.sha256);
    wanted.toolchain = Some("/nowhere".into());
    let why = pack(&tiny, &wanted).expect_err("no such folder");
    assert!(
        why.contains("--toolchain /nowhere: there is no such folder"),
        "{why}"
    );
}

#[test]
fn what_cannot_be_bundled_is_named() {
    let tiny = repository();
    let wanted = wanted(&tiny);
    let lock = std::fs::read_to_string(tiny.folder.path().join("Cargo.lock")).expect("a lock");
    tiny.write("Cargo.lock", &lock.replace("itoa", "no-such-crate-of-ours"));
    tiny.write(
        "labs/queue/Cargo.toml",
        "[package]\nname = \"queue\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\nno-such-crate-of-ours = \"1\"\n",
    );
    let why = pack(&tiny, &wanted).expect_err("a crate is missing");
    assert!(
        why.contains("leave out --offline") && why.contains("no-such-crate-of-ours"),
        "{why}"
    );

    tiny.remove("script");
    let why = pack(&tiny, &wanted).expect_err("a file is missing");
    assert!(why.contains("git restore script"), "{why}");

    let without = Tiny::new();
    let why = pack(
        &without,
        &Wanted {
            out: without.folder.path().join("b.tar.gz"),
            ..wanted
        },
    );
    let why = why.expect_err("no repository");
    assert!(why.contains("needs git and a checkout"), "{why}");
    assert!(!without.folder.path().join("b.tar.gz").exists());
}
