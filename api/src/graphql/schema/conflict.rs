//! Cases for operators, and the decisions that close them. See [`crate::usecase::conflict`].

use async_graphql::connection::PageInfo;
use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::{PhoneNumber, Resolution, ServiceScope};
use store::conflict::Case;
use store::request::Request;

use super::merge::{MergeChoice, choices};
use super::order::once_each;
use super::request::PendingRequest;
use crate::error::{ApiError, ErrorCode};
use crate::graphql::input::Optional;
use crate::graphql::{Alone, alone, caller, cursor, service};
use crate::usecase::conflict::{CaseQuery, ClosedCase, Decide};
use crate::usecase::{self, FrontRequest, Page};

/// Why a case was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::ConflictKind")]
pub(in crate::graphql) enum ConflictKind {
    /// An openId and its unionId belong to two accounts, neither of which is empty (R1c).
    TwoAccounts,
    /// The provider returned a different unionId for a known openId (R5).
    UnionIdChanged,
    /// A link would give one account two openIds in one app or two unionIds in one union scope (R9).
    LimitBroken,
    /// A proven phone belongs to another account, and the two cannot be merged without a choice (R4b).
    PhoneOwned,
    /// A person claims a number with an old proof, and the account that it belongs to (R6).
    PhoneStale,
}

/// A decision that closes a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::Resolution")]
pub(in crate::graphql) enum ConflictDecision {
    /// The accounts belong to one person: merge them. The merge can be undone for 30 days.
    Merge,
    /// The accounts belong to two people, or nothing is wrong: change nothing.
    KeepApart,
    /// Replace the account's unionId in this union scope with the new one.
    AcceptUnionId,
    /// Move the number from the other account to the account that proved it.
    GivePhone,
}

/// Selects cases. All given conditions must hold.
#[derive(Debug, Default, InputObject)]
pub(in crate::graphql) struct ConflictFilter {
    /// Only cases of these kinds.
    kind: Option<Vec<ConflictKind>>,
    /// Only open cases (`true`) or only closed cases (`false`).
    open: Option<bool>,
    /// Only cases of this account or of an account that was merged into it.
    user: Option<ID>,
    /// Only cases opened at or after this time.
    since: Option<DateTime<Utc>>,
}

impl TryFrom<ConflictFilter> for CaseQuery {
    type Error = ApiError;

    fn try_from(filter: ConflictFilter) -> Result<Self, ApiError> {
        let user = filter.user.map(|id| id.parse()).transpose();
        Ok(Self {
            kinds: filter.kind.map(|kinds| once_each(kinds.into_iter().map(Into::into).collect())),
            open: filter.open,
            user: user.map_err(|e: domain::BadId| ApiError::detailed(ErrorCode::InvalidInput, format!("user: {e}")))?,
            since: filter.since.map(Into::into),
        })
    }
}

/// A case: a link that a rule refused or doubted, for an operator to decide.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct Conflict {
    /// The case's id: `cfl_…`.
    id: ID,
    /// Why the case was opened.
    kind: ConflictKind,
    /// The account that was signed in. See `user` for the account and `User.linkHistory` for its history.
    user_id: ID,
    /// The other account concerned.
    other_user_id: Option<ID>,
    /// The union scope of the unionId concerned: the operator's name for the Open Platform account.
    union_scope: Option<String>,
    /// The unionId concerned.
    union_id: Option<String>,
    /// The number concerned, masked.
    masked_phone: Option<String>,
    /// When the case was opened.
    opened_at: DateTime<Utc>,
    /// The decisions that are possible for this case. Empty if it is closed.
    decisions: Vec<ConflictDecision>,
    /// How the case was closed. Null while it is open.
    closed: Option<ConflictClosing>,
}

/// The decision that closed a case.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct ConflictClosing {
    /// When the case was closed.
    at: DateTime<Utc>,
    /// The decision.
    decision: ConflictDecision,
    /// The actor: `operator:` and the id of the operator or of the service token, `command` for the command line, or `person` if the two
    /// accounts were merged without an operator.
    by: String,
    /// The reason given.
    reason: Option<String>,
}

impl From<&Case> for Conflict {
    fn from(case: &Case) -> Self {
        let fits = |resolution: &Resolution| case.closed.is_none() && resolution.fits(case.kind);
        let decisions = Resolution::ALL.iter().copied().filter(fits).map(Into::into).collect();
        let closed = case.closed.clone().map(|closed| ConflictClosing {
            at: closed.at.into(),
            decision: closed.resolution.into(),
            by: closed.by,
            reason: closed.reason,
        });
        let (scope, union_id) = case.union.clone().map(|key| (key.scope.into(), key.union_id.into())).unzip();
        Self {
            id: case.id.to_string().into(),
            kind: case.kind.into(),
            user_id: case.user.to_string().into(),
            other_user_id: case.other.map(|id| id.to_string().into()),
            union_scope: scope,
            union_id,
            masked_phone: case.number.as_ref().map(PhoneNumber::masked),
            opened_at: case.opened_at.into(),
            decisions,
            closed,
        }
    }
}

