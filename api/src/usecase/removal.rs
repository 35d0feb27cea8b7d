//! A person takes a phone or an app away from the account (R7).
//! Whether it may go is `domain::removal`'s to say.

use domain::removal::{self, Credential, Refusal};
use domain::{AppId, AppName, Timestamp};
use std::sync::Arc;
use store::{Tx, User, Write};
use tracing::info;

use super::receipt::{Changed, Repeatable};
use super::{IdempotencyKey, SignedIn, not_now};
use crate::error::{ApiError, ErrorCode};
use crate::service::Service;
use crate::sms::Notice;

impl Service {
    /// Takes the phone away. Its number is free at once.
    pub async fn unbind_phone(&self, caller: &SignedIn, key: Option<&IdempotencyKey>) -> Result<User, ApiError> {
        let again = key.map(|key| self.repeatable(caller, "unbind_phone", &[key.as_bytes()]));
        self.remove(caller, (Credential::Phone, again)).await
    }

    /// Takes the open id of an app away, which is named as clients call it; by its upstream id, if it is no longer
    /// configured. The orders placed through it wait for its next login.
    pub async fn unlink_open_id(
        &self,
        caller: &SignedIn,
        app: &str,
        key: Option<&IdempotencyKey>,
    ) -> Result<User, ApiError> {
        let named = app.parse::<AppName>().ok().and_then(|name| self.apps.named(&name));
        let id = named.map(|app| Ok(app.provider.app_id().clone()));
        let id: AppId = id.unwrap_or_else(|| app.parse()).map_err(|_| ApiError::refused(ErrorCode::NotFound))?;
        let again = key.map(|key| self.repeatable(caller, "unlink_open_id", &[id.as_str().as_bytes(), key.as_bytes()]));
        self.remove(caller, (Credential::OpenId(&id), again)).await
    }

    async fn remove(
        &self,
        caller: &SignedIn,
        (credential, again): (Credential<'_>, Option<Repeatable>),
    ) -> Result<User, ApiError> {
        if let Some(again) = again
            && let Some(Changed { user, .. }) = self.outcome_before(again).await?
            && let Some(user) = self.user_again(caller, user).await?
        {
            return Ok(user);
        }
        let remove = |tx: Arc<Tx>| async move { self.remove_in(&tx, caller, (credential, again)).await };
        let left = self.store.write(Write::new("remove_credential").in_session(caller.session.id), remove).await?;
        self.wake_outbox();
        info!(user.id = %left.id, "a credential was taken away");
        Ok(left)
    }

    /// Holds the account, so that what is decided stays true until the commit. What is left of it.
    async fn remove_in(
        &self,
        tx: &Tx,
        caller: &SignedIn,
        (credential, again): (Credential<'_>, Option<Repeatable>),
    ) -> Result<User, ApiError> {
        let now = self.clock.now();
        let held =
            tx.hold(caller.session.id, now).await?.ok_or_else(|| ApiError::refused(ErrorCode::Unauthenticated))?;
        let (account, user) = (&held.account, held.account.id);
        removal::decide(account, credential, &held.standing, &self.config.phone.policy())
            .map_err(|refusal| refused(refusal, now))?;
        let phone = tx.look().phone_id(user).await?;
        match credential {
            Credential::Phone => tx.unbind_phone(account, now).await?,
            Credential::OpenId(app) => {
                let scope_of = |app: &AppId| self.apps.by_id(app)?.provider.union_scope();
                let union = removal::union_to_go(account, app, scope_of);
                tx.unlink_open_id(user, (app, union), now).await?;
            }
        }
        tx.end_sessions_of(&[user], Some(caller.session.id), now).await?;
        let left = tx.look().user(user).await?.ok_or(ApiError::Internal("a held user is not there"))?;
        let notice = match credential {
            Credential::Phone => Notice::PhoneUnbound,
            Credential::OpenId(app) => Notice::OpenIdUnlinked { app: self.app_title(app) },
        };
        self.post_notice(tx, (user, phone), &notice).await?;
        if let Some(again) = again {
            self.keep_outcome(tx, again, &Changed::of(user)).await?;
        }
        Ok(left)
    }
}

fn refused(refusal: Refusal, now: Timestamp) -> ApiError {
    match refusal {
        Refusal::NotThere => ApiError::refused(ErrorCode::NotFound),
        Refusal::LastCredential => ApiError::refused(ErrorCode::LastCredential),
        Refusal::NotNow(reason) => not_now(reason, now),
    }
}
