//! The programs that `up` starts: built together, started in order, ended in reverse.

use super::state::State;
use super::{Interrupted, Options};
use crate::client;
use crate::process::Group;
use crate::workspace::Workspace;
use anyhow::{Context, Result, bail};
use lifecycle::Shutdown;
use std::fs::{File, OpenOptions};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::process::Command;

/// How long a program that was asked to end may take: longer than the service's own drain.
const GRACE: Duration = Duration::from_secs(15);
/// How long the service may take until it says that it is ready.
const START: Duration = Duration::from_secs(20);
/// How many bytes of a log are kept before it starts anew.
const LARGEST_LOG: u64 = 64 << 20;
/// How long a dead program stays dead: long enough to see on the console what that looks like.
const RESTART: Duration = Duration::from_secs(3);
/// How many deaths in a row, each within [`MINUTE`] of the one before, are worth another start.
const DEATHS: usize = 3;
const MINUTE: Duration = Duration::from_mins(1);
/// How many lines of a dead program's log are shown.
const TAIL: usize = 12;

const SERVICE: &str = "sales-api";
const LOAD: &str = "sales-load";
const CONSOLE: &str = "cutaway";

/// Where the workspace's programs lie.
pub(super) struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// The programs beside this one, which is where cargo puts all of them.
    pub(super) fn beside_this_one() -> Result<Programs> {
        let this = std::env::current_exe().context("where this program lies")?;
        Ok(Programs {
            folder: this.parent().unwrap_or(Path::new(".")).to_path_buf(),
        })
    }

    /// Builds what is not up to date, in one go; cargo shows its progress.
    pub(super) async fn build(&self, workspace: &Workspace, shutdown: &Shutdown) -> Result<()> {
        let mut cargo = Command::new("cargo");
        cargo.arg("build").current_dir(workspace.root());
        if self.folder.ends_with("release") {
            cargo.arg("--release");
        }
        for program in [SERVICE, LOAD, CONSOLE]
            .map(str::to_owned)
            .into_iter()
            .chain(workspace.labs())
        {
            cargo.args(["--package", &program]);
        }
        // Shares this process's group: Ctrl-C ends a build as it does anywhere else.
        let mut build = cargo
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("cannot run cargo")?;
        tokio::select! {
            status = build.wait() => {
                if !status?.success() {
                    bail!("the programs do not build");
                }
                Ok(())
            }
            () = shutdown.triggered() => bail!(Interrupted),
        }
    }

    /// Where a program lies.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Where the console lies.
    pub(super) fn console(&self) -> PathBuf {
        self.path(CONSOLE)
    }

    fn start(
        &self,
        name: &'static str,
        arguments: &[String],
        state: &mut State,
    ) -> Result<Program> {
        let log = state.log(name);
        new_log(&log)?;
        self.resume(name, arguments, log, state)
    }

    /// Starts a program that goes on with the log it has.
    fn resume(
        &self,
        name: &'static str,
        arguments: &[String],
        log: PathBuf,
        state: &mut State,
    ) -> Result<Program> {
        let output = open_log(&log)?;
        tokio::spawn(keep_small(output.try_clone()?));
        let mut command = Command::new(self.path(name));
        command
            .args(arguments)
            .stdin(Stdio::null())
            .stderr(output.try_clone()?)
            .stdout(output);
        let group = Group::spawn(&mut command).with_context(|| format!("cannot start {name}"))?;
        state.started(name, group.id())?;
        let arguments = arguments.to_vec();
        Ok(Program {
            name,
            arguments,
            group,
            log,
        })
    }
}

/// A program that runs until it is ended.
struct Program {
    name: &'static str,
    arguments: Vec<String>,
    group: Group,
    log: PathBuf,
}

impl Program {
    /// Starts it again.
    fn revive(&mut self, programs: &Programs, state: &mut State) -> Result<()> {
        let log = std::mem::take(&mut self.log);
        *self = programs.resume(self.name, &self.arguments, log, state)?;
        Ok(())
    }

