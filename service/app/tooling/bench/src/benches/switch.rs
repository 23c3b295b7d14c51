//! Switches what samples a service on and off, through its debug endpoints, as a person would.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use http::StatusCode;
use tokio::task::JoinHandle;

use crate::get::{Answer, Connection, get};

/// What is switched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts {
    cpu: bool,
    timeline: bool,
    heap: bool,
    contention: bool,
    variables: bool,
}

impl Parts {
    const NONE: Parts = Parts {
        cpu: false,
        timeline: false,
        heap: false,
        contention: false,
        variables: false,
    };
    pub(crate) const CPU: Parts = Parts {
        cpu: true,
        ..Parts::NONE
    };
    pub(crate) const TIMELINE: Parts = Parts {
        timeline: true,
        ..Parts::NONE
    };
    pub(crate) const HEAP: Parts = Parts {
        heap: true,
        ..Parts::NONE
    };
    pub(crate) const CONTENTION: Parts = Parts {
        contention: true,
        ..Parts::NONE
    };
    pub(crate) const SAMPLED: Parts = Parts {
        heap: true,
        contention: true,
        ..Parts::NONE
    };
    pub(crate) const ALL: Parts = Parts {
        cpu: true,
        heap: true,
        contention: true,
        variables: true,
        ..Parts::NONE
    };
}

/// Go's default: one allocation in so many bytes.
const HEAP_RATE: u64 = 512 << 10;
/// One sample in so many nanoseconds of waiting.
pub(crate) const BLOCK_RATE: u64 = 10_000;
/// One contention in so many.
pub(crate) const MUTEX_FRACTION: u64 = 10;
/// Time between two readings of the variables: the console's.
const VARIABLES_EVERY: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_secs(90);

/// A service's switches, all off in the beginning.
pub(crate) struct Switch {
    debug: SocketAddr,
    parts: Parts,
    on: bool,
    /// What goes on while it is on; it ends when it is dropped.
    running: Vec<JoinHandle<anyhow::Result<Answer>>>,
}

impl Switch {
    pub(crate) fn new(debug: SocketAddr, parts: Parts) -> Switch {
        Switch {
            debug,
            parts,
            on: false,
            running: Vec::new(),
        }
    }

    pub(crate) async fn set(&mut self, on: bool) -> anyhow::Result<()> {
        if on == self.on {
            return Ok(());
        }
        self.on = on;
        self.stop().await;
        let rate = |rate| if on { rate } else { 0 };
        if self.parts.heap {
            self.rate("heap", rate(HEAP_RATE)).await?;
        }
        if self.parts.contention {
            self.rate("block", rate(BLOCK_RATE)).await?;
            self.rate("mutex", rate(MUTEX_FRACTION)).await?;
        }
        if on && self.parts.cpu {
            self.capture("/debug/pprof/profile?seconds=60&hz=100")
                .await?;
        }
        if on && self.parts.timeline {
            self.capture("/debug/timeline?seconds=60").await?;
        }
        if on && self.parts.variables {
            self.running.push(tokio::spawn(read_variables(self.debug)));
        }
        Ok(())
    }

    /// What is switched on still goes on.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        ensure!(
            !self.running.iter().any(JoinHandle::is_finished),
            "the capture or the reader of the variables ended while it was measured"
        );
        Ok(())
    }

    async fn rate(&self, profile: &str, rate: u64) -> anyhow::Result<()> {
        let path = format!("/debug/pprof/{profile}?rate={rate}");
        let answer = Connection::open(self.debug)
            .await?
            .post(&path, PATIENCE)
            .await?;
        answer.good().with_context(|| path)?;
        Ok(())
    }

    /// Asks for something that takes a while. A capture that was given up a moment ago may still be there.
    async fn capture(&mut self, path: &'static str) -> anyhow::Result<()> {
        for _ in 0..200 {
            let debug = self.debug;
            let asked = tokio::spawn(async move { get(debug, path, PATIENCE).await });
            // A refusal comes at once.
            tokio::time::sleep(Duration::from_millis(30)).await;
            if !asked.is_finished() {
                self.running.push(asked);
                return Ok(());
            }
            let answer = asked.await.context("the request panicked")??;
            ensure!(
                answer.status == StatusCode::CONFLICT,
                "{path}: {:?}",
                answer.good()
            );
        }
        anyhow::bail!("the capture that was given up does not end")
    }

    /// Closes the connections, which ends a capture.
    async fn stop(&mut self) {
        for running in self.running.drain(..) {
            running.abort();
            let _aborted = running.await;
        }
    }
}

impl Drop for Switch {
    fn drop(&mut self) {
        for running in &self.running {
            running.abort();
        }
    }
}

/// Ends only if a reading fails.
async fn read_variables(debug: SocketAddr) -> anyhow::Result<Answer> {
    let mut connection = Connection::open(debug).await?;
    loop {
        let answer = connection.get("/debug/vars", PATIENCE).await?;
        if !answer.status.is_success() {
            return Ok(answer);
        }
        tokio::time::sleep(VARIABLES_EVERY).await;
    }
}
