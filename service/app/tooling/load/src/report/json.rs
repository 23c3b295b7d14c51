//! The summary for machines.

use serde_json::{Map, Value, json};

use super::Summary;
use super::numbers::{per_second, quantiles};
use crate::stats::{Operation, Tally};

/// The summary as one JSON document; times are in nanoseconds.
pub(crate) fn json(summary: &Summary) -> Value {
    let counts = &summary.counts;
    let elapsed = summary.elapsed.as_secs_f64();
    let by_operation = Operation::ALL.into_iter().zip(&counts.operations);
    let operations: Map<String, Value> = by_operation
        .map(|(operation, counted)| (operation.name().to_owned(), tally(counted, elapsed)))
        .collect();
    json!({
        "target": summary.target,
        "scenario": summary.scenario.to_string(),
        "rate": summary.clients.is_none().then_some(summary.rate),
        "clients": summary.clients,
        "elapsed_ns": summary.elapsed.as_nanos() as u64,
        "total": tally(&counts.total(), elapsed),
        "operations": operations,
        "phases": phases(summary),
        "out_of_stock": counts.out_of_stock,
        "dropped": counts.dropped,
        "unanswered": summary.unanswered,
        "attempts": counts.attempts,
        "retries": counts.retries,
        "retry_budget": summary.budget,
        "retry_budget_spent": counts.budget_spent,
        "turned_away": counts.turned_away,
        "retries_by_cause": counts.retried_causes,
        "errors_by_cause": counts.causes,
        "verification": verification(summary),
    })
}

fn phases(summary: &Summary) -> Vec<Value> {
    let phases = summary.scenario.plan().phases.iter();
    let counted = summary.counts.phases.iter().zip(&summary.phase_seconds);
    phases
        .zip(counted)
        .map(|(phase, (counted, &seconds))| {
            let mut value = tally(&counted.tally, seconds);
            value["name"] = json!(phase.name);
            value["due"] = json!(counted.offered);
            value["seconds"] = json!(seconds);
            value
        })
        .collect()
}

fn verification(summary: &Summary) -> Value {
    let Some(verdict) = &summary.verdict else {
        return Value::Null;
    };
    let checks: Map<String, Value> = verdict
        .checks
        .iter()
        .map(|check| {
            let value = json!({"held": check.held, "detail": check.detail});
            (check.name.to_owned(), value)
        })
        .collect();
    json!({"passed": verdict.passed(), "checks": checks})
}

fn tally(tally: &Tally, elapsed: f64) -> Value {
    let [p50, p90, p99, p999, max] = quantiles(&tally.latency);
    json!({
        "answered": tally.fine,
        "answered_per_second": per_second(tally.fine, elapsed),
        "errors": tally.failed,
        "latency_ns": {"p50": p50, "p90": p90, "p99": p99, "p999": p999, "max": max},
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::example;

    #[test]
    fn json_has_the_same_numbers() {
        let json = json(&example());
        assert_eq!(json["total"]["answered"], 102);
        assert_eq!(json["operations"]["look_up"]["errors"], 1);
        assert_eq!(json["errors_by_cause"]["connection refused"], 1);
        assert_eq!(json["phases"][1]["name"], "spike");
        assert_eq!(json["phases"][1]["due"], 4);
        assert_eq!(json["verification"]["passed"], false);
        assert_eq!(json["verification"]["checks"]["stock"]["held"], true);
        let p50 = json["operations"]["browse"]["latency_ns"]["p50"]
            .as_u64()
            .expect("a number");
        assert!((796_000..804_000).contains(&p50), "{p50}");
    }
}
