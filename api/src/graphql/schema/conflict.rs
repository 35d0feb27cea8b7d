//! Cases for operators, and how one is closed.
//! What a decision comes to is decided in `usecase::cases`.

use async_graphql::connection::PageInfo;
use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::{PhoneNumber, Resolution, ServiceScope};
use store::conflict::Case;

use super::merge::{MergeChoice, choices};
use super::order::once_each;
use crate::error::{ApiError, ErrorCode};
use crate::graphql::{Alone, alone, caller, cursor, service};
use crate::usecase::conflict::{CaseQuery, ClosedCase, Decide};
use crate::usecase::{self, FrontRequest, Page};

/// Why a case was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::ConflictKind")]
pub(in crate::graphql) enum ConflictKind {
    /// An openId and its unionId belong to two accounts, both with something to lose (R1c).
    TwoAccounts,
    /// WeChat now tells another unionId for a known openId (R5).
    UnionIdChanged,
    /// A link would give somebody two openIds in one app or two unionIds in one scope (R9).
    LimitBroken,
    /// A proven phone belongs to another account that cannot be joined without a choice (R4b).
    PhoneOwned,
    /// Somebody says that a number with an old proof, and with it its account, was theirs (R6).
    PhoneStale,
}

/// How an operator closes a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::Resolution")]
pub(in crate::graphql) enum ConflictDecision {
    /// They are one person: the two accounts are merged. It can be undone for thirty days.
    Merge,
    /// They are two people, or things are right as they are: nothing changes.
    KeepApart,
    /// The new unionId replaces the one that the account has in its scope.
    AcceptUnionId,
    /// The number leaves the other account, and is the account's that proved it.
    GivePhone,
}

/// Which cases.
#[derive(Debug, Default, InputObject)]
pub(in crate::graphql) struct ConflictFilter {
    /// Only of these kinds.
    kind: Option<Vec<ConflictKind>>,
    /// Only those that are open (`true`), or only those that are closed (`false`).
    open: Option<bool>,
    /// Only those about this account, or about one that went into it.
    user: Option<ID>,
    /// Only those opened at this time or later.
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

/// A link that was refused or is doubtful.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct Conflict {
    /// The case's id: `cfl_…`.
    id: ID,
    /// Why it was opened.
    kind: ConflictKind,
    /// The account that was signed in. `user` tells more about it, and its `linkHistory` how it came to be.
    user_id: ID,
    /// The other account concerned.
    other_user_id: Option<ID>,
    /// The operator's name for the Open Platform account whose unionId is concerned.
    union_scope: Option<String>,
    /// The unionId concerned.
    union_id: Option<String>,
    /// The number concerned, masked.
    masked_phone: Option<String>,
    /// When it was opened.
    opened_at: DateTime<Utc>,
    /// The decisions that make sense for a case of this kind; none when it is closed.
    decisions: Vec<ConflictDecision>,
    /// How it was closed; null while it is open.
    closed: Option<ConflictClosing>,
}

/// How a case was closed.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct ConflictClosing {
    /// When.
    at: DateTime<Utc>,
    /// What was decided.
    decision: ConflictDecision,
    /// By whom: `operator:` and the id of the service token, `command` for the command line, or `person` when the two
    /// accounts became one without an operator.
    by: String,
    /// Why.
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

/// A page of cases, the oldest first (Relay's connection).
#[derive(Debug)]
pub(in crate::graphql) struct ConflictConnection(pub(in crate::graphql) Page<Case>);

/// A page of cases, the oldest first (Relay's connection).
#[Object]
impl ConflictConnection {
    /// The cases with their cursors.
    async fn edges(&self) -> Vec<ConflictEdge> {
        self.0.items.iter().map(|case| ConflictEdge { cursor: cursor_of(case), node: case.into() }).collect()
    }

    /// The cases alone.
    async fn nodes(&self) -> Vec<Conflict> {
        self.0.items.iter().map(Conflict::from).collect()
    }

    /// Where the page stands in the whole.
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
    /// Where the case stands in the list: for `after`.
    cursor: String,
    /// The case.
    node: Conflict,
}

/// A case that was closed just now.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct ResolveConflictPayload {
    /// The case.
    conflict: Conflict,
    /// The merge, for `undoMerge`: `evt_…`. Null unless two accounts were merged.
    merge_id: Option<ID>,
}

impl From<ClosedCase> for ResolveConflictPayload {
    fn from(closed: ClosedCase) -> Self {
        Self { conflict: (&closed.case).into(), merge_id: closed.merge.map(|id| id.to_string().into()) }
    }
}

#[derive(Debug, Default)]
pub(crate) struct ConflictQueries;

#[Object]
impl ConflictQueries {
    /// Links that were refused or are doubtful, the oldest first, for a service token with the scope `conflicts:read`.
    #[expect(clippy::too_many_arguments, reason = "the filter and the page are the field")]
    async fn conflicts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only cases like this.", default)] filter: ConflictFilter,
        #[graphql(desc = "How many: 1 to 100; 20 when it is left out.")] first: Option<i32>,
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
    /// Closes a case, for a service token with the scope `conflicts:write`. Who decided, what and why is kept in the case
    /// and in the journal. MERGE needs a choice for each field in which the two accounts differ, as `mergeUsers` does.
    #[expect(clippy::too_many_arguments, reason = "the field has these five arguments")]
    async fn resolve_conflict(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The case: `cfl_…`.")] id: ID,
        #[graphql(desc = "What is decided: one of the case's `decisions`.")] decision: ConflictDecision,
        #[graphql(desc = "Why: 1 to 500 characters.")] reason: String,
        #[graphql(desc = "For MERGE: the account that goes on, if not the usual one.")] survivor: Option<ID>,
        #[graphql(desc = "For MERGE: whose value stays, for each field in which they differ.", default)] keep: Vec<
            MergeChoice,
        >,
    ) -> Result<ResolveConflictPayload, ApiError> {
        caller(ctx).require(ServiceScope::ConflictsWrite)?;
        let case = id.parse().map_err(|_| ApiError::refused(ErrorCode::NotFound))?;
        let choices = choices(survivor.as_ref(), keep)?;
        let decide = Decide { case, resolution: decision.into(), reason, choices };
        Ok(usecase::conflict::resolve(service(ctx), caller(ctx), decide).await?.into())
    }
}
