//! `--record`: what is read goes into a file on its way to the screen.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use cutaway_model::Message;
use tokio::sync::mpsc::{self, Receiver};

use crate::session::Recorder;

/// A recording under way.
#[derive(Clone, Default)]
pub(crate) struct Recording {
    failed: Arc<Mutex<Option<String>>>,
}

impl Recording {
    /// Notes every message that passes through. A disk that is full ends the recording and nothing else.
    pub(crate) fn start(
        file: &Path,
        limit: u64,
        interval: Duration,
        mut from: Receiver<Message>,
    ) -> anyhow::Result<(Self, Receiver<Message>)> {
        let name = file.display().to_string();
        let recorder = Recorder::create(file, limit, interval)
            .with_context(|| format!("cannot record to {name}"))?;
        let (sender, to) = mpsc::channel(1);
        let recording = Self::default();
        let failed = Arc::clone(&recording.failed);
        let pass = move || {
            let mut recorder = Some(recorder);
            while let Some(message) = from.blocking_recv() {
                if let Some(Err(error)) = recorder.as_mut().map(|recorder| recorder.note(&message))
                {
                    recorder = None;
                    let words = format!("recording to {name} ended early: {error}");
                    *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(words);
                }
                if sender.blocking_send(message).is_err() {
                    return;
                }
            }
        };
        // Writing may block for long; nobody else waits for it.
        thread::Builder::new()
            .name("record".to_owned())
            .spawn(pass)
            .context("cannot record")?;
        Ok((recording, to))
    }

    /// Why it ended early, if it did.
    pub(crate) fn failed(&self) -> Option<String> {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.clone()
    }
}
