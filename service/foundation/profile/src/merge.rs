//! Adding and subtracting profiles.

mod combine;
mod tables;

use crate::{Error, Label, LabelValue, Profile, Sample};

/// The label of samples that [`Profile::diff`] took from the base; its text is `true`. `go tool pprof` knows it.
pub const BASE_LABEL: &str = "pprof::base";

impl Profile {
    /// One profile of several, as `go tool pprof` makes it of several files: values of equal stacks with equal labels
    /// are added, what no sample refers to is left out, mappings of one object at different addresses are taken for
    /// one, values in different units of the same kind (`ms`, `ns`) turned into the finer one. The time is the
    /// earliest, the duration the sum, the period the largest; patterns are those of the first.
    ///
    /// Fails when there is none, or when they measure different things.
    pub fn merge(profiles: &[&Self]) -> Result<Self, Error> {
        combine::merge(profiles)
    }

    /// The profile without what no sample refers to, its equal samples added up, those without a value left out.
    pub fn compact(&self) -> Self {
        combine::add(&[self])
    }

    /// What is left when `base` is taken away: `-base` of `go tool pprof`. For a profile and an earlier one of
    /// counters that only grow. Equal stacks cancel out.
    pub fn subtract(&self, base: &Self) -> Result<Self, Error> {
        let mut base = base.compact();
        base.scale(-1.0);
        Self::merge(&[&self.compact(), &base])
    }

    /// The difference to `base`: `-diff_base` of `go tool pprof`. The base's samples are in it with negative values
    /// and the label [`BASE_LABEL`], so that percentages can be those of the base; see [`Profile::reference_total`].
    pub fn diff(&self, base: &Self) -> Result<Self, Error> {
        let mut base = base.compact();
        for sample in &mut base.samples {
            sample.labels.retain(|label| &*label.key != BASE_LABEL);
            sample.labels.push(Label {
                key: BASE_LABEL.into(),
                value: LabelValue::Text("true".into()),
            });
        }
        base.scale(-1.0);
        Self::merge(&[&self.compact(), &base])
    }

    /// The profile with its values scaled to the totals of `base`, so that a comparison shows shares rather than
    /// amounts: `-normalize` of `go tool pprof`, to be followed by [`Profile::diff`] or [`Profile::subtract`].
    pub fn normalized(&self, base: &Self) -> Result<Self, Error> {
        combine::same_types(self, base)?;
        let mut scaled = self.compact();
        let ratio = |index| match scaled.total(index) {
            0 => 0.0,
            total => base.total(index) as f64 / total as f64,
        };
        let ratios: Vec<f64> = (0..scaled.sample_types.len()).map(ratio).collect();
        scaled.scale_each(&ratios);
        Ok(scaled)
    }

    /// Multiplies all values, rounding to the nearest, and leaves out samples without a value.
    pub fn scale(&mut self, ratio: f64) {
        self.scale_each(&vec![ratio; self.sample_types.len()]);
    }

    /// Multiplies the values of each sample type by a ratio of its own, 1 where none is given.
    pub fn scale_each(&mut self, ratios: &[f64]) {
        for sample in &mut self.samples {
            for (value, ratio) in sample.values.iter_mut().zip(ratios) {
                *value = scaled(*value, *ratio);
            }
        }
        self.samples.retain(|sample| !is_zero(sample));
    }

    /// What 100 % stands for at `index`, as `go tool pprof` takes it: the sum of the amounts, signs left out, of the
    /// base's samples if there are any ([`Profile::diff`]), of all otherwise. It is taken before a filter is applied.
    pub fn reference_total(&self, index: usize) -> i64 {
        let amount = |sample: &Sample| sample.value(index).saturating_abs();
        let sum = |samples: &mut dyn Iterator<Item = &Sample>| {
            samples.fold(0_i64, |sum, sample| sum.saturating_add(amount(sample)))
        };
        match sum(&mut self.samples.iter().filter(|sample| sample.is_base())) {
            0 => sum(&mut self.samples.iter()),
            base => base,
        }
    }
}

impl Sample {
    /// Whether [`Profile::diff`] took the sample from the base.
    pub fn is_base(&self) -> bool {
        let base = |label: &Label| {
            &*label.key == BASE_LABEL
                && matches!(&label.value, LabelValue::Text(text) if &**text == "true")
        };
        self.labels.iter().any(base)
    }
}

/// Exact where nothing is scaled, however large the value.
fn scaled(value: i64, ratio: f64) -> i64 {
    match ratio {
        1.0 => value,
        -1.0 => value.saturating_neg(),
        ratio => (value as f64 * ratio).round() as i64,
    }
}

fn is_zero(sample: &Sample) -> bool {
    sample.values.iter().all(|value| *value == 0)
}
