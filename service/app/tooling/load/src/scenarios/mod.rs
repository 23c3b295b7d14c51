//! What the shoppers do, and how many of them come when. A scenario is data; one file each.

mod flash_sale;
mod retry_storm;
mod slow_clients;
mod spike;
mod steady;

use std::fmt;
use std::time::Duration;

use clap::ValueEnum;

/// What the shoppers do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scenario {
    /// The same rate all the time: 60 % browse the catalogue, 30 % order one to three products, 10 % look up an order
    Steady,
    /// Everybody wants one product, of which there is too little: --pieces of it are put up for sale, then five times the
    /// rate comes for a while. Some give their order back
    FlashSale,
    /// The steady mix, at ten times the rate for a fifth of the time
    Spike,
    /// The steady mix, while --slow others send and read a few bytes at a time
    SlowClients,
    /// The steady mix, at five times the rate for a while, from clients that give up early and try again. Once with and
    /// once without --no-retry-budget shows what the budget is for
    RetryStorm,
}

impl Scenario {
    /// What makes it up.
    pub(crate) fn plan(self) -> &'static Plan {
        match self {
            Scenario::Steady => &steady::PLAN,
            Scenario::FlashSale => &flash_sale::PLAN,
            Scenario::Spike => &spike::PLAN,
            Scenario::SlowClients => &slow_clients::PLAN,
            Scenario::RetryStorm => &retry_storm::PLAN,
        }
    }
}

/// As on the command line.
impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_possible_value();
        f.write_str(value.as_ref().map_or("", |value| value.get_name()))
    }
}

/// A scenario.
#[derive(Debug)]
pub(crate) struct Plan {
    /// One after the other; their shares make up the whole.
    pub phases: &'static [Phase],
    /// Who does what.
    pub mix: Mix,
    /// Of 100 orders, so many are for one piece of the product that everybody wants.
    pub hot: u32,
    /// Connections that send and read a few bytes at a time, unless told otherwise.
    pub slow: u32,
    /// How often a request is tried again, unless told otherwise.
    pub retries: u32,
    /// Visits that may be under way at once, unless told otherwise.
    pub in_flight: u32,
    /// How long to wait for one answer, unless told otherwise.
    pub timeout: Duration,
}

/// A part of the time with a rate of its own.
#[derive(Debug)]
pub(crate) struct Phase {
    pub name: &'static str,
    /// Of the whole time.
    pub share: f64,
    /// Of the rate.
    pub factor: f64,
}

/// Of 100 visits, so many do this; the rest browse.
#[derive(Debug)]
pub(crate) struct Mix {
    pub order: u32,
    pub look_up: u32,
    pub give_back: u32,
}

/// Visits under way where nothing is special about that.
const ROOM: u32 = 512;

/// How long to wait for an answer where nothing is special about that.
const PATIENT: Duration = Duration::from_secs(5);

/// 60 % browse, 30 % order, 10 % look up.
const EVERYDAY: Mix = Mix {
    order: 30,
    look_up: 10,
    give_back: 0,
};

/// A whole without parts.
const THROUGHOUT: &[Phase] = &[Phase {
    name: "throughout",
    share: 1.0,
    factor: 1.0,
}];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_adds_up_and_is_called_as_on_the_command_line() {
        for scenario in Scenario::value_variants() {
            let plan = scenario.plan();
            let whole: f64 = plan.phases.iter().map(|phase| phase.share).sum();
            assert!((whole - 1.0).abs() < 1e-9, "{scenario}: {whole}");
            assert!(plan.phases.iter().all(|phase| phase.factor > 0.0));
            assert!(plan.mix.order + plan.mix.look_up + plan.mix.give_back <= 100);
            assert_eq!(
                Scenario::from_str(&scenario.to_string(), false),
                Ok(*scenario)
            );
        }
    }
}
