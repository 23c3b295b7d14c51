//! `/debug/vars`: all variables at once, or as a stream of changes.

use std::collections::HashSet;
use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response;
use expvar::Registry;
use futures_util::stream;
use http::StatusCode;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};

use crate::app::{App, MAX_STREAMS};
use crate::params::Params;
use crate::reply;

pub(crate) async fn variables(State(app): State<App>, params: Params) -> Response {
    let Some(period) = params.get("stream") else {
        return reply::json(app.registry.to_json());
    };
    let period = match parse_period(period) {
        Ok(period) => period,
        Err(message) => return reply::error(StatusCode::BAD_REQUEST, &message),
    };
    let Ok(permit) = app.streams.clone().try_acquire_owned() else {
        return reply::error(
            StatusCode::SERVICE_UNAVAILABLE,
            &format!("{MAX_STREAMS} streams are open already: read /debug/vars without stream"),
        );
    };
    let events = stream::unfold(Changes::new(app, period, permit), |mut changes| async {
        let event = changes.next().await?;
        Some((Ok::<_, Infallible>(Bytes::from(event)), changes))
    });
    reply::reply("text/event-stream", Body::from_stream(events))
}

const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_mins(1);

/// Reads `500ms`, `2s`, `1m`.
fn parse_period(text: &str) -> Result<Duration, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let millis: Option<u64> = match unit {
        "ms" => Some(1),
        "s" => Some(1000),
        "m" => Some(60_000),
        _ => None,
    };
    let period = millis
        .zip(number.parse().ok())
        .and_then(|(unit, number): (u64, u64)| unit.checked_mul(number))
        .map(Duration::from_millis)
        .filter(|period| (SHORTEST..=LONGEST).contains(period));
    period.ok_or_else(|| {
        format!("stream must be a time from 100ms to 1m, such as 500ms or 2s, not {text:?}")
    })
}

/// A comment this often tells whether the client is still there.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// The events of one client.
struct Changes {
    app: App,
    every: Interval,
    /// The document as the client knows it; empty before the first event.
    known: String,
    told: Instant,
    _permit: OwnedSemaphorePermit,
}

impl Changes {
    fn new(app: App, period: Duration, permit: OwnedSemaphorePermit) -> Self {
        let mut every = interval(period);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            app,
            every,
            known: String::new(),
            told: Instant::now(),
            _permit: permit,
        }
    }

    /// The next event, as soon as there is one; none when the listener stops.
    async fn next(&mut self) -> Option<String> {
        loop {
            tokio::select! {
                _ = self.every.tick() => {}
                () = self.app.stopping() => return None,
            }
            let event = event(&self.app.registry, &mut self.known);
            let heartbeat =
                || (self.told.elapsed() >= HEARTBEAT).then(|| ": still here\n\n".to_owned());
            if let Some(event) = event.or_else(heartbeat) {
                self.told = Instant::now();
                return Some(event);
            }
        }
    }
}

/// The whole document the first time, then an object of the variables that have changed, if any have.
fn event(registry: &Registry, known: &mut String) -> Option<String> {
    let now = registry.to_json();
    let (name, members): (_, Vec<_>) = if known.is_empty() {
        ("all", members(&now).collect())
    } else {
        let same: HashSet<&str> = members(known).collect();
        let changed = members(&now).filter(|member| !same.contains(member));
        ("changed", changed.collect())
    };
    let event = (name == "all" || !members.is_empty())
        .then(|| format!("event: {name}\ndata: {{{}}}\n\n", members.join(", ")));
    *known = now;
    event
}

/// The document's variables, each as `"name": value`: they stand on a line each.
fn members(document: &str) -> impl Iterator<Item = &str> {
    let lines = document.lines().filter(|line| line.starts_with('"'));
    lines.map(|line| line.strip_suffix(',').unwrap_or(line))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn periods_have_units_and_bounds() {
        for (text, millis) in [("100ms", 100), ("500ms", 500), ("2s", 2000), ("1m", 60_000)] {
            assert_eq!(parse_period(text), Ok(Duration::from_millis(millis)));
        }
        for text in [
            "",
            "1",
            "ms",
            "99ms",
            "61s",
            "2m",
            "1h",
            "-1s",
            "1.5s",
            "99999999999999999999s",
            "18446744073709551615m",
        ] {
            let message = parse_period(text).expect_err(text);
            assert!(message.ends_with(&format!("not {text:?}")), "{message}");
        }
    }

    fn data(event: &str) -> (&str, Value) {
        let event = event.strip_prefix("event: ").expect("an event");
        let (name, data) = event.split_once("\ndata: ").expect("with data");
        let data = data.strip_suffix("\n\n").expect("that ends");
        (name, serde_json::from_str(data).expect("JSON on one line"))
    }

    #[test]
    fn first_comes_everything_and_then_what_changed() {
        let registry = Registry::new();
        let count = registry.counter("count").expect("free");
        registry.text("text").expect("free").set("a\nb, \"c\",");
        let map = registry.map("map").expect("free");
        let depth = map.gauge("depth").expect("free");
        let mut known = String::new();

        let first = event(&registry, &mut known).expect("everything");
        let text = "a\nb, \"c\",";
        let all = json!({ "count": 0, "map": { "depth": 0 }, "text": text });
        assert_eq!(data(&first), ("all", all));
        assert_eq!(event(&registry, &mut known), None);

        count.inc();
        let next = event(&registry, &mut known).expect("a change");
        assert_eq!(data(&next), ("changed", json!({ "count": 1 })));
        depth.set(3);
        registry.gauge("new").expect("free");
        let next = event(&registry, &mut known).expect("a change");
        assert_eq!(
            data(&next),
            ("changed", json!({ "map": { "depth": 3 }, "new": 0 }))
        );
        assert_eq!(event(&registry, &mut known), None);
    }

    #[test]
    fn an_empty_registry_is_an_empty_document() {
        let mut known = String::new();
        let first = event(&Registry::new(), &mut known).expect("everything");
        assert_eq!(data(&first), ("all", json!({})));
        assert_eq!(event(&Registry::new(), &mut known), None);
    }
}
