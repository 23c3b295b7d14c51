//! The order of stacks: by the names of their frames, the outermost first.

use std::cmp::Ordering;

use super::grow::{Entry, RUN};

/// The order of steps: by the names of their frames, of which each has a number of its own.
pub(super) struct Order {
    of_calls: Vec<u32>,
    of_runs: u32,
}

/// So few stacks are compared with each other; of more, two steps at a time.
const FEW: usize = 12;

impl Order {
    /// With the ranks of calls, and that of all runs.
    pub(super) fn new(of_calls: Vec<u32>, of_runs: u32) -> Self {
        Self { of_calls, of_runs }
    }

    /// The stacks in their order.
    pub(super) fn sorted(&self, steps: &[u32], entries: &[Entry]) -> Vec<Entry> {
        let stack = |(_, at): &(u64, u32)| {
            let entry = &entries[*at as usize];
            &steps[entry.start..entry.end]
        };
        let mut keyed: Vec<(u64, u32)> = (0..entries.len() as u32).map(|at| (0, at)).collect();
        // Stacks that agree in the steps before `depth`, which begin at a place in the list. They share most of their
        // beginnings: to compare whole stacks would be to read those again and again.
        let mut todo = vec![(0..keyed.len(), 0)];
        while let Some((range, depth)) = todo.pop() {
            let alike = &mut keyed[range.clone()];
            if alike.len() <= FEW {
                alike.sort_unstable_by(|a, b| self.compare(&stack(a)[depth..], &stack(b)[depth..]));
                continue;
            }
            for of in alike.iter_mut() {
                of.0 = self.key(&stack(of)[depth..]);
            }
            alike.sort_unstable_by_key(|(key, _)| *key);
            let mut start = range.start;
            for same in alike.chunk_by(|a, b| a.0 == b.0) {
                let end = start + same.len();
                // Where both steps are there, there may be more.
                if same.len() > 1 && same[0].0 & u64::from(u32::MAX) != 0 {
                    todo.push((start..end, depth + 2));
                }
                start = end;
            }
        }
        let sorted = keyed.iter().map(|(_, at)| entries[*at as usize]);
        sorted.collect()
    }

    /// How many steps two stacks have in common at their beginnings.
    pub(super) fn common(&self, a: &[u32], b: &[u32]) -> usize {
        let same = |(a, b): &(&u32, &u32)| a == b || self.rank(**a) == self.rank(**b);
        a.iter().zip(b).take_while(same).count()
    }

    /// The first two steps as a number of the same order; a step that is not there is 0.
    fn key(&self, stack: &[u32]) -> u64 {
        let part = |at: usize| {
            stack
                .get(at)
                .map_or(0, |step| u64::from(self.rank(*step)) + 1)
        };
        part(0) << 32 | part(1)
    }

    fn compare(&self, a: &[u32], b: &[u32]) -> Ordering {
        let common = self.common(a, b);
        match (a.get(common), b.get(common)) {
            (Some(a), Some(b)) => self.rank(*a).cmp(&self.rank(*b)),
            _ => a.len().cmp(&b.len()),
        }
    }

    fn rank(&self, step: u32) -> u32 {
        if step & RUN == 0 {
            self.of_calls[step as usize]
        } else {
            self.of_runs
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::grow::Amount;
    use super::*;

    #[test]
    fn stacks_are_in_the_order_of_their_ranks() {
        // Of eight calls, two have the same name; runs come before all others but one.
        let order = Order::new(vec![5, 3, 3, 7, 0, 6, 2, 4], 1);
        let mut seed = 7_u64;
        let mut random = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) % below
        };
        let (mut steps, mut entries) = (Vec::new(), Vec::new());
        for _ in 0..3_000 {
            let start = steps.len();
            for _ in 0..random(9) {
                let step = random(9) as u32;
                // Many share their beginnings.
                let step = if steps.len() - start < 3 {
                    step % 2
                } else {
                    step
                };
                steps.push(if step == 8 { RUN | 3 } else { step });
            }
            let amount = Amount {
                value: 1,
                base: false,
            };
            let end = steps.len();
            entries.push(Entry { start, end, amount });
        }
        let ranks = |entry: &Entry| -> Vec<u32> {
            let stack = steps[entry.start..entry.end].iter();
            stack.map(|step| order.rank(*step)).collect()
        };
        let mut expected: Vec<Vec<u32>> = entries.iter().map(ranks).collect();
        expected.sort();
        let sorted: Vec<Vec<u32>> = order.sorted(&steps, &entries).iter().map(ranks).collect();
        assert!(sorted == expected);
    }
}
