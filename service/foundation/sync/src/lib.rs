//! Named tasks and channels with one observer hook.
//!
//! Everything that can wait has a name and an identity here, and tells one hook what happens to it: which task
//! started, who waits for what, who let it go on. Collectors and recorders subscribe to the hook with [`observe`];
//! without a subscriber an operation costs one relaxed load more than it would otherwise.
//!
//! - [`spawn`] starts a named task, [`alive`] lists the tasks that have not ended, [`current`] is the caller's own.
//! - [`channel()`] is a channel for many senders and many receivers: first come, first served, safe to cancel, and a
//!   true rendezvous at capacity 0 (the send ends when a receiver has the value).
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let (orders, kitchen) = sync::channel("orders", 0);
//! let cook = sync::spawn("cook", async move { kitchen.recv().await });
//!
//! orders.send("soup").await.expect("the cook is there");
//! assert_eq!(cook.await.expect("the cook does not panic"), Some("soup"));
//! # }
//! ```

pub mod channel;
mod line;
mod observe;
mod task;

pub use channel::{Receiver, SendError, Sender, channel};
pub use observe::{Event, Guard, Observer, Operation, ResourceId, ResourceKind, observe};
pub use task::{
    Probe, Probing, Subject, TaskId, TaskInfo, TaskState, adopt, alive, alive_count, current,
    probe, spawn,
};
