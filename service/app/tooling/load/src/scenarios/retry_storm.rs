//! Clients that give up early and try again: the load that keeps an overloaded service overloaded.

use std::time::Duration;

use super::{EVERYDAY, Phase, Plan};

pub(super) const PLAN: Plan = Plan {
    phases: &[
        Phase {
            name: "before",
            share: 0.3,
            factor: 1.0,
        },
        Phase {
            name: "storm",
            share: 0.3,
            factor: 5.0,
        },
        Phase {
            name: "after",
            share: 0.4,
            factor: 1.0,
        },
    ],
    mix: EVERYDAY,
    hot: 0,
    slow: 0,
    retries: 4,
    // Room for all who wait and all who come back: what is dropped here would not hurt the service.
    in_flight: 8_192,
    timeout: Duration::from_millis(500),
};
