//! What it takes to end a CPU profile: names looked up, profile written. No part of the arms, in which captures are given
//! up.

use std::time::Duration;

use super::sales::Sales;
use crate::context::Context;
use crate::get::get;
use crate::record::{Limit, Row, Unit};

/// Of memory while names are looked up: the debug information of so many addresses on the heap, and what is read of the
/// program's file.
const TAKEN: f64 = (128 << 20) as f64;
/// Of that, once the answer has come: the names, which are kept, and what the allocator has not yet given back.
const LEFT: f64 = (24 << 20) as f64;
/// How long a capture takes.
const SECONDS: u32 = 5;

pub(crate) async fn rows(context: &Context) -> anyhow::Result<Vec<Row>> {
    let sales = Sales::start(context, &[]).await?;
    let (mut kept, mut grown, mut left) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..context.times(5) {
        let (before, _) = sales.server.memory();
        sales.server.forget_peak()?;
        let seconds = if context.quick { 1 } else { SECONDS };
        let path = format!("/debug/pprof/profile?seconds={seconds}&hz=100");
        let answer = get(sales.server.debug, &path, Duration::from_mins(1)).await?;
        let answer = answer.good()?;
        let deliverable = answer.number("x-profile-deliverable");
        anyhow::ensure!(
            deliverable > 0.0,
            "a profile of a busy service has no samples"
        );
        kept.push(answer.number("x-profile-kept") / deliverable * 100.0);
        let (after, peak) = sales.server.memory();
        grown.push(peak.saturating_sub(before) as f64);
        left.push(after.saturating_sub(before) as f64);
    }
    sales.stop()?;
    Ok(vec![
        Row::repeated(
            "samples kept of those deliverable, at 100 Hz",
            Unit::Percent,
            kept,
            Some(Limit::AtLeast(95.0)),
        ),
        Row::repeated(
            "memory that a capture and its end take at most",
            Unit::Bytes,
            grown,
            Some(Limit::AtMost(TAKEN)),
        ),
        Row::repeated(
            "of that, still taken when the answer has come",
            Unit::Bytes,
            left,
            Some(Limit::AtMost(LEFT)),
        ),
    ])
}
