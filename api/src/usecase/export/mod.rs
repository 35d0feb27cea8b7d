//! Hands out everything that is kept about one person, as one JSON document (`docs/export.schema.json`).
//!
//! The document is written piece by piece while it is read: orders and the journal in pages, so that its length needs
//! no memory. Nothing about other people is in it.

mod document;
mod order;

use std::sync::Arc;

use domain::session::{Step, may};
use domain::{AuditAction, ServiceScope, UserId};
use serde::Serialize;
use serde_json::json;
use store::audit::AuditEvent;
use store::history::with_aliases;
use store::order::{OrderFilter, OrderSort, Position, Range};
use store::{Actor, Front, Place, Tx};
use tokio::sync::mpsc;
use tracing::{error, info};

use crate::error::{ApiError, ErrorCode};
use crate::service::Service;
use crate::usecase::{Caller, not_now};

/// The number of orders and of journal entries that are read at once.
const PAGE: u64 = 100;
/// The number of pieces that wait for a slow reader.
const AHEAD: usize = 2;

/// The export broke off. What was sent before is not a whole document.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the export broke off")]
pub struct BrokenOff;

/// The pieces of a document, in order.
pub type Pieces = mpsc::Receiver<Result<Vec<u8>, BrokenOff>>;

/// Exports the account of the caller. Requires a bound and fresh login (R15, R7), and no cooling-off (R6).
pub async fn export_mine(service: &Arc<Service>, caller: &Caller) -> Result<Pieces, ApiError> {
    let signed_in = caller.person()?;
    let session = signed_in.session.id;
    let check = |tx: Arc<Tx>| async move {
        let now = service.clock.now();
        let held = store::link::hold(&tx, session, now).await?;
        let held = held.ok_or_else(|| ApiError::refused(ErrorCode::Unauthenticated))?;
        may(Step::ExportData, &held.standing, &service.config.phone.policy()).map_err(|reason| not_now(reason, now))?;
        let user = held.account.id;
        let event = AuditEvent::new(AuditAction::UserExported, Actor::Person, now).about(user).in_session(session);
        store::audit::add(&tx, &event).await?;
        Ok::<_, ApiError>(user)
    };
    let user = service.store.write("export_mine", check).await?;
    begin(service, user)
}

/// Exports any account, for an operator. Requires the scope `users:export`.
pub async fn export_as(service: &Arc<Service>, caller: &Caller, id: &str) -> Result<Pieces, ApiError> {
    let by = caller.operator(ServiceScope::UsersExport)?;
    let user = id.parse().map_err(|_| ApiError::refused(ErrorCode::NotFound))?;
    export(service, user, by).await
}

/// Exports an account without checking the caller. The id of a merged account leads to the one that remains.
pub async fn export(service: &Arc<Service>, user: UserId, by: Actor) -> Result<Pieces, ApiError> {
    let audit = |tx: Arc<Tx>| async move {
        let found = store::export::resolve(&tx.look(), user).await?;
        let user = found.ok_or_else(|| ApiError::refused(ErrorCode::NotFound))?;
        let event = AuditEvent::new(AuditAction::UserExported, by, service.clock.now()).about(user);
        store::audit::add(&tx, &event.saying(json!({}))).await?;
        Ok::<_, ApiError>(user)
    };
    let user = service.store.write("export_user", audit).await?;
    begin(service, user)
}

/// Writes the document in a task of its own, which ends when the reader is gone.
fn begin(service: &Arc<Service>, user: UserId) -> Result<Pieces, ApiError> {
    // Each holds a database connection now and then, and its reader decides for how long.
    let place = service.exports.clone().try_acquire_owned();
    let place = place.map_err(|_| ApiError::wait(ErrorCode::RateLimited, std::time::Duration::from_secs(10)))?;
    let (pieces, receiver) = mpsc::channel(AHEAD);
    let service_of_task = service.clone();
    service.track(async move {
        let sink = Sink(pieces);
        match write(&service_of_task, user, &sink).await {
            Ok(()) => info!(user.id = %user, "an account was exported"),
            Err(Failed::Reader) => info!(user.id = %user, "the reader of an export is gone"),
            Err(Failed::Gone) => {
                info!(user.id = %user, "an account was merged or erased before it was exported");
                sink.break_off().await;
            }
            Err(Failed::Store(cause)) => {
                error!(user.id = %user, "an export broke off: {}", crate::error::chain(&cause));
                sink.break_off().await;
            }
        }
        drop(place);
    });
    Ok(receiver)
}

