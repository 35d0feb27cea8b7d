//! The JSON of an event, as webhooks and the feed have it. The schemas are in `docs/schemas/webhooks/v1`.

use chrono::{DateTime, SecondsFormat, Utc};
use domain::Timestamp;
use serde_json::{Value, json};
use store::event::Event;

use crate::apps::Apps;

/// Returns the body of the message about an event. It is the same at every attempt.
pub(crate) fn body(apps: &Apps, event: &Event) -> Value {
    json!({
        "id": event.id.to_string(),
        "type": event.kind.as_str(),
        "timestamp": time(event.at),
        "sequence": event.seq.to_string(),
        "data": data(apps, event),
    })
}

/// Returns the event's own fields, with the name of the app in the place of its id.
pub(crate) fn data(apps: &Apps, event: &Event) -> Value {
    let mut data = event.data.clone();
    if let Some(id) = data["app"].as_str().and_then(|app| app.parse().ok())
        && let Some(app) = apps.by_id(&id)
    {
        data["app"] = app.name.as_str().into();
    }
    data
}

fn time(at: Timestamp) -> String {
    DateTime::<Utc>::from(at).to_rfc3339_opts(SecondsFormat::Millis, true)
}
