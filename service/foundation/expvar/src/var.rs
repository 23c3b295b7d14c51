use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;

use crate::{Counter, Family, Float, Gauge, Histogram, Map, Series as _, Text, Value, json};

/// A published variable, whatever its kind.
#[derive(Clone)]
pub(crate) enum Var {
    Counter(Counter),
    Gauge(Gauge),
    Float(Float),
    Text(Text),
    Map(Map),
    Histogram(Histogram),
    Counters(Family<Counter>),
    Floats(Family<Float>),
    Gauges(Family<Gauge>),
    Histograms(Family<Histogram>),
    Func(Arc<Func>),
}

/// A function that gives the variable's value each time the document is written.
pub(crate) type Func = dyn Fn() -> serde_json::Value + Send + Sync;

impl Var {
    pub(crate) fn write_json(&self, out: &mut String) {
        match self {
            Var::Counter(counter) => json::display(out, counter.value()),
            Var::Gauge(gauge) => json::display(out, gauge.value()),
            Var::Float(float) => json::float(out, float.value()),
            Var::Text(text) => json::string(out, &text.get()),
            Var::Map(map) => map.write_json(out),
            Var::Histogram(histogram) => histogram.write_json(out),
            Var::Counters(family) => family.write_json(out),
            Var::Floats(family) => family.write_json(out),
            Var::Gauges(family) => family.write_json(out),
            Var::Histograms(family) => family.write_json(out),
            Var::Func(func) => json::display(out, call(func.as_ref())),
        }
    }

    /// The value now. A map, which is no variable of its own, has none but an empty object.
    pub(crate) fn read(&self) -> Value {
        match self {
            Var::Counter(counter) => counter.read(),
            Var::Gauge(gauge) => gauge.read(),
            Var::Float(float) => float.read(),
            Var::Text(text) => Value::Text(text.get()),
            Var::Map(_) => Value::Json(serde_json::json!({})),
            Var::Histogram(histogram) => histogram.read(),
            Var::Counters(family) => family.read(),
            Var::Floats(family) => family.read(),
            Var::Gauges(family) => family.read(),
            Var::Histograms(family) => family.read(),
            Var::Func(func) => Value::Json(call(func.as_ref())),
        }
    }

    /// The kind's name, for error messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Var::Counter(_) => Counter::KIND,
            Var::Gauge(_) => Gauge::KIND,
            Var::Float(_) => Float::KIND,
            Var::Text(_) => Text::KIND,
            Var::Map(_) => Map::KIND,
            Var::Histogram(_) => Histogram::KIND,
            Var::Counters(_) => Family::<Counter>::KIND,
            Var::Floats(_) => Family::<Float>::KIND,
            Var::Gauges(_) => Family::<Gauge>::KIND,
            Var::Histograms(_) => Family::<Histogram>::KIND,
            Var::Func(_) => FUNC,
        }
    }
}

/// What error messages call a published function.
pub(crate) const FUNC: &str = "function";

/// A function that panics costs its own value, not the document (the panic hook has reported it).
fn call(func: &Func) -> serde_json::Value {
    panic::catch_unwind(AssertUnwindSafe(func)).unwrap_or_default()
}

/// A kind of variable that can be stored and found again under a name.
pub(crate) trait Stored: Clone {
    const KIND: &'static str;
    fn into_var(self) -> Var;
    fn from_var(var: &Var) -> Option<&Self>;
}

macro_rules! variables {
    ($($type:ty, $variant:ident, $kind:literal;)*) => {$(
        impl Stored for $type {
            const KIND: &'static str = $kind;
            fn into_var(self) -> Var {
                Var::$variant(self)
            }
            fn from_var(var: &Var) -> Option<&Self> {
                match var {
                    Var::$variant(found) => Some(found),
                    _ => None,
                }
            }
        }
    )*};
}

variables! {
    Counter, Counter, "counter";
    Gauge, Gauge, "gauge";
    Float, Float, "float";
    Text, Text, "text";
    Map, Map, "map";
    Histogram, Histogram, "histogram";
    Family<Counter>, Counters, "family of counters";
    Family<Float>, Floats, "family of floats";
    Family<Gauge>, Gauges, "family of gauges";
    Family<Histogram>, Histograms, "family of histograms";
}
