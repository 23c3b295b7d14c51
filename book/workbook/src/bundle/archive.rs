//! The archive: a tar file, compressed with gzip, and its checksum.

use super::Bundled;
use super::contents::{Contents, Entry};
use anyhow::{Context, Result};
use flate2::{Compression, GzBuilder};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use tar::{Builder, EntryType, Header};

/// The folder that everything is in.
const FOLDER: &str = "cutaway";

/// `path` with something behind its name.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Writes the archive beside its place, then moves it there; a half one is never in it.
pub(super) fn write(contents: &Contents, out: &Path, sum: &Path, time: u64) -> Result<Bundled> {
    let partial = beside(out, ".partial");
    let done = pack(contents, &partial, time).and_then(|bundled| {
        let name = out.file_name().unwrap_or_default().to_string_lossy();
        std::fs::write(sum, format!("{}  {name}\n", bundled.sha256))?;
        std::fs::rename(&partial, out)?;
        Ok(bundled)
    });
    if done.is_err() {
        // Why it was not written matters more than whether it could be removed.
        let _ = std::fs::remove_file(&partial);
    }
    done.with_context(|| format!("cannot write {}", out.display()))
}

fn pack(contents: &Contents, file: &Path, time: u64) -> Result<Bundled> {
    let hashed = Hashed {
        file: BufWriter::new(File::create(file)?),
        hash: Sha256::new(),
        packed: 0,
    };
    let packed = GzBuilder::new()
        .mtime(0)
        .write(hashed, Compression::default());
    let mut builder = Builder::new(packed);
    let mut bytes = 0;
    for (path, entry) in &contents.0 {
        let name = Path::new(FOLDER).join(path);
        bytes += append(&mut builder, &name, entry, time)
            .with_context(|| format!("cannot pack {}", path.display()))?;
    }
    let mut hashed = builder.into_inner()?.finish()?;
    hashed.file.flush()?;
    hashed.file.get_ref().sync_all()?;
    let digest = hashed.hash.finalize();
    let sha256 = digest.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    Ok(Bundled {
        files: contents.0.len(),
        bytes,
        packed: hashed.packed,
        sha256,
    })
}

fn append(
    builder: &mut Builder<impl Write>,
    name: &Path,
    entry: &Entry,
    time: u64,
) -> io::Result<u64> {
    let mut header = Header::new_gnu();
    header.set_mtime(time);
    header.set_uid(0);
    header.set_gid(0);
    match entry {
        Entry::Link(target) => {
            header.set_entry_type(EntryType::Symlink);
            header.set_mode(0o777);
            header.set_size(0);
            builder.append_link(&mut header, name, target)?;
            Ok(0)
        }
        Entry::Text(text) => {
            header.set_mode(0o644);
            header.set_size(text.len() as u64);
            builder.append_data(&mut header, name, text.as_bytes())?;
            Ok(text.len() as u64)
        }
        Entry::File(path) => {
            let file = File::open(path)?;
            let about = file.metadata()?;
            let executable = about.permissions().mode() & 0o100 != 0;
            header.set_mode(if executable { 0o755 } else { 0o644 });
            header.set_size(about.len());
            builder.append_data(&mut header, name, file)?;
            Ok(about.len())
        }
    }
}

/// A file whose checksum is made while it is written.
struct Hashed {
    file: BufWriter<File>,
    hash: Sha256,
    packed: u64,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let many = self.file.write(bytes)?;
        self.hash.update(&bytes[..many]);
        self.packed += many as u64;
        Ok(many)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
