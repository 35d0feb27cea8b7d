//! Erasures: by the person's own wish and by an operator. See [`crate::usecase::erasure`].

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::{ServiceScope, UserId};
use store::request::Request;

use super::request::PendingRequest;
use crate::error::{ApiError, ErrorCode};
use crate::graphql::{caller, service};
use crate::usecase;

/// Why an account is erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::ErasureCause")]
pub(in crate::graphql) enum ErasureCause {
    /// The person asked for it.
    Person,
    /// Every login that opened it was cancelled at the provider.
    Cancelled,
    /// An operator decided it.
    Operator,
}

/// An erasure that is scheduled.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct Erasure {
    /// Why.
    cause: ErasureCause,
    /// When it was asked for.
    asked_at: DateTime<Utc>,
    /// When it may be carried out. Until then `cancelErasure` calls it off.
    due_at: DateTime<Utc>,
}

impl From<store::erasure::Erasure> for Erasure {
    fn from(erasure: store::erasure::Erasure) -> Self {
        let store::erasure::Erasure { cause, asked_at, due_at, .. } = erasure;
        Self { cause: cause.into(), asked_at: asked_at.into(), due_at: due_at.into() }
    }
}

/// The result of `eraseMe`.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct EraseMePayload {
    /// The scheduled erasure.
    erasure: Erasure,
}

/// The result of `cancelErasure`.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct CancelErasurePayload {
    /// Whether an erasure was called off. It is false if none was scheduled.
    cancelled: bool,
}

/// The result of `eraseUser`.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct EraseUserPayload {
    /// The erased account. The id of an account that was merged leads to the one that remained.
    user_id: ID,
    /// Whether this call erased it. It is false if it was erased before.
    changed: bool,
    /// The request, if the erasure waits for a second operator. Then nothing was erased.
    pending: Option<PendingRequest>,
}

impl From<(UserId, bool, Option<Request>)> for EraseUserPayload {
    fn from((user, changed, pending): (UserId, bool, Option<Request>)) -> Self {
        Self { user_id: user.to_string().into(), changed, pending: pending.as_ref().map(Into::into) }
    }
}

#[derive(Debug, Default)]
pub(crate) struct ErasureMutations;

#[Object]
impl ErasureMutations {
    /// Asks for the erasure of the person's account: everything that says who they are, in all apps. It is carried out
    /// when the cooling time of the configuration is over (`erasure.cooling`, by default seven days). Until then logins
    /// work as before, `User.erasure` shows the time, and `cancelErasure` calls it off. A second call changes nothing.
    /// Requires a bound login of the last minutes (`BOUND_LOGIN_REQUIRED`, `FRESH_LOGIN_REQUIRED`), and not within a
    /// day of taking a number over (`COOLING_OFF`). It cannot be undone afterwards.
    async fn erase_me(&self, ctx: &Context<'_>) -> Result<EraseMePayload, ApiError> {
        let erasure = usecase::erasure::erase_me(service(ctx), caller(ctx).person()?).await?;
        Ok(EraseMePayload { erasure: erasure.into() })
    }

    /// Calls off the erasure that the person asked for. Requires a bound login.
    async fn cancel_erasure(&self, ctx: &Context<'_>) -> Result<CancelErasurePayload, ApiError> {
        let cancelled = usecase::erasure::cancel(service(ctx), caller(ctx).person()?).await?;
        Ok(CancelErasurePayload { cancelled })
    }

    /// Erases an account at once, with all accounts that were merged into it. It cannot be undone. Requires the scope `users:erase`. Idempotent. If `support.four_eyes` has `erase`, it waits for a second operator: see `pending`.
    async fn erase_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account: `usr_…`.")] id: ID,
        #[graphql(desc = "The reason, for the audit, where it stays: name no person in it.")] reason: String,
    ) -> Result<EraseUserPayload, ApiError> {
        caller(ctx).require(ServiceScope::UsersErase)?;
        let user = id.parse().map_err(|_| ApiError::refused(ErrorCode::NotFound))?;
        Ok(usecase::erasure::erase_as(service(ctx), caller(ctx), user, &reason).await?.into())
    }
}
