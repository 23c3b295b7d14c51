//! The variables of a registry as Prometheus or OpenMetrics text.
//!
//! | variable | metric |
//! |---|---|
//! | counter `orders_placed` | counter `orders_placed_total` |
//! | gauge, float | gauge |
//! | histogram `latency_ns` | histogram `latency_seconds` |
//! | family | the same with labels |
//! | map `store` with `commits` | `store_commits…` |
//! | texts of one map, of one object that a function returns | one info with a label for each: `build_info{name="…",version="…"}` |
//! | number, flag from a function | its type as described ([`expvar::About`]), or unknown; with label `index` from an array |
//!
//! Durations are in seconds, whatever the variable is in. Everything else (`null`, arrays of texts) has no metric.

mod families;
mod json;

use exposition::Format;
use expvar::{Registry, Value};

use families::{Families, Measure};

/// The text of all variables.
pub(crate) fn render(registry: &Registry, format: Format) -> String {
    let mut families = Families::default();
    for variable in registry.variables() {
        let measure = Measure::of(&variable);
        match &variable.value {
            Value::Text(text) => families.text(&variable.path, text),
            Value::Json(value) => json::add(&mut families, &variable, value),
            Value::Family { labels, series } => families.add(&measure, labels, series),
            value => families.add(&measure, &[], &[([].into(), value.clone())]),
        }
    }
    exposition::write(&families.finish(), format)
}

#[cfg(test)]
mod tests;
