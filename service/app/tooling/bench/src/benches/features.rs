//! The sales service with parts of the debug plane on, against itself without them: what can only be chosen at the start,
//! so that each measurement is of a process of its own.

use std::time::Duration;

use super::cpu_profile::Sampler;
use super::sales::{self, Sales};
use super::{Bench, Found};
use crate::context::Context;
use crate::paired::{Arm, Window, alternate, each};
use crate::record::{Limit, Row, Unit};

pub(crate) const HEAP: Bench = Bench {
    name: "heap-sampling",
    what: "The sales service without (A) and with (B) heap sampling, one allocation in 512 KiB as in Go; each measurement \
           of a fresh process.",
    run: |context| Box::pin(compare(context, HEAP.name, "heap sampling", &HEAP_ON, Some(2.0))),
};

pub(crate) const CONTENTION: Bench = Bench {
    name: "contention-sampling",
    what: "The sales service without (A) and with (B) block and mutex profiles being collected: one sample in 10 µs of \
           waiting, one contention in 10; each measurement of a fresh process.",
    run: |context| {
        Box::pin(compare(
            context,
            CONTENTION.name,
            "block and mutex sampling",
            &CONTENTION_ON,
            None,
        ))
    },
};

pub(crate) const ALL_ON: Bench = Bench {
    name: "all-on",
    what: "The sales service with nothing sampled (A), and with heap, block and mutex sampling on while a CPU profile at \
           100 Hz is taken (B); each measurement of a fresh process.",
    run: |context| Box::pin(compare(context, ALL_ON.name, "all at once", &EVERYTHING, Some(4.0))),
};

/// What B has on.
struct Parts {
    heap: bool,
    contention: bool,
    cpu: bool,
}

const HEAP_ON: Parts = Parts {
    heap: true,
    contention: false,
    cpu: false,
};
const CONTENTION_ON: Parts = Parts {
    heap: false,
    contention: true,
    cpu: false,
};
const EVERYTHING: Parts = Parts {
    heap: true,
    contention: true,
    cpu: true,
};

async fn compare(
    context: &Context,
    name: &str,
    what: &str,
    parts: &Parts,
    limit: Option<f64>,
) -> anyhow::Result<Found> {
    let window = context.window(Duration::from_secs(1));
    let windows = alternate(
        name,
        context.times(45),
        |window: &Window| window.cpu,
        async |arm| measure(context, parts, arm, window).await,
    )
    .await?;
    Ok(Found {
        rows: vec![
            Row::ratio(
                &format!("CPU per request, {what}"),
                Unit::Nanoseconds,
                each(&windows, |window| window.cpu),
                limit.map(Limit::AtMost),
            ),
            Row::ratio(
                &format!("requests per second, {what}"),
                Unit::Rate,
                each(&windows, |window| window.rate),
                None,
            ),
        ],
        notes: vec![sales::NOTE.to_owned()],
    })
}

async fn measure(
    context: &Context,
    parts: &Parts,
    arm: Arm,
    length: Duration,
) -> anyhow::Result<Window> {
    let on = arm == Arm::B;
    let heap = if on && parts.heap { "512KiB" } else { "off" };
    let (block, mutex) = if on && parts.contention {
        ("10us", "10")
    } else {
        ("off", "off")
    };
    let flags = ["--heap-rate", heap, "--block-rate", block, "--mutex-fraction", mutex];
    let sales = Sales::start(context, &flags).await?;
    let mut sampler = Sampler::new(sales.server.debug);
    sampler.set(on && parts.cpu).await?;
    // Caches fill, connections are made.
    tokio::time::sleep(length / 3).await;
    let measured = Window::measure(&sales.server, &sales.load.meter, length).await?;
    sampler.check()?;
    sampler.set(false).await?;
    sales.stop()?;
    Ok(measured)
}
