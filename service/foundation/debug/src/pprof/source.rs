//! Where the profiles come from.

use profile::Profile;

use super::catalogue::Snapshot;
use super::text::Form;
use crate::app::App;
use crate::failure::Failure;

impl Snapshot {
    /// Ok, or why it cannot be had here.
    pub(crate) fn available(self) -> Result<(), &'static str> {
        Err(match self {
            Self::Heap => "this program does not sample its heap",
            Self::Allocs => "this program does not sample its allocations",
            Self::Tasks => {
                "this program does not trace its tasks; the variable \"tasks\" counts them"
            }
            Self::Block => "this program does not sample where its tasks wait",
            Self::Mutex => "this program does not sample who holds its locks",
            Self::Threads => "this program does not trace the creation of threads",
        })
    }

    /// How many records it has, where that is known without making it.
    pub(crate) fn count(self) -> Option<u64> {
        None
    }

    /// Its form as text.
    pub(crate) fn form(self) -> Form {
        match self {
            Self::Heap | Self::Allocs => Form::Heap,
            Self::Tasks => Form::Count("goroutine"),
            Self::Block => Form::Contention("contention"),
            Self::Mutex => Form::Contention("mutex"),
            Self::Threads => Form::Count("threadcreate"),
        }
    }

    /// Takes it.
    pub(crate) async fn take(self, app: &App) -> Result<Profile, Failure> {
        app.work(move || {
            self.available()
                .map_err(|why| collect::Error::Unsupported { why })?;
            Ok(Profile::default())
        })
        .await
    }
}
