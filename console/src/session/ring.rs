//! News of a ring as members of a line, in both directions.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cutaway_model::{Missed, Profile, RingNews, RingPace, first_lines};
use serde_json::{Value, json};

use super::json::{of_cause, to_cause};

/// What a line says besides time and target.
pub(super) fn of_news(news: &RingNews) -> Value {
    match news {
        RingNews::On(pace) => json!({"ring": {"seconds": pace.seconds, "hz": pace.hz}}),
        RingNews::Off => json!({"ring": "off"}),
        RingNews::Taken {
            since,
            profile,
            cost,
            gives_way,
        } => json!({
            "ring": "taken",
            "since": since.as_micros() as u64,
            "cost_ns": cost.map(|cost| cost.as_nanos() as u64),
            "gives_way": gives_way,
            "data": STANDARD.encode(profile.encode_gzip()),
        }),
        RingNews::Missed { since, why } => {
            let (is, why) = match why {
                Missed::Yielded(why) => ("yielded", why.as_str().into()),
                Missed::Refused(why) => ("refused", why.as_str().into()),
                Missed::StoodBack => ("stood_back", Value::Null),
                Missed::Failed(cause) => ("failed", of_cause(cause)),
            };
            json!({"ring": is, "since": since.as_micros() as u64, "why": why})
        }
    }
}

/// What a line says, if it is about a ring.
pub(super) fn to_news(line: &Value) -> Option<RingNews> {
    let since = || line["since"].as_u64().map(Duration::from_micros);
    let why = || {
        let text = line["why"].as_str().unwrap_or_default();
        first_lines(text.as_bytes(), 400)
    };
    let missed = |why| {
        Some(RingNews::Missed {
            since: since()?,
            why,
        })
    };
    let Some(is) = line["ring"].as_str() else {
        let number = |name: &str| line["ring"][name].as_u64()?.try_into().ok();
        return Some(RingNews::On(RingPace {
            seconds: number("seconds")?,
            hz: number("hz")?,
        }));
    };
    match is {
        "off" => Some(RingNews::Off),
        "taken" => {
            let data = STANDARD.decode(line["data"].as_str()?).ok()?;
            Some(RingNews::Taken {
                since: since()?,
                profile: Arc::new(Profile::decode(&data).ok()?),
                cost: line["cost_ns"].as_u64().map(Duration::from_nanos),
                gives_way: line["gives_way"] == true,
            })
        }
        "yielded" => missed(Missed::Yielded(why())),
        "refused" => missed(Missed::Refused(why())),
        "stood_back" => missed(Missed::StoodBack),
        "failed" => missed(Missed::Failed(to_cause(&line["why"])?)),
        _ => None,
    }
}