    /// Resolves if the program ends by itself, with what to say of it.
    async fn death(&mut self) -> String {
        let status = match self.group.wait().await {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        let Program { name, log, .. } = self;
        format!(
            "{name} has died ({status}). The end of {}:\n{}",
            log.display(),
            tail(log)
        )
    }
}

/// The sales service, and the shoppers.
pub(super) struct Service {
    api: Program,
    load: Option<Program>,
}

impl Service {
    /// Starts the service on its embedded store.
    pub(super) fn start(
        programs: &Programs,
        options: &Options,
        state: &mut State,
    ) -> Result<Service> {
        let store = options.state.join("sales.db");
        let arguments = [
            format!("--api={}", options.api),
            format!("--debug={}", options.debug),
            format!("--store=sqlite:{}", store.display()),
        ];
        Ok(Service {
            api: programs.start(SERVICE, &arguments, state)?,
            load: None,
        })
    }

    /// Waits until the service takes orders.
    pub(super) async fn ready(&mut self, api: SocketAddr, shutdown: &Shutdown) -> Result<()> {
        let answers = async {
            while client::get(api, "/v1/readiness").await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::select! {
            () = answers => Ok(()),
            died = self.api.death() => bail!(died),
            () = shutdown.triggered() => bail!(Interrupted),
            () = tokio::time::sleep(START) => bail!(
                "{SERVICE} was not ready within {} s. The end of {}:\n{}",
                START.as_secs(), self.api.log.display(), tail(&self.api.log)
            ),
        }
    }

    /// Starts a gentle, endless load.
    pub(super) fn load(
        &mut self,
        programs: &Programs,
        options: &Options,
        state: &mut State,
    ) -> Result<()> {
        let arguments = [
            format!("--target=http://{}", options.api),
            format!("--rate={}", options.rate),
            "--duration=forever".to_owned(),
            "--progress=1m".to_owned(),
        ];
        self.load = Some(programs.start(LOAD, &arguments, state)?);
        Ok(())
    }

    /// Starts again what dies, as an operator's supervisor would. Resolves when that has happened too often to
    /// be worth another try, with what to say of the last death.
    pub(super) async fn keep(&mut self, programs: &Programs, state: &mut State) -> String {
        let mut deaths = 0;
        let mut last = Instant::now();
        loop {
            let (died, program) = self.death().await;
            deaths = if last.elapsed() < MINUTE {
                deaths + 1
            } else {
                1
            };
            last = Instant::now();
            if deaths > DEATHS {
                return died;
            }
            tracing::warn!("{died}");
            tokio::time::sleep(RESTART).await;
            if let Err(error) = program.revive(programs, state) {
                return format!("{died}\n{error:#}");
            }
        }
    }

    /// Resolves when one of them dies, with what to say of it.
    async fn death(&mut self) -> (String, &mut Program) {
        let Service { api, load } = self;
        let Some(load) = load else {
            return (api.death().await, api);
        };
        tokio::select! {
            died = api.death() => (died, api),
            died = load.death() => (died, load),
        }
    }

    /// Ends the shoppers, then the service; at once when `hurry` is triggered.
    pub(super) async fn end(mut self, hurry: Shutdown) {
        if let Some(load) = &mut self.load {
            end(load, &hurry).await;
        }
        end(&mut self.api, &hurry).await;
    }
}

async fn end(program: &mut Program, hurry: &Shutdown) {
    let name = program.name;
    tokio::select! {
        ended = program.group.end(GRACE) => if let Err(error) = ended {
            eprintln!("{name}: {error}");
        },
        // Dropping the group kills it.
        () = hurry.triggered() => {}
    }
}

fn new_log(path: &Path) -> Result<File> {
    File::create(path).with_context(|| format!("cannot write {}", path.display()))
}

/// A file that is appended to starts again at its beginning when it is cut.
fn open_log(path: &Path) -> Result<File> {
    let opened = OpenOptions::new().append(true).open(path);
    opened.with_context(|| format!("cannot write {}", path.display()))
}

/// A service that is left running for days must not fill the disk with its log.
async fn keep_small(log: File) {
    let mut every = tokio::time::interval(Duration::from_mins(1));
    loop {
        every.tick().await;
        if log.metadata().is_ok_and(|log| log.len() > LARGEST_LOG) {
            let _ = log.set_len(0);
        }
    }
}

fn tail(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    let last = lines.len().saturating_sub(TAIL);
    if lines.is_empty() {
        "  (nothing)".to_owned()
    } else {
        format!("  {}", lines[last..].join("\n  "))
    }
}
