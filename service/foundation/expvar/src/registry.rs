use std::sync::LazyLock;

use crate::read::Path;
use crate::{About, Counter, Error, Family, Float, Gauge, Histogram, Map, Text, Variable, json};

/// The variables of a program, or of a part of it.
///
/// Each method returns the variable of that name and makes it when there is none; it fails with
/// [`Error::Taken`] when the name holds another kind. Clones share the same variables.
#[derive(Debug, Clone, Default)]
pub struct Registry {
    root: Map,
}

impl Registry {
    /// A registry of its own, empty.
    pub fn new() -> Self {
        Self::default()
    }

    /// The registry for code that cannot be handed one. Nothing is put in it unasked.
    pub fn global() -> &'static Registry {
        static GLOBAL: LazyLock<Registry> = LazyLock::new(Registry::new);
        &GLOBAL
    }

    /// The document as Go's `/debug/vars` gives it (see [the document](crate#the-document)).
    ///
    /// Values are read one after the other while the program runs on: the document is not a
    /// snapshot of one moment.
    pub fn to_json(&self) -> String {
        let mut out = String::from("{\n");
        let mut separator = "";
        for (name, var) in self.root.variables() {
            out.push_str(separator);
            separator = ",\n";
            json::string(&mut out, &name);
            out.push_str(": ");
            var.write_json(&mut out);
        }
        out.push_str("\n}\n");
        out
    }

    /// The counter `name`.
    pub fn counter(&self, name: &str) -> Result<Counter, Error> {
        self.root.counter(name)
    }

    /// The gauge `name`.
    pub fn gauge(&self, name: &str) -> Result<Gauge, Error> {
        self.root.gauge(name)
    }

    /// The float `name`.
    pub fn float(&self, name: &str) -> Result<Float, Error> {
        self.root.float(name)
    }

    /// The text `name`.
    pub fn text(&self, name: &str) -> Result<Text, Error> {
        self.root.text(name)
    }

    /// The map `name`: an object of the document, with variables of its own.
    pub fn map(&self, name: &str) -> Result<Map, Error> {
        self.root.map(name)
    }

    /// The histogram `name`.
    pub fn histogram(&self, name: &str) -> Result<Histogram, Error> {
        self.root.histogram(name)
    }

    /// The counters `name`, one for each set of values of `labels` (their names, at least one).
    pub fn counters(&self, name: &str, labels: &[&str]) -> Result<Family<Counter>, Error> {
        self.root.counters(name, labels)
    }

    /// The floats `name`, one for each set of values of `labels` (their names, at least one).
    pub fn floats(&self, name: &str, labels: &[&str]) -> Result<Family<Float>, Error> {
        self.root.floats(name, labels)
    }

    /// The gauges `name`, one for each set of values of `labels` (their names, at least one).
    pub fn gauges(&self, name: &str, labels: &[&str]) -> Result<Family<Gauge>, Error> {
        self.root.gauges(name, labels)
    }

    /// The histograms `name`, one for each set of values of `labels` (their names, at least one).
    pub fn histograms(&self, name: &str, labels: &[&str]) -> Result<Family<Histogram>, Error> {
        self.root.histograms(name, labels)
    }

    /// Publishes what `f` returns, asked anew for each document. The name must be free.
    ///
    /// `f` should be quick: the document waits for it. If it panics its value is `null`.
    ///
    /// ```
    /// let vars = expvar::Registry::new();
    /// vars.func("answer", || 42.into())?;
    /// assert_eq!(vars.to_json(), "{\n\"answer\": 42\n}\n");
    /// # Ok::<(), expvar::Error>(())
    /// ```
    pub fn func(
        &self,
        name: &str,
        f: impl Fn() -> serde_json::Value + Send + Sync + 'static,
    ) -> Result<(), Error> {
        self.root.func(name, f)
    }

    /// Says what a variable means, before it is published or after; a second description replaces the first.
    ///
    /// The path is written with dots: `store.commits` is `commits` in the map `store`, and what a function returns can
    /// be described in the same way, member by member. (A dot in a name is written `\.`, see [`Path`].)
    pub fn describe(&self, path: impl Into<Path>, about: impl Into<About>) {
        self.root.describe(path, about);
    }

    /// Every variable with its value and its description, sorted by path: for those who show them in another form
    /// than [`to_json`](Self::to_json). Maps appear by what is in them.
    pub fn variables(&self) -> Vec<Variable> {
        self.root.list()
    }
}
