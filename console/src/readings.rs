//! What is known of each target: its values, those before, and how it does.

use std::collections::HashMap;
use std::time::Duration;

use cutaway_model::{
    At, Cause, Message, Number, Path, Scalar, Source, TargetId, TargetInfo, Values,
};

use crate::expr::Scope;
use crate::lines;
use crate::vars::Var;

/// One target.
#[derive(Debug, Default)]
pub(crate) struct Readings {
    /// Its number.
    pub(crate) id: TargetId,
    /// Its name.
    pub(crate) name: String,
    /// What fails at present.
    failures: Vec<(Option<Source>, String)>,
    now: Vec<Reading>,
    before: Vec<Reading>,
    /// Whether anything was heard of it.
    pub(crate) known: bool,
    /// Why it does not run, if it is not meant to: not yet, or not any more.
    pub(crate) absent: Option<String>,
}

#[derive(Clone, Debug)]
struct Reading {
    source: Source,
    at: At,
    values: Values,
}

impl Readings {
    pub(crate) fn new(info: &TargetInfo) -> Self {
        Self {
            id: info.id,
            name: info.name.clone(),
            ..Self::default()
        }
    }

    /// Those of a new list: what is known of targets that were in the one before stays.
    pub(crate) fn list(targets: &mut Vec<Self>, infos: &[TargetInfo]) {
        let before = std::mem::take(targets);
        let mut before: HashMap<TargetId, Self> =
            before.into_iter().map(|of| (of.id, of)).collect();
        let of = |info: &TargetInfo| before.remove(&info.id).unwrap_or_else(|| Self::new(info));
        *targets = infos.iter().map(of).collect();
    }

    /// Notes a message about this target.
    pub(crate) fn take(&mut self, message: &Message) {
        match message {
            Message::Sample {
                source, at, values, ..
            } => {
                let reading = Reading {
                    source: *source,
                    at: *at,
                    values: values.clone(),
                };
                (self.known, self.absent) = (true, None);
                self.failures
                    .retain(|(of, _)| of.is_some_and(|of| of != *source));
                let old = self.now.iter().position(|of| of.source == *source);
                if let Some(old) = old.map(|old| self.now.swap_remove(old)) {
                    self.before.retain(|of| of.source != *source);
                    self.before.push(old);
                }
                self.now.push(reading);
                self.now.sort_by_key(|of| of.source);
            }
            Message::Failed {
                cause: cause @ (Cause::Starting(_) | Cause::Gone(_)),
                ..
            } => (self.known, self.absent) = (true, Some(cause.to_string())),
            Message::Failed { source, cause, .. } => {
                (self.known, self.absent) = (true, None);
                self.failures.retain(|(of, _)| of != source);
                self.failures
                    .push((*source, lines::describe(*source, cause)));
            }
            // What another process counted says nothing about this one's rates.
            Message::Restarted { .. } => {
                self.before.clear();
                self.now.clear();
            }
            _ => {}
        }
    }

    /// What fails, if anything does.
    pub(crate) fn failure(&self) -> Option<&str> {
        self.failures.first().map(|(_, why)| why.as_str())
    }

    /// All values, or those of `vars`: their names and values, those not there left out. A variable that ends in `.rate`
    /// and is not there itself is the growth per second of the one before the ending.
    pub(crate) fn values(&self, vars: &[Var]) -> Vec<(String, Scalar)> {
        if vars.is_empty() {
            let all = self.now.iter().flat_map(|of| of.values.iter());
            return all
                .map(|(path, value)| (path.to_string(), value.clone()))
                .collect();
        }
        let value = |var: &Var| Some((var.path.to_string(), self.value(&var.path)?));
        vars.iter().filter_map(value).collect()
    }

    /// The values with their sources, for a document.
    pub(crate) fn sources(&self) -> impl Iterator<Item = (Source, &Values)> {
        self.now.iter().map(|of| (of.source, &of.values))
    }

    fn value(&self, path: &Path) -> Option<Scalar> {
        let mut sources = self.now.iter();
        let found = sources.find_map(|of| find(&of.values, path).cloned());
        found.or_else(|| Some(Scalar::Number(Number::F64(self.rate(path)?))))
    }

