//! From counted stacks to a profile in the shape of Go's.

use profile::{Label, LabelValue, Profile, Sample, ValueType};

use super::drain::{Stack, Stacks};
use crate::symbolize;

/// `period` is the CPU time that a sample stands for, in nanoseconds.
pub(super) fn profile(stacks: Stacks, period: i64) -> Profile {
    let Stacks { counts, maps, .. } = stacks;
    let addresses = counts.keys().flat_map(|stack| stack.addresses.iter());
    let places = symbolize::places(&maps, addresses.copied());
    let mut counts: Vec<(Stack, u64)> = counts.into_iter().collect();
    counts.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let sample = |(stack, count): &(Stack, u64)| {
        let count = i64::try_from(*count).unwrap_or(i64::MAX);
        Sample {
            locations: places.stack(&stack.addresses),
            values: vec![count, count.saturating_mul(period)],
            labels: vec![thread(stack)],
        }
    };
    let samples = counts.iter().map(sample).collect();
    let cpu = ValueType::new("cpu", "nanoseconds");
    Profile {
        sample_types: vec![ValueType::new("samples", "count"), cpu.clone()],
        samples,
        period_type: Some(cpu),
        period,
        ..places.into_profile()
    }
}

fn thread(stack: &Stack) -> Label {
    let name = String::from_utf8_lossy(&stack.thread);
    Label {
        key: "thread".into(),
        value: LabelValue::Text(name.trim_end_matches('\0').into()),
    }
}
