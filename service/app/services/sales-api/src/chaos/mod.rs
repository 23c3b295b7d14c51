//! Faults on purpose, to see how the service and its clients take them. Off unless rules are given.
//!
//! What befalls a request depends on the seed and on how many requests the rule has seen, and on nothing else.
//!
//! Layout: here the rules at work, [`plan`] the rules as they are written, [`effects`] what they do.

pub mod effects;
pub mod plan;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use expvar::{Counter, Error, Family, Registry};
use http::Method;
use sync::AsyncMutex;
use web::ApiError;

use effects::Kept;
pub use plan::{Effects, Plan, Rule};

/// The rules at work. Publishes `chaos`:
///
/// | variable | what it holds |
/// |---|---|
/// | `in_force` | the rules as they would be written, or `off` |
/// | `effects` | how often each effect took place |
/// | `kept_bytes` | memory taken and never given back |
#[derive(Debug)]
pub struct Chaos {
    seed: u64,
    rules: Vec<(Rule, AtomicU64)>,
    lock: AsyncMutex<()>,
    kept: Arc<Kept>,
    effects: Family<Counter>,
}

impl Chaos {
    /// Publishes the variables; `None` if the plan has no rules.
    ///
    /// # Errors
    /// A variable's name is taken.
    pub fn new(plan: &Plan, variables: &Registry) -> Result<Option<Arc<Chaos>>, Error> {
        let variables = variables.map("chaos")?;
        let (in_force, kept) = (plan.to_string(), Arc::new(Kept::default()));
        variables.func("in_force", move || in_force.clone().into())?;
        let bytes = Arc::clone(&kept);
        variables.func("kept_bytes", move || bytes.bytes().into())?;
        let effects = variables.counters("effects", &["effect"])?;
        let rules = plan.rules.iter().cloned();
        let chaos = Chaos {
            seed: plan.seed,
            rules: rules.map(|rule| (rule, AtomicU64::new(0))).collect(),
            lock: AsyncMutex::new("chaos", ()),
            kept,
            effects,
        };
        Ok((!plan.rules.is_empty()).then(|| Arc::new(chaos)))
    }

    /// What the first rule that fits says, and this request's dice.
    fn rule(&self, method: &Method, path: &str) -> Option<(&Effects, Dice)> {
        let mut rules = self.rules.iter().enumerate();
        let (index, (rule, seen)) = rules.find(|(_, (rule, _))| rule.fits(method, path))?;
        let request = seen.fetch_add(1, Ordering::Relaxed);
        Some((&rule.effects, Dice::new(self.seed, index as u64, request)))
    }

    fn count(&self, effect: &str) {
        self.effects.with(&[effect]).inc();
    }

    /// Does what the rule says; the answer, if there is to be none of the handler's.
    async fn befall(&self, effects: &Effects, mut dice: Dice) -> Option<Response> {
        // All are thrown, so that one effect more or less changes nothing about the others.
        let (latency, drop, error) = (dice.throw(), dice.throw(), dice.throw());
        if let Some(bytes) = effects.memory
            && self.kept.keep(bytes)
        {
            self.count("memory");
        }
        if let Some(time) = effects.cpu {
            self.count("cpu");
            effects::burn_cpu(time).await;
        }
        if let Some(time) = effects.block {
            self.count("block");
            effects::block_the_worker(time);
        }
        if let Some(time) = effects.lock {
            self.count("lock");
            effects::hold_the_lock(&self.lock, time).await;
        }
        if let Some((least, most)) = effects.latency {
            self.count("latency");
            tokio::time::sleep(least + most.saturating_sub(least).mul_f64(latency)).await;
        }
        if drop < effects.drop {
            self.count("drop");
            return Some(effects::no_answer());
        }
        if error < effects.error {
            self.count("error");
            return Some(ApiError::internal("chaos: an error on purpose").into_response());
        }
        None
    }
}

/// The middleware.
pub async fn pass(State(chaos): State<Arc<Chaos>>, request: Request, next: Next) -> Response {
    if let Some((effects, dice)) = chaos.rule(request.method(), request.uri().path())
        && let Some(answer) = chaos.befall(effects, dice).await
    {
        return answer;
    }
    next.run(request).await
}

/// One request's chances (SplitMix64, by Sebastiano Vigna): those of one are independent of those of others.
struct Dice(u64);

impl Dice {
    fn new(seed: u64, rule: u64, request: u64) -> Dice {
        let mut dice = Dice(seed);
        let seed = dice.next() ^ rule;
        let mut dice = Dice(seed);
        let seed = dice.next() ^ request;
        Dice(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 to less than 1.
    fn throw(&mut self) -> f64 {
        let bits = u32::try_from(self.next() >> 32).unwrap_or_default();
        f64::from(bits) / (f64::from(u32::MAX) + 1.0)
    }
}
