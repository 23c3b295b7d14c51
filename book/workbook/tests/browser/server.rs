//! The workbook's server as a program of its own.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use workbook::process::Group;

/// `workbook serve` on a free port.
pub(crate) struct Workbook {
    group: Group,
    /// What opens the book with the right to run.
    pub(crate) link: String,
    _folder: TempDir,
}

impl Workbook {
    pub(crate) async fn serve() -> Workbook {
        Workbook::serve_at(&root(), "127.0.0.1:0").await
    }

    /// Serves the workspace of a folder on an address.
    pub(crate) async fn serve_at(root: &Path, address: &str) -> Workbook {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut command = Command::new(env!("CARGO_BIN_EXE_workbook"));
        command
            .args(["serve", "--book", address, "--deadline", "120", "--out"])
            .arg(folder.path().join("book"));
        let (group, line) = start(command.current_dir(root), "http://").await;
        let link = line
            .split(' ')
            .find(|word| word.starts_with("http://"))
            .expect("an address");
        Workbook {
            group,
            link: link.to_owned(),
            _folder: folder,
        }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> String {
        let rest = self.link.trim_start_matches("http://");
        rest.split('/').next().unwrap_or_default().to_owned()
    }

    pub(crate) fn url(&self, page: &str) -> String {
        format!("http://{}/{page}", self.address())
    }

    /// Waits until exactly so many programs that the server has started are labs.
    pub(crate) async fn until_labs(&self, count: usize) {
        let id = self.group.id();
        let children = |id: &str| {
            let tasks = std::fs::read_dir(format!("/proc/{id}/task"));
            let tasks = tasks.into_iter().flatten().flatten();
            let texts =
                tasks.filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
            let ids = texts.map(|ids| ids.split_whitespace().map(str::to_owned).collect());
            ids.collect::<Vec<Vec<String>>>().concat()
        };
        let labs = || {
            // Each is its keeper's child.
            let keepers = children(&id.to_string());
            let children: Vec<String> = keepers.iter().flat_map(|id| children(id)).collect();
            let runs = |id: &String| {
                std::fs::read_link(format!("/proc/{id}/exe"))
                    .is_ok_and(|exe| exe.ends_with("channels"))
            };
            children.iter().filter(|id| runs(id)).count()
        };
        patiently("the lab's process", async || labs() == count).await;
    }

    pub(crate) async fn end(mut self) {
        let status = self
            .group
            .end(Duration::from_mins(1))
            .await
            .expect("the server ends");
        assert!(status.success(), "{status}");
    }
}

/// Starts a program and waits for the line of its output that holds `sign`.
pub(crate) async fn start(command: &mut Command, sign: &str) -> (Group, String) {
    let mut group =
        Group::spawn(command.stdout(Stdio::piped())).expect("the program can be started");
    let mut lines = BufReader::new(group.child.stdout.take().expect("a pipe")).lines();
    loop {
        let line = lines
            .next_line()
            .await
            .expect("output")
            .expect("the program says where it listens");
        if line.contains(sign) {
            // What else it says must not block it.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return (group, line);
        }
    }
}

pub(crate) async fn patiently(what: &str, holds: impl AsyncFn() -> bool) {
    let wait = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(10), wait)
        .await
        .unwrap_or_else(|_| panic!("{what}: waited in vain"));
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
