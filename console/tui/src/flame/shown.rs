//! Which profiles are looked at, and which they are compared with.

use std::sync::Arc;

use cutaway_model::Profile;

/// Profiles to be added up, and those of the base to be taken away; the base is empty where nothing is compared.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shown {
    pub(crate) now: Vec<Part>,
    pub(crate) base: Vec<Part>,
}

/// A profile, and which of its values are shown.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) profile: Arc<Profile>,
    /// Index in the profile's sample types.
    pub(crate) index: usize,
}

impl Shown {
    /// Profiles with the sample type of that name, or each with its default.
    #[cfg(test)]
    pub(crate) fn of(now: &[Arc<Profile>], sample_type: Option<&str>) -> Self {
        Self {
            now: parts(now, sample_type),
            base: Vec::new(),
        }
    }

    /// How many samples they have.
    pub(crate) fn samples(&self) -> usize {
        self.parts()
            .map(|part| part.profile.samples.len())
            .fold(0, usize::saturating_add)
    }

    /// All of them.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &Part> {
        self.now.iter().chain(&self.base)
    }
}

/// The parts of profiles, each with the sample type of that name or with its default.
pub(crate) fn parts(profiles: &[Arc<Profile>], sample_type: Option<&str>) -> Vec<Part> {
    let part = |profile: &Arc<Profile>| Part {
        profile: Arc::clone(profile),
        index: index_of(profile, sample_type),
    };
    profiles.iter().map(part).collect()
}

/// The index of the sample type of that name, or of the default one.
pub(crate) fn index_of(profile: &Profile, chosen: Option<&str>) -> usize {
    let types = &profile.sample_types;
    let chosen = chosen.and_then(|chosen| types.iter().position(|of| of.kind == chosen));
    chosen.unwrap_or_else(|| profile.default_index())
}
