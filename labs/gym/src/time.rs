//! Time that stands still while anybody can move, like tokio's paused clock: when everybody
//! waits, it jumps to the next timer.

use crate::explore::turn;
use crate::record::{self, Fault, FaultKind};
use crate::sync::Op;
use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::ops::{Add, AddAssign, Sub};
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

impl Instant {
    /// From `earlier` to this; nothing if it was later.
    pub fn duration_since(self, earlier: Instant) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Instant {
    type Output = Instant;

    fn add(self, duration: Duration) -> Instant {
        Instant(self.0 + duration)
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, duration: Duration) {
        self.0 += duration;
    }
}

impl Sub<Duration> for Instant {
    type Output = Instant;

    fn sub(self, duration: Duration) -> Instant {
        Instant(self.0.saturating_sub(duration))
    }
}

impl Sub<Instant> for Instant {
    type Output = Duration;

    fn sub(self, earlier: Instant) -> Duration {
        self.duration_since(earlier)
    }
}

/// Waits until `duration` has passed.
pub fn sleep(duration: Duration) -> Sleep {
    sleep_until(Instant::now() + duration)
}

/// Waits until `deadline`.
pub fn sleep_until(deadline: Instant) -> Sleep {
    Sleep {
        deadline,
        op: wake_up(deadline),
    }
}

fn wake_up(deadline: Instant) -> Op<Timer> {
    Op::new("wake up", None, Timer(deadline.0))
}

/// Waits until a moment.
pub struct Sleep {
    deadline: Instant,
    op: Op<Timer>,
}

impl Sleep {
    /// Until when.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Whether that is past.
    pub fn is_elapsed(&self) -> bool {
        Instant::now() >= self.deadline
    }

    /// Waits until another moment.
    pub fn reset(mut self: Pin<&mut Self>, deadline: Instant) {
        self.deadline = deadline;
        self.op = wake_up(deadline);
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.op).poll(cx)
    }
}

/// `future`'s output, or an error if `duration` passes first; then the future is dropped.
pub async fn timeout<F: Future>(duration: Duration, future: F) -> Result<F::Output, Elapsed> {
    timeout_at(Instant::now() + duration, future).await
}

/// `future`'s output, or an error if `deadline` comes first; then the future is dropped.
pub async fn timeout_at<F: Future>(deadline: Instant, future: F) -> Result<F::Output, Elapsed> {
    let mut future = pin!(future);
    let mut timer = Timer(deadline.0);
    std::future::poll_fn(|cx| {
        if let Poll::Ready(output) = future.as_mut().poll(cx) {
            return Poll::Ready(Ok(output));
        }
        Pin::new(&mut timer).poll(cx).map(|()| Err(Elapsed(())))
    })
    .await
}

/// Ticks every `period`, the first time at once.
pub fn interval(period: Duration) -> Interval {
    interval_at(Instant::now(), period)
}

/// Ticks every `period`, the first time at `start`. Panics if the period is zero, as tokio's.
pub fn interval_at(start: Instant, period: Duration) -> Interval {
    assert!(!period.is_zero(), "`period` must be non-zero.");
    Interval {
        next: start,
        period,
        missed: MissedTickBehavior::Burst,
    }
}

/// Ticks again and again.
#[derive(Debug)]
pub struct Interval {
    next: Instant,
    period: Duration,
    missed: MissedTickBehavior,
}

/// What becomes of ticks that nobody has waited for in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissedTickBehavior {
    /// They come at once, one after the other.
    #[default]
    Burst,
    /// The next comes a whole period after the late one.
    Delay,
    /// They are left out.
    Skip,
}

impl Interval {
    /// Waits for the next tick, and says when it was due.
    pub async fn tick(&mut self) -> Instant {
        let due = self.next;
        Op::new("hear a tick", None, Timer(due.0)).await;
        let now = Instant::now();
        self.next = match self.missed {
            MissedTickBehavior::Delay if now > due => now + self.period,
            MissedTickBehavior::Skip => {
                let late = now.duration_since(due).as_nanos() % self.period.as_nanos();
                let late = Duration::from_nanos(u64::try_from(late).unwrap_or(u64::MAX));
                now + self.period - late
            }
            MissedTickBehavior::Burst | MissedTickBehavior::Delay => due + self.period,
        };
        due
    }

    /// The next tick is due a period from now.
    pub fn reset(&mut self) {
        self.next = Instant::now() + self.period;
    }

    /// How long it is from one tick to the next.
    pub fn period(&self) -> Duration {
        self.period
    }

    /// Says what becomes of ticks that nobody has waited for in time.
    pub fn set_missed_tick_behavior(&mut self, behavior: MissedTickBehavior) {
        self.missed = behavior;
    }
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
