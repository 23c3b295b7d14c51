//! Each way in which a machine can fail to be ready.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use workbook::doctor::command::doctor;
use workbook::doctor::machine::{Cpu, Machine, Output};
use workbook::doctor::{Finding, State, examine};
use workbook::workspace::Workspace;

/// A machine where all is well, until a test changes it.
struct Fake {
    /// What programs answer, by their name and first argument; those that are not named here answer nothing, content.
    programs: BTreeMap<&'static str, Option<Output>>,
    files: BTreeMap<String, String>,
    variables: BTreeMap<&'static str, &'static str>,
    system: (&'static str, &'static str),
    free: Option<u64>,
    taken: Vec<u16>,
    holder: Option<&'static str>,
    cpu: Cpu,
    cgroup: Option<io::ErrorKind>,
    terminal: Option<(u16, u16)>,
}

fn said(text: &str) -> Output {
    Output {
        success: true,
        stdout: format!("{text}\n"),
        stderr: String::new(),
    }
}

fn failed(text: &str) -> Output {
    Output {
        success: false,
        stdout: String::new(),
        stderr: format!("{text}\n"),
    }
}

fn ready() -> Fake {
    let toolchain =
        "[toolchain]\nchannel = \"1.95.0\"\ncomponents = [\"clippy\", \"rustfmt\"]\n".to_owned();
    Fake {
        programs: BTreeMap::from([
            (
                "rustc --version",
                said("rustc 1.95.0 (abc 2026-01-01)").into(),
            ),
            ("cargo clippy", said("clippy 0.1.95").into()),
        ]),
        files: BTreeMap::from([
            ("/w/rust-toolchain.toml".to_owned(), toolchain),
            (
                "/proc/meminfo".to_owned(),
                "MemTotal: 9 kB\nMemAvailable:   8388608 kB\n".to_owned(),
            ),
        ]),
        variables: BTreeMap::from([("TERM", "xterm-256color"), ("LANG", "en_US.UTF-8")]),
        system: ("linux", "x86_64"),
        free: Some(100 << 30),
        taken: Vec::new(),
        holder: None,
        cpu: Cpu {
            workers: 8,
            why: "8 worker threads".to_owned(),
            cgroup: Some("v2 /".to_owned()),
            quota: None,
        },
        cgroup: None,
        terminal: Some((120, 40)),
    }
}

impl Machine for Fake {
    fn run(&self, _: &Path, program: &str, arguments: &[&str]) -> io::Result<Output> {
        let call = format!("{program} {}", arguments.first().unwrap_or(&""));
        match self.programs.get(call.trim()) {
            Some(None) => Err(io::ErrorKind::NotFound.into()),
            Some(Some(output)) => Ok(output.clone()),
            None => Ok(said(program)),
        }
    }
    fn read(&self, path: &str) -> io::Result<String> {
        let file = self.files.get(path).cloned();
        file.ok_or_else(|| io::ErrorKind::NotFound.into())
    }
    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).map(ToString::to_string)
    }
    fn system(&self) -> (&str, &str) {
        self.system
    }
    fn free(&self, _: &Path) -> io::Result<u64> {
        self.free.ok_or_else(|| io::ErrorKind::Unsupported.into())
    }
    fn listen(&self, port: u16) -> io::Result<()> {
        if self.taken.contains(&port) {
            return Err(io::ErrorKind::AddrInUse.into());
        }
        Ok(())
    }
    fn holder(&self, _: u16) -> Option<String> {
        self.holder.map(str::to_owned)
    }
    fn cpu(&self) -> Cpu {
        self.cpu.clone()
    }
    fn make_cgroup(&self) -> io::Result<()> {
        self.cgroup.map_or(Ok(()), |kind| Err(kind.into()))
    }
    fn terminal(&self) -> Option<(u16, u16)> {
        self.terminal
    }
    fn scratch(&self) -> io::Result<Box<dyn AsRef<Path>>> {
        Ok(Box::new(tempfile::tempdir()?))
    }
}

fn workspace() -> Workspace {
    Workspace::at("/w".into())
}

