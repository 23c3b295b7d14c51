//! A cgroup of one run, below those that the keeper is in.
//!
//! No other group is touched. The keeper holds a lock on its groups (flock(2)); what one that was killed has left is not
//! locked, and is emptied and removed by the next.

use rustix::fs::{FlockOperation, flock};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

const NAME: &str = "cutaway-run-";

/// A group, removed when it is dropped.
#[derive(Debug)]
pub(super) struct Group {
    dir: PathBuf,
    /// The one that the keeper is in.
    home: PathBuf,
    _lock: File,
    /// Whether it limits memory.
    pub(super) memory: bool,
    /// Whether it limits how many tasks there are.
    pub(super) tasks: bool,
}

impl Group {
    /// The groups that this process may make, with these limits as far as they can have them. On v2 one of them can do all;
    /// on v1 there is one for each limit.
    pub(super) fn make(memory: Option<u64>, tasks: Option<u64>) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        for home in homes() {
            sweep(&home);
            let Ok(mut group) = Group::below(&home) else {
                continue;
            };
            if !groups.iter().any(|group| group.memory) {
                group.memory = memory.is_some_and(|memory| group.limit_memory(memory).is_ok());
            }
            if !groups.iter().any(|group| group.tasks) {
                let most = tasks.map(|tasks| group.write("pids.max", &tasks.to_string()));
                group.tasks = most.is_some_and(|limited| limited.is_ok());
            }
            if group.memory || group.tasks || group.dir.join(KILL).exists() {
                groups.push(group);
            }
        }
        groups
    }

    fn below(home: &Path) -> io::Result<Group> {
        let dir = home.join(format!("{NAME}{}", std::process::id()));
        // v2 has to be told. Where there are other processes in the group itself, it refuses.
        for controller in ["+memory", "+pids"] {
            let _ = write(&home.join("cgroup.subtree_control"), controller);
        }
        let lock = take(&dir)?;
        Ok(Group {
            dir,
            home: home.to_owned(),
            _lock: lock,
            memory: false,
            tasks: false,
        })
    }

    fn limit_memory(&self, bytes: u64) -> io::Result<()> {
        let bytes = bytes.to_string();
        if self.write("memory.limit_in_bytes", &bytes).is_ok() {
            // With what is swapped out, where that is counted.
            let _ = self.write("memory.memsw.limit_in_bytes", &bytes);
            return Ok(());
        }
        self.write("memory.max", &bytes)?;
        let _ = self.write("memory.swap.max", "0");
        // Half of a program is of no use.
        let _ = self.write("memory.oom.group", "1");
        Ok(())
    }

    /// Puts this process into it.
    pub(super) fn enter(&self) -> io::Result<()> {
        self.write(MEMBERS, "0")
    }

    /// Takes this process back to where it was.
    pub(super) fn leave(&self) -> io::Result<()> {
        write(&self.home.join(MEMBERS), "0")
    }

    /// Whether the kernel had to kill somebody because the memory was used up.
    pub(super) fn out_of_memory(&self) -> bool {
        let file = ["memory.oom_control", "memory.events"];
        let texts = file.map(|file| fs::read_to_string(self.dir.join(file)));
        let mut lines = texts.iter().flatten().flat_map(|text| text.lines());
        let killed = lines.find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok());
        self.memory && killed.is_some_and(|killed: u64| killed > 0)
    }

    /// How many processes are in it.
    pub(super) fn processes(&self) -> Option<u64> {
        let members = fs::read_to_string(self.dir.join(MEMBERS)).ok()?;
        Some(members.lines().count() as u64)
    }

    /// Kills everybody in it.
    pub(super) fn kill(&self) {
        kill(&self.dir);
    }

    fn write(&self, file: &str, text: &str) -> io::Result<()> {
        write(&self.dir.join(file), text)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // Empty, because who is in it is this process's child. If it fails, the next run removes it.
        let _ = fs::remove_dir(&self.dir);
    }
}

const MEMBERS: &str = "cgroup.procs";
/// v2 kills all at once (Linux 5.14).
const KILL: &str = "cgroup.kill";

fn kill(dir: &Path) {
    if write(&dir.join(KILL), "1").is_ok() {
        return;
    }
    // Nobody shall come to it while they are killed one by one.
    let _ = write(&dir.join("pids.max"), "0");
    let members = fs::read_to_string(dir.join(MEMBERS)).unwrap_or_default();
    for member in members.lines() {
        // 0 is one that cannot be seen from here.
        let member = member.parse().ok().and_then(Pid::from_raw);
        let _ = member.map(|member| kill_process(member, Signal::KILL));
    }
}

