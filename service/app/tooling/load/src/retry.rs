//! Whether a request is tried again, and when: exponential backoff with full jitter, never earlier than the service asks
//! for, and within a budget, so that retries cannot multiply the load of a service in trouble.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::api::Failure;

/// The longest pause before the first retry; it doubles with each further one.
const BASE: Duration = Duration::from_millis(100);
/// No pause is longer, unless the service asks for it.
const CAP: Duration = Duration::from_secs(5);
/// Who is asked to come back later than this does not come back.
const PATIENCE: Duration = Duration::from_secs(30);
/// Retries that are allowed before any visit has earned one, and the most that can be saved up.
const SAVED: f64 = 10.0;

/// The rules, with what is left of the budget.
#[derive(Debug)]
pub(crate) struct Retry {
    most: u32,
    /// What a visit adds to the budget; `None` without a budget.
    earned: Option<f64>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    saved: f64,
    random: StdRng,
}

/// What to do after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Try again after this pause.
    After(Duration),
    /// It would help to try again, but the budget is spent.
    Spent,
    /// It is of no use, or was tried often enough.
    GiveUp,
}

impl Retry {
    /// At most `most` retries of one request, and of 100 visits at most `budget`, if there is one.
    pub(crate) fn new(most: u32, budget: Option<u32>, seed: u64) -> Retry {
        let state = State {
            saved: SAVED,
            // Pauses must not change what the shoppers choose.
            random: StdRng::seed_from_u64(!seed),
        };
        Retry {
            most,
            earned: budget.map(|percent| f64::from(percent) / 100.0),
            state: Mutex::new(state),
        }
    }

    /// A visit begins, and earns a part of a retry.
    pub(crate) fn earn(&self) {
        if let Some(earned) = self.earned {
            let mut state = self.lock();
            state.saved = (state.saved + earned).min(SAVED);
        }
    }

    /// What to do after the failure of attempt `number`, counted from 0.
    pub(crate) fn next(&self, number: u32, failure: &Failure) -> Next {
        let asked = retry_after(failure).unwrap_or_default();
        if number >= self.most || !is_passing(failure) || asked > PATIENCE {
            return Next::GiveUp;
        }
        let mut state = self.lock();
        if self.earned.is_some() {
            if state.saved < 1.0 {
                return Next::Spent;
            }
            state.saved -= 1.0;
        }
        // Those who were all asked to come back at the same time must not do so either.
        Next::After(asked + jitter(&mut state.random, number))
    }

    /// Asks until there is an answer or the time is up; what passes is waited out, whatever the budget.
    pub(crate) async fn insist<T, F>(
        &self,
        deadline: Instant,
        mut ask: impl FnMut() -> F,
    ) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let mut number = 0;
        loop {
            let failure = match ask().await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let pause = self.pause(number, &failure);
            if !is_passing(&failure) || Instant::now() + pause >= deadline {
                return Err(failure);
            }
            tokio::time::sleep(pause).await;
            number += 1;
        }
    }

    fn pause(&self, number: u32, failure: &Failure) -> Duration {
        let asked = retry_after(failure).unwrap_or_default().min(PATIENCE);
        asked + jitter(&mut self.lock().random, number)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn jitter(random: &mut StdRng, number: u32) -> Duration {
    let longest = BASE.saturating_mul(1 << number.min(16)).min(CAP);
    longest.mul_f64(random.random_range(0.0..1.0))
}

/// How long the service asks to wait.
pub(crate) fn retry_after(failure: &Failure) -> Option<Duration> {
    match failure {
        Failure::Problem(problem) => problem.retry_after,
        _ => None,
    }
}

/// Whether the service was only too busy to answer: it may help to try again.
pub(crate) fn is_passing(failure: &Failure) -> bool {
    match failure {
        Failure::Refused | Failure::TimedOut | Failure::Closed => true,
        Failure::Problem(problem) => matches!(problem.status, 429 | 502 | 503 | 504),
        _ => false,
    }
}

/// Whether the service said that it does not want the request now.
pub(crate) fn turned_away(failure: &Failure) -> bool {
    matches!(failure, Failure::Problem(problem) if matches!(problem.status, 429 | 503))
}

/// Whether the request may have been carried out although it failed.
pub(crate) fn is_unsure(failure: &Failure) -> bool {
    match failure {
        Failure::Refused | Failure::Request(_) => false,
        Failure::Problem(problem) => problem.status >= 500,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use sales_client::Problem;

    use super::*;

    fn problem(status: u16, retry_after: Option<u64>) -> Failure {
        Failure::Problem(Box::new(Problem {
            status,
            retry_after: retry_after.map(Duration::from_secs),
            ..Problem::default()
        }))
    }

    #[test]
    fn pauses_grow_and_are_never_shorter_than_asked_for() {
        let retry = Retry::new(20, None, 1);
        for number in 0..20 {
            let longest = BASE.saturating_mul(1 << number).min(CAP);
            for _ in 0..100 {
                let Next::After(pause) = retry.next(number, &Failure::TimedOut) else {
                    panic!("it is tried again");
                };
                assert!(pause <= longest, "{number}: {pause:?}");
                let Next::After(pause) = retry.next(number, &problem(503, Some(2))) else {
                    panic!("it is tried again");
                };
                let asked = Duration::from_secs(2);
                assert!((asked..=asked + longest).contains(&pause), "{pause:?}");
            }
        }
        let busy = problem(429, Some(31));
        assert_eq!(retry.next(0, &busy), Next::GiveUp);
    }

    #[test]
    fn the_budget_bounds_retries_to_a_share_of_the_visits() {
        let tried_again = |budget| {
            let retry = Retry::new(4, budget, 1);
            let visit = |_: &u32| {
                retry.earn();
                matches!(retry.next(0, &Failure::TimedOut), Next::After(_))
            };
            (0..1_000).filter(visit).count()
        };
        assert_eq!(tried_again(None), 1_000);
        // 10 % of a thousand, and what was there to begin with.
        assert!((105..=111).contains(&tried_again(Some(10))));
        assert_eq!(tried_again(Some(0)), SAVED as usize);
    }

    #[test]
    fn only_what_may_pass_is_tried_again_and_only_so_often() {
        let retry = Retry::new(2, None, 1);
        for (failure, passing, unsure) in [
            (problem(429, None), true, false),
            (problem(503, None), true, true),
            (problem(500, None), false, true),
            (problem(404, None), false, false),
            (Failure::Refused, true, false),
            (Failure::Closed, true, true),
            (Failure::Answer(String::new()), false, true),
        ] {
            let again = matches!(retry.next(0, &failure), Next::After(_));
            assert_eq!(again, passing, "{failure}");
            assert_eq!(is_unsure(&failure), unsure, "{failure}");
        }
        assert_eq!(retry.next(2, &Failure::Closed), Next::GiveUp);
    }
}