    /// The growth per second of `name` for the path `name.rate`. A counter that fell began again at zero.
    fn rate(&self, path: &Path) -> Option<f64> {
        let (last, of) = path.segments().split_last()?;
        if &**last != "rate" || of.is_empty() {
            return None;
        }
        let of = Path::new(of.iter().cloned());
        let now = self
            .now
            .iter()
            .find(|now| find(&now.values, &of).is_some())?;
        let before = self.before.iter().find(|old| old.source == now.source)?;
        let [new, old] = [now, before].map(|reading| find(&reading.values, &of));
        let (new, old) = (new?.as_f64()?, old?.as_f64()?);
        let grown = if new < old { new } else { new - old };
        let time = now.at.saturating_sub(before.at);
        (time > Duration::ZERO).then(|| grown / time.as_secs_f64())
    }
}

/// A target as `--fail-if` sees it: its variables, `name.rate`, and `up`, which is 1 while nothing of it fails.
impl Scope for Readings {
    fn name(&self, name: &str) -> Result<f64, String> {
        let path = Path::from(name);
        match self.value(&path) {
            Some(value) => value
                .as_f64()
                .or(match value {
                    Scalar::Bool(flag) => Some(f64::from(u8::from(flag))),
                    _ => None,
                })
                .ok_or_else(|| format!("{name} of {} is no number", self.name)),
            None if name == "up" => Ok(f64::from(u8::from(self.failures.is_empty()))),
            None => Err(format!("{} has no {name}", self.name)),
        }
    }
}

/// The target that a message is about.
pub(crate) fn target_of(message: &Message) -> Option<TargetId> {
    match message {
        Message::Sample { target, .. }
        | Message::Failed { target, .. }
        | Message::Restarted { target, .. } => Some(*target),
        _ => None,
    }
}

fn find<'a>(values: &'a Values, path: &Path) -> Option<&'a Scalar> {
    let at = values.binary_search_by(|(known, _)| known.cmp(path)).ok()?;
    Some(&values[at].1)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn shop() -> Readings {
        Readings::new(&TargetInfo {
            id: TargetId(0),
            name: "shop".to_owned(),
            url: String::new(),
            pod: None,
        })
    }

    fn sample(second: u64, hits: u64) -> Message {
        let number = |value| Scalar::Number(Number::U64(value));
        Message::Sample {
            target: TargetId(0),
            at: Duration::from_secs(second),
            took: Duration::ZERO,
            source: Source::Expvar,
            values: Arc::new(vec![
                ("hits".into(), number(hits)),
                ("ok".into(), Scalar::Bool(true)),
            ]),
            kinds: Arc::new(HashMap::new()),
            warnings: 0,
        }
    }

    #[test]
    fn rates_are_growth_over_time() {
        let mut readings = shop();
        readings.take(&sample(1, 10));
        assert_eq!(readings.name("hits"), Ok(10.0));
        assert_eq!(readings.name("ok"), Ok(1.0));
        assert!(readings.name("hits.rate").is_err());
        readings.take(&sample(3, 30));
        assert_eq!(readings.name("hits.rate"), Ok(10.0));
        // It began again.
        readings.take(&sample(5, 8));
        assert_eq!(readings.name("hits.rate"), Ok(4.0));
        assert_eq!(
            readings.name("none.rate"),
            Err("shop has no none.rate".to_owned())
        );
        assert_eq!(readings.name("up"), Ok(1.0));
    }

    #[test]
    fn failures_are_known_by_their_source() {
        let mut readings = shop();
        let failed = |source| Message::Failed {
            target: TargetId(0),
            at: Duration::ZERO,
            source,
            cause: cutaway_model::Cause::Refused,
            failures: 1,
            retry_in: Duration::ZERO,
        };
        readings.take(&failed(Some(Source::Prometheus)));
        readings.take(&sample(1, 1));
        assert_eq!(readings.failure(), Some("prometheus: refused"));
        assert_eq!(readings.name("up"), Ok(0.0));
        readings.take(&failed(None));
        readings.take(&sample(1, 1));
        assert_eq!(readings.failure(), Some("prometheus: refused"));
    }

    #[test]
    fn what_does_not_run_and_is_not_meant_to_is_absent() {
        let mut readings = shop();
        let failed = |cause| Message::Failed {
            target: TargetId(0),
            at: Duration::ZERO,
            source: None,
            cause,
            failures: 1,
            retry_in: Duration::ZERO,
        };
        readings.take(&failed(Cause::Starting("PodInitializing".to_owned())));
        assert_eq!(
            readings.absent.as_deref(),
            Some("starting: PodInitializing")
        );
        assert!(readings.known && readings.failure().is_none());
        readings.take(&sample(1, 1));
        assert_eq!(readings.absent, None);
        readings.take(&failed(Cause::Gone("the pod was deleted".to_owned())));
        assert!(readings.absent.is_some());
        readings.take(&failed(Cause::Refused));
        assert_eq!(readings.absent, None);
    }
}