/// Why an export ended early.
enum Failed {
    /// The reader is gone.
    Reader,
    /// The account is gone.
    Gone,
    /// The database failed.
    Store(store::StoreError),
}

impl From<store::StoreError> for Failed {
    fn from(error: store::StoreError) -> Self {
        Self::Store(error)
    }
}

struct Sink(mpsc::Sender<Result<Vec<u8>, BrokenOff>>);

impl Sink {
    async fn text(&self, text: String) -> Result<(), Failed> {
        self.0.send(Ok(text.into_bytes())).await.map_err(|_| Failed::Reader)
    }

    /// Tells the reader that the document is not whole.
    async fn break_off(&self) {
        // The reader may be gone, too, and then needs no word.
        let _ = self.0.send(Err(BrokenOff)).await;
    }

    /// Sends the elements of a page of an array.
    async fn elements<T: Serialize>(&self, elements: &[T], is_first: bool) -> Result<(), Failed> {
        let mut text = String::new();
        for (at, element) in elements.iter().enumerate() {
            text.push_str(if is_first && at == 0 { "\n" } else { ",\n" });
            text.push_str(&json(element));
        }
        self.text(text).await
    }
}

fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("the document has no maps with keys that are not text")
}

async fn write(service: &Service, user: UserId, sink: &Sink) -> Result<(), Failed> {
    let person = store::export::person(&service.store.view(), user).await?.ok_or(Failed::Gone)?;
    let head = document::Head::of(person, service.clock.now(), |app| service.apps.name_of(app).to_owned());
    let head = json(&head);
    // The arrays that follow are the last two members of the object.
    let open = head.strip_suffix('}').expect("an object ends with a brace");
    sink.text(format!("{open},\n\"history\":[")).await?;
    write_history(service, user, sink).await?;
    sink.text("],\n\"orders\":[".to_owned()).await?;
    write_orders(service, user, sink).await?;
    sink.text("]}\n".to_owned()).await
}

async fn write_history(service: &Service, user: UserId, sink: &Sink) -> Result<(), Failed> {
    let own = with_aliases(&service.store.view(), user).await?;
    let mut after: Option<Place> = None;
    loop {
        let told = store::history::page(&service.store.view(), &own, &Front { after, limit: PAGE }).await?;
        let entries: Vec<_> = told.iter().map(|told| document::Entry::of(told, &own)).collect();
        sink.elements(&entries, after.is_none()).await?;
        match told.last().filter(|_| told.len() as u64 == PAGE) {
            Some(last) => after = Some(Place { at: last.event.at, id: last.event.id.uuid() }),
            None => return Ok(()),
        }
    }
}

async fn write_orders(service: &Service, user: UserId, sink: &Sink) -> Result<(), Failed> {
    let view = service.store.view();
    let links = store::order::links(&view, user).await?;
    let mut after: Option<Position> = None;
    loop {
        let range = Range { sort: OrderSort::NewestFirst, after, before: None, limit: PAGE, from_end: false };
        let orders = store::order::page(&view, &links, &OrderFilter::default(), &range).await?;
        let ids: Vec<_> = orders.iter().map(|order| order.id).collect();
        let mut items = store::order::items(&view, &ids).await?;
        let mut refunds = store::order::refunds(&view, &ids).await?;
        let mut deliveries = store::order::deliveries(&view, &ids).await?;
        let mut status_changes = store::order::status_changes(&view, &ids).await?;
        let written = orders.iter().map(|order| {
            let parts = order::Parts {
                items: items.remove(&order.id).unwrap_or_default(),
                refunds: refunds.remove(&order.id).unwrap_or_default(),
                deliveries: deliveries.remove(&order.id).unwrap_or_default(),
                status_changes: status_changes.remove(&order.id).unwrap_or_default(),
            };
            order::OrderOfPerson::of(order, parts)
        });
        let written: Vec<_> = written.collect();
        sink.elements(&written, after.is_none()).await?;
        match orders.last().filter(|_| orders.len() as u64 == PAGE) {
            Some(last) => after = Some(Position { key: last.placed_at.millis(), id: last.id }),
            None => return Ok(()),
        }
    }
}
