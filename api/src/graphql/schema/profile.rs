//! The name and the picture that a person chooses. See [`crate::usecase::user`].

use async_graphql::{Context, MaybeUndefined, Object, SimpleObject};
use domain::{BadOwnWords, OwnWords};
use store::user::{Choice, ProfileChange};

use super::user::User;
use crate::error::{ApiError, ErrorCode};
use crate::graphql::{caller, service};
use crate::usecase;

/// The result of `updateProfile`.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct UpdateProfilePayload {
    /// The person's account.
    user: User,
}

#[derive(Debug, Default)]
pub(crate) struct ProfileMutations;

#[Object]
impl ProfileMutations {
    /// Sets the name and the picture that the person chose. They are shown in place of those that WeChat tells, and no
    /// later login changes them. An argument that is left out changes nothing; null forgets the choice.
    async fn update_profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The nickname: 1 to 64 characters.")] nickname: MaybeUndefined<String>,
        #[graphql(desc = "The address of the picture: `https`, at most 512 bytes. Other people's programs load it.")]
        avatar_url: MaybeUndefined<String>,
    ) -> Result<UpdateProfilePayload, ApiError> {
        let caller = caller(ctx).person()?;
        let change = ProfileChange {
            nickname: read(nickname, ("nickname", OwnWords::read_nickname))?,
            avatar_url: read(avatar_url, ("avatarUrl", OwnWords::read_avatar_url))?,
        };
        if change == ProfileChange::default() {
            return Err(ApiError::detailed(ErrorCode::InvalidInput, "send `nickname`, `avatarUrl` or both"));
        }
        Ok(UpdateProfilePayload {
            user: User::signed_in(usecase::user::update_profile(service(ctx), caller, &change).await?),
        })
    }
}

type Read = fn(&str) -> Result<String, BadOwnWords>;

fn read(given: MaybeUndefined<String>, (name, read): (&str, Read)) -> Result<Choice, ApiError> {
    let refused = |bad: BadOwnWords| ApiError::detailed(ErrorCode::InvalidInput, format!("{name}: {bad}"));
    match given {
        MaybeUndefined::Undefined => Ok(Choice::Keep),
        MaybeUndefined::Null => Ok(Choice::Forget),
        MaybeUndefined::Value(text) => read(&text).map(Choice::Choose).map_err(refused),
    }
}
