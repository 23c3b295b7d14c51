//! The sales service while its CPU is sampled.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use http::StatusCode;
use tokio::task::JoinHandle;

use super::sales::{self, Sales};
use super::{Bench, Found};
use crate::context::Context;
use crate::get::{Answer, get};
use crate::paired::{Arm, Window, alternate, each};
use crate::record::{Limit, Row, Unit};

pub(crate) const BENCH: Bench = Bench {
    name: "cpu-profile",
    what: "The sales service without (A) and with (B) a CPU profile at 100 Hz being taken, in one process by turns.",
    run: |context| Box::pin(run(context)),
};

async fn run(context: &Context) -> anyhow::Result<Found> {
    let mut sales = Sales::start(context, &[]).await?;
    let window = context.window(Duration::from_secs(1));
    // Loads what looking up names needs, so that it is not loaded during the first pair.
    capture_for(&sales, 1, 100).await?;
    let mut sampler = Sampler::new(sales.server.debug);
    let windows = alternate(
        BENCH.name,
        context.times(60),
        |window: &Window| window.cpu,
        async |arm| {
            sampler.set(arm == Arm::B).await?;
            let measured = Window::measure(&sales.server, &sales.load.meter, window).await?;
            sampler.check()?;
            Ok(measured)
        },
    )
    .await?;
    sampler.set(false).await?;
    let mut rows = vec![
        Row::ratio(
            "CPU per request, CPU profile at 100 Hz",
            Unit::Nanoseconds,
            each(&windows, |window| window.cpu),
            Some(Limit::AtMost(2.0)),
        ),
        Row::ratio(
            "requests per second, CPU profile at 100 Hz",
            Unit::Rate,
            each(&windows, |window| window.rate),
            None,
        ),
    ];
    rows.extend(ending(context, &mut sales).await?);
    sales.stop()?;
    Ok(Found {
        rows,
        notes: vec![sales::NOTE.to_owned()],
    })
}

/// What it takes to end a capture: names looked up, profile written. No part of the arms, in which captures are given
/// up.
async fn ending(context: &Context, sales: &mut Sales) -> anyhow::Result<Vec<Row>> {
    let (mut kept, mut grown) = (Vec::new(), Vec::new());
    for _ in 0..context.times(5) {
        let (before, _) = sales.server.memory();
        sales.server.forget_peak()?;
        let answer = capture_for(sales, 2, 100).await?;
        let expected = answer.number("x-profile-expected");
        anyhow::ensure!(
            expected > 0.0,
            "a profile of a busy service should have samples"
        );
        kept.push(answer.number("x-profile-kept") / expected * 100.0);
        let (_, peak) = sales.server.memory();
        grown.push(peak.saturating_sub(before) as f64);
    }
    Ok(vec![
        Row::repeated(
            "samples kept of those deliverable, at 100 Hz",
            Unit::Percent,
            kept,
            Some(Limit::AtLeast(95.0)),
        ),
        Row::repeated(
            "memory that grows while a capture is taken and ended",
            Unit::Bytes,
            grown,
            None,
        ),
    ])
}

async fn capture_for(sales: &Sales, seconds: u32, hz: u32) -> anyhow::Result<Answer> {
    let path = format!("/debug/pprof/profile?seconds={seconds}&hz={hz}");
    let limit = Duration::from_secs(u64::from(seconds) + 30);
    get(sales.server.debug, &path, limit).await?.good()
}

/// Switches sampling on and off through the debug endpoint, as a person would.
pub(crate) struct Sampler {
    debug: SocketAddr,
    running: Option<JoinHandle<anyhow::Result<Answer>>>,
}

impl Sampler {
    pub(crate) fn new(debug: SocketAddr) -> Sampler {
        Sampler {
            debug,
            running: None,
        }
    }

    pub(crate) async fn set(&mut self, on: bool) -> anyhow::Result<()> {
        match (on, &self.running) {
            (true, None) => self.start().await,
            (false, Some(_)) => self.give_up().await,
            _ => Ok(()),
        }
    }

    /// Sampling is still going on, if it is switched on.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        let ended = self.running.as_ref().is_some_and(JoinHandle::is_finished);
        anyhow::ensure!(!ended, "the capture ended while it was measured");
        Ok(())
    }

    /// Asks for a profile. A capture that was given up a moment ago may still be there.
    async fn start(&mut self) -> anyhow::Result<()> {
        for _ in 0..200 {
            let debug = self.debug;
            let asked = tokio::spawn(async move {
                get(
                    debug,
                    "/debug/pprof/profile?seconds=60&hz=100",
                    Duration::from_secs(90),
                )
                .await
            });
            // A refusal comes at once.
            tokio::time::sleep(Duration::from_millis(30)).await;
            if !asked.is_finished() {
                self.running = Some(asked);
                return Ok(());
            }
            let answer = asked.await.context("the request panicked")??;
            anyhow::ensure!(
                answer.status == StatusCode::CONFLICT,
                "a profile was asked for: {:?}",
                answer.good()
            );
        }
        anyhow::bail!("the capture that was given up does not end")
    }

    /// Closes the connection, which ends the capture.
    async fn give_up(&mut self) -> anyhow::Result<()> {
        if let Some(running) = self.running.take() {
            running.abort();
            let _aborted = running.await;
        }
        Ok(())
    }
}

impl Drop for Sampler {
    fn drop(&mut self) {
        if let Some(running) = &self.running {
            running.abort();
        }
    }
}
