//! Service tokens of the company's systems: creation, listing, use and revocation.

use chrono::TimeDelta;
use domain::{AuditAction, ServiceScope, ServiceTokenId, Timestamp};
use serde_json::json;
use std::sync::Arc;
use store::audit::AuditEvent;
use store::service_token::{ServiceToken, TokenUse};
use store::{Actor, Place, StoreError, Tx};
use tracing::{info, warn};

use crate::error::{ApiError, ErrorCode};
use crate::service::Service;
use crate::usecase::merge::read_reason;
use crate::usecase::page::{FrontRequest, Page};
use crate::usecase::{Caller, ClientAddress};
use crate::{random, token};

/// The maximum length of a name in characters.
const MAX_NAME: usize = 100;
/// The default lifetime of a token in days.
pub const TOKEN_DAYS: u32 = 365;
/// The maximum lifetime of an expiring token in days: ten years.
pub const MOST_TOKEN_DAYS: u32 = 3_650;
/// How long before a token expires the warning is logged.
const WARNING: TimeDelta = TimeDelta::days(14);

/// A new token. It is shown only once.
pub struct NewServiceToken {
    /// The token's id.
    pub id: ServiceTokenId,
    /// The token.
    pub token: String,
    /// When the token expires. `None` if never.
    pub expires_at: Option<Timestamp>,
}

impl std::fmt::Debug for NewServiceToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewServiceToken").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The parameters of a new token.
#[derive(Debug, Clone)]
pub struct WantedToken {
    /// The system that uses the token.
    pub name: String,
    /// The token's scopes.
    pub scopes: Vec<ServiceScope>,
    /// The lifetime in days; `None` for an unlimited one.
    pub days: Option<u32>,
}

/// Returns the valid token with this name, if there is one: two of one name could not be told apart when one is revoked.
pub async fn named(service: &Service, name: &str) -> Result<Option<ServiceTokenId>, ApiError> {
    let now = service.clock.now();
    let is_valid = |token: &ServiceToken| token.revoked_at.is_none() && token.expires_at.is_none_or(|end| end > now);
    let mut after = None;
    loop {
        let page = list(service, FrontRequest { first: Some(100), after }).await?;
        if let Some(token) = page.items.iter().find(|token| token.name == name && is_valid(token)) {
            return Ok(Some(token.id));
        }
        match page.items.last().filter(|_| page.has_next) {
            Some(last) => after = Some(Place { at: last.created_at, id: last.id.uuid() }),
            None => return Ok(None),
        }
    }
}

/// Creates a token at the command line. Only its hash is stored.
pub async fn create(
    service: &Service,
    name: &str,
    scopes: Vec<ServiceScope>,
    days: Option<u32>,
) -> Result<NewServiceToken, ApiError> {
    create_token(service, WantedToken { name: name.to_owned(), scopes, days }, Actor::Command).await
}

/// Creates a token for a system with the scope `tokens:write`, with at most its scopes and its lifetime.
pub async fn create_as(service: &Service, caller: &Caller, wanted: WantedToken) -> Result<NewServiceToken, ApiError> {
    let by = caller.operator(ServiceScope::TokensWrite)?;
    if let Some(scope) = wanted.scopes.iter().find(|scope| !caller.may(**scope)) {
        return Err(ApiError::detailed(ErrorCode::Forbidden, format!("scopes: the creator does not have {scope}")));
    }
    if let Caller::System(ServiceToken { expires_at: Some(end), .. }) = caller {
        let days = wanted.days.map(|days| service.clock.now().plus(TimeDelta::days(days.into())));
        if days.is_none_or(|expires_at| expires_at > *end) {
            return Err(ApiError::detailed(ErrorCode::Forbidden, "days: the creating token expires earlier"));
        }
    }
    create_token(service, wanted, by).await
}

async fn create_token(service: &Service, wanted: WantedToken, by: Actor) -> Result<NewServiceToken, ApiError> {
    let now = service.clock.now();
    let WantedToken { name, mut scopes, days } = wanted;
    let bad = |what: &str| ApiError::detailed(ErrorCode::InvalidInput, what.to_owned());
    if name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        return Err(bad("name: is longer than 100 characters, or has control characters"));
    }
    if scopes.is_empty() {
        return Err(bad("scopes: at least one scope is required"));
    }
    if days.is_some_and(|days| !(1..=MOST_TOKEN_DAYS).contains(&days)) {
        return Err(bad("days: 1 to 3650"));
    }
    scopes.sort_unstable();
    scopes.dedup();
    let id = ServiceTokenId::new(now);
    let token = format!("{}{}", token::SERVICE_PREFIX, random::token());
    let expires_at = days.map(|days| now.plus(TimeDelta::days(days.into())));
    let words: Vec<_> = scopes.iter().map(|scope| scope.as_str()).collect();
    let detail = json!({ "made": id.to_string(), "name": name, "scopes": words, "days": days });
    let made_by = by.principal();
    let kept =
        &ServiceToken { id, name, scopes, created_at: now, expires_at, revoked_at: None, last_used_at: None, made_by };
    let (hash, created) = (token::hash(&token), &AuditEvent::new(AuditAction::TokenCreated, by, now).saying(detail));
    let add = |tx: Arc<Tx>| async move {
        store::service_token::add(&tx, kept, &hash).await?;
        store::audit::add(&tx, created).await
    };
    service.store.write("create_service_token", add).await.map_err(|error| match error {
        // The caller's own token was revoked during this request.
        StoreError::Closed => ApiError::refused(ErrorCode::Unauthenticated),
        other => other.into(),
    })?;
    info!(token.id = %id, by = %by, "a service token was created");
    Ok(NewServiceToken { id, token, expires_at })
}

