//! All of it together: wait for the service, send what the shoppers do when it is due, count, check.

use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
use lifecycle::Shutdown;
use sales_client::Product;
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, spawn_blocking};

use crate::api::{self, Api, Failure};
use crate::args::Args;
use crate::closed;
use crate::ledger::Ledger;
use crate::pacer::{Schedule, pace};
use crate::report::{Progress, Summary};
use crate::retry::Retry;
use crate::shop::{Keys, Shop};
use crate::shoppers::Shoppers;
use crate::slow;
use crate::stats::Stats;
use crate::verify::{self, Baseline};

/// How long answers may still come in after the last request, if nobody is in a hurry.
const LAST_ANSWERS: Duration = Duration::from_secs(10);
/// The same after a signal.
const LAST_ANSWERS_HURRIED: Duration = Duration::from_secs(1);
/// Time between two looks at a service that is not ready.
const RETRY: Duration = Duration::from_millis(100);

/// Runs the load to its end. `None` if it was told to stop before it began.
pub(crate) async fn run(args: &Args, shutdown: &Shutdown) -> anyhow::Result<Option<Summary>> {
    if !args.allow_remote {
        args.target.check_local()?;
    }
    let token = args.token_file.as_deref().map(api::token).transpose()?;
    let api = Api::new(&args.target, args.timeout(), token.clone())?;
    let retry = Retry::new(args.retries(), args.budget(), args.seed);
    let opening = tokio::select! {
        opening = opening(&api, &retry, args) => opening?,
        () = shutdown.triggered() => return Ok(None),
    };
    let plan = args.scenario.plan();
    let room = match args.clients {
        Some(clients) => closed::most(plan, clients),
        None => args.in_flight() as usize,
    };
    let ids = opening.products.iter().map(|product| product.id).collect();
    let length = args.duration.limit();
    let shop = Arc::new(Shop {
        target: args.target.clone(),
        api,
        token,
        shoppers: Mutex::new(Shoppers::new(args.seed, plan, ids, opening.hot)),
        stats: Stats::new(plan.phases.len()),
        ledger: Ledger::new(opening.baseline.is_some()),
        retry,
        schedule: Schedule::new(Instant::now(), args.rate, plan.phases, length),
        room: Arc::new(Semaphore::new(room)),
        shutdown: shutdown.clone(),
        keys: Keys::default(),
    });
    let progress = Progress::start(&shop, args);
    let stop_slow = Shutdown::new();
    let mut slow = slow::start(&shop, args.slow(), &stop_slow);
    match args.clients {
        Some(clients) => closed::run(&shop, plan, clients, args.think).await,
        None => send_all(&shop, shutdown).await?,
    }
    let elapsed = shop.schedule.start().elapsed();
    let elapsed = match length {
        // After the last arrival there was time for one more.
        Some(length) if !shutdown.is_triggered() => elapsed.max(length),
        _ => elapsed,
    };
    stop_slow.trigger("the load is over");
    let unanswered = last_answers(&shop, room, &mut slow, shutdown).await;
    progress.check();
    let verdict = match (opening.baseline, args.verify()) {
        (Some(baseline), Some(limit)) => {
            Some(verify::verify(&shop, &baseline, limit, args.exclusive).await)
        }
        _ => None,
    };
    progress.end();
    Ok(Some(Summary {
        target: args.target.to_string(),
        scenario: args.scenario,
        rate: args.rate,
        clients: args.clients,
        budget: args.budget().filter(|_| args.retries() > 0),
        elapsed,
        unanswered,
        phase_seconds: (0..plan.phases.len())
            .map(|index| shop.schedule.seconds_of(index, elapsed))
            .collect(),
        counts: shop.stats.counts(),
        verdict,
    }))
}

/// What is known before the first visit.
struct Opening {
    products: Vec<Product>,
    /// What everybody will want.
    hot: Option<i64>,
    /// The books, if they are to be checked.
    baseline: Option<Baseline>,
}

/// Waits until the service is ready, then asks what it sells and has sold.
async fn opening(api: &Api, retry: &Retry, args: &Args) -> anyhow::Result<Opening> {
    let give_up = Instant::now() + args.wait;
    ready(api, args, give_up).await?;
    let products = async || {
        let products = retry.insist(give_up, || api.products()).await;
        said(products).context("cannot read the catalogue")
    };
    let mut hot = None;
    let wanted = args.scenario.plan().hot > 0;
    if wanted && args.pieces > 0 {
        let name = format!("Flash sale {:08x}", rand::random::<u32>());
        let made = retry
            .insist(give_up, || api.create(&name, args.pieces))
            .await;
        hot = Some(said(made).context(
            "cannot put up a product for the flash sale; --pieces 0 sells one that is there",
        )?);
    }
    let catalogue = products().await?;
    let Some(first) = catalogue.first() else {
        bail!("{} has nothing to sell", args.target);
    };
    if wanted {
        hot = hot.or(Some(first.id));
    }
    let mut baseline = None;
    if args.verify().is_some() {
        let sold = retry.insist(give_up, || api.statistics()).await;
        let sold = said(sold).context(
            "cannot read the statistics, which the check at the end needs; --verify 0s does without",
        )?;
        // In this order, what others buy in between makes the counts tell that they are there.
        baseline = Some(Baseline::new(&products().await?, &sold));
    }
    Ok(Opening {
        products: catalogue,
        hot,
        baseline,
    })
}

fn said<T>(result: Result<T, Failure>) -> anyhow::Result<T> {
    result.map_err(|failure| anyhow!("{failure}"))
}

async fn ready(api: &Api, args: &Args, give_up: Instant) -> anyhow::Result<()> {
    let mut told = false;
    while let Err(failure) = api.ready().await {
        if Instant::now() >= give_up {
            bail!(
                "{} was not ready within {}: {failure}",
                args.target,
                humantime::format_duration(args.wait)
            );
        }
        if !told {
            eprintln!("sales-load: waiting for {}: {failure}", args.target);
            told = true;
        }
        tokio::time::sleep(RETRY).await;
    }
    Ok(())
}

/// Sends what is due until the time is up or somebody says stop.
async fn send_all(shop: &Arc<Shop>, shutdown: &Shutdown) -> anyhow::Result<()> {
    let (running, stop) = mpsc::channel();
    let runtime = tokio::runtime::Handle::current();
    let arrivals = Arc::clone(shop);
    let mut pacer = spawn_blocking(move || {
        pace(arrivals.schedule, &stop, |due| {
            arrivals.arrive(&runtime, due);
        });
    });
    tokio::select! {
        ended = &mut pacer => ended?,
        () = shutdown.triggered() => {
            drop(running);
            pacer.await?;
        }
    }
    Ok(())
}

/// Waits for answers that are still to come; how many did not.
async fn last_answers(
    shop: &Shop,
    room: usize,
    slow: &mut JoinSet<()>,
    shutdown: &Shutdown,
) -> usize {
    let all_back = async {
        let _room = shop.room.acquire_many(room as u32).await;
        while slow.join_next().await.is_some() {}
    };
    let hurried = async {
        shutdown.triggered().await;
        tokio::time::sleep(LAST_ANSWERS_HURRIED).await;
    };
    tokio::select! {
        () = all_back => return 0,
        () = tokio::time::sleep(LAST_ANSWERS) => {}
        () = hurried => {}
    }
    slow.abort_all();
    room - shop.room.available_permits() + slow.len()
}
