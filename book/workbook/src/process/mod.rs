//! Child processes that end as a whole. A program that is trusted leads a process group of its own, and what is ended is
//! the group ([`Group`]). One that is not has a [`keeper`], from which nothing escapes. [`supervise`] runs one within limits.

#[cfg(target_os = "linux")]
pub mod keeper;
mod supervise;

pub use supervise::{Budget, Ended, Stop, supervise};

use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process};
use std::io;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;
use tokio::process::{Child, Command};

/// A running program and everything that it has started.
#[derive(Debug)]
pub struct Group {
    /// The program itself; its pipes may be taken.
    pub child: Child,
    leader: Pid,
    ended: bool,
}

impl Group {
    /// Starts `command` as the leader of a new process group.
    pub fn spawn(command: &mut Command) -> io::Result<Group> {
        let child = command.process_group(0).kill_on_drop(true).spawn()?;
        let leader = child
            .id()
            .and_then(pid)
            .ok_or_else(|| io::Error::other("the program has no process id"))?;
        Ok(Group {
            child,
            leader,
            ended: false,
        })
    }

    /// The leader's process id, which is also the group's.
    pub fn id(&self) -> i32 {
        self.leader.as_raw_nonzero().get()
    }

    /// Waits for the leader to exit, then kills whatever it leaves in its group.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait().await?;
        self.kill();
        Ok(status)
    }

    /// Asks the group to end (SIGTERM), and after `grace` makes it (SIGKILL).
    pub async fn end(&mut self, grace: Duration) -> io::Result<ExitStatus> {
        if !self.ended {
            // It may have exited already: then there is nobody to tell.
            let _ = kill_process_group(self.leader, Signal::TERM);
        }
        let in_time = tokio::time::timeout(grace, self.child.wait()).await;
        self.kill();
        match in_time {
            Ok(status) => status,
            Err(_) => self.child.wait().await,
        }
    }

    fn kill(&mut self) {
        if !self.ended {
            let _ = kill_process_group(self.leader, Signal::KILL);
            self.ended = true;
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Asks a child that shares this process's group to end, and after `grace` makes it.
pub async fn end_child(child: &mut Child, grace: Duration) -> io::Result<ExitStatus> {
    if let Some(id) = child.id().and_then(pid) {
        // It may have exited already: then there is nobody to tell.
        let _ = kill_process(id, Signal::TERM);
    }
    if let Ok(status) = tokio::time::timeout(grace, child.wait()).await {
        return status;
    }
    child.kill().await?;
    child.wait().await
}

/// Whether process `id` runs `program`. Known on Linux only; elsewhere the answer is no.
pub fn is_running(id: i32, program: &Path) -> bool {
    let Ok(running) = std::fs::read_link(format!("/proc/{id}/exe")) else {
        return false;
    };
    // A program that was built anew since is shown as deleted.
    let running = running.to_string_lossy();
    Path::new(running.trim_end_matches(" (deleted)")) == program
}

/// Ends the group of a process that is not a child of this one: asks, and after `grace` kills.
pub async fn end_stranger(leader: i32, grace: Duration) {
    let Some(leader) = Pid::from_raw(leader) else {
        return;
    };
    let _ = kill_process_group(leader, Signal::TERM);
    let gone = async {
        while test_kill_process(leader).is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    if tokio::time::timeout(grace, gone).await.is_err() {
        let _ = kill_process_group(leader, Signal::KILL);
    }
}

fn pid(id: u32) -> Option<Pid> {
    i32::try_from(id).ok().and_then(Pid::from_raw)
}