fn found(machine: &Fake, name: &str) -> Finding {
    let all = examine(machine, &workspace());
    let one = all.iter().find(|one| one.name == name);
    one.unwrap_or_else(|| panic!("nothing about {name}: {all:?}"))
        .clone()
}

/// Breaks a machine, and checks what is said about it.
#[track_caller]
fn check(name: &str, state: State, says: &str, todo: &str, fault: impl FnOnce(&mut Fake)) {
    let mut machine = ready();
    fault(&mut machine);
    let finding = found(&machine, name);
    let text = format!(
        "{} → {}",
        finding.found,
        finding.todo.clone().unwrap_or_default()
    );
    assert_eq!(finding.state, state, "{text}");
    assert!(finding.found.contains(says), "{says:?} not in {text}");
    assert!(text.contains(todo), "{todo:?} not in {text}");
    let (_, is_ready) = doctor(&machine, &workspace(), false);
    assert_eq!(is_ready, state != State::Problem);
}

#[test]
fn a_machine_that_is_ready_is_said_to_be() {
    let machine = ready();
    let findings = examine(&machine, &workspace());
    let not_ok: Vec<&Finding> = findings
        .iter()
        .filter(|one| one.state != State::Ok)
        .collect();
    assert!(not_ok.is_empty(), "{not_ok:?}");
    let (text, is_ready) = doctor(&machine, &workspace(), false);
    assert!(is_ready && text.contains("This machine is ready: problems 0, warnings 0"));
    let (json, _) = doctor(&machine, &workspace(), true);
    let document: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(document["ready"], true);
    assert_eq!(
        document["findings"].as_array().map(Vec::len),
        Some(findings.len())
    );
}

#[test]
fn toolchain() {
    use State::{Problem, Warning};
    check(
        "rust",
        Problem,
        "there is none",
        "https://rustup.rs",
        |machine| {
            machine.programs.insert("rustc --version", None);
        },
    );
    check(
        "rust",
        Problem,
        "the course needs 1.95.0",
        "rustup toolchain install 1.95.0",
        |machine| {
            machine
                .programs
                .insert("rustc --version", said("rustc 1.94.1 (x)").into());
        },
    );
    check(
        "rust",
        Warning,
        "1.100.0-nightly",
        "rustup toolchain install 1.95.0",
        |machine| {
            machine
                .programs
                .insert("rustc --version", said("rustc 1.100.0-nightly (x)").into());
        },
    );
    check(
        "rust",
        Problem,
        "toolchain '1.95.0' is not installed",
        "1.95.0",
        |machine| {
            let why = "error: toolchain '1.95.0' is not installed";
            machine
                .programs
                .insert("rustc --version", failed(why).into());
        },
    );
    check(
        "rust",
        Problem,
        "rust-toolchain.toml cannot be read",
        "fresh copy",
        |machine| {
            machine.files.remove("/w/rust-toolchain.toml");
        },
    );
    check(
        "clippy",
        Warning,
        "not there",
        "rustup component add clippy",
        |machine| {
            machine
                .programs
                .insert("cargo clippy", failed("error: no such command").into());
        },
    );
}

#[test]
fn what_builds() {
    use State::{Problem, Warning};
    check(
        "linker",
        Problem,
        "linker `cc` not found",
        "build-essential",
        |machine| {
            machine
                .programs
                .insert("rustc -o", failed("error: linker `cc` not found").into());
        },
    );
    check(
        "C compiler",
        Problem,
        "cannot be run",
        "xcode-select",
        |machine| {
            machine.programs.insert("cc -c", None);
        },
    );
    check(
        "C compiler",
        Problem,
        "stdlib.h",
        "build-essential",
        |machine| {
            machine.variables.insert("CC", "clang-99");
            machine.programs.insert(
                "clang-99 -c",
                failed("a.c:1: stdlib.h: No such file").into(),
            );
        },
    );
    check(
        "make",
        Problem,
        "there is none",
        "install make",
        |machine| {
            machine.programs.insert("make --version", None);
        },
    );
    check("git", Warning, "there is none", "install git", |machine| {
        machine.programs.insert("git --version", None);
    });
    for name in ["dependencies", "exercises' dependencies"] {
        check(
            name,
            Warning,
            "no matching package",
            "cargo fetch --locked",
            |machine| {
                let why = "warning: x\nerror: no matching package named `a` found";
                machine
                    .programs
                    .insert("cargo metadata", failed(why).into());
            },
        );
    }
}

