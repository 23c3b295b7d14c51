use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use crate::read::Path;
use crate::var::{FUNC, Func, Stored, Var};
use crate::{About, Counter, Error, Family, Float, Gauge, Histogram, Series, Text, Variable, json};

/// Variables under one name: a nested object of the document.
///
/// Each method returns the variable of that name and makes it when there is none; it fails with
/// [`Error::Taken`] when the name holds another kind. Clones share the same variables.
///
/// ```
/// let vars = expvar::Registry::new();
/// let store = vars.map("store")?;
/// store.gauge("queue_depth")?.set(3);
/// store.text("path")?.set("sales.db");
/// assert_eq!(vars.to_json(), "{\n\"store\": {\"path\": \"sales.db\", \"queue_depth\": 3}\n}\n");
/// # Ok::<(), expvar::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Map {
    core: Arc<Core>,
}

#[derive(Default)]
struct Core {
    vars: RwLock<BTreeMap<Arc<str>, Var>>,
    /// By path from this map on.
    abouts: RwLock<Abouts>,
}

/// Descriptions by path.
type Abouts = BTreeMap<Path, Arc<About>>;

impl Map {
    /// The counter `name`.
    pub fn counter(&self, name: &str) -> Result<Counter, Error> {
        self.find_or(name, Counter::default)
    }

    /// The gauge `name`.
    pub fn gauge(&self, name: &str) -> Result<Gauge, Error> {
        self.find_or(name, Gauge::default)
    }

    /// The float `name`.
    pub fn float(&self, name: &str) -> Result<Float, Error> {
        self.find_or(name, Float::default)
    }

    /// The text `name`.
    pub fn text(&self, name: &str) -> Result<Text, Error> {
        self.find_or(name, Text::default)
    }

    /// The map `name`, nested in this one.
    pub fn map(&self, name: &str) -> Result<Map, Error> {
        self.find_or(name, Map::default)
    }

    /// The histogram `name`.
    pub fn histogram(&self, name: &str) -> Result<Histogram, Error> {
        self.find_or(name, Histogram::default)
    }

    /// The counters `name`, one for each set of values of `labels`.
    pub fn counters(&self, name: &str, labels: &[&str]) -> Result<Family<Counter>, Error> {
        self.family(name, labels)
    }

    /// The floats `name`, one for each set of values of `labels`.
    pub fn floats(&self, name: &str, labels: &[&str]) -> Result<Family<Float>, Error> {
        self.family(name, labels)
    }

    /// The gauges `name`, one for each set of values of `labels`.
    pub fn gauges(&self, name: &str, labels: &[&str]) -> Result<Family<Gauge>, Error> {
        self.family(name, labels)
    }

    /// The histograms `name`, one for each set of values of `labels`.
    pub fn histograms(&self, name: &str, labels: &[&str]) -> Result<Family<Histogram>, Error> {
        self.family(name, labels)
    }

    /// Publishes what `f` returns, asked anew for each document. The name must be free.
    ///
    /// `f` should be quick: the document waits for it. If it panics its value is `null`.
    pub fn func(
        &self,
        name: &str,
        f: impl Fn() -> serde_json::Value + Send + Sync + 'static,
    ) -> Result<(), Error> {
        let func: Arc<Func> = Arc::new(f);
        let mut vars = self
            .core
            .vars
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(var) = vars.get(name) {
            return Err(taken(name, var, FUNC));
        }
        vars.insert(name.into(), Var::Func(func));
        Ok(())
    }

    /// Says what a variable means; [`Registry::describe`](crate::Registry::describe) tells more. The path begins in this map.
    pub fn describe(&self, path: impl Into<Path>, about: impl Into<About>) {
        let mut abouts = self
            .core
            .abouts
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        abouts.insert(path.into(), Arc::new(about.into()));
    }

    /// Every variable in this map and those below it, sorted by path.
    pub(crate) fn list(&self) -> Vec<Variable> {
        let (mut abouts, mut found) = (Abouts::new(), Vec::new());
        self.walk(&mut Vec::new(), &mut abouts, &mut found);
        let variables = found.into_iter();
        variables
            .map(|(path, var)| {
                let inside = match var {
                    Var::Func(_) => below(&abouts, &path),
                    _ => vec![],
                };
                Variable {
                    about: abouts.get(&path).cloned(),
                    value: var.read(),
                    inside,
                    path,
                }
            })
            .collect()
    }

    /// Gathers variables and descriptions with their paths from the outermost map on. What a map says of its own
    /// variables counts more than what those around it say.
    fn walk(&self, keys: &mut Vec<Arc<str>>, abouts: &mut Abouts, found: &mut Vec<(Path, Var)>) {
        let own = self
            .core
            .abouts
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        for (path, about) in own.iter() {
            let path = keys.iter().chain(path.segments()).cloned();
            abouts.insert(Path::new(path), Arc::clone(about));
        }
        drop(own);
        for (name, var) in self.variables() {
            keys.push(name);
            match var {
                Var::Map(map) => map.walk(keys, abouts, found),
                var => found.push((Path::new(keys.iter().cloned()), var)),
            }
            keys.pop();
        }
    }

    /// The variables by name, in order. A copy: no lock is held while values are read, so that a
    /// published function may use the registry itself.
    pub(crate) fn variables(&self) -> Vec<(Arc<str>, Var)> {
        let vars = self
            .core
            .vars
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        vars.iter()
            .map(|(name, var)| (Arc::clone(name), var.clone()))
            .collect()
    }

    pub(crate) fn write_json(&self, out: &mut String) {
        json::object(out, self.variables(), |out, var| var.write_json(out));
    }

    fn family<T: Series>(&self, name: &str, labels: &[&str]) -> Result<Family<T>, Error>
    where
        Family<T>: Stored,
    {
        if labels.is_empty() {
            return Err(Error::NoLabels { name: name.into() });
        }
        let family = self.find_or(name, || Family::new(labels))?;
        if family
            .labels()
            .iter()
            .map(AsRef::as_ref)
            .ne(labels.iter().copied())
        {
            return Err(Error::OtherLabels {
                name: name.into(),
                holds: family.labels().iter().map(ToString::to_string).collect(),
                wanted: labels.iter().map(ToString::to_string).collect(),
            });
        }
        Ok(family)
    }

    fn find_or<T: Stored>(&self, name: &str, make: impl FnOnce() -> T) -> Result<T, Error> {
        let found = |var: &Var| {
            T::from_var(var)
                .cloned()
                .ok_or_else(|| taken(name, var, T::KIND))
        };
        if let Some(var) = self
            .core
            .vars
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
        {
            return found(var);
        }
        let mut vars = self
            .core
            .vars
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        found(vars.entry(name.into()).or_insert_with(|| make().into_var()))
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let variables = self.variables();
        f.debug_map()
            .entries(variables.iter().map(|(name, var)| (name, var.kind())))
            .finish()
    }
}

/// The descriptions of what is below `path`, by the path from there on.
fn below(abouts: &Abouts, path: &Path) -> Vec<(Path, Arc<About>)> {
    let above = path.segments();
    let from_here = abouts.range(path..);
    from_here
        .take_while(|(found, _)| found.segments().starts_with(above))
        .filter(|(found, _)| found.segments().len() > above.len())
        .map(|(found, about)| {
            let rest = found.segments()[above.len()..].iter().cloned();
            (Path::new(rest), Arc::clone(about))
        })
        .collect()
}

fn taken(name: &str, var: &Var, wanted: &'static str) -> Error {
    Error::Taken {
        name: name.into(),
        holds: var.kind(),
        wanted,
    }
}
