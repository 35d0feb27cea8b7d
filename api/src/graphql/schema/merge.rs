//! Merges and their reversal. See [`crate::usecase::merge`].

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::merge::{Choices, Field, Plan, UNDO};
use domain::{LinkEventId, PhoneNumber, UserId};
use store::request::Request;

use super::login::Session;
use super::request::PendingRequest;
use super::user::User;
use crate::error::{self, ApiError, ErrorCode};
use crate::graphql::input::Optional;
use crate::graphql::{Alone, alone, caller, carriage, idempotency_key, service};
use crate::usecase;
use crate::usecase::merge::{MergeRequest, Merged, PreviewedSide, UndoneMerge};

/// A field of which an account has one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Field")]
pub(in crate::graphql) enum MergeField {
    /// The active phone.
    Phone,
    /// The company's id of the person.
    ExternalId,
    /// The nickname.
    Nickname,
    /// The picture.
    AvatarUrl,
}

/// A choice for a field in which the two accounts differ.
#[derive(Debug, InputObject)]
pub(in crate::graphql) struct MergeChoice {
    /// The field.
    field: MergeField,
    /// The account whose value is kept.
    user: ID,
}

/// Reads the choices for a merge from the arguments.
pub(in crate::graphql) fn choices(survivor: Option<&ID>, keep: Vec<MergeChoice>) -> Result<Choices, ApiError> {
    let user = |id: &ID| id.parse::<UserId>().map_err(|e| ApiError::detailed(ErrorCode::InvalidInput, e.to_string()));
    let choice = |choice: MergeChoice| Ok((choice.field.into(), user(&choice.user)?));
    Ok(Choices {
        survivor: survivor.map(user).transpose()?,
        keep: keep.into_iter().map(choice).collect::<Result<_, ApiError>>()?,
    })
}

/// A merge that the person may confirm.
#[derive(SimpleObject)]
pub(in crate::graphql) struct MergeOffer {
    /// The token for `mergePreview` and `mergeUsers`. Valid for one merge, for 15 minutes, and until one of the
    /// accounts changes.
    token: String,
    /// When the offer expires.
    expires_at: DateTime<Utc>,
    /// The other account's phone, masked.
    masked_phone: Option<String>,
    /// The first letter of the other account's nickname.
    masked_nickname: Option<String>,
}

impl From<error::MergeOffer> for MergeOffer {
    fn from(offer: error::MergeOffer) -> Self {
        Self {
            token: offer.token,
            expires_at: offer.expires_at.into(),
            masked_phone: offer.hint.phone,
            masked_nickname: offer.hint.nickname,
        }
    }
}

/// One of the two accounts.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct MergeSide {
    /// The account's id.
    id: ID,
    /// When the account was created.
    created_at: DateTime<Utc>,
    /// The account's phone, masked.
    masked_phone: Option<String>,
    /// The account's nickname.
    nickname: Option<String>,
    /// The account's picture.
    avatar_url: Option<String>,
    /// Whether the account has an id of the company's.
    has_external_id: bool,
    /// The number of openIds.
    open_ids: u32,
    /// The number of unionIds.
    union_ids: u32,
    /// The number of orders.
    orders: u32,
}

impl From<PreviewedSide> for MergeSide {
    fn from(previewed: PreviewedSide) -> Self {
        let PreviewedSide { side, holdings } = previewed;
        Self {
            id: side.account.id.to_string().into(),
            created_at: side.account.created_at.into(),
            masked_phone: side.account.phone.as_ref().map(PhoneNumber::masked),
            nickname: side.nickname,
            avatar_url: side.avatar_url,
            has_external_id: side.account.external_id.is_some(),
            open_ids: u32::try_from(holdings.open_ids).unwrap_or(u32::MAX),
            union_ids: u32::try_from(holdings.union_ids).unwrap_or(u32::MAX),
            orders: u32::try_from(holdings.orders).unwrap_or(u32::MAX),
        }
    }
}

/// What a merge would move to the surviving account.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct MergeMoves {
    /// The number of openIds.
    open_ids: u32,
    /// The number of unionIds.
    union_ids: u32,
    /// The number of orders placed with these openIds.
    orders: u32,
    /// The fields that the surviving account lacks and takes over without a choice.
    fields: Vec<MergeField>,
}

/// The effects of a merge.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct MergePreview {
    /// The account of the signed-in person.
    own: MergeSide,
    /// The other account.
    other: MergeSide,
    /// The account that survives by default: the one with the verified phone, otherwise the older one.
    survivor: ID,
    /// The fields in which the accounts differ. `mergeUsers` requires a choice for each.
    clashes: Vec<MergeField>,
    /// What the surviving account takes over from the other one.
    moves: MergeMoves,
    /// When the offer expires.
    expires_at: DateTime<Utc>,
}

impl MergeMoves {
    /// Returns what the default survivor would take over.
    pub(super) fn of([one, other]: [&PreviewedSide; 2], survivor: UserId) -> Self {
        let (kept, gone) = if survivor == one.side.account.id { (one, other) } else { (other, one) };
        let fields = Plan::join(&gone.side, &kept.side).taken;
        let gone: MergeSide = gone.clone().into();
        Self {
            open_ids: gone.open_ids,
            union_ids: gone.union_ids,
            orders: gone.orders,
            fields: fields.into_iter().map(MergeField::from).collect(),
        }
    }
}

impl From<usecase::merge::MergePreview> for MergePreview {
    fn from(previewed: usecase::merge::MergePreview) -> Self {
        let usecase::merge::MergePreview { own, other, preview, expires_at } = previewed;
        Self {
            moves: MergeMoves::of([&own, &other], preview.survivor),
            own: own.into(),
            other: other.into(),
            survivor: preview.survivor.to_string().into(),
            clashes: preview.clashes.into_iter().map(MergeField::from).collect(),
            expires_at: expires_at.into(),
        }
    }
}

