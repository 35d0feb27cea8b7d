//! Merges that an operator decides. See [`crate::usecase::merge`].

use async_graphql::{ComplexObject, Context, Enum, ID, Object, SimpleObject};
use domain::merge::Obstacle;
use domain::{ServiceScope, UserId};
use store::request::Request;

use super::merge::{MergeChoice, MergeField, MergeMoves, MergeSide, choices};
use super::request::PendingRequest;
use crate::error::{ApiError, ErrorCode};
use crate::graphql::input::Optional;
use crate::graphql::{Alone, alone, caller, service};
use crate::usecase;
use crate::usecase::merge::{MergedPeople, PeopleMerge, PeoplePreview};

/// Why two accounts cannot be merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(in crate::graphql) enum MergeObstacleKind {
    /// Both have an openId in one app: WeChat says that they are two people there.
    TwoOpenIds,
    /// Both have a unionId in one union scope: WeChat says that they are two people.
    TwoUnionIds,
}

/// What keeps two accounts apart. Remove it from one of them first, if it is there by mistake.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub(in crate::graphql) struct MergeObstacle {
    #[graphql(skip)]
    app_id: Option<domain::AppId>,
    /// Why.
    kind: MergeObstacleKind,
    /// The union scope of the two unionIds.
    union_scope: Option<String>,
}

#[ComplexObject]
impl MergeObstacle {
    /// The app of the two openIds, by name; the provider's app id if the app is no longer configured.
    async fn app<'a>(&'a self, ctx: &Context<'a>) -> Option<&'a str> {
        self.app_id.as_ref().map(|id| usecase::app::name_of(service(ctx), id))
    }
}

impl From<Obstacle> for MergeObstacle {
    fn from(obstacle: Obstacle) -> Self {
        match obstacle {
            Obstacle::App(app) => Self { kind: MergeObstacleKind::TwoOpenIds, app_id: Some(app), union_scope: None },
            Obstacle::Scope(scope) => {
                Self { kind: MergeObstacleKind::TwoUnionIds, app_id: None, union_scope: Some(scope.into()) }
            }
        }
    }
}

/// What a merge of two accounts would do.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct MergePeoplePreview {
    /// The account of the argument `user`.
    user: MergeSide,
    /// The account of the argument `other`.
    other: MergeSide,
    /// What forbids the merge. Empty if it is possible.
    obstacles: Vec<MergeObstacle>,
    /// The account that survives by default: the one with the verified phone, otherwise the older one.
    survivor: ID,
    /// The fields in which the accounts differ. `mergePeople` requires a choice for each.
    clashes: Vec<MergeField>,
    /// What the surviving account takes over from the other one.
    moves: MergeMoves,
}

impl From<PeoplePreview> for MergePeoplePreview {
    fn from(previewed: PeoplePreview) -> Self {
        let PeoplePreview { sides: [user, other], preview, obstacles } = previewed;
        Self {
            moves: MergeMoves::of([&user, &other], preview.survivor),
            user: user.into(),
            other: other.into(),
            obstacles: obstacles.into_iter().map(Into::into).collect(),
            survivor: preview.survivor.to_string().into(),
            clashes: preview.clashes.into_iter().map(Into::into).collect(),
        }
    }
}

/// The result of `mergePeople`.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct MergePeoplePayload {
    /// The account that remains.
    survivor_id: ID,
    /// The account that was merged into it. Its id finds the remaining one.
    former_id: ID,
    /// The id of the merge, for `undoMerge`: `evt_…`. Null if the merge waits for a second operator.
    merge_id: Option<ID>,
    /// The request, if the merge waits for a second operator. Then nothing was merged, and the other fields say what would be.
    pending: Option<PendingRequest>,
}

impl From<(MergedPeople, Option<Request>)> for MergePeoplePayload {
    fn from((merged, pending): (MergedPeople, Option<Request>)) -> Self {
        Self {
            survivor_id: merged.survivor.to_string().into(),
            former_id: merged.former.to_string().into(),
            merge_id: pending.is_none().then(|| merged.merge.to_string().into()),
            pending: pending.as_ref().map(Into::into),
        }
    }
}

fn both(user: &ID, other: &ID) -> Result<[UserId; 2], ApiError> {
    let read = |id: &ID| id.parse().map_err(|_| ApiError::refused(ErrorCode::NotFound));
    Ok([read(user)?, read(other)?])
}

#[derive(Debug, Default)]
pub(crate) struct MergePeopleQueries;

#[Object]
impl MergePeopleQueries {
    /// Shows what a merge of two accounts would do, and why it is not possible if it is not. Requires the scope `users:read`. An account that is disabled is `ACCOUNT_CLOSED`, two ids of one account are `INVALID_INPUT`.
    async fn merge_people_preview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "One account: `usr_…`. The id of a merged account stands for the surviving one.")] user: ID,
        #[graphql(desc = "The other account: `usr_…`.")] other: ID,
    ) -> Alone<MergePeoplePreview> {
        let preview = async {
            caller(ctx).require(ServiceScope::UsersRead)?;
            let preview = usecase::merge::preview_people(service(ctx), caller(ctx), both(&user, &other)?).await;
            preview.map(MergePeoplePreview::from)
        };
        alone(preview.await)
    }
}

#[derive(Debug, Default)]
pub(crate) struct MergePeopleMutations;

#[Object]
impl MergePeopleMutations {
    /// Merges two accounts that belong to one person, as an operator decides (R14). Requires the scope
    /// `users:manage`. All sessions of both end, the person gets the notice of a merge, and the merge can be undone for 30 days.
    /// If there is a case about the two, decide it with `resolveConflict`. If `support.four_eyes` has `merge`, the merge waits for a
    /// second operator: see `pending`.
    #[expect(clippy::too_many_arguments, reason = "the field has these five arguments")]
    async fn merge_people(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "One account: `usr_…`. The id of a merged account stands for the surviving one.")] user: ID,
        #[graphql(desc = "The other account: `usr_…`.")] other: ID,
        #[graphql(desc = "The reason: 1 to 500 characters.")] reason: String,
        #[graphql(desc = "The surviving account, if not the one in `mergePeoplePreview`.")] survivor: Optional<ID>,
        #[graphql(desc = "A choice for each of the `clashes` of `mergePeoplePreview`.", default)] keep: Vec<
            MergeChoice,
        >,
    ) -> Result<MergePeoplePayload, ApiError> {
        caller(ctx).require(ServiceScope::UsersManage)?;
        let wanted = PeopleMerge { users: both(&user, &other)?, choices: choices(survivor.0.as_ref(), keep)?, reason };
        Ok(usecase::merge::merge_people(service(ctx), caller(ctx), &wanted).await?.into())
    }
}
