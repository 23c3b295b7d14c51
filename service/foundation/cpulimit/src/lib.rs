//! What CPU this process really has, and how many worker threads that makes.
//!
//! A container with a limit of 1.5 CPUs on a machine of 64 sees 64 CPUs. A runtime that starts 64
//! workers there spends its quota early in each period and is then stopped for the rest of it:
//! the throughput is the same and the tail of the latencies ten times longer. This crate asks
//! whoever may limit the process, takes the tightest answer, and says how it came to it.
//!
//! ```
//! use cpulimit::{Sources, Watch};
//!
//! let mut watch = Watch::new(Sources::system());
//! println!("{}", watch.reading()); // One line for the log.
//! let workers = watch.reading().decision.workers; // For `tokio::runtime::Builder::worker_threads`.
//! assert!(workers.get() >= 1);
//!
//! // Every few seconds; whoever calls decides when. Limits change while a process runs.
//! if let Some(change) = watch.check() {
//!     println!("{change}: {}", watch.reading());
//! }
//! let published = watch.variable(); // Serialises; with the throttling and the memory of this moment.
//! # assert_eq!(published.workers, workers);
//! ```
//!
//! # Who is asked
//! - **Affinity**: `sched_getaffinity`, and `/proc/self/status` where that cannot tell. It includes what a cpuset
//!   leaves of the machine, so cpusets are not read.
//! - **cgroup quota**, v1 and v2: `cpu.cfs_quota_us` and `cpu.max` of the process's own cgroup and of all above it that
//!   can be seen; the tightest counts. Where the cgroup is comes from `/proc/self/cgroup` and
//!   `/proc/self/mountinfo`, so bind mounts, odd mount points and cgroup namespaces are understood. A burst is shown
//!   and does not count: it is CPU time that was saved up, not more of it. Shares and weights are no limits.
//! - **Kubernetes' downward API**, if the program passes it on ([`Downward`]). It is a copy of the quota from the time
//!   the container started, rounded up; where the quota itself can be read, it is believed instead.
//! - **[`std::thread::available_parallelism`]**: counts where the affinity is not known, which is on systems that are
//!   not Linux. Elsewhere it is shown only, because it rounds a quota down.
//!
//! The decision: as many workers as the limit has CPUs, rounded up, at least 1. [`Sources::workers`] overrides it.
//! Whatever could not be read is a [`Problem`] that names the file; the rest decides.

mod affinity;
mod cgroup;
mod change;
mod decimal;
mod decision;
mod downward;
mod file;
mod line;
mod problem;
mod quota;
mod reading;
mod sources;
mod usage;
mod variable;
mod watch;

pub use cgroup::{Cgroup, Level, Version};
pub use change::Change;
pub use decision::{Basis, Decision};
pub use downward::{Downward, ParseDownwardError};
pub use problem::Problem;
pub use quota::Quota;
pub use reading::Reading;
pub use sources::Sources;
pub use usage::{Counts, Memory, Throttling, Usage};
pub use variable::{CgroupVariable, MemoryVariable, QuotaVariable, ThrottlingVariable, Variable};
pub use watch::Watch;
