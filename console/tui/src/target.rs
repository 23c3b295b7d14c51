//! One target: the contact with it and all its variables.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use cutaway_model::{
    At, Endpoints, Kind, Path, Pod, ProfileKind, Source, TargetInfo, Values, sanitize,
};
use expvar::read::guess_kind;

use crate::facts::{Facts, members};
use crate::health::{Contact, Health, Trouble};
use crate::lints::Lints;
use crate::ring::Ring;
use crate::variable::{Variable, number};
use crate::vitals::{self, Vitals};

/// A target being watched.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) info: TargetInfo,
    pub(crate) contact: Contact,
    pub(crate) variables: BTreeMap<Path, Variable>,
    /// Variables of the newest readings that there was no room for.
    overflow: BTreeMap<Source, usize>,
    /// When it last started again, and how that was noticed.
    pub(crate) restarted: Option<(At, String)>,
    /// The profiles it says it has; `None` until it was asked.
    pub(crate) profiles: Option<Vec<ProfileKind>>,
    /// Its key numbers.
    pub(crate) vitals: Vitals,
    /// Which of its variables say what about its runtime.
    pub(crate) facts: Facts,
    /// What looks wrong with it.
    pub(crate) lints: Lints,
    /// Its newest CPU profiles.
    pub(crate) ring: Ring,
    /// Changes whenever variables come or go.
    pub(crate) shape: u64,
    readings: u64,
}

/// Strangers' text made safe for a terminal.
fn harmless(info: &TargetInfo) -> TargetInfo {
    let clean = |text: &str| sanitize(text).into_owned();
    let pod = info.pod.as_deref().map(|pod| Pod {
        namespace: clean(&pod.namespace),
        name: clean(&pod.name),
        node: clean(&pod.node),
        restarts: pod.restarts,
        version: clean(&pod.version),
    });
    TargetInfo {
        id: info.id,
        name: clean(&info.name),
        url: clean(&info.url),
        pod: pod.map(Arc::new),
    }
}

/// A reading as it arrives.
pub(crate) struct Reading<'a> {
    pub(crate) at: At,
    pub(crate) took: Duration,
    pub(crate) source: Source,
    pub(crate) values: &'a Values,
    pub(crate) kinds: &'a HashMap<Path, Kind>,
    pub(crate) warnings: usize,
}

/// How much of a target is kept.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Limits {
    /// Variables.
    pub(crate) variables: usize,
    /// Entries of each variable's history.
    pub(crate) history: usize,
    /// Time between two readings.
    pub(crate) interval: Duration,
}

impl Target {
    pub(crate) fn new(info: &TargetInfo) -> Self {
        Self {
            info: harmless(info),
            contact: Contact::default(),
            variables: BTreeMap::new(),
            overflow: BTreeMap::new(),
            restarted: None,
            profiles: None,
            vitals: Vitals::default(),
            facts: Facts::default(),
            lints: Lints::default(),
            ring: Ring::default(),
            shape: 0,
            readings: 0,
        }
    }

    /// Takes in what else is known of it now: the node of a pod, how often it was started again.
    pub(crate) fn known_as(&mut self, info: &TargetInfo) {
        self.info = harmless(info);
    }

    /// What it says about its version, else what its pod says; empty if nobody says anything.
    pub(crate) fn version(&self) -> String {
        let commit = self.text("build.commit");
        let commit = commit.map(|commit| commit.chars().take(7).collect::<String>());
        let told = self
            .text("build.version")
            .or_else(|| self.labelled_version());
        match (told, commit) {
            (Some(version), Some(commit)) => format!("{version} {commit}"),
            (Some(told), None) | (None, Some(told)) => told,
            (None, None) => self
                .info
                .pod
                .as_ref()
                .map_or_else(String::new, |pod| pod.version.clone()),
        }
    }

    /// What metrics text says about it: `build_info{version="1.2"}`.
    fn labelled_version(&self) -> Option<String> {
        let info = Path::from("build_info");
        let (labels, _) = members(&self.variables, &info).next()?;
        let (_, rest) = labels.name().split_once("version=\"")?;
        let version = rest
            .split('"')
            .next()
            .filter(|version| !version.is_empty())?;
        Some(sanitize(version).into_owned())
    }

