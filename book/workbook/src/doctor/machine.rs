//! What can be asked of a machine.

use rustix::fs::statvfs;
use std::io::{self, IsTerminal as _};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a program has printed, and whether it was content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// Whether its exit code was 0.
    pub success: bool,
    /// What it printed.
    pub stdout: String,
    /// What it complained about.
    pub stderr: String,
}

/// What CPU this process has.
#[derive(Clone, Debug, PartialEq)]
pub struct Cpu {
    /// How many worker threads are worth having.
    pub workers: usize,
    /// The line that says why.
    pub why: String,
    /// Which cgroups the system has, and where this process is, if it is in one: `v2 /user.slice`.
    pub cgroup: Option<String>,
    /// The quota in force, in cores.
    pub quota: Option<f64>,
}

/// A machine.
pub trait Machine {
    /// Runs a program in `folder` to its end.
    ///
    /// # Errors
    /// There is no such program, or it cannot be run.
    fn run(&self, folder: &Path, program: &str, arguments: &[&str]) -> io::Result<Output>;
    /// Reads a file.
    ///
    /// # Errors
    /// It cannot be read.
    fn read(&self, path: &str) -> io::Result<String>;
    /// An environment variable.
    fn variable(&self, name: &str) -> Option<String>;
    /// The operating system and the architecture: `linux`, `x86_64`.
    fn system(&self) -> (&str, &str);
    /// How many bytes an ordinary user can still write to the disk that `path` is on.
    ///
    /// # Errors
    /// The system does not tell.
    fn free(&self, path: &Path) -> io::Result<u64>;
    /// Whether a port on loopback can be listened on.
    ///
    /// # Errors
    /// Why not.
    fn listen(&self, port: u16) -> io::Result<()>;
    /// The program that listens on a port, if that can be found out.
    fn holder(&self, port: u16) -> Option<String>;
    /// The CPU.
    fn cpu(&self) -> Cpu;
    /// Makes a cgroup below this process's own, and removes it.
    ///
    /// # Errors
    /// It is not permitted, or there are none.
    fn make_cgroup(&self) -> io::Result<()>;
    /// Columns and rows of the terminal; none if there is no terminal.
    fn terminal(&self) -> Option<(u16, u16)>;
    /// A new folder for something to be tried in; gone when it is dropped.
    ///
    /// # Errors
    /// None can be made.
    fn scratch(&self) -> io::Result<Box<dyn AsRef<Path>>>;
}

/// This machine.
#[derive(Debug)]
pub struct System;

impl Machine for System {
    fn run(&self, folder: &Path, program: &str, arguments: &[&str]) -> io::Result<Output> {
        let output = Command::new(program)
            .args(arguments)
            .current_dir(folder)
            // Looking must not download a toolchain.
            .env("RUSTUP_AUTO_INSTALL", "0")
            .stdin(std::process::Stdio::null())
            .output()?;
        Ok(Output {
            success: output.status.success(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    fn read(&self, path: &str) -> io::Result<String> {
        std::fs::read_to_string(path)
    }

    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn system(&self) -> (&str, &str) {
        (std::env::consts::OS, std::env::consts::ARCH)
    }

    fn free(&self, path: &Path) -> io::Result<u64> {
        // A folder that is not made yet will be on the disk of the one above it.
        let there = path.ancestors().find(|path| path.exists());
        let disk = statvfs(there.unwrap_or(path))?;
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    fn listen(&self, port: u16) -> io::Result<()> {
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map(drop)
    }

    fn holder(&self, port: u16) -> Option<String> {
        let inode = ["/proc/net/tcp", "/proc/net/tcp6"]
            .into_iter()
            .filter_map(|table| std::fs::read_to_string(table).ok())
            .find_map(|table| super::ports::inode(&table, port))?;
        let socket = PathBuf::from(format!("socket:[{inode}]"));
        let processes = std::fs::read_dir("/proc").ok()?.flatten();
        let has_number = |entry: &std::fs::DirEntry| {
            let name = entry.file_name();
            name.as_encoded_bytes().iter().all(u8::is_ascii_digit)
        };
        for process in processes.filter(has_number) {
            let Ok(open) = std::fs::read_dir(process.path().join("fd")) else {
                continue;
            };
            let links = |file: std::fs::DirEntry| std::fs::read_link(file.path()).ok();
            if open.flatten().filter_map(links).any(|link| link == socket) {
                let name = std::fs::read_to_string(process.path().join("comm")).ok()?;
                let id = process.file_name();
                return Some(format!("{} (process {})", name.trim(), id.display()));
            }
        }
        None
    }

    fn cpu(&self) -> Cpu {
        let reading = cpulimit::Sources::system().read();
        let cgroup = reading.cpu.as_ref();
        Cpu {
            workers: reading.decision.workers.get(),
            why: reading.to_string(),
            cgroup: cgroup.map(|cgroup| format!("{} {}", cgroup.version, cgroup.path)),
            quota: cgroup
                .and_then(cpulimit::Cgroup::tightest)
                .map(|(_, quota)| quota.cores()),
        }
    }

    fn make_cgroup(&self) -> io::Result<()> {
        let reading = cpulimit::Sources::system().read();
        let own = reading
            .cpu
            .as_ref()
            .and_then(|cgroup| cgroup.levels.first());
        let own = own.ok_or(io::ErrorKind::NotFound)?;
        let new = own
            .dir
            .join(format!("cutaway-doctor-{}", std::process::id()));
        std::fs::create_dir(&new)?;
        std::fs::remove_dir(&new)
    }

    fn terminal(&self) -> Option<(u16, u16)> {
        if !io::stdout().is_terminal() {
            return None;
        }
        let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
        Some((size.ws_col, size.ws_row))
    }

    fn scratch(&self) -> io::Result<Box<dyn AsRef<Path>>> {
        Ok(Box::new(tempfile::tempdir()?))
    }
}
