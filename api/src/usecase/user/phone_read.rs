//! The audit of phone numbers that are shown in full to an operator.

use std::collections::HashSet;
use std::sync::Arc;

use domain::{AuditAction, Principal, UserId};
use store::audit::AuditEvent;
use store::{Actor, Tx};

use crate::error::ApiError;
use crate::service::Service;

/// A number that is about to be shown for the company.
pub type PhoneRead = (Principal, UserId);

/// Writes an entry of the audit for each reading, all in one statement. The caller shows no number unless this succeeds.
pub async fn audit_phone_reads(service: &Service, reads: &[PhoneRead]) -> Result<(), ApiError> {
    let now = service.clock.now();
    let reads: HashSet<PhoneRead> = reads.iter().copied().collect();
    let entry =
        |(reader, user): PhoneRead| AuditEvent::new(AuditAction::PhoneRead, Actor::Operator(reader), now).about(user);
    let entries: &Vec<AuditEvent> = &reads.into_iter().map(entry).collect();
    Ok(service
        .store
        .write("read_phone", |tx: Arc<Tx>| async move { store::audit::add_all(&tx, entries).await })
        .await?)
}
