//! What a person sees and chooses when two accounts become one, and when they part again.
//! What happens is decided in `usecase::{offer, merge, undo, link}`.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::merge::{Choices, Field, Plan, UNDO};
use domain::{LinkEventId, PhoneNumber, UserId};

use super::login::Session;
use super::user::User;
use crate::error::{self, ApiError, ErrorCode};
use crate::graphql::{Alone, alone, caller, carriage, idempotency_key, service};
use crate::usecase;
use crate::usecase::merge::{MergeRequest, Merged, PreviewedSide, UndoneMerge};

/// Something that an account has one of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Field")]
pub(in crate::graphql) enum MergeField {
    /// The active phone.
    Phone,
    /// The company's own id.
    ExternalId,
    /// What the person is called.
    Nickname,
    /// The person's picture.
    AvatarUrl,
}

/// Whose value stays, for a field in which the two accounts differ.
#[derive(Debug, InputObject)]
pub(in crate::graphql) struct MergeChoice {
    /// The field.
    field: MergeField,
    /// The account whose value stays.
    user: ID,
}

/// What the person chose, out of the arguments.
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
    /// For `mergePreview` and `mergeUsers`. For one merge, fifteen minutes, and until one of the accounts changes.
    token: String,
    /// Until when it can be confirmed.
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
    /// When it was made.
    created_at: DateTime<Utc>,
    /// Its phone, masked.
    masked_phone: Option<String>,
    /// What the person is called there.
    nickname: Option<String>,
    /// The person's picture there.
    avatar_url: Option<String>,
    /// Whether the account came from the company, with an id of the company's own.
    has_external_id: bool,
    /// How many openIds it has.
    open_ids: u32,
    /// How many unionIds it has.
    union_ids: u32,
    /// How many orders it has.
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

/// What would change hands.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct MergeMoves {
    /// How many openIds.
    open_ids: u32,
    /// How many unionIds.
    union_ids: u32,
    /// How many orders the survivor would find with them.
    orders: u32,
    /// What the survivor lacks and would take over, without anybody's choice.
    fields: Vec<MergeField>,
}

/// What a merge would come to.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct MergePreview {
    /// The person's account.
    own: MergeSide,
    /// The other one.
    other: MergeSide,
    /// The account that would go on, unless the person chooses: the one with the verified phone, else the older.
    survivor: ID,
    /// In what the two differ: `mergeUsers` needs a choice for each.
    clashes: Vec<MergeField>,
    /// What that account would get from the other one.
    moves: MergeMoves,
    /// Until when it can be confirmed.
    expires_at: DateTime<Utc>,
}

impl From<usecase::merge::MergePreview> for MergePreview {
    fn from(previewed: usecase::merge::MergePreview) -> Self {
        let usecase::merge::MergePreview { own, other, preview, expires_at } = previewed;
        let (kept, gone) = if preview.survivor == own.side.account.id { (&own, &other) } else { (&other, &own) };
        let fields = Plan::join(&gone.side, &kept.side).taken;
        let gone: MergeSide = gone.clone().into();
        Self {
            moves: MergeMoves {
                open_ids: gone.open_ids,
                union_ids: gone.union_ids,
                orders: gone.orders,
                fields: fields.into_iter().map(MergeField::from).collect(),
            },
            own: own.into(),
            other: other.into(),
            survivor: preview.survivor.to_string().into(),
            clashes: preview.clashes.into_iter().map(MergeField::from).collect(),
            expires_at: expires_at.into(),
        }
    }
}

/// Two accounts that are one.
#[derive(SimpleObject)]
pub(in crate::graphql) struct MergeUsersPayload {
    /// The account that the person is signed in to now.
    user: User,
    /// The merge, for `undoMerge`: `evt_…`.
    merge_id: ID,
    /// New tokens, when the account has changed; else the old ones go on.
    session: Option<Session>,
}

impl From<Merged> for MergeUsersPayload {
    fn from(merged: Merged) -> Self {
        Self {
            user: User(merged.user),
            merge_id: merged.merge.to_string().into(),
            session: merged.session.map(Into::into),
        }
    }
}