/// The result of `mergeUsers`.
#[derive(SimpleObject)]
pub(in crate::graphql) struct MergeUsersPayload {
    /// The account that the session belongs to now.
    user: User,
    /// The id of the merge, for `undoMerge`: `evt_…`.
    merge_id: ID,
    /// New tokens if the session has moved to another account. Null if the present tokens remain valid.
    session: Option<Session>,
}

impl From<Merged> for MergeUsersPayload {
    fn from(merged: Merged) -> Self {
        Self {
            user: User::signed_in(merged.user),
            merge_id: merged.merge.to_string().into(),
            session: merged.session.map(Into::into),
        }
    }
}

/// The result of `undoMerge`.
#[derive(SimpleObject)]
pub(in crate::graphql) struct UndoMergePayload {
    /// The account that survived the merge.
    survivor_id: ID,
    /// The restored account.
    restored_id: ID,
    /// The account that the session belongs to now: the one with the openId through which the session was opened. Null
    /// for a service token.
    user: Option<User>,
    /// New tokens if the session has moved to another account. Null if the present tokens remain valid.
    session: Option<Session>,
    /// The request, if the undo waits for a second operator. Then nothing was undone, and the ids say what would be.
    pending: Option<PendingRequest>,
}

impl From<(UndoneMerge, Option<Request>)> for UndoMergePayload {
    fn from((undone, pending): (UndoneMerge, Option<Request>)) -> Self {
        Self {
            pending: pending.as_ref().map(Into::into),
            survivor_id: undone.survivor.to_string().into(),
            restored_id: undone.restored.to_string().into(),
            user: undone.user.map(User::signed_in),
            session: undone.session.map(Into::into),
        }
    }
}

/// A merge into this account that can still be undone.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct Merge {
    /// The id of the merge, for `undoMerge`: `evt_…`.
    id: ID,
    /// The account that was merged into this one.
    former_id: ID,
    /// When the accounts were merged.
    merged_at: DateTime<Utc>,
    /// The time until which the merge can be undone.
    undoable_until: DateTime<Utc>,
}

impl From<store::merge::Merge> for Merge {
    fn from(merge: store::merge::Merge) -> Self {
        Self {
            id: merge.id.to_string().into(),
            former_id: merge.from.to_string().into(),
            merged_at: merge.at.into(),
            undoable_until: merge.at.plus(UNDO).into(),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct MergeQueries;

#[Object]
impl MergeQueries {
    /// Shows the effects of an offered merge. The token remains valid.
    async fn merge_preview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token of the merge offer.")] token: String,
        #[graphql(desc = "A valid access token of the other account. Required if the offer came with \
            SECOND_PROOF_REQUIRED: the other account is not shown without it.")]
        other_access_token: Optional<String>,
    ) -> Alone<MergePreview> {
        let preview = async {
            let caller = caller(ctx).person()?;
            let preview = usecase::merge::preview(service(ctx), caller, &token, other_access_token.0.as_deref()).await;
            preview.map(MergePreview::from)
        };
        alone(preview.await)
    }
}

#[derive(Debug, Default)]
pub(crate) struct MergeMutations;

#[Object]
impl MergeMutations {
    /// Merges two accounts as the person chose. Requires a fresh login to one of them. The merge must have been offered
    /// before, with a login or with an error that has a `mergeToken`. It can be undone for 30 days. A retry of the same
    /// request in the same session returns the same answer for five minutes.
    #[expect(clippy::too_many_arguments, reason = "the field has these four arguments")]
    async fn merge_users(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token of the merge offer. It remains valid after an error.")] token: String,
        #[graphql(desc = "The surviving account, if not the one in `mergePreview`.")] survivor: Optional<ID>,
        #[graphql(desc = "A choice for each of the `clashes` of `mergePreview`.", default)] keep: Vec<MergeChoice>,
        #[graphql(desc = "An access token of the other account from a fresh login. Required if the offer came with \
                SECOND_PROOF_REQUIRED.")]
        other_access_token: Optional<String>,
    ) -> Result<MergeUsersPayload, ApiError> {
        let caller = caller(ctx).person()?;
        let request = MergeRequest {
            token,
            choices: choices(survivor.0.as_ref(), keep)?,
            other_access_token: other_access_token.0,
        };
        let mut merged = usecase::merge::merge_users(service(ctx), caller, &request).await?;
        carriage(ctx).load(ctx, &mut merged.session);
        Ok(merged.into())
    }

    /// Undoes a merge within 30 days. Everything that it moved goes back, and the merged account is restored with its
    /// own id. Data added after the merge stays with the surviving account. Requires a fresh login to the surviving
    /// account, or a service token with the scope `users:write`. `Idempotency-Key` works as for `unbindPhone`. If `support.four_eyes`
    /// has `undo`, that of a service token or an operator waits for a second operator: see `pending`.
    async fn undo_merge(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the merge, from `mergeUsers` or `User.merges`: `evt_…`.")] id: ID,
        #[graphql(desc = "The reason: 1 to 500 characters, for a service token; otherwise ignored.")] reason: Optional<
            String,
        >,
    ) -> Result<UndoMergePayload, ApiError> {
        let id: LinkEventId = id.parse().map_err(|_| ApiError::refused(ErrorCode::NotFound))?;
        let (mut undone, pending) =
            usecase::merge::undo(service(ctx), caller(ctx), id, (reason.0.as_deref(), idempotency_key(ctx))).await?;
        carriage(ctx).load(ctx, &mut undone.session);
        Ok((undone, pending).into())
    }
}
