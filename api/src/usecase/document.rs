//! The list of documents that clients may send, where only listed ones are executed.
//! What a document says is not looked at here.

use domain::{AppId, AuditAction};
use serde_json::json;
use std::sync::Arc;
use store::audit::AuditEvent;
use store::document::Document;
use store::{Actor, Tx};

use crate::error::ApiError;
use crate::service::Service;
use crate::token;
use crate::usecase::Caller;

/// The hash that names a document: SHA-256 of its text, exactly as it is.
#[must_use]
pub fn document_hash(text: &str) -> [u8; 32] {
    token::hash(text)
}

/// The text of a listed document that this caller may send.
pub async fn find(service: &Service, caller: &Caller, hash: &[u8; 32]) -> Result<Option<String>, ApiError> {
    let session = match caller {
        Caller::Person(signed_in) => Some(signed_in.session.id),
        Caller::Anonymous | Caller::Rejected | Caller::Closed | Caller::System(_) => None,
    };
    Ok(store::document::find(&service.store.view(), hash, session).await?)
}

/// What is listed, of one app or of all.
pub async fn list(service: &Service, app: Option<&AppId>) -> Result<Vec<Document>, ApiError> {
    Ok(store::document::list(&service.store.view(), app).await?)
}

/// Lists a document for an app, or for every app; answers its hash, and whether it was not listed before.
pub async fn add(service: &Service, text: &str, app: Option<AppId>) -> Result<([u8; 32], bool), ApiError> {
    let now = service.clock.now();
    let document = &Document { hash: document_hash(text), app, text: text.to_owned(), added_at: now };
    let add = |tx: Arc<Tx>| async move {
        let added = store::document::add(&tx, document).await?;
        if added {
            let event = event(service, AuditAction::DocumentAdded, &document.hash, document.app.clone());
            store::audit::add(&tx, &event).await?;
        }
        Ok::<_, ApiError>(added)
    };
    Ok((document.hash, service.store.write("add_document", add).await?))
}

/// Takes a document off the list; answers whether it was on it. It is refused from then on, by every replica.
pub async fn remove(service: &Service, hash: &[u8; 32], app: Option<AppId>) -> Result<bool, ApiError> {
    let app = &app;
    let remove = |tx: Arc<Tx>| async move {
        let removed = store::document::remove(&tx, hash, app.as_ref()).await?;
        if removed {
            store::audit::add(&tx, &event(service, AuditAction::DocumentRemoved, hash, app.clone())).await?;
        }
        Ok(removed)
    };
    service.store.write("remove_document", remove).await
}

fn event(service: &Service, action: AuditAction, hash: &[u8; 32], app: Option<AppId>) -> AuditEvent {
    let detail = json!({ "hash": data_encoding::HEXLOWER.encode(hash) });
    let event = AuditEvent::new(action, Actor::Command, service.clock.now()).saying(detail);
    AuditEvent { app, ..event }
}
