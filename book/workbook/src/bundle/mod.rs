//! All that a room without a network needs, in one archive.
//!
//! | in the archive, below `cutaway/` | what it is |
//! |---|---|
//! | the repository's files | what git tracks, as it lies in the folder |
//! | `vendor/` | every crate that the workspace and the exercises depend on |
//! | `.cargo/config.toml` | the repository's own, and that crates are taken from `vendor/` |
//! | `book/build/` | the book as a static site |
//! | `toolchain/` | the toolchain's installer, if one was given |
//! | `START-HERE.md` | what to do with it |
//!
//! The same files give the same archive, byte by byte: entries are sorted, and time and owner are not this machine's.
//!
//! Layout:
//! - `contents`: which files
//! - `vendor`: the crates
//! - `archive`: the file

mod archive;
mod contents;
mod vendor;

use crate::workspace::Workspace;
use anyhow::{Context, Result, bail};
use contents::Contents;
use std::path::{Path, PathBuf};

/// What to pack, and where.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The archive.
    pub out: PathBuf,
    /// A folder with the toolchain's installer.
    pub toolchain: Option<PathBuf>,
    /// Whether an archive that is there may be replaced.
    pub force: bool,
    /// Whether crates are taken from this machine only.
    pub offline: bool,
}

/// What was packed.
#[derive(Clone, Debug)]
pub struct Bundled {
    /// How many files.
    pub files: usize,
    /// How many bytes they have.
    pub bytes: u64,
    /// How many bytes the archive has.
    pub packed: u64,
    /// The archive's SHA-256, in hexadecimal digits; it also stands in a file beside it.
    pub sha256: String,
}

/// Packs it. `say` hears what is being done.
pub fn bundle(
    workspace: &Workspace,
    wanted: &Wanted,
    say: &mut dyn FnMut(&str),
) -> Result<Bundled> {
    let out = std::path::absolute(&wanted.out)?;
    let sum = archive::beside(&out, ".sha256");
    let there = [&out, &sum].into_iter().find(|file| file.exists());
    if let Some(file) = there
        && !wanted.force
    {
        bail!(
            "{} is there already: replace it with --force, or choose another with --out FILE",
            file.display()
        );
    }
    let folder = out.parent().context("--out names no file")?;
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;

    let mut contents = Contents::default();
    contents.tracked(workspace)?;
    let scratch = tempfile::Builder::new()
        .prefix(".bundle-")
        .tempdir_in(folder)
        .with_context(|| format!("cannot write to {}", folder.display()))?;
    say("collecting crates");
    let crates = scratch.path().join("vendor");
    vendor::vendor(workspace, &crates, wanted.offline)?;
    contents.folder("vendor", &crates)?;
    contents.text(".cargo/config.toml", vendor::config(workspace)?);
    say("building the book");
    let site = scratch.path().join("book");
    crate::book::build(workspace, &site)?;
    contents.folder("book/build", &site)?;
    if let Some(toolchain) = &wanted.toolchain {
        contents.toolchain(toolchain)?;
    }
    contents.text("START-HERE.md", instructions(wanted.toolchain.is_some()));
    say("packing");
    let time = contents::time(workspace)?;
    archive::write(&contents, &out, &sum, time)
}

fn instructions(toolchain: bool) -> String {
    let install = if toolchain {
        "The folder `toolchain/` holds the installer that was packed with it: unpack it if it is an archive, and run its \
         `install.sh` (with `--prefix=$HOME/rust` it needs no rights; then put `$HOME/rust/bin` at the front of `PATH`)."
    } else {
        "Rust has to be on the machine already, in the version that `rust-toolchain.toml` names."
    };
    format!(
        "# Start here\n\n\
         Nothing of this needs a network. Before you unpacked it: `sha256sum -c` on the `.sha256` file that came with the archive.\n\n\
         1. {install}\n\
         2. A C compiler and `make` have to be there.\n\
         3. `cargo build --workspace --offline --locked` builds everything; it takes minutes, once.\n\
         4. `cargo workbook doctor` says whether the machine is ready.\n\
         5. `make run` starts the service, the book and the console; `cargo workbook list` shows the exercises.\n\n\
         The book can be read without any of that: open `book/build/index.html`.\n"
    )
}

/// Where the archive is written unless told otherwise.
pub fn default_out(workspace: &Workspace) -> PathBuf {
    workspace.state().join("bundle/cutaway.tar.gz")
}

/// Bytes as people read them.
pub fn size(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}

/// Runs a program in the workspace; what it prints, if it is content.
fn output(workspace: &Workspace, program: &str, arguments: &[&std::ffi::OsStr]) -> Result<Vec<u8>> {
    let run = std::process::Command::new(program)
        .args(arguments)
        .current_dir(workspace.root())
        .stdin(std::process::Stdio::null())
        .output();
    let output = run.with_context(|| format!("cannot run {program}"))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    bail!("{program} fails: {said}");
}

fn read(file: &Path) -> Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}
