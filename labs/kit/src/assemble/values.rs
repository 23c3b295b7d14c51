//! What goes from task to task, and numbers over time.

use std::collections::{BTreeMap, HashMap, VecDeque};

use lab_format::{Arrow, Counter};

use super::lanes::Lanes;
use crate::recorder::Recording;

#[derive(Default)]
pub(super) struct Values {
    /// Values that have left their sender's hand and not arrived: when each did, by sender and channel.
    under_way: HashMap<(u32, u32), UnderWay>,
    depths: BTreeMap<u32, Counter>,
    /// What the lab counts.
    counts: BTreeMap<u32, Counter>,
}

#[derive(Default)]
struct UnderWay {
    left: VecDeque<u64>,
    /// Values that arrived before their sender ran on and could say that they had left.
    early: usize,
}

impl Values {
    /// A send that had to wait has ended: its value left the sender's hand.
    pub(super) fn left(&mut self, task: u32, resource: u32, at: u64) {
        let values = self.under_way.entry((task, resource)).or_default();
        if values.early > 0 {
            values.early -= 1;
        } else {
            values.left.push_back(at);
        }
    }

    /// A value has arrived; the way that it came, if both ends have lanes.
    pub(super) fn arrow(
        &mut self,
        lanes: &mut Lanes<'_>,
        task: u32,
        resource: u32,
        from: u32,
        at_ns: u64,
    ) -> Option<Arrow> {
        let values = self.under_way.entry((from, resource)).or_default();
        let left_ns = values.left.pop_front();
        if left_ns.is_none() {
            values.early += 1;
        }
        Some(Arrow {
            from_lane: lanes.task(from)?,
            to_lane: lanes.task(task)?,
            left_ns,
            at_ns,
            label: lanes.resource_name(resource),
        })
    }

    pub(super) fn depth(
        &mut self,
        lanes: &mut Lanes<'_>,
        task: u32,
        resource: u32,
        at: u64,
        now: f64,
    ) {
        let counter = self.counter(lanes, resource);
        let before = counter.points.last().map_or(0.0, |point| point.1);
        counter.points.push((at, now));
        // Only a send that finds room makes it grow, and that is told by the sender.
        if now > before {
            let values = self.under_way.entry((task, resource)).or_default();
            values.left.push_back(at);
        }
    }

    pub(super) fn count(&mut self, recording: &Recording, counter: u32, at: u64, value: f64) {
        let label = || recording.labels.get(&counter).cloned();
        let new = || Counter {
            name: label().unwrap_or_else(|| format!("counter {counter}")),
            lane: None,
            limit: recording.limits.get(&counter).copied(),
            points: vec![(0, 0.0)],
        };
        let counter = self.counts.entry(counter).or_insert_with(new);
        if value.is_finite() {
            counter.points.push((at, value));
        }
    }

    fn counter(&mut self, lanes: &mut Lanes<'_>, resource: u32) -> &mut Counter {
        let lane = lanes.resource(resource);
        let capacity = lanes.known(resource).and_then(|known| known.capacity);
        self.depths.entry(resource).or_insert_with(|| Counter {
            name: format!("{} queued", lanes.resource_name(resource)),
            lane: Some(lane),
            limit: capacity.map(|capacity| capacity as f64),
            points: vec![(0, 0.0)],
        })
    }

    /// All counters, those of channels first.
    pub(super) fn counters(mut self, lanes: &mut Lanes<'_>) -> Vec<Counter> {
        // A channel that never holds anything says so with a flat line.
        for resource in lanes.channels() {
            self.counter(lanes, resource);
        }
        let depths = self.depths.into_values();
        depths.chain(self.counts.into_values()).collect()
    }
}
