//! A person takes a phone or an app away from the account (R7).
//! Whether it may go is `domain::removal`'s to say.

use domain::removal::{self, Credential, Refusal};
use domain::{AppId, AppName, Timestamp};
use store::User;
use tracing::info;

use super::{Races, SignedIn, not_now};
use crate::error::{ApiError, ErrorCode};
use crate::service::Service;
use crate::sms::Notice;

impl Service {
    /// Takes the phone away. Its number is free at once.
    pub async fn unbind_phone(&self, caller: &SignedIn) -> Result<User, ApiError> {
        self.remove(caller, Credential::Phone).await
    }

    /// Takes the open id of an app away, which is named as clients call it; by its upstream id, if it is no longer
    /// configured. The orders placed through it wait for its next login.
    pub async fn unlink_open_id(&self, caller: &SignedIn, app: &str) -> Result<User, ApiError> {
        let named = app.parse::<AppName>().ok().and_then(|name| self.apps.named(&name));
        let id = named.map(|app| Ok(app.provider.app_id().clone()));
        let id: AppId = id.unwrap_or_else(|| app.parse()).map_err(|_| ApiError::refused(ErrorCode::NotFound))?;
        self.remove(caller, Credential::OpenId(&id)).await
    }

    async fn remove(&self, caller: &SignedIn, credential: Credential<'_>) -> Result<User, ApiError> {
        let mut races = Races::default();
        loop {
            let attempt = self.remove_once(caller, credential).await;
            if !races.lost(&attempt) {
                return attempt;
            }
        }
    }

    /// Look, decide, do: one attempt in one transaction. The look holds the account.
    async fn remove_once(&self, caller: &SignedIn, credential: Credential<'_>) -> Result<User, ApiError> {
        let now = self.clock.now();
        let tx = self.store.begin().await?.in_session(caller.session.id);
        let held =
            tx.hold(caller.session.id, now).await?.ok_or_else(|| ApiError::refused(ErrorCode::Unauthenticated))?;
        let (account, user) = (&held.account, held.account.id);
        removal::decide(account, credential, &held.standing, &self.config.phone.policy())
            .map_err(|refusal| refused(refusal, now))?;
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
        tx.commit().await?;
        info!(user.id = %user, "a credential was taken away");
        let notice = match credential {
            Credential::Phone => Notice::PhoneUnbound,
            Credential::OpenId(app) => {
                let title = self.apps.by_id(app).map_or(app.as_str(), |app| &app.title);
                Notice::OpenIdUnlinked { app: title.to_owned() }
            }
        };
        self.tell(user, account.phone.as_ref(), notice).await;
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
