//! The archive: a tar file, compressed with gzip.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
#[cfg(unix)]
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::Context as _;
use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, Header};

use super::contents::Contents;

/// Writes it, below one folder; its size in bytes. Should that fail, nothing is left.
pub(super) fn write(
    file: &Path,
    folder: &str,
    contents: &Contents,
    time: u64,
) -> anyhow::Result<u64> {
    let name = file.display();
    let created = create(file).with_context(|| format!("cannot create {name}"))?;
    let written = pack(created, folder, contents, time);
    if written.is_err() {
        // Why it could not be written is told; that half of it stays is no more than a nuisance.
        drop(std::fs::remove_file(file));
    }
    written.with_context(|| format!("cannot write {name}"))
}

/// A new file that nobody else may read: what is in it says much about a service.
fn create(file: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    options.mode(0o600);
    options.open(file)
}

fn pack(file: File, folder: &str, contents: &Contents, time: u64) -> io::Result<u64> {
    let packed = GzEncoder::new(BufWriter::new(file), Compression::default());
    let mut builder = Builder::new(packed);
    for collected in contents.files() {
        let mut header = Header::new_gnu();
        header.set_mode(0o600);
        header.set_mtime(time);
        header.set_size(collected.bytes.len() as u64);
        let path = format!("{folder}/{}", collected.file);
        builder.append_data(&mut header, path, collected.bytes.as_slice())?;
    }
    let mut written = builder.into_inner()?.finish()?;
    written.flush()?;
    let file = written.get_ref();
    file.sync_all()?;
    Ok(file.metadata()?.len())
}
