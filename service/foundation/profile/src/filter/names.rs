//! Filters by the names of functions, files and objects.

use regex::Regex;

use super::Filter;
use crate::{Line, Location, Profile, Sample};

/// `focus`, `ignore`, `hide` and `show`: done to locations, and what they mean for samples.
pub(super) struct Names {
    verdicts: Vec<Verdict>,
    /// Locations that no frame is left of.
    hidden: Vec<bool>,
    pub(super) focused: bool,
    pub(super) ignored: bool,
    pub(super) hid: bool,
    pub(super) shown: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Verdict {
    Neither,
    Focus,
    Ignore,
}

impl Names {
    pub(super) fn new(profile: &mut Profile, filter: &Filter) -> Self {
        let matches = |regex: &Option<Regex>| regex.as_ref().map(|r| Matches::new(profile, r));
        let (focus, ignore) = (matches(&filter.focus), matches(&filter.ignore));
        let (hide, show) = (matches(&filter.hide), matches(&filter.show));
        let mut names = Self {
            verdicts: Vec::with_capacity(profile.locations.len()),
            hidden: Vec::with_capacity(profile.locations.len()),
            focused: false,
            ignored: false,
            hid: false,
            shown: false,
        };
        for location in &mut profile.locations {
            let mut verdict = Verdict::Neither;
            if ignore
                .as_ref()
                .is_some_and(|ignore| ignore.location(location))
            {
                names.ignored = true;
                verdict = Verdict::Ignore;
            } else if focus.as_ref().is_none_or(|focus| focus.location(location)) {
                names.focused = true;
                verdict = Verdict::Focus;
            }
            names.verdicts.push(verdict);
            let mut hidden = false;
            if let Some(hide) = hide.as_ref().filter(|hide| hide.location(location)) {
                names.hid = true;
                let object = hide.object(location);
                location.lines.retain(|line| !object && !hide.line(line));
                hidden = location.lines.is_empty();
            }
            if let Some(show) = &show {
                let object = show.object(location);
                location.lines.retain(|line| object || show.line(line));
                hidden |= location.lines.is_empty();
                names.shown |= !location.lines.is_empty();
            }
            names.hidden.push(hidden);
        }
        names
    }

    /// Whether a sample is kept, with what is left of its stack.
    pub(super) fn sample(&self, sample: &mut Sample) -> bool {
        let verdict = |at: &u32| self.verdicts.get(*at as usize).copied();
        let has = |wanted| {
            sample
                .locations
                .iter()
                .any(|at| verdict(at) == Some(wanted))
        };
        if has(Verdict::Ignore) || !has(Verdict::Focus) {
            return false;
        }
        let hidden = |at: &u32| self.hidden.get(*at as usize).is_some_and(|hidden| *hidden);
        sample.locations.retain(|at| !hidden(at));
        !sample.locations.is_empty()
    }
}

/// `show_from`: done to locations, and which of them matched.
pub(super) struct ShowFrom(Vec<bool>);

impl ShowFrom {
    pub(super) fn new(profile: &mut Profile, regex: &Regex) -> Self {
        let matches = Matches::new(profile, regex);
        let cut = |location: &mut Location| {
            if matches.object(location) {
                return true;
            }
            let last = location.lines.iter().rposition(|line| matches.line(line));
            if let Some(last) = last {
                location.lines.truncate(last + 1);
            }
            last.is_some()
        };
        Self(profile.locations.iter_mut().map(cut).collect())
    }

    /// Whether any location matched.
    pub(super) fn matched(&self) -> bool {
        self.0.contains(&true)
    }

    /// Whether a sample is kept, with what is left of its stack.
    pub(super) fn sample(&self, sample: &mut Sample) -> bool {
        let matched = |at: &u32| self.0.get(*at as usize).is_some_and(|matched| *matched);
        let root = sample.locations.iter().rposition(matched);
        sample.locations.truncate(root.map_or(0, |root| root + 1));
        root.is_some()
    }
}

/// What an expression matches, each name asked for once.
struct Matches {
    functions: Vec<bool>,
    mappings: Vec<bool>,
}

impl Matches {
    fn new(profile: &Profile, regex: &Regex) -> Self {
        let functions = profile.functions.iter();
        let mappings = profile.mappings.iter();
        Self {
            functions: functions
                .map(|f| regex.is_match(&f.name) || regex.is_match(&f.filename))
                .collect(),
            mappings: mappings.map(|m| regex.is_match(&m.filename)).collect(),
        }
    }

    fn line(&self, line: &Line) -> bool {
        self.functions
            .get(line.function as usize)
            .is_some_and(|matches| *matches)
    }

    fn object(&self, location: &Location) -> bool {
        let mapping = location
            .mapping
            .and_then(|at| self.mappings.get(at as usize));
        mapping.is_some_and(|matches| *matches)
    }

    fn location(&self, location: &Location) -> bool {
        location.lines.iter().any(|line| self.line(line)) || self.object(location)
    }
}
