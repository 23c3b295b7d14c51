//! Profiles that share what they refer to: names, places, stacks and labels are kept once, whichever profile they come
//! from. Of a program that does the same all day, each profile after the first adds little more than its numbers.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use cutaway_model::{At, Profile};
use profile::{Function, Label, LabelValue, Line, Location, Mapping, Sample, ValueType};

use super::known::{COUNTED, Known};
use super::moving::{Adding, Moving};

/// Profiles of one program, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Pool {
    types: Vec<ValueType>,
    texts: Known<Arc<str>>,
    functions: Known<Function>,
    locations: Known<Location>,
    mappings: Known<Mapping>,
    stacks: Known<Arc<[u32]>>,
    labels: Known<Arc<[Label]>>,
    kept: VecDeque<Kept>,
    /// How many were dropped since what nothing refers to was last given up.
    dropped: usize,
}

/// A profile without what it shares.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) since: At,
    pub(super) until: At,
    pub(super) period_type: Option<ValueType>,
    pub(super) period: i64,
    pub(super) time_nanos: i64,
    pub(super) duration_nanos: i64,
    pub(super) default_type: Option<String>,
    /// Each sample's stack and labels.
    pub(super) rows: Box<[(u32, u32)]>,
    /// Each sample's values, one sample's after the other's.
    pub(super) values: Box<[i64]>,
}

impl Pool {
    /// Adds a profile that covers the time from `since` to `until`. Whether the others are still there: profiles that
    /// measure something else are of another program, and a pool has one.
    pub(super) fn push(&mut self, since: At, until: At, profile: &Profile) -> bool {
        let same = self.kept.is_empty() || self.types == profile.sample_types;
        if !same {
            *self = Self::default();
        }
        if self.kept.is_empty() {
            self.types.clone_from(&profile.sample_types);
        }
        let kept = Adding::new(self, profile).kept(since, until);
        self.kept.push_back(kept);
        same
    }

    pub(super) fn kept(&self) -> &VecDeque<Kept> {
        &self.kept
    }

    /// Drops the oldest `count`.
    pub(super) fn drop_oldest(&mut self, count: usize) {
        self.kept.drain(..count.min(self.kept.len()));
        self.dropped += count;
        // Going through all that is left is worth it once as much was dropped.
        if self.dropped >= self.kept.len().max(8) {
            self.give_up_unused();
        }
    }

    /// How many bytes everything takes; rather more than that.
    pub(super) fn bytes(&self) -> usize {
        let kept = self.kept.iter().map(|kept| {
            size_of::<Kept>() + COUNTED + size_of_val(&*kept.rows) + size_of_val(&*kept.values)
        });
        kept.sum::<usize>()
            + self.texts.bytes()
            + self.functions.bytes()
            + self.locations.bytes()
            + self.mappings.bytes()
            + self.stacks.bytes()
            + self.labels.bytes()
    }

    /// One profile of several, whose places are given.
    pub(super) fn merged(&self, places: std::ops::Range<usize>) -> Profile {
        let stacks = self.stacks.list();
        let labels = self.labels.list();
        let chosen = || places.clone().filter_map(|place| self.kept.get(place));
        let mut sums: HashMap<(u32, u32), Vec<i64>> = HashMap::new();
        for kept in chosen() {
            let values = kept.values.chunks(self.types.len().max(1));
            for (row, values) in kept.rows.iter().zip(values) {
                let sum = sums.entry(*row).or_insert_with(|| vec![0; values.len()]);
                for (sum, value) in sum.iter_mut().zip(values) {
                    *sum = sum.saturating_add(*value);
                }
            }
        }
        let mut rows: Vec<_> = sums.into_iter().collect();
        rows.sort_unstable_by_key(|(row, _)| *row);
        let sample = |((stack, label), values): ((u32, u32), Vec<i64>)| Sample {
            locations: stacks[stack as usize].to_vec(),
            values,
            labels: labels[label as usize].to_vec(),
        };
        let first = chosen().next();
        let profile = Profile {
            sample_types: self.types.clone(),
            samples: rows.into_iter().map(sample).collect(),
            locations: self.locations.list().into_iter().cloned().collect(),
            functions: self.functions.list().into_iter().cloned().collect(),
            mappings: self.mappings.list().into_iter().cloned().collect(),
            period_type: first.and_then(|kept| kept.period_type.clone()),
            period: chosen().map(|kept| kept.period).max().unwrap_or(0),
            time_nanos: first.map_or(0, |kept| kept.time_nanos),
            duration_nanos: chosen()
                .map(|kept| kept.duration_nanos)
                .fold(0, i64::saturating_add),
            default_sample_type: first.and_then(|kept| kept.default_type.clone()),
            ..Profile::default()
        };
        // Only what these profiles refer to.
        profile.compact()
    }

    /// Gives up whatever no profile refers to.
    pub(super) fn give_up_unused(&mut self) {
        let old = std::mem::take(self);
        let (stacks, labels) = (old.stacks.list(), old.labels.list());
        let mut moving = Moving {
            moved: vec![None; old.locations.numbers.len()],
            locations: old.locations.list(),
            functions: old.functions.list(),
            mappings: old.mappings.list(),
            to: self,
        };
        let mut moved: HashMap<(bool, u32), u32> = HashMap::new();
        let mut kept_now = VecDeque::with_capacity(old.kept.len());
        for mut kept in old.kept {
            for (stack, label) in &mut kept.rows {
                *stack = *moved
                    .entry((true, *stack))
                    .or_insert_with(|| moving.stack(stacks[*stack as usize]));
                *label = *moved
                    .entry((false, *label))
                    .or_insert_with(|| moving.to.label(labels[*label as usize]));
            }
            kept_now.push_back(kept);
        }
        self.types = old.types;
        self.kept = kept_now;
    }

    fn text(&mut self, text: &Arc<str>) -> Arc<str> {
        let texts = &mut self.texts;
        if let Some((known, _)) = texts.numbers.get_key_value(text) {
            return Arc::clone(known);
        }
        texts.number(Arc::clone(text), |text| text.len() + COUNTED);
        Arc::clone(text)
    }

    pub(super) fn function(&mut self, function: &Function) -> u32 {
        let function = Function {
            name: self.text(&function.name),
            system_name: self.text(&function.system_name),
            filename: self.text(&function.filename),
            start_line: function.start_line,
        };
        self.functions.number(function, |_| 0)
    }

    pub(super) fn mapping(&mut self, mapping: &Mapping) -> u32 {
        self.mappings.number(mapping.clone(), |mapping| {
            mapping.filename.capacity() + mapping.build_id.capacity() + 2 * COUNTED
        })
    }

    pub(super) fn location(&mut self, location: Location) -> u32 {
        self.locations.number(location, |location| {
            location.lines.capacity() * size_of::<Line>() + COUNTED
        })
    }

    pub(super) fn stack(&mut self, stack: Vec<u32>) -> u32 {
        self.stacks
            .number(stack.into(), |stack| size_of_val(&**stack) + COUNTED)
    }

    pub(super) fn label(&mut self, labels: &[Label]) -> u32 {
        let shared = |label: &Label| Label {
            key: self.text(&label.key),
            value: match &label.value {
                LabelValue::Text(text) => LabelValue::Text(self.text(text)),
                LabelValue::Number(number, unit) => LabelValue::Number(*number, self.text(unit)),
            },
        };
        let labels: Arc<[Label]> = labels.iter().map(shared).collect();
        self.labels
            .number(labels, |labels| size_of_val(&**labels) + COUNTED)
    }
}
