//! Breaker, budget and retries against models of them, with random histories.

use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use resilience::{
    Attempt, Backoff, Breaker, BreakerSettings, Budget, Call, Decision, Outcome, Retry, State, Why,
};

/// A breaker as the words of its documentation have it, which remembers everything and counts anew each time.
struct Model {
    settings: BreakerSettings,
    /// Nanoseconds since the beginning, and whether it failed.
    ended: Vec<(u64, bool)>,
    state: Modelled,
    /// Calls let through before it count for nothing.
    since: usize,
}

enum Modelled {
    Closed,
    Open(u64),
    HalfOpen {
        probe: Option<usize>,
        succeeded: u32,
    },
}

impl Model {
    fn admit(&mut self, now: u64, call: usize) -> bool {
        if let Modelled::Open(until) = self.state
            && now >= until
        {
            self.state = Modelled::HalfOpen {
                probe: None,
                succeeded: 0,
            };
            self.since = call;
        }
        match &mut self.state {
            Modelled::Closed => true,
            Modelled::Open(_) => false,
            Modelled::HalfOpen { probe, .. } => {
                let free = probe.is_none();
                if free {
                    *probe = Some(call);
                }
                free
            }
        }
    }

    fn record(&mut self, call: usize, outcome: Outcome, now: u64, next: usize) {
        if call < self.since {
            return;
        }
        match &mut self.state {
            Modelled::Open(_) => {}
            Modelled::Closed => {
                if outcome == Outcome::Unknown {
                    return;
                }
                self.ended.push((now, outcome == Outcome::Failure));
                let (all, failed) = self.lately(now);
                let too_many = failed as f64 / all as f64 >= self.settings.rate;
                if outcome == Outcome::Failure && all >= self.settings.least && too_many {
                    self.open(now, next);
                }
            }
            Modelled::HalfOpen { probe, succeeded } => {
                *probe = None;
                match outcome {
                    Outcome::Unknown => {}
                    Outcome::Failure => self.open(now, next),
                    Outcome::Success => {
                        *succeeded += 1;
                        if *succeeded >= self.settings.probes {
                            self.state = Modelled::Closed;
                            self.ended.clear();
                            self.since = next;
                        }
                    }
                }
            }
        }
    }

    fn open(&mut self, now: u64, next: usize) {
        self.state = Modelled::Open(now + self.settings.open_for.as_nanos() as u64);
        self.ended.clear();
        self.since = next;
    }

    /// All and failed calls of the tenth of the window that `now` is in, and of the nine before.
    fn lately(&self, now: u64) -> (u64, u64) {
        let slice = self.settings.window.as_nanos() as u64 / 10;
        let recent = |at: u64| at / slice + 10 > now / slice;
        let lately = self.ended.iter().filter(|(at, _)| recent(*at));
        let failed = lately.clone().filter(|(_, failed)| *failed).count();
        (lately.count() as u64, failed as u64)
    }

    fn state(&self, now: u64) -> State {
        match self.state {
            Modelled::Closed => State::Closed,
            Modelled::Open(until) if now < until => State::Open,
            _ => State::HalfOpen,
        }
    }
}

#[test]
fn the_breaker_does_what_its_model_does() {
    let mut seen = [0_u64; 3];
    for seed in 0..300 {
        let mut random = StdRng::seed_from_u64(seed);
        let settings = BreakerSettings {
            window: Duration::from_nanos(10 * random.random_range(1..200)),
            rate: random.random_range(0.05..1.0),
            least: random.random_range(1..15),
            open_for: Duration::from_nanos(random.random_range(1..500)),
            probes: random.random_range(1..4),
        };
        let mut model = Model {
            settings,
            ended: Vec::new(),
            state: Modelled::Closed,
            since: 0,
        };
        let start = Instant::now();
        let mut breaker = Breaker::new(settings, start);
        let (mut now, mut next) = (0_u64, 0);
        let mut under_way: Vec<(usize, Call)> = Vec::new();
        let sick = random.random_range(0.0..1.0);
        for step in 0..2_000 {
            now += random.random_range(0..30);
            let at = start + Duration::from_nanos(now);
            if under_way.is_empty() || random.random_bool(0.5) {
                let call = breaker.admit(at);
                let expected = model.admit(now, next);
                assert_eq!(call.is_ok(), expected, "seed {seed}, step {step}");
                if let Ok(call) = call {
                    under_way.push((next, call));
                }
                next += 1;
            } else {
                let which = random.random_range(0..under_way.len());
                let (number, call) = under_way.swap_remove(which);
                let outcome = match random.random_range(0.0..1.0) {
                    chance if chance < 0.05 => Outcome::Unknown,
                    chance if chance < 0.05 + 0.95 * sick => Outcome::Failure,
                    _ => Outcome::Success,
                };
                breaker.record(call, outcome, at);
                model.record(number, outcome, now, next);
            }
            let state = breaker.state(at);
            assert_eq!(state, model.state(now), "seed {seed}, step {step}");
            let counts = breaker.counts(at);
            let counts = (counts.all(), counts.failures);
            assert_eq!(counts, model.lately(now), "seed {seed}, step {step}");
            seen[state as usize] += 1;
        }
    }
    assert!(seen.iter().all(|steps| *steps > 10_000), "{seen:?}");
}

