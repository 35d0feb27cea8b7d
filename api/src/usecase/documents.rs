//! The list of documents that clients may send, where only listed ones are executed.
//! What a document says is not looked at here.

use domain::{AppId, AuditAction};
use serde_json::json;
use std::sync::Arc;
use store::{Actor, AuditEvent, Document, Tx};

use super::Caller;
use crate::error::ApiError;
use crate::service::Service;
use crate::token;

/// The hash that names a document: SHA-256 of its text, exactly as it is.
#[must_use]
pub fn document_hash(text: &str) -> [u8; 32] {
    token::hash(text)
}

impl Service {
    /// The text of a listed document that this caller may send.
    pub async fn document(&self, caller: &Caller, hash: &[u8; 32]) -> Result<Option<String>, ApiError> {
        let session = match caller {
            Caller::Person(signed_in) => Some(signed_in.session.id),
            Caller::Anonymous | Caller::Rejected | Caller::Closed | Caller::System(_) => None,
        };
        Ok(self.store.view().document(hash, session).await?)
    }

    /// What is listed, of one app or of all.
    pub async fn documents(&self, app: Option<&AppId>) -> Result<Vec<Document>, ApiError> {
        Ok(self.store.view().documents(app).await?)
    }

    /// Lists a document for an app, or for every app; answers its hash, and whether it was not listed before.
    pub async fn add_document(&self, text: &str, app: Option<AppId>) -> Result<([u8; 32], bool), ApiError> {
        let now = self.clock.now();
        let document = &Document { hash: document_hash(text), app, text: text.to_owned(), added_at: now };
        let add = |tx: Arc<Tx>| async move {
            let added = tx.add_document(document).await?;
            if added {
                let event = self.document_event(AuditAction::DocumentAdded, &document.hash, document.app.clone());
                tx.audit(&event).await?;
            }
            Ok::<_, ApiError>(added)
        };
        Ok((document.hash, self.store.write("add_document", add).await?))
    }

    /// Takes a document off the list; answers whether it was on it. It is refused from then on, by every replica.
    pub async fn remove_document(&self, hash: &[u8; 32], app: Option<AppId>) -> Result<bool, ApiError> {
        let app = &app;
        let remove = |tx: Arc<Tx>| async move {
            let removed = tx.remove_document(hash, app.as_ref()).await?;
            if removed {
                tx.audit(&self.document_event(AuditAction::DocumentRemoved, hash, app.clone())).await?;
            }
            Ok(removed)
        };
        self.store.write("remove_document", remove).await
    }

    fn document_event(&self, action: AuditAction, hash: &[u8; 32], app: Option<AppId>) -> AuditEvent {
        let detail = json!({ "hash": data_encoding::HEXLOWER.encode(hash) });
        let event = AuditEvent::new(action, Actor::Command, self.clock.now()).saying(detail);
        AuditEvent { app, ..event }
    }
}
