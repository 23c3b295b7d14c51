//! Time that stands still while anybody can move, like tokio's paused clock: when everybody
//! waits, it jumps to the next timer.

use crate::explore::turn;
use crate::record::{self, Fault, FaultKind};
use crate::sync::Op;
use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::ops::Add;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
pub use std::time::Duration;

#[derive(Default)]
struct Clock_ {
    now: Duration,
    timers: Vec<(Duration, Waker)>,
}

thread_local! {
    static CLOCK: RefCell<Clock_> = RefCell::new(Clock_::default());
}

/// A moment of the schedule's own time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(Duration);

impl Instant {
    /// Now.
    pub fn now() -> Instant {
        Instant(CLOCK.with_borrow(|clock| clock.now))
    }

    /// How long ago it was.
    pub fn elapsed(self) -> Duration {
        Instant::now().0.saturating_sub(self.0)
    }
}

impl Add<Duration> for Instant {
    type Output = Instant;

    fn add(self, duration: Duration) -> Instant {
        Instant(self.0 + duration)
    }
}

/// Waits until `duration` has passed.
pub async fn sleep(duration: Duration) {
    sleep_until(Instant::now() + duration).await;
}

/// Waits until `deadline`.
pub async fn sleep_until(deadline: Instant) {
    Op::new("wake up", None, Timer(deadline.0)).await;
}

/// `future`'s output, or an error if `duration` passes first; then the future is dropped.
pub async fn timeout<F: Future>(duration: Duration, future: F) -> Result<F::Output, Elapsed> {
    let mut future = pin!(future);
    let mut timer = Timer((Instant::now() + duration).0);
    std::future::poll_fn(|cx| {
        if let Poll::Ready(output) = future.as_mut().poll(cx) {
            return Poll::Ready(Ok(output));
        }
        Pin::new(&mut timer).poll(cx).map(|()| Err(Elapsed(())))
    })
    .await
}

/// The time of a [`timeout`] was over first.
#[derive(Debug, PartialEq, Eq)]
pub struct Elapsed(());

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("deadline has elapsed")
    }
}

impl std::error::Error for Elapsed {}

struct Timer(Duration);

impl Future for Timer {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        CLOCK.with_borrow_mut(|clock| {
            if clock.now >= self.0 {
                return Poll::Ready(());
            }
            clock.timers.push((self.0, cx.waker().clone()));
            Poll::Pending
        })
    }
}

pub(crate) fn begin() {
    CLOCK.with_borrow_mut(|clock| *clock = Clock_::default());
}

/// The task that lets time pass. It is only given a turn when nobody else can move.
pub(crate) struct Clock;

impl Future for Clock {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if !turn::is_over() && !pass() {
            stuck();
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Jumps to the next timer, if there is one.
fn pass() -> bool {
    let due = CLOCK.with_borrow_mut(|clock| {
        let next = clock.timers.iter().map(|timer| timer.0).min()?;
        clock.now = clock.now.max(next);
        Some(
            clock
                .timers
                .extract_if(.., |timer| timer.0 <= next)
                .collect::<Vec<_>>(),
        )
    });
    let Some(due) = due else { return false };
    for (_, waker) in due {
        waker.wake();
    }
    true
}

fn stuck() {
    let waits = record::record().waits();
    record::fault(Fault {
        kind: FaultKind::Stuck,
        expected: "every task can go on in the end".to_owned(),
        observed: format!("nobody can: {waits}"),
        why: String::new(),
    });
    turn::stop();
}