/// A page of cases, oldest first (Relay connection).
#[derive(Debug)]
pub(in crate::graphql) struct ConflictConnection(pub(in crate::graphql) Page<Case>);

/// A page of cases, oldest first (Relay connection).
#[Object]
impl ConflictConnection {
    /// The cases with their cursors.
    async fn edges(&self) -> Vec<ConflictEdge> {
        self.0.items.iter().map(|case| ConflictEdge { cursor: cursor_of(case), node: case.into() }).collect()
    }

    /// The cases without cursors.
    async fn nodes(&self) -> Vec<Conflict> {
        self.0.items.iter().map(Conflict::from).collect()
    }

    /// The position of the page in the list.
    async fn page_info(&self) -> PageInfo {
        cursor::page_info(&self.0, cursor_of)
    }
}

fn cursor_of(case: &Case) -> String {
    cursor::at(case.opened_at, case.id.uuid())
}

/// A case with its cursor.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct ConflictEdge {
    /// The case's position in the list, for `after`.
    cursor: String,
    /// The case.
    node: Conflict,
}

/// The result of `resolveConflict`.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct ResolveConflictPayload {
    /// The case.
    conflict: Conflict,
    /// The id of the merge, for `undoMerge`: `evt_…`. Null unless two accounts were merged.
    merge_id: Option<ID>,
    /// The request, if the merge waits for a second operator. Then nothing was merged, and the case is open.
    pending: Option<PendingRequest>,
}

impl From<(ClosedCase, Option<Request>)> for ResolveConflictPayload {
    fn from((closed, pending): (ClosedCase, Option<Request>)) -> Self {
        Self {
            conflict: (&closed.case).into(),
            merge_id: closed.merged.map(|merged| merged.merge.to_string().into()),
            pending: pending.as_ref().map(Into::into),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct ConflictQueries;

#[Object]
impl ConflictQueries {
    /// Cases, oldest first: links that a rule refused or doubted. Requires the scope
    /// `conflicts:read`.
    #[expect(clippy::too_many_arguments, reason = "the filter and the page are the field")]
    async fn conflicts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Conditions that the cases must meet.", default)] filter: ConflictFilter,
        #[graphql(desc = "The page size: 1 to 100. Defaults to 20.")] first: Option<i32>,
        #[graphql(desc = "Only cases after this cursor.")] after: Option<String>,
    ) -> Alone<ConflictConnection> {
        let cases = async {
            let page = FrontRequest { first, after: cursor::read_place(after.as_deref())? };
            usecase::conflict::list(service(ctx), caller(ctx), filter.try_into()?, page).await.map(ConflictConnection)
        };
        alone(cases.await)
    }
}

#[derive(Debug, Default)]
pub(crate) struct ConflictMutations;

#[Object]
impl ConflictMutations {
    /// Closes a case. Requires the scope `conflicts:write`. The case and the journal record the
    /// actor, the decision and the reason. `MERGE` requires a choice for each field in which the two accounts differ,
    /// as `mergeUsers` does. If `support.four_eyes` has `merge`, `MERGE` waits for a second operator: see `pending`.
    #[expect(clippy::too_many_arguments, reason = "the field has these five arguments")]
    async fn resolve_conflict(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The case: `cfl_…`.")] id: ID,
        #[graphql(desc = "The decision: one of the case's `decisions`.")] decision: ConflictDecision,
        #[graphql(desc = "The reason: 1 to 500 characters.")] reason: String,
        #[graphql(desc = "For MERGE: the surviving account, if not the default one.")] survivor: Optional<ID>,
        #[graphql(
            desc = "For MERGE: the account whose value is kept, for each field in which the two differ.",
            default
        )]
        keep: Vec<MergeChoice>,
    ) -> Result<ResolveConflictPayload, ApiError> {
        caller(ctx).require(ServiceScope::ConflictsWrite)?;
        let case = id.parse().map_err(|_| ApiError::refused(ErrorCode::NotFound))?;
        let choices = choices(survivor.0.as_ref(), keep)?;
        let decide = Decide { case, resolution: decision.into(), reason, choices };
        Ok(usecase::conflict::resolve(service(ctx), caller(ctx), decide).await?.into())
    }
}