/// Returns a page of all tokens. Requires the scope `tokens:read`.
pub async fn list_as(service: &Service, caller: &Caller, page: FrontRequest) -> Result<Page<ServiceToken>, ApiError> {
    caller.require(ServiceScope::TokensRead)?;
    list(service, page).await
}

/// Returns a page of all tokens, including expired and revoked ones, oldest first.
pub async fn list(service: &Service, page: FrontRequest) -> Result<Page<ServiceToken>, ApiError> {
    page.page(store::service_token::list(&service.store.view(), &page.front()?).await?)
}

/// Revokes any token. Requires the scope `tokens:write`; no further scope is needed because a revocation grants
/// nothing.
pub async fn revoke_as(
    service: &Service,
    caller: &Caller,
    (id, with_made): (ServiceTokenId, bool),
    reason: &str,
) -> Result<Vec<ServiceTokenId>, ApiError> {
    let by = caller.operator(ServiceScope::TokensWrite)?;
    revoke(service, (id, with_made), (by, reason)).await
}

/// Revokes a token and optionally all tokens that it created. Returns those that were valid until now.
pub async fn revoke(
    service: &Service,
    (id, with_made): (ServiceTokenId, bool),
    (by, reason): (Actor, &str),
) -> Result<Vec<ServiceTokenId>, ApiError> {
    let reason = &*read_reason(Some(reason))?;
    let revoke = |tx: Arc<Tx>| async move { revoke_in(service, &tx, (id, with_made), (by, reason)).await };
    let revoked = service.store.write("revoke_service_token", revoke).await?;
    info!(token.id = %id, count = revoked.len(), by = %by, "service tokens were revoked");
    Ok(revoked)
}

async fn revoke_in(
    service: &Service,
    tx: &Tx,
    (id, with_made): (ServiceTokenId, bool),
    (by, reason): (Actor, &str),
) -> Result<Vec<ServiceTokenId>, ApiError> {
    let now = service.clock.now();
    let revoked = store::service_token::revoke(tx, id, with_made, now).await?;
    let revoked = revoked.ok_or_else(|| ApiError::refused(ErrorCode::NotFound))?;
    for token in &revoked {
        let detail = json!({ "revoked": token.to_string(), "reason": reason });
        store::audit::add(tx, &AuditEvent::new(AuditAction::TokenRevoked, by, now).saying(detail)).await?;
    }
    Ok(revoked)
}

/// Finds a valid token and records its use: once an hour for each address block, and in the audit log once a day. Every
/// other use costs only the query that finds the token.
pub(crate) async fn used(
    service: &Service,
    bearer: &str,
    from: ClientAddress,
) -> Result<Option<ServiceToken>, ApiError> {
    let used = TokenUse { address_block: from.block(), at: service.clock.now() };
    let Some(known) = store::service_token::find(&service.store.view(), &token::hash(bearer), &used).await? else {
        return Ok(None);
    };
    if known.is_unnoted {
        note_use(service, known.token.id, &used).await?;
    }
    Ok(Some(known.token))
}

async fn note_use(service: &Service, id: ServiceTokenId, used: &TokenUse) -> Result<(), StoreError> {
    let note = |tx: Arc<Tx>| async move {
        if store::service_token::note_use(&tx, id, used).await? {
            let event = AuditEvent::new(AuditAction::TokenUsed, Actor::Operator(id.into()), used.at);
            store::audit::add(&tx, &event.saying(json!({ "addressBlock": used.address_block }))).await?;
        }
        Ok(())
    };
    service.store.write("note_token_use", note).await
}

/// Logs a warning for each token that expires within fourteen days. Returns their number.
pub async fn warn_of_expiring(service: &Service) -> Result<usize, StoreError> {
    let now = service.clock.now();
    let soon = store::service_token::expiring(&service.store.view(), now, now.plus(WARNING)).await?;
    for token in &soon {
        let millis = token.expires_at.map_or(0, |end| end.millis() - now.millis());
        let days = millis / TimeDelta::days(1).num_milliseconds();
        warn!(token.id = %token.id, days, "the service token {:?} ends in {days} day(s)", token.name);
    }
    Ok(soon.len())
}
