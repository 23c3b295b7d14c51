//! The archive as those see it who load it: each blob is what its digest says, and the layer unpacks to the program.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Output};

use flate2::read::GzDecoder;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

const NAME: &str = "localhost/shop:dev";

#[test]
fn each_blob_is_what_its_digest_says_and_the_layer_holds_the_program() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = elf(false);
    let archive = made(folder.path(), &program);
    let files = unpacked(archive.as_slice());

    assert_eq!(files["oci-layout"], br#"{"imageLayoutVersion":"1.0.0"}"#);
    let index = json(&files["index.json"]);
    let found = &index["manifests"][0];
    assert_eq!(found["annotations"]["io.containerd.image.name"], NAME);
    let manifest = json(blob(&files, found));
    let config = json(blob(&files, &manifest["config"]));
    assert_eq!(config["config"]["Entrypoint"][0], "/shop");
    assert_eq!(config["config"]["User"], "65532:65532");
    assert_eq!(config["config"]["Labels"]["a.label"], "its=value");
    assert_eq!(config["config"]["Env"][0], "SALES_API=0.0.0.0:8080");
    assert_eq!(config["architecture"], "amd64");
    assert_eq!(config["created"], "2026-11-22T06:00:00Z");

    let mut plain = Vec::new();
    GzDecoder::new(blob(&files, &manifest["layers"][0]))
        .read_to_end(&mut plain)
        .expect("gzip");
    assert_eq!(config["rootfs"]["diff_ids"][0], digest(&plain));
    assert_eq!(unpacked(&plain)["shop"], program);

    // For engines that read what `docker save` writes.
    let docker = json(&files["manifest.json"]);
    assert_eq!(docker[0]["RepoTags"][0], NAME);
    for path in [&docker[0]["Config"], &docker[0]["Layers"][0]] {
        assert!(files.contains_key(path.as_str().expect("a path")));
    }
}

#[test]
fn the_same_program_gives_the_same_bytes() {
    let (one, two) = (tempfile::tempdir(), tempfile::tempdir());
    let program = elf(false);
    assert!(
        made(one.expect("a folder").path(), &program)
            == made(two.expect("a folder").path(), &program)
    );
}

#[test]
fn what_could_not_run_in_the_image_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    for (program, name, why) in [
        (elf(true), NAME, "it is linked dynamically"),
        (b"#!/bin/sh\n".to_vec(), NAME, "no executable for Linux"),
        (elf(false), "localhost/shop", "a name and a tag are needed"),
    ] {
        let output = run(folder.path(), &program, name);
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(why), "{said}");
        assert!(!folder.path().join("image.tar").exists());
    }
}

fn made(folder: &Path, program: &[u8]) -> Vec<u8> {
    let output = run(folder, program, NAME);
    assert!(output.status.success(), "{output:?}");
    fs::read(folder.join("image.tar")).expect("the archive")
}

fn run(folder: &Path, program: &[u8], name: &str) -> Output {
    fs::write(folder.join("shop"), program).expect("a program");
    Command::new(env!("CARGO_BIN_EXE_sales-image"))
        .current_dir(folder)
        .args(["--program", "shop", "--name", name, "--output", "image.tar"])
        .args(["--label", "a.label=its=value"])
        .args(["--env", "SALES_API=0.0.0.0:8080"])
        .args(["--created", "2026-11-22T06:00:00Z"])
        .output()
        .expect("sales-image runs")
}

fn unpacked(tar: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in tar::Archive::new(tar).entries().expect("a tar file") {
        let mut entry = entry.expect("an entry");
        let path = entry.path().expect("a path").display().to_string();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).expect("its contents");
        files.insert(path, bytes);
    }
    files
}

/// The bytes that a descriptor stands for, which must be as long as it says and have its digest.
fn blob<'a>(files: &'a BTreeMap<String, Vec<u8>>, descriptor: &Value) -> &'a [u8] {
    let said = descriptor["digest"].as_str().expect("a digest");
    let bytes = &files[&format!("blobs/{}", said.replace(':', "/"))];
    assert_eq!(digest(bytes), said);
    assert_eq!(descriptor["size"], bytes.len());
    bytes
}

fn digest(bytes: &[u8]) -> String {
    let hex: Vec<String> = Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("sha256:{}", hex.concat())
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).expect("JSON")
}

/// The headers of a 64-bit executable with one segment: code, or the name of a dynamic linker.
fn elf(dynamic: bool) -> Vec<u8> {
    let (load, interpreter) = (1u32, 3u32);
    let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
    bytes.resize(16, 0);
    for half in [2u16, 62] {
        bytes.extend(half.to_le_bytes()); // an executable, x86-64
    }
    bytes.extend(1u32.to_le_bytes());
    for word in [0u64, 64, 0] {
        bytes.extend(word.to_le_bytes()); // entry, program headers, no section headers
    }
    bytes.extend(0u32.to_le_bytes());
    for half in [64u16, 56, 1, 64, 0, 0] {
        bytes.extend(half.to_le_bytes());
    }
    bytes.extend(if dynamic { interpreter } else { load }.to_le_bytes());
    bytes.extend(5u32.to_le_bytes());
    for word in [0u64, 0, 0, 120, 120, 1] {
        bytes.extend(word.to_le_bytes());
    }
    bytes
}
