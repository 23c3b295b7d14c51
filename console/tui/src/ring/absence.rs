//! Why there is no profile of some time, and what to do about it.

use std::time::Duration;

use cutaway_model::{At, Missed, units};

use super::Ring;

/// In words: why, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Absence {
    pub(crate) why: String,
    pub(crate) advice: String,
}

impl Absence {
    pub(crate) fn new(why: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            advice: advice.into(),
        }
    }
}

/// Time as it is said.
fn said(time: Duration) -> String {
    units::duration(Duration::from_secs(time.as_secs()))
}

impl Ring {
    /// Why there is nothing between `from` and `to`. The key that switches rings is `{ring}` in what is advised.
    pub(super) fn absence(&self, from: At, to: At, now: At) -> Absence {
        if self.switches.is_empty() && self.pool.kept().is_empty() {
            return Absence::new(
                "the ring of CPU profiles is off",
                "{ring} switches it on, from now on; cutaway --ring has it on from the start",
            );
        }
        if let Some(missed) = self.missed(from, to) {
            return missed;
        }
        if self.dropped.is_some_and(|dropped| from <= dropped) {
            let oldest = self.span().map(|(oldest, _)| oldest);
            let reach = oldest.map_or_else(String::new, |oldest| {
                format!(
                    ": the oldest is of {} ago",
                    said(now.saturating_sub(oldest))
                )
            });
            return Absence::new(
                format!("too old: the ring keeps {} profiles{reach}", self.len()),
                "ring.keep in the config keeps more, ring.seconds makes each longer",
            );
        }
        if !self.was_on(from, to) {
            return Absence::new(
                format!("the ring was off then{}", self.next_on(to, now)),
                "{ring} switches it; cutaway --ring has it on from the start",
            );
        }
        let newest = self.span().map_or(At::ZERO, |(_, newest)| newest);
        if to > newest {
            let length = self.pace.map_or(0, |pace| pace.seconds);
            return Absence::new(
                "the profile of that time is still being taken",
                format!("each takes {length} s: esc, and try again in a moment"),
            );
        }
        Absence::new(
            "between two profiles",
            "select a longer range: there is a pause between two profiles",
        )
    }

    /// Why the newest attempt in that time came to nothing.
    fn missed(&self, from: At, to: At) -> Option<Absence> {
        let mut misses = self.misses.iter().rev();
        let (.., why) = misses.find(|(since, at, _)| *since <= to && *at >= from)?;
        Some(match why {
            Missed::Yielded(why) => Absence::new(
                format!("the ring gave way to somebody else: {why}"),
                "whoever took that profile has it; select a range beside it",
            ),
            Missed::Refused(why) => Absence::new(
                format!("somebody else was capturing: {why}"),
                "whoever took that profile has it; select a range beside it",
            ),
            Missed::StoodBack => Absence::new(
                "the ring stood back while this console took profiles of its own",
                "it goes on when the view of the CPU is left; select a range beside it",
            ),
            Missed::Failed(cause) => Absence::new(
                format!("the profile could not be had: {cause}"),
                "it is tried again; the header says how the target does",
            ),
        })
    }

    /// Whether it was on at some moment between the two.
    fn was_on(&self, from: At, to: At) -> bool {
        let mut on = false;
        let mut any = false;
        for (at, now_on) in &self.switches {
            any |= on && *at >= from;
            if *at > to {
                return any;
            }
            on = *now_on;
        }
        any || on
    }

    fn next_on(&self, to: At, now: At) -> String {
        let next = self.switches.iter().find(|(at, on)| *on && *at > to);
        next.map_or_else(String::new, |(at, _)| {
            format!(": it is on since {} ago", said(now.saturating_sub(*at)))
        })
    }
}
