//! The feed of events for the company's systems. See [`crate::usecase::event`].

use async_graphql::connection::PageInfo;
use async_graphql::{Context, ID, Json, Object, SimpleObject};
use chrono::{DateTime, Utc};
use store::event::Event as Recorded;

use crate::error::ApiError;
use crate::graphql::{Alone, alone, caller, cursor, service};
use crate::usecase::{self, Page};
use crate::webhook;

/// An event that other systems are told about. Webhooks get the same.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct Event {
    /// The event's id: `evn_…`. A webhook has it as `webhook-id`.
    id: ID,
    /// The kind of the event, such as `people.merged`. More kinds may be added.
    #[graphql(name = "type")]
    kind: &'static str,
    /// When it happened.
    timestamp: DateTime<Utc>,
    /// The event's number in the feed, which grows with every event. Events of one person are in the order of their changes.
    sequence: String,
    /// The fields of this kind of event. Contains no secrets, and phone numbers only masked.
    data: Json<serde_json::Value>,
}

/// A page of the feed, oldest event first (Relay connection).
#[derive(Debug)]
pub(in crate::graphql) struct EventConnection(Page<Recorded>);

/// A page of the feed, oldest event first (Relay connection).
#[Object]
impl EventConnection {
    /// The events with their cursors.
    async fn edges(&self, ctx: &Context<'_>) -> Vec<EventEdge> {
        let edge = |event: &Recorded| EventEdge { cursor: cursor_of(event), node: present(ctx, event) };
        self.0.items.iter().map(edge).collect()
    }

    /// The events without cursors.
    async fn nodes(&self, ctx: &Context<'_>) -> Vec<Event> {
        self.0.items.iter().map(|event| present(ctx, event)).collect()
    }

    /// The position of the page in the feed. Without events it has no end: the reader keeps its cursor.
    async fn page_info(&self) -> PageInfo {
        cursor::page_info(&self.0, cursor_of)
    }
}

fn present(ctx: &Context<'_>, event: &Recorded) -> Event {
    Event {
        id: event.id.to_string().into(),
        kind: event.kind.as_str(),
        timestamp: event.at.into(),
        sequence: event.seq.to_string(),
        data: Json(webhook::data(&service(ctx).apps, event)),
    }
}

fn cursor_of(event: &Recorded) -> String {
    cursor::in_feed(event.seq)
}

/// An event with its cursor.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct EventEdge {
    /// The event's position in the feed, for `after`.
    cursor: String,
    /// The event.
    node: Event,
}

#[derive(Debug, Default)]
pub(crate) struct EventQueries;

#[Object]
impl EventQueries {
    /// The feed of events, oldest first, for systems that poll: each event is on exactly one page if every request names the
    /// last cursor. Requires the scope `events:read`, and the setting `events.feed`.
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The page size: 1 to 100. Defaults to 20.")] first: Option<i32>,
        #[graphql(desc = "Only events after this cursor. Without it: from the oldest event that is kept.")]
        after: Option<String>,
    ) -> Alone<EventConnection> {
        let events = async {
            let after = cursor::read_feed_place(after.as_deref())?;
            let page = usecase::event::page(service(ctx), caller(ctx), first, after).await;
            Ok::<_, ApiError>(EventConnection(page?))
        };
        alone(events.await)
    }
}
