//! The closed loop: clients that wait for their answer, think, and ask again. Their number, not the service, bounds what
//! is under way, so a slow service is asked less: what they measure is no latency under a given load.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::retry;
use crate::scenarios::Plan;
use crate::shop::Shop;

/// Who is not answered at all waits this long: nobody knocks a million times a second at a closed door.
const NOBODY_THERE: Duration = Duration::from_millis(100);
/// Who is asked to come back later than this comes back anyway.
const PATIENCE: Duration = Duration::from_secs(30);

/// The most clients there are in any phase.
pub(crate) fn most(plan: &Plan, clients: u32) -> usize {
    let factors = plan.phases.iter().map(|phase| phase.factor);
    present(clients, factors.fold(0.0, f64::max))
}

fn present(clients: u32, factor: f64) -> usize {
    (f64::from(clients) * factor).round().max(1.0) as usize
}

/// Runs so many clients until the schedule is over or somebody says stop.
pub(crate) async fn run(shop: &Arc<Shop>, plan: &'static Plan, clients: u32, think: Duration) {
    let mut all = JoinSet::new();
    for number in 0..most(plan, clients) {
        let shop = Arc::clone(shop);
        all.spawn(async move { client(&shop, plan, clients, number, think).await });
    }
    tokio::select! {
        () = async { while all.join_next().await.is_some() {} } => {}
        () = over(shop) => all.detach_all(),
    }
}

async fn over(shop: &Shop) {
    match shop.schedule.end() {
        Some(end) => tokio::select! {
            () = tokio::time::sleep_until(end.into()) => {}
            () = shop.shutdown.triggered() => {}
        },
        None => shop.shutdown.triggered().await,
    }
}

async fn client(
    shop: &Arc<Shop>,
    plan: &'static Plan,
    clients: u32,
    number: usize,
    think: Duration,
) {
    while !shop.shutdown.is_triggered() {
        let now = Instant::now();
        if shop.schedule.end().is_some_and(|end| now >= end) {
            return;
        }
        let (phase, next) = shop.schedule.phase(now);
        if number >= present(clients, plan.phases[phase].factor) {
            shop.pause(next - now).await;
            continue;
        }
        let Ok(permit) = Arc::clone(&shop.room).acquire_owned().await else {
            return;
        };
        shop.stats.offer(phase);
        let visit = shop.shoppers().next();
        let pause = match shop.serve(visit, now, phase, permit).await {
            None => think,
            Some(failure) if failure.answered() => {
                let asked = retry::retry_after(&failure).unwrap_or_default();
                think.max(asked.min(PATIENCE))
            }
            Some(_) => think.max(NOBODY_THERE),
        };
        if !pause.is_zero() {
            shop.pause(pause).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenarios::Scenario;

    #[test]
    fn a_phase_multiplies_the_clients() {
        assert_eq!(most(Scenario::Steady.plan(), 7), 7);
        assert_eq!(most(Scenario::Spike.plan(), 7), 70);
    }
}
