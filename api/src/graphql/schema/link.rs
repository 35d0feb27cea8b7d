//! `linkOpenId` and `unlinkOpenId`: further logins of an account.

use async_graphql::{Context, Object, SimpleObject};

use super::login::{LoginInput, read_login};
use super::user::User;
use crate::error::ApiError;
use crate::graphql::{caller, client_address, idempotency_key, service};
use crate::usecase;
use crate::usecase::link::Added;

/// The result of `unbindPhone` or `unlinkOpenId`.
#[derive(SimpleObject)]
pub(in crate::graphql) struct RemovalPayload {
    /// The account after the removal.
    user: User,
}

impl From<store::user::User> for RemovalPayload {
    fn from(user: store::user::User) -> Self {
        Self { user: User::signed_in(user) }
    }
}

/// The result of `linkOpenId`.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct LinkOpenIdPayload {
    /// The person's account.
    user: User,
    /// Whether the openId is new to the account. False if it already belonged to the account.
    added: bool,
}

impl From<Added> for LinkOpenIdPayload {
    fn from(added: Added) -> Self {
        Self { user: User::signed_in(added.user), added: added.is_new }
    }
}

#[derive(Debug, Default)]
pub(crate) struct LinkMutations;

#[Object]
impl LinkMutations {
    /// Links another app to the account of the signed-in person. Requires a fresh login. An openId of another account
    /// is not moved: the error is `OPEN_ID_OWNED_BY_ANOTHER`, with a `mergeToken`. A retry of the same request in the
    /// same session returns the same answer for five minutes.
    async fn link_open_id(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The login to link, as for `login`.")] input: LoginInput,
    ) -> Result<LinkOpenIdPayload, ApiError> {
        let caller = caller(ctx).person()?;
        Ok(usecase::link::add(service(ctx), caller, (read_login(ctx, input)?, client_address(ctx))).await?.into())
    }

    /// Removes an app from the account. Requires a fresh login; the last way to sign in cannot be removed. Orders
    /// placed through the app leave the account with it and are assigned again at the app's next login.
    /// `Idempotency-Key` works as for `unbindPhone`.
    async fn unlink_open_id(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The app's name, as in `User.openIds`.")] app: String,
    ) -> Result<RemovalPayload, ApiError> {
        Ok(usecase::link::unlink_open_id(service(ctx), caller(ctx).person()?, &app, idempotency_key(ctx)).await?.into())
    }
}
