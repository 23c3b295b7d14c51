//! All of it together: wait for the service, send what the shoppers do when it is due, count.

use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use lifecycle::Shutdown;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;

use crate::api::{Api, Ordered};
use crate::args::{Args, Length};
use crate::pacer::{Schedule, pace};
use crate::report::{self, Summary};
use crate::shoppers::{Shoppers, Visit};
use crate::stats::{Operation, Outcome, Stats};

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
    let api = Api::new(&args.target, args.timeout)?;
    let catalogue = tokio::select! {
        catalogue = catalogue(&api, args) => catalogue?,
        () = shutdown.triggered() => return Ok(None),
    };
    let shop = Arc::new(Shop {
        api,
        shoppers: Mutex::new(Shoppers::new(args.seed, catalogue)),
        stats: Stats::default(),
        room: Arc::new(Semaphore::new(args.in_flight as usize)),
    });
    let started = Instant::now();
    let progress = tokio::spawn(report::progress(Arc::clone(&shop), started, args.progress));
    send_all(&shop, args, started, shutdown).await?;
    let elapsed = started.elapsed();
    let unanswered = last_answers(&shop, args.in_flight, shutdown).await;
    progress.abort();
    Ok(Some(Summary {
        target: args.target.to_string(),
        scenario: args.scenario.to_string(),
        rate: args.rate,
        elapsed,
        unanswered,
        counts: shop.stats.counts(),
    }))
}

/// What the requests share.
pub(crate) struct Shop {
    api: Api,
    shoppers: Mutex<Shoppers>,
    /// What has been counted.
    pub stats: Stats,
    /// A permit for each request that may wait for its answer.
    room: Arc<Semaphore>,
}

/// Waits until the service is ready, then asks what it sells.
async fn catalogue(api: &Api, args: &Args) -> anyhow::Result<Vec<i64>> {
    let give_up = Instant::now() + args.wait;
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
    let products = api.products().await;
    let products = products
        .map_err(|failure| anyhow::anyhow!("{failure}"))
        .context("cannot read the catalogue")?;
    if products.is_empty() {
        bail!("{} has nothing to sell", args.target);
    }
    Ok(products)
}

/// Sends what is due until the time is up or somebody says stop.
async fn send_all(
    shop: &Arc<Shop>,
    args: &Args,
    started: Instant,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    let length = match args.duration {
        Length::Forever => None,
        Length::For(length) => Some(length),
    };
    let schedule = Schedule::new(started, args.rate, length);
    let (running, stop) = mpsc::channel();
    let runtime = tokio::runtime::Handle::current();
    let arrivals = Arc::clone(shop);
    let mut pacer =
        spawn_blocking(move || pace(schedule, &stop, |due| arrivals.arrive(&runtime, due)));
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
async fn last_answers(shop: &Shop, in_flight: u32, shutdown: &Shutdown) -> usize {
    let all_back = shop.room.acquire_many(in_flight);
    let hurried = async {
        shutdown.triggered().await;
        tokio::time::sleep(LAST_ANSWERS_HURRIED).await;
    };
    tokio::select! {
        _ = all_back => 0,
        () = tokio::time::sleep(LAST_ANSWERS) => in_flight as usize - shop.room.available_permits(),
        () = hurried => in_flight as usize - shop.room.available_permits(),
    }
}

impl Shop {
    /// Somebody comes in, unless it is too full.
    fn arrive(self: &Arc<Shop>, runtime: &tokio::runtime::Handle, due: Instant) {
        match Arc::clone(&self.room).try_acquire_owned() {
            Ok(permit) => {
                let visit = self
                    .shoppers
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .next();
                runtime.spawn(Arc::clone(self).serve(visit, due, permit));
            }
            Err(_) => self.stats.drop_one(),
        }
    }

    async fn serve(self: Arc<Shop>, visit: Visit, due: Instant, permit: OwnedSemaphorePermit) {
        let (operation, outcome) = self.visit(visit).await;
        self.stats.record(operation, &outcome, due.elapsed());
        drop(permit);
    }

    async fn visit(&self, visit: Visit) -> (Operation, Outcome) {
        let (operation, result) = match visit {
            Visit::Browse => (
                Operation::Browse,
                self.api.products().await.map(|_| Outcome::Fine),
            ),
            Visit::LookUp(order) => (
                Operation::LookUp,
                self.api.look_up(order).await.map(|()| Outcome::Fine),
            ),
            Visit::Order(items) => (
                Operation::Order,
                self.api
                    .order(&items)
                    .await
                    .map(|ordered| self.note(ordered)),
            ),
        };
        (operation, result.unwrap_or_else(Outcome::Failed))
    }

    fn note(&self, ordered: Ordered) -> Outcome {
        match ordered {
            Ordered::OutOfStock => Outcome::OutOfStock,
            Ordered::Placed(order) => {
                self.shoppers
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .remember(order);
                Outcome::Fine
            }
        }
    }
}
