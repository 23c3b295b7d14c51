//! What one answer of each endpoint costs.

use std::time::{Duration, Instant};

use super::sales::{self, Sales};
use super::switch::{Parts, Switch};
use super::{Bench, Found};
use crate::context::Context;
use crate::get::get;
use crate::record::{Row, Unit};
use crate::show::show;

pub(crate) const BENCH: Bench = Bench {
    name: "answers",
    what: "One answer of each of the sales service's endpoints, after a load under which heap, block and mutex sampling were \
           on: CPU time of the whole process, which has nothing else to do. The first answer of a kind is apart: it looks up \
           names, which are kept.",
    run: |context| Box::pin(run(context)),
};

/// How long there is something to sample.
const LOADED: Duration = Duration::from_secs(4);
const PATIENCE: Duration = Duration::from_mins(1);

const ENDPOINTS: [&str; 9] = [
    "/debug/pprof/heap",
    "/debug/pprof/allocs",
    "/debug/pprof/goroutine",
    "/debug/pprof/block",
    "/debug/pprof/mutex",
    "/debug/pprof/threadcreate",
    "/debug/pprof/cmdline",
    "/debug/vars",
    "/metrics",
];

async fn run(context: &Context) -> anyhow::Result<Found> {
    let sales = Sales::start(context, &[]).await?;
    let mut switch = Switch::new(sales.server.debug, Parts::SAMPLED);
    switch.set(true).await?;
    tokio::time::sleep(context.window(LOADED)).await;
    let (server, _files) = sales.rest()?;
    let mut rows = Vec::new();
    for path in ENDPOINTS {
        let (mut costs, mut times, mut size) = (Vec::new(), Vec::new(), 0);
        for _ in 0..=context.times(20) {
            let (started, before) = (Instant::now(), server.cpu()?);
            let answer = get(server.debug, path, PATIENCE).await?.good()?;
            times.push(started.elapsed().as_nanos() as f64);
            costs.push(server.cpu()?.saturating_sub(before).as_nanos() as f64);
            size = answer.body.len();
        }
        let first = costs.remove(0);
        times.remove(0);
        let size = show(Unit::Bytes, size as f64);
        let unit = Unit::Nanoseconds;
        rows.push(Row::repeated(
            &format!("`{path}` ({size}), CPU"),
            unit,
            costs,
            None,
        ));
        rows.push(Row::counted(
            &format!("`{path}`, CPU of the first"),
            unit,
            first,
            None,
        ));
        rows.push(Row::repeated(&format!("`{path}`, time"), unit, times, None));
    }
    server.stop()?;
    Ok(Found {
        rows,
        notes: vec![sales::NOTE.to_owned()],
    })
}
