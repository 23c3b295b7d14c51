//! Tasks that belong together, as `tokio::task::JoinSet`.

use super::{AbortHandle, JoinError, JoinHandle};
use crate::sync::Op;
use std::collections::VecDeque;
use std::fmt;
use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

/// Tasks whose ends are waited for in the order in which they come. Dropping it aborts them.
pub struct JoinSet<T> {
    tasks: Vec<(usize, JoinHandle<T>)>,
    spawned: usize,
    ended: Arc<Ended>,
}

/// The tasks that are over and not joined yet, and who waits for the next.
#[derive(Default)]
struct Ended(Mutex<(VecDeque<usize>, Option<Waker>)>);

impl Ended {
    fn lock(&self) -> MutexGuard<'_, (VecDeque<usize>, Option<Waker>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Goes away with its task.
struct Tells {
    number: usize,
    ended: Arc<Ended>,
}

impl Drop for Tells {
    fn drop(&mut self) {
        let waker = {
            let mut ended = self.ended.lock();
            ended.0.push_back(self.number);
            ended.1.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<T: Send + 'static> JoinSet<T> {
    /// Without a task.
    pub fn new() -> JoinSet<T> {
        JoinSet {
            tasks: Vec::new(),
            spawned: 0,
            ended: Arc::default(),
        }
    }

    /// Runs `future` as a task of the set.
    #[track_caller]
    pub fn spawn<F>(&mut self, future: F) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
    {
        let name = format!(
            "task {} of line {}",
            self.spawned + 1,
            Location::caller().line()
        );
        let (number, ended) = (self.spawned, Arc::clone(&self.ended));
        self.spawned += 1;
        // It is there from the start: a task that is aborted before its first step is over too.
        let tells = Tells { number, ended };
        let task = super::start(name.into(), false, async move {
            let _tells = tells;
            future.await
        });
        let abort = task.abort_handle();
        self.tasks.push((number, task));
        abort
    }

    /// Waits for the next task that ends; `None` when none is left.
    pub async fn join_next(&mut self) -> Option<Result<T, JoinError>> {
        if self.tasks.is_empty() {
            return None;
        }
        let ended = Arc::clone(&self.ended);
        let next = std::future::poll_fn(move |cx| {
            let mut ended = ended.lock();
            let Some(next) = ended.0.pop_front() else {
                ended.1 = Some(cx.waker().clone());
                return Poll::Pending;
            };
            Poll::Ready(next)
        });
        let next = Op::join("join the next".to_owned(), next).await;
        let position = self.tasks.iter().position(|(number, _)| *number == next)?;
        let (_, task) = self.tasks.remove(position);
        Some(task.result().await)
    }

    /// Waits for all, and gives what they return, in the order of their ends.
    pub async fn join_all(mut self) -> Vec<T> {
        let mut results = Vec::new();
        while let Some(result) = self.join_next().await {
            results.extend(result);
        }
        results
    }

    /// Aborts all, and waits until they are over.
    pub async fn shutdown(&mut self) {
        self.abort_all();
        while self.join_next().await.is_some() {}
    }
}

impl<T> JoinSet<T> {
    /// How many are not joined yet.
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether all are joined.
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Aborts all; they can still be joined.
    pub fn abort_all(&mut self) {
        let ended = self.ended.lock().0.clone();
        for (number, task) in &self.tasks {
            if !ended.contains(number) {
                task.abort();
            }
        }
    }

    /// Lets all go on alone.
    pub fn detach_all(&mut self) {
        self.tasks.clear();
        self.ended = Arc::default();
    }
}

impl<T: Send + 'static> Default for JoinSet<T> {
    fn default() -> Self {
        JoinSet::new()
    }
}

impl<T> Drop for JoinSet<T> {
    fn drop(&mut self) {
        self.abort_all();
    }
}

impl<T> fmt::Debug for JoinSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinSet").field("len", &self.len()).finish()
    }
}
