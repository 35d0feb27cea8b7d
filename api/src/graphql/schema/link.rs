//! A further login of an account: linked by the person, and unlinked.

use async_graphql::{Context, Object, SimpleObject};

use super::login::{LoginInput, read_login};
use super::user::User;
use crate::error::ApiError;
use crate::graphql::{caller, client_address, idempotency_key, service};
use crate::usecase;
use crate::usecase::link::Added;

/// A phone or an app that was taken away.
#[derive(SimpleObject)]
pub(in crate::graphql) struct RemovalPayload {
    /// The account as it is now.
    user: User,
}

impl From<store::user::User> for RemovalPayload {
    fn from(user: store::user::User) -> Self {
        Self { user: User(user) }
    }
}

/// Another way of signing in.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct LinkOpenIdPayload {
    /// The person's account.
    user: User,
    /// Whether the account has more than before; false when the openId was the account's already.
    added: bool,
}

impl From<Added> for LinkOpenIdPayload {
    fn from(added: Added) -> Self {
        Self { user: User(added.user), added: added.is_new }
    }
}

#[derive(Debug, Default)]
pub(crate) struct LinkMutations;

#[Object]
impl LinkMutations {
    /// Adds another way of signing in to the account of the person who is signed in, and has signed in just now.
    /// An openId of another account is not moved: the answer is `OPEN_ID_OWNED_BY_ANOTHER`, with a `mergeToken`.
    /// The same request again, within five minutes and in the same session, gets the same answer.
    async fn link_open_id(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the client brings, as for a login.")] input: LoginInput,
    ) -> Result<LinkOpenIdPayload, ApiError> {
        let caller = caller(ctx).person()?;
        Ok(usecase::link::add(service(ctx), caller, (read_login(ctx, input)?, client_address(ctx))).await?.into())
    }

    /// Takes an app away from the account. Needs a fresh login; the last way to sign in stays. Orders that were placed
    /// through the app go along, and wait for its next login. `Idempotency-Key` is the same as with `unbindPhone`.
    async fn unlink_open_id(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The app, as `openIds` names it.")] app: String,
    ) -> Result<RemovalPayload, ApiError> {
        Ok(usecase::link::unlink_open_id(service(ctx), caller(ctx).person()?, &app, idempotency_key(ctx)).await?.into())
    }
}
