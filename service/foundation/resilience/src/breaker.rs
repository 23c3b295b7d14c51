//! When to leave somebody alone.

use std::time::{Duration, Instant};

pub use crate::window::Counts;
use crate::window::Window;

/// When a breaker opens, and for how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// How long calls are remembered.
    pub window: Duration,
    /// It opens when at least this share of them failed, from 0 to 1.
    pub rate: f64,
    /// But not before so many ended: two failures of three say little.
    pub least: u64,
    /// How long it stays open before one call may look.
    pub open_for: Duration,
    /// So many such calls must succeed, one after the other, before it closes.
    pub probes: u32,
}

impl Default for Settings {
    /// Half of at least 10 calls in 10 s; open for 2 s; one probe.
    fn default() -> Settings {
        Settings {
            window: Duration::from_secs(10),
            rate: 0.5,
            least: 10,
            open_for: Duration::from_secs(2),
            probes: 1,
        }
    }
}

/// Counts how calls end, successes as well as failures, and lets none through for a while when too large a share failed.
/// Then one call at a time may look whether things are better. A circuit breaker, as Michael T. Nygard describes it in "Release
/// It!", by the rate of failures in place of their number.
#[derive(Clone, Debug)]
pub struct Breaker {
    settings: Settings,
    state: Inner,
    window: Window,
    /// Grows with each change of state: a call that began before says nothing about now.
    generation: u64,
    opened: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inner {
    Closed,
    Open { until: Instant },
    HalfOpen { is_probing: bool, succeeded: u32 },
}

/// The state of a breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Calls go through.
    Closed,
    /// No call goes through.
    Open,
    /// One call at a time goes through.
    HalfOpen,
}

impl State {
    /// Its name: `half_open`.
    pub fn name(self) -> &'static str {
        match self {
            State::Closed => "closed",
            State::Open => "open",
            State::HalfOpen => "half_open",
        }
    }
}

/// A call that was let through. How it ended must be [recorded](Breaker::record).
#[derive(Debug)]
#[must_use = "the breaker waits to hear how it ended"]
pub struct Call {
    generation: u64,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The other side works.
    Success,
    /// The other side does not work.
    Failure,
    /// The call was given up, and says nothing about the other side.
    Unknown,
}

/// No call goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shut {
    /// In how long one may look; zero while one looks.
    pub for_another: Duration,
}

impl Breaker {
    /// A closed breaker that knows of no calls.
    pub fn new(settings: Settings, now: Instant) -> Breaker {
        Breaker {
            settings,
            state: Inner::Closed,
            window: Window::new(settings.window, now),
            generation: 0,
            opened: 0,
        }
    }

    /// Lets a call through, or does not.
    ///
    /// # Errors
    /// The breaker is open, or somebody else is looking whether things are better.
    pub fn admit(&mut self, now: Instant) -> Result<Call, Shut> {
        if let Inner::Open { until } = self.state {
            if now < until {
                let for_another = until.saturating_duration_since(now);
                return Err(Shut { for_another });
            }
            self.enter(Inner::HalfOpen {
                is_probing: false,
                succeeded: 0,
            });
        }
        if let Inner::HalfOpen { is_probing, .. } = &mut self.state {
            if *is_probing {
                let for_another = Duration::ZERO;
                return Err(Shut { for_another });
            }
            *is_probing = true;
        }
        Ok(Call {
            generation: self.generation,
        })
    }

    /// Notes how a call ended. One that was let through before the last change of state changes nothing.
    #[expect(clippy::needless_pass_by_value, reason = "a call ends once")]
    pub fn record(&mut self, call: Call, outcome: Outcome, now: Instant) {
        if call.generation != self.generation {
            return;
        }
        match (self.state, outcome) {
            (Inner::Closed, Outcome::Success) => self.window.add(false, now),
            (Inner::Closed, Outcome::Failure) => {
                self.window.add(true, now);
                let counts = self.window.counts(now);
                if counts.all() >= self.settings.least && counts.rate() >= self.settings.rate {
                    self.open(now);
                }
            }
            (Inner::HalfOpen { succeeded, .. }, Outcome::Success) => {
                let succeeded = succeeded + 1;
                if succeeded >= self.settings.probes {
                    self.window.clear();
                    self.enter(Inner::Closed);
                } else {
                    self.state = Inner::HalfOpen {
                        is_probing: false,
                        succeeded,
                    };
                }
            }
            (Inner::HalfOpen { .. }, Outcome::Failure) => self.open(now),
            // The next one may look.
            (Inner::HalfOpen { succeeded, .. }, Outcome::Unknown) => {
                self.state = Inner::HalfOpen {
                    is_probing: false,
                    succeeded,
                };
            }
            (Inner::Closed, Outcome::Unknown) | (Inner::Open { .. }, _) => {}
        }
    }

    /// The state. An open breaker whose time is over is half-open: it waits for a call that looks.
    pub fn state(&self, now: Instant) -> State {
        match self.state {
            Inner::Closed => State::Closed,
            Inner::Open { until } if now < until => State::Open,
            Inner::Open { .. } | Inner::HalfOpen { .. } => State::HalfOpen,
        }
    }

    /// The calls it remembers. It remembers none while it is not closed.
    pub fn counts(&mut self, now: Instant) -> Counts {
        self.window.counts(now)
    }

    /// How often it has opened.
    pub fn opened(&self) -> u64 {
        self.opened
    }

    fn open(&mut self, now: Instant) {
        self.window.clear();
        self.opened += 1;
        self.enter(Inner::Open {
            until: now + self.settings.open_for,
        });
    }

    fn enter(&mut self, state: Inner) {
        self.state = state;
        self.generation += 1;
    }
}
