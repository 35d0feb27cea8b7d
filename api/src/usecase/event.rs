//! The feed of events: orders what was committed, returns pages, and deletes what is old. Events are recorded by `store`, in the
//! transactions of the changes. See `webhook` for their delivery.

use std::sync::Arc;

use ::metrics::gauge;
use chrono::TimeDelta;
use domain::ServiceScope;
use store::event::{Event, Purged};
use store::{StoreError, Tx};
use tracing::{debug, error};

use crate::error::{ApiError, ErrorCode};
use crate::service::Service;
use crate::usecase::Caller;
use crate::usecase::page::{Page, page_size};

/// The number of events that one transaction deletes.
const PURGED_AT_ONCE: u64 = 1_000;

/// A place in the feed: the number of the last event that the caller has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FeedPlace(pub i64);

/// Returns a page of the feed, oldest first. Requires the scope `events:read`.
///
/// # Errors
/// `INVALID_CURSOR` if events after the place were deleted already, or if the place is not reached yet: the database is then an
/// older one than the one that returned the cursor.
pub async fn page(
    service: &Service,
    caller: &Caller,
    first: Option<i32>,
    after: Option<FeedPlace>,
) -> Result<Page<Event>, ApiError> {
    caller.require(ServiceScope::EventsRead)?;
    let size = page_size(first)?;
    if !service.config.events.feed {
        return Err(ApiError::detailed(ErrorCode::InvalidInput, "the feed is off: events.feed"));
    }
    let view = service.store.view();
    let place = after.unwrap_or_default().0;
    let mut items = store::event::page(&view, place, size as u64 + 1).await?;
    // Read after the page, so that no event is deleted unnoticed in between.
    let marks = store::event::marks(&view).await?;
    if after.is_some() && place < marks.purged {
        let detail = "events after this cursor were deleted: events.retention_days";
        return Err(ApiError::detailed(ErrorCode::InvalidCursor, detail));
    }
    if place > marks.head {
        return Err(ApiError::detailed(ErrorCode::InvalidCursor, "the feed has not come to this cursor"));
    }
    let has_next = items.len() > size;
    items.truncate(size);
    Ok(Page { items, has_next, has_previous: place > marks.purged })
}

/// Assigns all committed events their places in the feed. Several replicas may do so concurrently.
pub async fn order(service: &Service) -> Result<(), StoreError> {
    while store::event::count_unordered(&service.store.view()).await? > 0 {
        service.store.write("order_events", |tx: Arc<Tx>| async move { store::event::order(&tx).await }).await?;
    }
    Ok(())
}

/// Deletes events beyond the retention, in batches. Returns their number.
pub async fn purge(service: &Service) -> Result<usize, StoreError> {
    let unordered = store::event::count_unordered(&service.store.view()).await?;
    gauge!("guiyi_events_unordered").set(u32::try_from(unordered).unwrap_or(u32::MAX));
    let until = service.clock.now().minus(TimeDelta::days(service.config.events.retention_days.into()));
    let mut deleted = 0;
    loop {
        let purge = |tx: Arc<Tx>| async move { store::event::purge(&tx, until, PURGED_AT_ONCE).await };
        let Purged { events, undelivered } = service.store.write("purge_events", purge).await?;
        if undelivered > 0 {
            error!(undelivered, "events were deleted before webhooks had received them: events.retention_days");
        }
        deleted += events;
        if events == 0 {
            debug!(deleted, "deleted old events");
            return Ok(deleted);
        }
    }
}
