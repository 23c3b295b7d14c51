//! The sales service with what samples it on, against itself without.

use std::time::Duration;

use super::sales::{self, Sales};
use super::switch::{Parts, Switch};
use super::{Bench, Found, Running, capture};
use crate::context::Context;
use crate::paired::{Arm, Window, alternate, each};
use crate::record::{Limit, Row, Unit};

pub(crate) const CPU: Bench = Bench {
    name: "cpu-profile",
    what: "The sales service without (A) and with (B) a CPU profile at 100 Hz being taken.",
    run: |context| {
        Box::pin(async move {
            let mut found = compare(context, CPU.name, Parts::CPU, Some(2.0)).await?;
            found.rows.extend(capture::rows(context).await?);
            Ok(found)
        })
    },
};

pub(crate) const HEAP: Bench = Bench {
    name: "heap-sampling",
    what: "The sales service without (A) and with (B) heap sampling, one allocation in 512 KiB as in Go.",
    run: |context| only(context, HEAP.name, Parts::HEAP, Some(2.0)),
};

pub(crate) const CONTENTION: Bench = Bench {
    name: "contention-sampling",
    what: "The sales service without (A) and with (B) block and mutex profiles being collected: one sample in 10 µs of \
           waiting, one contention in 10.",
    run: |context| only(context, CONTENTION.name, Parts::CONTENTION, None),
};

pub(crate) const TIMELINE: Bench = Bench {
    name: "timeline",
    what: "The sales service without (A) and with (B) a timeline being recorded: each poll of each named task, and each wait.",
    run: |context| only(context, TIMELINE.name, Parts::TIMELINE, None),
};

pub(crate) const ALL_ON: Bench = Bench {
    name: "all-on",
    what: "The sales service with nothing sampled (A), and with heap, block and mutex sampling on while a CPU profile at \
           100 Hz is taken and a console reads the variables twice a second (B).",
    run: |context| only(context, ALL_ON.name, Parts::ALL, Some(4.0)),
};

/// Many short measurements rather than few long ones: a core shared with other machines is slow for tenths of a second now
/// and then, which spoils few of them and hardly moves their median. A capture takes samples from each all the same.
const PAIRS: usize = 300;
/// Where there is no limit.
const FEWER_PAIRS: usize = 100;
const WINDOW: Duration = Duration::from_millis(150);

/// What is said of the arms.
const NOTE: &str =
    "Both arms are of one process, in which the debug endpoints switch B's parts on and off.";

fn only<'a>(
    context: &'a Context,
    name: &'static str,
    parts: Parts,
    limit: Option<f64>,
) -> Running<'a> {
    Box::pin(compare(context, name, parts, limit))
}

async fn compare(
    context: &Context,
    name: &str,
    parts: Parts,
    limit: Option<f64>,
) -> anyhow::Result<Found> {
    let sales = Sales::start(context, &[]).await?;
    let window = context.window(WINDOW);
    let mut switch = Switch::new(sales.server.debug, parts);
    // Caches fill, connections are made, and what is loaded once is loaded.
    switch.set(true).await?;
    Window::measure(&sales.server, &sales.load.meter, window).await?;
    switch.set(false).await?;
    let windows = alternate(
        name,
        context.times(limit.map_or(FEWER_PAIRS, |_| PAIRS)),
        |window: &Window| window.cpu,
        async |arm| {
            switch.set(arm == Arm::B).await?;
            let measured = Window::measure(&sales.server, &sales.load.meter, window).await?;
            switch.check()?;
            Ok(measured)
        },
    )
    .await?;
    switch.set(false).await?;
    sales.stop()?;
    Ok(Found {
        rows: vec![
            Row::ratio(
                "CPU per request",
                Unit::Nanoseconds,
                each(&windows, |window| window.cpu),
                limit.map(Limit::AtMost),
            ),
            Row::ratio(
                "requests per second",
                Unit::Rate,
                each(&windows, |window| window.rate),
                None,
            ),
        ],
        notes: vec![NOTE.to_owned(), sales::NOTE.to_owned()],
    })
}
