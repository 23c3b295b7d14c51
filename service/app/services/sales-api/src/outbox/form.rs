//! An event as it is sent: CloudEvents 1.0 in its JSON form.

use event::{Event, Kind, Origin};
use serde_json::{Map, Value, json};

/// What the form is called in `Content-Type`.
pub const CONTENT_TYPE: &str = "application/cloudevents+json";

/// An event on its way.
#[derive(Clone, Debug)]
pub struct Message {
    /// The event.
    pub event: Event,
    /// The same each time it is sent, and no other event's.
    pub key: String,
    /// The document.
    pub body: String,
}

impl Message {
    /// The event in the form it is sent in.
    pub fn of(event: Event, origin: &Origin) -> Message {
        let key = origin.key(event.id);
        let document = json!({
            "specversion": "1.0",
            "id": key,
            "source": "/sales",
            "type": event.news.kind.name(),
            "subject": format!("{}/{}", event.news.kind.subject().name(), event.news.number),
            "time": humantime::format_rfc3339_millis(event.news.at).to_string(),
            "sequence": event.id.get(),
            "datacontenttype": "application/json",
            "data": data(&event),
        });
        Message {
            key,
            body: document.to_string(),
            event,
        }
    }
}

fn data(event: &Event) -> Value {
    let news = &event.news;
    let mut data = Map::new();
    let money = match news.kind {
        Kind::OrderPlaced | Kind::OrderReversed => "total",
        _ => "price",
    };
    if let Some(version) = news.version {
        data.insert("version".to_owned(), version.get().into());
    }
    if let Some(amount) = news.money {
        let amount = json!({"amount": amount.amount(), "currency": amount.currency().code()});
        data.insert(money.to_owned(), amount);
    }
    if let Some(pieces) = news.pieces {
        data.insert("pieces".to_owned(), pieces.into());
    }
    Value::Object(data)
}