    /// Takes in a reading: values into histories, gaps where one is missing.
    pub(crate) fn sampled(&mut self, reading: &Reading<'_>, limits: Limits, held: bool) {
        self.note_silence(reading, limits.interval);
        self.readings += 1;
        let mut left_out = 0;
        for (path, value) in reading.values.iter() {
            let declared = reading.kinds.get(path).copied();
            if !self.make_room(path, limits.variables) {
                left_out += 1;
                continue;
            }
            let shape = &mut self.shape;
            let variable = self.variables.entry(path.clone()).or_insert_with(|| {
                *shape += 1;
                let kind = declared.unwrap_or_else(|| guess_kind(path, value));
                let mut variable =
                    Variable::new(path, reading.source, kind, value.clone(), limits.history);
                variable.hold(held);
                variable
            });
            variable.take(reading.at, value, declared.is_some());
            variable.seen = self.readings;
        }
        self.note_missing(reading.source, reading.at);
        self.overflow.insert(reading.source, left_out);
        self.contact
            .succeeded(reading.source, reading.at, reading.took, reading.warnings);
        vitals::refresh(self, reading.source, reading.at, limits.history);
        if self.facts.refresh(&self.variables, self.shape) {
            self.lints.look_around(&self.variables);
        }
        let offered = self.profiles.as_deref().unwrap_or_default();
        self.lints
            .judge(&self.variables, &self.facts, offered, reading.at);
    }

    pub(crate) fn failed(&mut self, at: At, source: Option<Source>, trouble: Trouble) {
        self.each_series(source, |series| series.gap(at));
        self.contact.failed(source, trouble);
    }

    pub(crate) fn restarted(&mut self, at: At, why: &str) {
        self.each_series(None, |series| series.reset(at));
        self.lints.restart();
        self.restarted = Some((at, sanitize(why).into_owned()));
    }

    pub(crate) fn serves(&mut self, endpoints: &Endpoints) {
        self.contact.keep(&endpoints.sources);
        self.profiles = Some(endpoints.profiles.clone());
    }

    /// Whether it has a profile of this kind, as far as is known.
    pub(crate) fn offers(&self, kind: ProfileKind) -> bool {
        self.profiles
            .as_ref()
            .is_none_or(|offered| offered.contains(&kind))
    }

    /// Which program it runs, if it says so: the build's name, or that of the file that was started.
    pub(crate) fn program(&self) -> Option<String> {
        let started = || {
            let variable = self.variables.get(&Path::from("cmdline"))?;
            let cutaway_model::Scalar::Array(words) = variable.value() else {
                return None;
            };
            let file = words.first()?.as_str()?;
            Some(file.rsplit('/').next().unwrap_or(file).to_owned())
        };
        self.text("build.name").or_else(started)
    }

    pub(crate) fn hold(&mut self, held: bool) {
        self.variables
            .values_mut()
            .for_each(|variable| variable.hold(held));
    }

    pub(crate) fn health(&self, now: At, interval: Duration) -> Health {
        self.contact.health(now, interval)
    }

    /// How many variables there was no room for.
    pub(crate) fn left_out(&self) -> usize {
        self.overflow.values().sum()
    }

    /// A number by its dotted name.
    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        self.variables
            .get(&Path::from(name))
            .and_then(Variable::number)
    }

    /// A text by its dotted name.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        let variable = self.variables.get(&Path::from(name))?;
        variable
            .value()
            .as_str()
            .map(|text| sanitize(text).into_owned())
    }

    /// Marks the time without readings, when there was more of it than there should have been: nothing is known of it.
    fn note_silence(&mut self, reading: &Reading<'_>, interval: Duration) {
        let patience = self.contact.patience(interval);
        let Some(last) = self.contact.last(reading.source) else {
            return;
        };
        if reading.at.saturating_sub(last) > patience + interval {
            self.each_series(Some(reading.source), |series| series.gap(last + interval));
        }
    }

    fn note_missing(&mut self, source: Source, at: At) {
        for variable in self
            .variables
            .values_mut()
            .filter(|variable| variable.source == source)
        {
            if variable.seen != self.readings && variable.present {
                variable.present = false;
                variable.series.gap(at);
            }
        }
    }

    /// Whether `path` is there or may be added; when all places are taken, one that is no longer in use is given up.
    fn make_room(&mut self, path: &Path, limit: usize) -> bool {
        if self.variables.len() < limit || self.variables.contains_key(path) {
            return true;
        }
        let unused = self
            .variables
            .iter()
            .find(|(_, variable)| !variable.present)
            .map(|(path, _)| path.clone());
        unused.is_some_and(|path| self.variables.remove(&path).is_some())
    }

    fn each_series(
        &mut self,
        source: Option<Source>,
        mut change: impl FnMut(&mut cutaway_model::Series),
    ) {
        let of_source = |variable: &Source| source.is_none_or(|source| source == *variable);
        let variables = self
            .variables
            .values_mut()
            .filter(|variable| of_source(&variable.source));
        variables
            .filter(|variable| number(variable.value()).is_some())
            .for_each(|variable| change(&mut variable.series));
        self.vitals
            .list
            .iter_mut()
            .filter(|vital| of_source(&vital.source))
            .for_each(|vital| change(&mut vital.series));
    }
}
