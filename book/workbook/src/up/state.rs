//! The state folder: one `up` at a time, and what an earlier one has left.
//!
//! The lock goes away with the process however it ends, also by SIGKILL; the programs that it
//! has started do not. Their ids stand in the file, so that the next start finds them.

use super::Options;
use super::programs::Programs;
use crate::process;
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a program that an earlier start has left behind may take to end.
const LEFTOVER_GRACE: Duration = Duration::from_secs(10);

/// The state folder, held by this process.
pub(super) struct State {
    folder: PathBuf,
    file: File,
    record: Record,
    /// What the file said when this process took it.
    before: Record,
}

/// What stands in the lock file.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Record {
    pid: u32,
    book: Option<SocketAddr>,
    /// Process ids of what was started, by the program's name.
    programs: BTreeMap<String, i32>,
}

impl State {
    /// Makes the folder if need be and takes it for this process.
    pub(super) fn take(folder: &Path, options: &Options) -> Result<State> {
        let logs = folder.join("logs");
        std::fs::create_dir_all(&logs).with_context(|| {
            format!(
                "cannot write to {}: choose another folder with --state DIR",
                folder.display()
            )
        })?;
        let path = folder.join("up.json");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .with_context(|| {
                format!(
                    "cannot write {}: choose another folder with --state DIR",
                    path.display()
                )
            })?;
        let before = read(&mut file);
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!("{}", already(&before, folder)),
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock {}", path.display()));
            }
        }
        let record = Record {
            pid: std::process::id(),
            book: Some(options.book),
            programs: BTreeMap::new(),
        };
        let mut state = State {
            folder: folder.to_path_buf(),
            file,
            record,
            before,
        };
        state.write()?;
        Ok(state)
    }

    /// The file for a program's output.
    pub(super) fn log(&self, program: &str) -> PathBuf {
        self.folder.join("logs").join(format!("{program}.log"))
    }

    /// Remembers a program that was started, in case this process is killed.
    pub(super) fn started(&mut self, program: &str, id: i32) -> Result<()> {
        self.record.programs.insert(program.to_owned(), id);
        self.write()
    }

    /// Checks that every address is free, before anything is built. Port 0 becomes a free port.
    pub(super) fn settle_ports(options: &Options) -> Result<Options> {
        let mut options = options.clone();
        let mut taken = Vec::new();
        for (address, flag) in [
            (&mut options.book, "--book"),
            (&mut options.api, "--api"),
            (&mut options.debug, "--debug"),
        ] {
            match TcpListener::bind(*address).and_then(|listener| listener.local_addr()) {
                Ok(free) => *address = free,
                Err(error) => taken.push(format!(
                    "{address}: {error}; choose another with {flag} ADDR"
                )),
            }
        }
        if taken.is_empty() {
            Ok(options)
        } else {
            bail!("{}", taken.join("\n"))
        }
    }

    /// Forgets what was started: none of it is left.
    pub(super) fn all_ended(&mut self) -> Result<()> {
        self.record.programs.clear();
        self.write()
    }

    /// Ends what an `up` that was killed has left running.
    pub(super) async fn end_leftovers(&mut self, programs: &Programs) {
        for (name, id) in std::mem::take(&mut self.before.programs) {
            if process::is_running(id, &programs.path(&name)) {
                process::end_stranger(id, LEFTOVER_GRACE).await;
                println!(
                    "Ended {name} (process {id}), which an earlier `workbook up` had left behind when it was killed."
                );
            }
        }
    }

    fn write(&mut self) -> Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        serde_json::to_writer(&self.file, &self.record)?;
        self.file.flush()?;
        Ok(())
    }
}

fn read(file: &mut File) -> Record {
    let mut text = String::new();
    let _ = file.read_to_string(&mut text);
    serde_json::from_str(&text).unwrap_or_default()
}

fn already(other: &Record, folder: &Path) -> String {
    let book = other
        .book
        .map(|book| format!(", its book is at http://{book}"))
        .unwrap_or_default();
    format!(
        "it is running already (process {}{book}): end that one first, or keep a second one apart with --state DIR and its own --book, --api and --debug; its state is in {}",
        other.pid,
        folder.display()
    )
}
