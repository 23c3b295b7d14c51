//! A shop whose answers are timed, that closes in time, and whose shoppers may lose their patience.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use lab_kit::{Context, Latency, SpanKind};
use orders::{Books, Order, Refused, TakesOrders};
use tokio::time::timeout;

use crate::shops::AnyShop;

pub(crate) struct Watched {
    lab: Context,
    shop: AnyShop,
    latency: Latency,
    patience: Option<Duration>,
    close_after: usize,
    answered: AtomicUsize,
}

impl Watched {
    pub(crate) fn new(lab: &Context, shop: AnyShop) -> Self {
        let patience = Duration::from_millis(lab.knob("patience"));
        Self {
            lab: lab.clone(),
            latency: lab.latency("order"),
            patience: (!patience.is_zero()).then_some(patience),
            close_after: lab.knob("close-after"),
            answered: AtomicUsize::new(0),
            shop,
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.shop.name()
    }

    /// Of the orders that were taken.
    pub(crate) fn latency(&self) -> &Latency {
        &self.latency
    }

    /// What the books say when nothing is under way any more.
    pub(crate) async fn evening(&self) -> Books {
        self.shop.close().await;
        self.shop.books().await
    }
}

impl TakesOrders for Watched {
    async fn place(&self, order: Order) -> Result<usize, Refused> {
        let began = Instant::now();
        let placing = async {
            // Where others do the work, a shopper waits for them.
            let _waits = self
                .shop
                .hands_over()
                .then(|| self.lab.span_of(SpanKind::Waiting, "be answered"));
            self.shop.place(order).await
        };
        let answer = match self.patience {
            None => placing.await,
            // Who leaves drops the call, and whatever it owns.
            Some(patience) => timeout(patience, placing)
                .await
                .unwrap_or(Err(Refused::TooLate)),
        };
        if answer.is_ok() {
            self.latency.record(began.elapsed());
        }
        if self.answered.fetch_add(1, Relaxed) + 1 == self.close_after {
            self.shop.close().await;
        }
        answer
    }
}