/// Only files that are there: in a folder of another kind, none shall be made.
fn write(file: &Path, text: &str) -> io::Result<()> {
    use std::io::Write as _;
    let mut file = File::options().write(true).open(file)?;
    file.write_all(text.as_bytes())
}

/// Makes a group and locks it. Who sweeps may remove it between the two.
fn take(dir: &Path) -> io::Result<File> {
    for _ in 0..10 {
        if let Err(error) = fs::create_dir(dir)
            && error.kind() != io::ErrorKind::AlreadyExists
        {
            return Err(error);
        }
        if let Ok(lock) = lock(dir)
            && dir.exists()
        {
            return Ok(lock);
        }
        std::thread::yield_now();
    }
    Err(io::ErrorKind::ResourceBusy.into())
}

fn lock(dir: &Path) -> io::Result<File> {
    let file = File::open(dir)?;
    flock(&file, FlockOperation::NonBlockingLockExclusive)?;
    Ok(file)
}

/// Removes the groups of keepers that are no more, with whoever is left in them.
fn sweep(home: &Path) {
    for entry in fs::read_dir(home).into_iter().flatten().flatten() {
        let ours = entry.file_name().to_string_lossy().starts_with(NAME);
        let Some(_lock) = ours.then(|| lock(&entry.path()).ok()).flatten() else {
            continue;
        };
        kill(&entry.path());
        // The dead need a moment to leave; whom it takes longer, the next run removes.
        for _ in 0..100 {
            if fs::remove_dir(entry.path()).is_ok() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    }
}

/// The groups that this process is in, in which groups for a run would be of use: that of v2, and those of v1's memory and
/// pids controllers.
fn homes() -> Vec<PathBuf> {
    let text = |file: &str| fs::read_to_string(file).unwrap_or_default();
    find(&text("/proc/self/cgroup"), &text("/proc/self/mountinfo"))
}

/// From `hierarchy:controllers:path` (cgroups(7)) and `id parent major:minor root point options [tag…] - type source
/// superoptions` (proc_pid_mountinfo(5)).
fn find(memberships: &str, mounts: &str) -> Vec<PathBuf> {
    let mut homes = Vec::new();
    for controller in ["", "memory", "pids"] {
        let path = memberships.lines().find_map(|line| {
            let mut fields = line.splitn(3, ':');
            let (id, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
            let v2 = id == "0" && controllers.is_empty();
            let found = if controller.is_empty() {
                v2
            } else {
                controllers.split(',').any(|known| known == controller)
            };
            found.then_some(path)
        });
        let home = mounts.lines().find_map(|line| {
            let (mount, kind) = line.split_once(" - ")?;
            let mut kind = kind.split(' ');
            let (kind, options) = (kind.next()?, kind.nth(1)?);
            let found = match kind {
                "cgroup2" => controller.is_empty(),
                "cgroup" => options.split(',').any(|known| known == controller),
                _ => false,
            };
            let mut fields = mount.split(' ').skip(3);
            let (root, point) = (fields.next()?, fields.next()?);
            let below = path?.strip_prefix(root.trim_end_matches('/'))?;
            found.then(|| Path::new(point).join(below.trim_start_matches('/')))
        });
        // On v1, controllers may share a hierarchy.
        homes.extend(home.filter(|home| !homes.contains(home)));
    }
    homes
}

#[cfg(test)]
mod tests {
    use super::find;
    use std::path::Path;

    #[test]
    fn homes_are_found_on_v1_and_v2() {
        let hybrid = "9:name=systemd:/\n8:pids:/user\n4:memory,hugetlb:/a/b\n0::/\n";
        let mounts = "30 20 0:1 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n\
             31 20 0:2 /a /sys/fs/cgroup/memory rw shared:9 - cgroup cgroup rw,memory,hugetlb\n\
             32 20 0:3 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
        let expected = ["unified/", "memory/b", "pids/user"];
        let expected = expected.map(|path| Path::new("/sys/fs/cgroup").join(path));
        assert_eq!(find(hybrid, mounts), expected);

        let unified = "0::/user.slice/shell.scope\n";
        let mount = "30 20 0:1 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n";
        let expected = [Path::new("/sys/fs/cgroup/user.slice/shell.scope")];
        assert_eq!(find(unified, mount), expected);
        // Outside of what is mounted.
        let part = "30 20 0:1 /other /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
        assert!(find(unified, part).is_empty());
        assert!(find("", "").is_empty());
    }
}
