//! What it takes to end a CPU profile: names looked up, profile written. No part of the arms, in which captures are given
//! up.

use std::time::Duration;

use super::sales::Sales;
use crate::context::Context;
use crate::get::get;
use crate::record::{Limit, Row, Unit};

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
            None,
        ),
        Row::repeated(
            "of that, still taken when the answer has come",
            Unit::Bytes,
            left,
            None,
        ),
    ])
}
