//! The metrics for an OpenTelemetry collector, every few seconds.

use std::time::{Duration, SystemTime};

use lifecycle::Shutdown;
use otlp::{Endpoint, Resource, metrics};
use tokio::time::{MissedTickBehavior, interval};

use crate::exporter::Exporter;

/// How long sending may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Sends the metrics until it is asked to end, and one last time then.
pub async fn push(
    exporter: Exporter,
    endpoint: Endpoint,
    resource: Resource,
    every: Duration,
    ending: Shutdown,
) {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_fine = true;
    loop {
        let is_last = tokio::select! {
            _ = ticks.tick() => false,
            () = ending.triggered() => true,
        };
        let families = exporter.families().await;
        let message = metrics::encode(&families, &resource, exporter.since(), SystemTime::now());
        let sent = endpoint.send(message, TIMEOUT).await;
        match &sent {
            Ok(_) if is_fine => {}
            Ok(_) => tracing::info!(%endpoint, "sending metrics again"),
            Err(error) if is_fine => tracing::warn!(%endpoint, "cannot send metrics: {error}"),
            Err(_) => {}
        }
        is_fine = sent.is_ok();
        if is_last {
            return;
        }
    }
}