#[test]
fn ports() {
    let taken = |machine: &mut Fake| machine.taken = vec![3000, 8080];
    check(
        "port 3000",
        State::Warning,
        "somebody listens on it; the book",
        "--book ADDR",
        taken,
    );
    check(
        "port 8080",
        State::Warning,
        "nginx (process 7) listens",
        "--api ADDR",
        |machine| {
            taken(machine);
            machine.holder = Some("nginx (process 7)");
        },
    );
}

#[test]
fn resources() {
    use State::{Ok, Problem, Warning};
    check(
        "disk",
        Problem,
        "0.5 GiB free at /w/target",
        "make room",
        |machine| {
            machine.free = Some(1 << 29);
        },
    );
    check(
        "disk",
        Warning,
        "3.0 GiB free at /elsewhere",
        "CARGO_TARGET_DIR",
        |machine| {
            machine.free = Some(3 << 30);
            machine.variables.insert("CARGO_TARGET_DIR", "/elsewhere");
        },
    );
    check("disk", Warning, "does not tell", "6.0 GiB", |machine| {
        machine.free = None;
    });
    check(
        "memory",
        Warning,
        "1.0 GiB available",
        "CARGO_BUILD_JOBS=1",
        |machine| {
            let text = "MemAvailable: 1048576 kB\n".to_owned();
            machine.files.insert("/proc/meminfo".to_owned(), text);
        },
    );
    check("memory", Ok, "not told", "", |machine| {
        machine.files.remove("/proc/meminfo");
    });
    check("cores", Warning, "1 worker", "two or more", |machine| {
        machine.cpu.workers = 1;
        machine.cpu.why = "1 worker thread: 0.5 CPUs by the cgroup's quota".to_owned();
    });
    check(
        "cgroups",
        Ok,
        "a quota of 1.5 CPUs is in force; groups cannot",
        "compute",
        |machine| {
            machine.cpu.quota = Some(1.5);
            machine.cgroup = Some(io::ErrorKind::PermissionDenied);
        },
    );
    check("cgroups", Ok, "none on this system", "", |machine| {
        machine.cpu.cgroup = None;
    });
    check(
        "profiles",
        Warning,
        "heap and threads need Linux",
        "container",
        |machine| {
            machine.system = ("macos", "aarch64");
        },
    );
    check(
        "profiles",
        Problem,
        "not made for windows",
        "Linux subsystem",
        |machine| {
            machine.system = ("windows", "x86_64");
        },
    );
}

#[test]
fn terminal() {
    use State::{Ok, Warning};
    check("terminal", Ok, "none here", "", |machine| {
        machine.terminal = None;
    });
    check(
        "terminal",
        Warning,
        "60 × 20",
        "smaller than 80 × 24",
        |machine| {
            machine.terminal = Some((60, 20));
        },
    );
    check("terminal", Warning, "120 × 40", "no colours", |machine| {
        machine.variables.insert("TERM", "dumb");
    });
    check("terminal", Warning, "120 × 40", "LANG=C.UTF-8", |machine| {
        machine.variables.insert("LC_ALL", "POSIX");
    });
    check("test browser", Ok, "no chromium", "", |machine| {
        machine.programs.insert("chromedriver --version", None);
    });
}

#[test]
fn this_machine_builds_what_it_is_tested_on() {
    use workbook::doctor::machine::System;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = Workspace::find(root).expect("this test runs in the workspace");
    let findings = examine(&System, &workspace);
    for name in [
        "rust",
        "linker",
        "C compiler",
        "make",
        "disk",
        "memory",
        "cores",
    ] {
        let one = findings.iter().find(|one| one.name == name);
        let one = one.unwrap_or_else(|| panic!("nothing about {name}"));
        assert!(one.state != State::Problem || name == "disk", "{one:?}");
    }
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    assert!(System.listen(port).is_err());
    if cfg!(target_os = "linux") {
        let holder = System.holder(port).expect("this program");
        assert!(holder.contains(&std::process::id().to_string()), "{holder}");
    }
}