/// A merge that was taken back.
#[derive(SimpleObject)]
pub(in crate::graphql) struct UndoMergePayload {
    /// The account that had stayed.
    survivor_id: ID,
    /// The account that is again.
    restored_id: ID,
    /// The account that the person is signed in to now: the one through whose openId the session was opened. Null for a
    /// service token.
    user: Option<User>,
    /// New tokens, when the account has changed; else the old ones go on.
    session: Option<Session>,
}

impl From<UndoneMerge> for UndoMergePayload {
    fn from(undone: UndoneMerge) -> Self {
        Self {
            survivor_id: undone.survivor.to_string().into(),
            restored_id: undone.restored.to_string().into(),
            user: undone.user.map(User),
            session: undone.session.map(Into::into),
        }
    }
}

/// A merge into this account that can still be undone.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct Merge {
    /// Its id, for `undoMerge`: `evt_…`.
    id: ID,
    /// The account that went into this one.
    former_id: ID,
    /// When.
    merged_at: DateTime<Utc>,
    /// Until when it can be undone.
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
    /// What a merge that was offered would come to. Looking does not use the token up.
    async fn merge_preview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token of the offer.")] token: String,
        #[graphql(desc = "A live access token of the other account. Needed where the offer came with \
            SECOND_PROOF_REQUIRED: until then the other account is shown to nobody.")]
        other_access_token: Option<String>,
    ) -> Alone<MergePreview> {
        let preview = async {
            let caller = caller(ctx).person()?;
            let preview = usecase::merge::preview(service(ctx), caller, &token, other_access_token.as_deref()).await;
            preview.map(MergePreview::from)
        };
        alone(preview.await)
    }
}

#[derive(Debug, Default)]
pub(crate) struct MergeMutations;

#[Object]
impl MergeMutations {
    /// Makes two accounts one, as the person chose who is signed in to one of them, and has signed in just now. The merge
    /// was offered before: with a login, or beside an error that has a `mergeToken`. It can be undone for thirty days.
    /// The same request again, within five minutes and in the same session, gets the same answer.
    #[expect(clippy::too_many_arguments, reason = "the field has these four arguments")]
    async fn merge_users(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token of the offer. A refusal does not use it up.")] token: String,
        #[graphql(desc = "The account that goes on, if not the one that `mergePreview` names.")] survivor: Option<ID>,
        #[graphql(desc = "A choice for each of the `clashes` of `mergePreview`.", default)] keep: Vec<MergeChoice>,
        #[graphql(
            desc = "A live access token of the other account, signed in to just now. Needed where the offer came \
            with SECOND_PROOF_REQUIRED."
        )]
        other_access_token: Option<String>,
    ) -> Result<MergeUsersPayload, ApiError> {
        let caller = caller(ctx).person()?;
        let request = MergeRequest { token, choices: choices(survivor.as_ref(), keep)?, other_access_token };
        let mut merged = usecase::merge::merge_users(service(ctx), caller, &request).await?;
        carriage(ctx).load(ctx, &mut merged.session);
        Ok(merged.into())
    }

    /// Undoes a merge within thirty days: what it moved goes back, and the account that went is again, with its own id.
    /// What was made after the merge stays with the survivor. For the survivor, who has signed in just now, or a service
    /// token with the scope `users:write`.
    /// `Idempotency-Key` is the same as with `unbindPhone`.
    async fn undo_merge(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The merge: `evt_…`, from `mergeUsers` or `User.merges`.")] id: ID,
        #[graphql(desc = "Why: 1 to 500 characters, for a service token; else ignored.")] reason: Option<String>,
    ) -> Result<UndoMergePayload, ApiError> {
        let id: LinkEventId = id.parse().map_err(|_| ApiError::refused(ErrorCode::NotFound))?;
        let mut undone =
            usecase::merge::undo(service(ctx), caller(ctx), id, (reason.as_deref(), idempotency_key(ctx))).await?;
        carriage(ctx).load(ctx, &mut undone.session);
        Ok(undone.into())
    }
}
