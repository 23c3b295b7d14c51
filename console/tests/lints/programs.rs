//! The programs that are watched, as they are built from this workspace.

use std::io::{BufRead, BufReader, Read, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

/// A running program with a debug listener. Killed when dropped.
pub(crate) struct Program {
    child: Child,
    pub(crate) debug: SocketAddr,
    /// Where it serves requests, if it does.
    pub(crate) api: Option<SocketAddr>,
    _folder: Option<TempDir>,
}

impl Program {
    /// The sales service with an empty store of its own.
    pub(crate) fn sales(flags: &[&str]) -> Self {
        Self::sales_with(flags, None)
    }

    /// The same with its log in a file.
    pub(crate) fn sales_logging_to(log: &Path, flags: &[&str]) -> Self {
        Self::sales_with(flags, Some(log))
    }

    fn sales_with(flags: &[&str], log: Option<&Path>) -> Self {
        let folder = tempfile::tempdir().expect("a place for files");
        let mut command = built("sales-api");
        for (name, _) in std::env::vars_os() {
            let of_service = name.to_string_lossy().starts_with("SALES_");
            if of_service || name == "SLOW_AUTH" || name == "DB_FAILURE" {
                command.env_remove(name);
            }
        }
        let store = format!("sqlite:{}", folder.path().join("sales.db").display());
        command.args(["--api", "127.0.0.1:0", "--debug", "127.0.0.1:0"]);
        command
            .args(["--log", "json", "--store", &store])
            .args(flags);
        let mut child = start(command.stdout(Stdio::piped()));
        let stdout = child.stdout.take().expect("it is piped");
        let is_up = |line: &str| line.contains("\"serving\"");
        let line = match log {
            Some(log) => find_line_and_keep(stdout, log, is_up),
            None => find_line(stdout, is_up),
        };
        let serving: serde_json::Value = serde_json::from_str(&line).expect("it logs JSON");
        let address = |name: &str| serving[name].as_str().and_then(|text| text.parse().ok());
        Self {
            debug: address("debug").expect("it tells where its debug listener is"),
            api: address("api"),
            child,
            _folder: Some(folder),
        }
    }

    /// The channels lab, repeating its runs.
    pub(crate) fn channels(knobs: &[&str]) -> Self {
        let mut command = built("channels");
        command
            .args(["--hold", "--debug", "127.0.0.1:0"])
            .args(knobs);
        let mut child = start(command.stdout(Stdio::null()).stderr(Stdio::piped()));
        let stderr = child.stderr.take().expect("it is piped");
        let line = find_line(stderr, |line| line.contains("debug listener on http://"));
        let (_, rest) = line.split_once("http://").expect("it was found by it");
        Self {
            debug: rest[..rest.find('/').unwrap_or(rest.len())]
                .parse()
                .expect("it tells where its debug listener is"),
            api: None,
            child,
            _folder: None,
        }
    }

    /// A small Go program with `expvar` and `net/http/pprof`; nothing, and a word about it, where there is no Go.
    pub(crate) fn go() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a place for files");
        let program = folder.path().join("program");
        std::fs::write(folder.path().join("main.go"), include_str!("program.go"))
            .expect("it can be written");
        let built = Command::new("go")
            .args(["build", "-o"])
            .arg(&program)
            .arg("main.go")
            .current_dir(folder.path())
            .env("GO111MODULE", "off")
            .output();
        let why = match built {
            Ok(output) if output.status.success() => None,
            Ok(output) => Some(String::from_utf8_lossy(&output.stderr).into_owned()),
            Err(error) => Some(error.to_string()),
        };
        if let Some(why) = why {
            super::skipped(&format!("no Go program can be built: {why}"));
            return None;
        }
        let mut child = start(Command::new(program).stdout(Stdio::piped()));
        let line = find_line(child.stdout.take().expect("it is piped"), |line| {
            !line.is_empty()
        });
        let debug = line.trim().parse().expect("it tells where it listens");
        Some(Self {
            debug,
            api: Some(debug),
            child,
            _folder: Some(folder),
        })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn start(command: &mut Command) -> Child {
    command
        .stdin(Stdio::null())
        .spawn()
        .expect("the program starts")
}

/// The first such line. What follows is read and thrown away, so that nobody waits for room to write.
fn find_line(from: impl Read + Send + 'static, is_it: impl Fn(&str) -> bool) -> String {
    let mut lines = BufReader::new(from).lines().map_while(Result::ok);
    let found = lines
        .find(|line| is_it(line))
        .expect("it says that it is ready");
    std::thread::spawn(move || lines.for_each(drop));
    found
}

/// The same; all lines, those that follow as well, go into a file.
fn find_line_and_keep(
    from: impl Read + Send + 'static,
    to: &Path,
    is_it: impl Fn(&str) -> bool,
) -> String {
    let mut file = std::fs::File::create(to).expect("a file for the log");
    let mut keep = move |line: &str| writeln!(file, "{line}").expect("room for the log");
    let mut lines = BufReader::new(from).lines().map_while(Result::ok);
    let found = lines
        .by_ref()
        .inspect(|line| keep(line))
        .find(|line| is_it(line))
        .expect("it says that it is ready");
    std::thread::spawn(move || lines.for_each(|line| keep(&line)));
    found
}

/// A program of the workspace. It is not this crate's, so that cargo has to be asked for it; where everything is built,
/// that is a matter of a second.
fn built(name: &str) -> Command {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let console = Path::new(env!("CARGO_BIN_EXE_cutaway"));
        let folder = console.parent().expect("a program is in a folder");
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
        cargo.args(["build", "--quiet", "-p", "sales-api", "-p", "channels"]);
        if !cfg!(debug_assertions) {
            cargo.arg("--release");
        }
        cargo.arg("--target-dir").args(folder.parent());
        let status = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).status();
        assert!(
            status.expect("there is a cargo").success(),
            "the service and the lab can be built"
        );
        folder.to_owned()
    });
    Command::new(folder.join(name))
}
