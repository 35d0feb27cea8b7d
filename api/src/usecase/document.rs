//! The list of allowed documents, for deployments that execute only listed ones. Documents are not parsed here.

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

/// Returns the hash that identifies a document: SHA-256 of its exact text.
#[must_use]
pub fn document_hash(text: &str) -> [u8; 32] {
    token::hash(text)
}

/// Returns the text of a listed document that this caller may send.
pub async fn find(service: &Service, caller: &Caller, hash: &[u8; 32]) -> Result<Option<String>, ApiError> {
    let session = match caller {
        Caller::Person(signed_in) => Some(signed_in.session.id),
        Caller::Anonymous | Caller::Rejected | Caller::Closed | Caller::System(_) | Caller::Operator(_) => None,
    };
    Ok(store::document::find(&service.store.view(), hash, session).await?)
}

/// Lists the documents of one app or of all apps.
pub async fn list(service: &Service, app: Option<&AppId>) -> Result<Vec<Document>, ApiError> {
    Ok(store::document::list(&service.store.view(), app).await?)
}

/// Adds a document for one app or for all apps. Returns its hash and whether it is new to the list.
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

/// Removes a document from the list. Every replica refuses it from then on. Returns whether it was listed.
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
