//! Where the profiles come from.

use std::time::Duration;

use collect::tasks::Dump;
use collect::{contention, heap, support, tasks, threads};
use profile::Profile;

use super::catalogue::Snapshot;
use super::text::{self, Form};
use crate::app::App;
use crate::failure::Failure;
use crate::sampling::set_heap_rate;

/// A task that has not said by then where it waits does not: it is stuck, or its thread is.
const DEADLINE: Duration = Duration::from_millis(500);

impl Snapshot {
    /// Ok, or why it cannot be had here.
    pub(crate) fn available(self) -> Result<(), &'static str> {
        match self {
            Self::Heap | Self::Allocs => support().heap,
            Self::Threads => support().threads,
            // Where stacks cannot be walked these have names, and say so.
            Self::Block | Self::Mutex | Self::Tasks => Ok(()),
        }
    }

    /// How many records it has; without looking up their names, which takes a while.
    pub(crate) fn count(self) -> Option<usize> {
        match self {
            Self::Heap | Self::Allocs => heap::count().ok(),
            Self::Block => Some(contention::block_count()),
            Self::Mutex => Some(contention::mutex_count()),
            Self::Tasks => Some(sync::alive_count()),
            Self::Threads => {
                let profile = threads::threadcreate().ok()?;
                usize::try_from(profile.total(0)).ok()
            }
        }
    }

    /// How often it samples, if that can be told; 0 is never.
    pub(crate) fn rate(self) -> Option<u64> {
        match self {
            Self::Heap | Self::Allocs => Some(heap::rate().unwrap_or(0)),
            Self::Block => Some(contention::block_rate()),
            Self::Mutex => Some(contention::mutex_fraction()),
            Self::Tasks | Self::Threads => None,
        }
    }

    /// Sets how often it samples.
    ///
    /// # Errors
    /// It has no such knob, or the rate is out of bounds.
    pub(crate) fn set_rate(self, rate: u64) -> Result<(), Failure> {
        match self {
            Self::Heap | Self::Allocs => set_heap_rate(rate)?,
            Self::Block => contention::set_block_rate(rate),
            Self::Mutex => contention::set_mutex_fraction(rate),
            Self::Tasks | Self::Threads => {
                let message = "only heap and allocs (bytes), block (nanoseconds) and mutex (one in so many) have a rate";
                return Err(Failure::Asked(message.to_owned()));
            }
        }
        Ok(())
    }

    /// Takes it.
    pub(crate) async fn take(self, app: &App) -> Result<Profile, Failure> {
        match self {
            Self::Tasks => {
                let dump = tasks::dump(DEADLINE).await?;
                app.work(move || Ok(dump.profile())).await
            }
            _ => app.work(move || Ok(self.collect()?)).await,
        }
    }

    /// Takes it as text; `debug` is 1, or 2 for more.
    pub(crate) async fn take_as_text(self, app: &App, debug: u8) -> Result<String, Failure> {
        let form = match self {
            Self::Heap | Self::Allocs => Form::Heap,
            Self::Block => Form::Contention("contention"),
            Self::Mutex => Form::Contention("mutex"),
            Self::Threads => Form::Count("threadcreate"),
            Self::Tasks => {
                let dump: Dump = tasks::dump(DEADLINE).await?;
                return app.work(move || Ok(dump.text(debug))).await;
            }
        };
        app.work(move || Ok(text::write(&self.collect()?, form)))
            .await
    }

    /// What is collected without asking anybody.
    fn collect(self) -> Result<Profile, collect::Error> {
        match self {
            Self::Heap => heap::profile(),
            Self::Allocs => heap::allocs(),
            Self::Block => contention::block(),
            Self::Mutex => contention::mutex(),
            Self::Threads => threads::threadcreate(),
            Self::Tasks => {
                let why = "tasks are asked";
                Err(collect::Error::Unsupported { why })
            }
        }
    }
}