#[test]
fn failures_among_many_successes_do_not_open_it() {
    let start = Instant::now();
    let mut breaker = Breaker::new(BreakerSettings::default(), start);
    for number in 0..1_000 {
        let outcome = if number % 10 == 0 {
            Outcome::Failure
        } else {
            Outcome::Success
        };
        let call = breaker.admit(start).expect("a tenth is not a half");
        breaker.record(call, outcome, start);
    }
    assert_eq!(breaker.counts(start).rate().to_string(), "0.1");
    assert_eq!((breaker.state(start), breaker.opened()), (State::Closed, 0));
}

#[test]
fn retries_stay_within_their_share_of_requests() {
    for seed in 0..200 {
        let mut random = StdRng::seed_from_u64(seed);
        let share = random.random_range(0.0..1.0);
        let reserve = random.random_range(0..20);
        let mut budget = Budget::new(share, reserve);
        let (mut requests, mut retries) = (0_u32, 0_u32);
        for _ in 0..2_000 {
            if random.random_bool(0.5) {
                budget.request();
                requests += 1;
            } else {
                let bound = f64::from(reserve) + share * f64::from(requests);
                let let_through = budget.retry();
                retries += u32::from(let_through);
                assert!(f64::from(retries) <= bound + 1e-6, "seed {seed}");
                assert!(let_through || budget.left() < 1.0, "seed {seed}");
            }
        }
    }
    let mut tenth = Budget::new(0.1, 3);
    assert_eq!((0..9).filter(|_| tenth.retry()).count(), 3);
    (0..10).for_each(|_| tenth.request());
    assert!(tenth.retry() && !tenth.retry(), "ten requests, one retry");
}

#[test]
fn a_retry_never_passes_the_deadline_nor_comes_before_it_is_welcome() {
    let retry = Retry {
        attempts: 4,
        backoff: Backoff {
            base: Duration::from_millis(50),
            cap: Duration::from_secs(2),
        },
    };
    let start = Instant::now();
    let mut random = StdRng::seed_from_u64(7);
    let mut seen = std::collections::BTreeMap::new();
    for _ in 0..20_000 {
        let mut millis = |most| Duration::from_millis(random.random_range(0..most));
        let (now, deadline) = (start + millis(3_000), start + millis(5_000));
        let retry_after = Some(millis(2_000)).filter(|after| after.as_millis() % 2 == 0);
        let attempt = Attempt {
            made: random.random_range(1..6),
            is_idempotent: random.random_bool(0.9),
            may_pass: random.random_bool(0.9),
            retry_after,
        };
        let mut budget = Budget::new(0.0, random.random_range(0..3));
        let before = budget.left();
        let decision = retry.decide(attempt, &mut budget, random.random(), now, deadline);
        let spent = before - budget.left();
        let name = match decision {
            Decision::After(pause) => {
                assert!(now + pause < deadline);
                assert!(pause >= retry_after.unwrap_or_default());
                let bound = retry.backoff.bound(attempt.made - 1);
                assert!(pause <= bound.max(retry_after.unwrap_or_default()));
                assert!(attempt.is_idempotent && attempt.may_pass && attempt.made < 4);
                assert_eq!(spent.to_string(), "1");
                "after"
            }
            Decision::Leave(why) => {
                assert_eq!(spent.to_string(), "0", "what is not tried costs nothing");
                assert_eq!(why == Why::NotIdempotent, !attempt.is_idempotent);
                why.name()
            }
        };
        *seen.entry(name).or_insert(0) += 1;
    }
    assert_eq!(seen.len(), 6, "{seen:?}");
    assert!(seen.values().all(|times| *times > 100), "{seen:?}");
}
