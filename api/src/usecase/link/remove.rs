//! Removes a phone or an app from the caller's account (R7). See `domain::link::remove` for the rules.

use std::sync::Arc;

use domain::link::remove::{self, Credential, RemoveRefusal};
use domain::{AppId, AppName, Timestamp};
use store::user::User;
use store::{Tx, Write};
use tracing::info;

use crate::error::{ApiError, ErrorCode};
use crate::service::Service;
use crate::sms::Notice;
use crate::usecase::receipt::{Before, Changed, IdempotencyKey, Repeatable};
use crate::usecase::{SignedIn, not_now, outbox, receipt};

/// Removes the phone. Its number is free immediately.
pub async fn unbind_phone(
    service: &Service,
    caller: &SignedIn,
    key: Option<&IdempotencyKey>,
) -> Result<User, ApiError> {
    let again = key.map(|key| receipt::repeatable(service, caller, "unbind_phone", &[key.as_bytes()]));
    remove(service, caller, (Credential::Phone, again)).await
}

/// Removes the openId of an app, given by the app's name, or by its id if it is no longer configured. The orders placed
/// through it are assigned again at its next login.
pub async fn unlink_open_id(
    service: &Service,
    caller: &SignedIn,
    app: &str,
    key: Option<&IdempotencyKey>,
) -> Result<User, ApiError> {
    let named = app.parse::<AppName>().ok().and_then(|name| service.apps.named(&name));
    let id = named.map(|app| Ok(app.provider.app_id().clone()));
    let id: AppId = id.unwrap_or_else(|| app.parse()).map_err(|_| ApiError::refused(ErrorCode::NotFound))?;
    let again = key
        .map(|key| receipt::repeatable(service, caller, "unlink_open_id", &[id.as_str().as_bytes(), key.as_bytes()]));
    remove(service, caller, (Credential::OpenId(&id), again)).await
}

async fn remove(
    service: &Service,
    caller: &SignedIn,
    (credential, again): (Credential<'_>, Option<Repeatable>),
) -> Result<User, ApiError> {
    let before = || removed_before(service, caller, again);
    let work = async {
        let remove = |tx: Arc<Tx>| async move { remove_in(service, &tx, caller, (credential, again)).await };
        let left = service.store.write(Write::new("remove_credential").in_session(caller.session.id), remove).await?;
        outbox::wake(service);
        info!(user.id = %left.id, "a credential was removed");
        Ok(left)
    };
    receipt::once(before, work).await
}

/// The answer of the same request, if it came before.
async fn removed_before(
    service: &Service,
    caller: &SignedIn,
    again: Option<Repeatable>,
) -> Result<Option<Result<User, ApiError>>, ApiError> {
    let Some(again) = again else { return Ok(None) };
    match receipt::changed_before(service, caller, again).await? {
        Before::Nothing => Ok(None),
        Before::Answer(answer) => Ok(Some(Ok(answer.user))),
        Before::Lapsed => Err(receipt::lapsed()),
    }
}

/// Locks the account, so that the decision is valid until the commit. Returns the account after the removal.
async fn remove_in(
    service: &Service,
    tx: &Tx,
    caller: &SignedIn,
    (credential, again): (Credential<'_>, Option<Repeatable>),
) -> Result<User, ApiError> {
    let now = service.clock.now();
    let held = store::link::hold(tx, caller.session.id, now)
        .await?
        .ok_or_else(|| ApiError::refused(ErrorCode::Unauthenticated))?;
    let (account, user) = (&held.account, held.account.id);
    remove::decide(account, credential, &held.standing, &service.config.phone.policy())
        .map_err(|refusal| refused(refusal, now))?;
    let phone = store::phone::active_phone(&tx.look(), user).await?;
    match credential {
        Credential::Phone => store::link::unbind_phone(tx, account, now).await?,
        Credential::OpenId(app) => {
            let scope_of = |app: &AppId| service.apps.by_id(app)?.provider.union_scope();
            let union = remove::union_to_go(account, app, scope_of);
            store::link::unlink_open_id(tx, user, (app, union), now).await?;
        }
    }
    store::session::end_all_of(tx, &[user], Some(caller.session.id), now).await?;
    let left = store::user::find(&tx.look(), user).await?.ok_or(ApiError::Internal("a locked user does not exist"))?;
    let notice = match credential {
        Credential::Phone => Notice::PhoneUnbound,
        Credential::OpenId(app) => Notice::OpenIdUnlinked { app: outbox::app_title(service, app) },
    };
    outbox::post(service, tx, (user, phone), &notice).await?;
    if let Some(again) = again {
        receipt::keep_outcome(service, tx, again, &Changed::of(user)).await?;
    }
    Ok(left)
}

fn refused(refusal: RemoveRefusal, now: Timestamp) -> ApiError {
    match refusal {
        RemoveRefusal::NotThere => ApiError::refused(ErrorCode::NotFound),
        RemoveRefusal::LastCredential => ApiError::refused(ErrorCode::LastCredential),
        RemoveRefusal::NotNow(reason) => not_now(reason, now),
    }
}
