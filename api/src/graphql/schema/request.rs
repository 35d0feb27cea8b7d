//! Acts that wait for a second operator. See [`crate::usecase::request`].

use async_graphql::connection::PageInfo;
use async_graphql::{ComplexObject, Context, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::{Principal, RequestId};
use store::request::Request;

use super::conflict::ResolveConflictPayload;
use super::erasure::EraseUserPayload;
use super::merge::UndoMergePayload;
use super::merge_people::MergePeoplePayload;
use super::phone::SetPhonePayload;
use crate::error::{ApiError, ErrorCode};
use crate::graphql::{Alone, alone, caller, cursor, loader, service};
use crate::usecase::request::Done;
use crate::usecase::{self, FrontRequest, Page};

/// An act that may need a second operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::RequestKind")]
pub(in crate::graphql) enum RequestKind {
    /// `mergePeople`.
    Merge,
    /// `undoMerge` for the company.
    Undo,
    /// `setPhone`.
    SetPhone,
    /// `eraseUser`.
    Erase,
    /// `resolveConflict` with `MERGE`.
    CaseMerge,
}

/// An act that waits for a second operator. Nothing of it has been done.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub(in crate::graphql) struct PendingRequest {
    #[graphql(skip)]
    by: Principal,
    /// The request's id: `req_…`.
    id: ID,
    /// The act.
    kind: RequestKind,
    /// The account that it is about. For an undo, the one that survived the merge.
    user_id: ID,
    /// The other account of a merge. For an undo, the one that would be restored.
    other_user_id: Option<ID>,
    /// The merge that would be undone: `evt_…`.
    merge_id: Option<ID>,
    /// The case that would be closed: `cfl_…`.
    case_id: Option<ID>,
    /// The masked phone number that would be set.
    masked_phone: Option<String>,
    /// The reason of the operator who asked.
    reason: String,
    /// Who asked: the id of an operator or of a service token.
    requested_by: String,
    /// When.
    requested_at: DateTime<Utc>,
    /// Until when it can be approved.
    expires_at: DateTime<Utc>,
}

#[ComplexObject]
impl PendingRequest {
    /// The name of the operator or of the service token that asked.
    async fn requested_by_name(&self, ctx: &Context<'_>) -> Result<Option<String>, ApiError> {
        loader::name_of(ctx, self.by).await
    }

    /// Whether the caller asked, and so cannot approve it.
    async fn is_mine(&self, ctx: &Context<'_>) -> bool {
        caller(ctx).acts_as() == Some(self.by)
    }
}

impl From<&Request> for PendingRequest {
    fn from(request: &Request) -> Self {
        let act = &request.act;
        Self {
            by: request.by,
            id: request.id.to_string().into(),
            kind: act.kind.into(),
            user_id: act.user.to_string().into(),
            other_user_id: act.other.map(|id| id.to_string().into()),
            merge_id: act.payload["merge"].as_str().map(Into::into),
            case_id: act.payload["case"].as_str().map(Into::into),
            masked_phone: act.number.as_ref().map(domain::PhoneNumber::masked),
            reason: request.reason.clone(),
            requested_by: request.by.to_string(),
            requested_at: request.asked_at.into(),
            expires_at: request.expires_at.into(),
        }
    }
}

/// The result of `approveRequest`: what was carried out. Exactly one of the five is not null.
#[derive(SimpleObject)]
pub(in crate::graphql) struct ApproveRequestPayload {
    /// The request, which is closed.
    request: PendingRequest,
    /// The merge.
    merge: Option<MergePeoplePayload>,
    /// The undone merge.
    undo: Option<UndoMergePayload>,
    /// The phone that was set.
    set_phone: Option<SetPhonePayload>,
    /// The erasure.
    erase: Option<EraseUserPayload>,
    /// The case that was closed by a merge.
    case_merge: Option<ResolveConflictPayload>,
}

impl From<(Request, Done)> for ApproveRequestPayload {
    fn from((request, done): (Request, Done)) -> Self {
        let nothing = Self {
            request: (&request).into(),
            merge: None,
            undo: None,
            set_phone: None,
            erase: None,
            case_merge: None,
        };
        match done {
            Done::Merge(merged) => Self { merge: Some((merged, None).into()), ..nothing },
            Done::Undo(undone) => Self { undo: Some((*undone, None).into()), ..nothing },
            Done::SetPhone(set) => Self { set_phone: Some((set, None).into()), ..nothing },
            Done::CaseMerge(closed) => Self { case_merge: Some((*closed, None).into()), ..nothing },
            Done::Erase(user, changed) => Self { erase: Some((user, changed, None).into()), ..nothing },
        }
    }
}

/// The result of `declineRequest`.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct DeclineRequestPayload {
    /// The request, which is closed.
    request: PendingRequest,
}

/// A page of open requests, oldest first (Relay connection).
#[derive(Debug)]
pub(in crate::graphql) struct PendingRequestConnection(Page<Request>);

/// A page of open requests, oldest first (Relay connection).
#[Object]
impl PendingRequestConnection {
    /// The requests with their cursors.
    async fn edges(&self) -> Vec<PendingRequestEdge> {
        let edge = |request: &Request| PendingRequestEdge { cursor: cursor_of(request), node: request.into() };
        self.0.items.iter().map(edge).collect()
    }

    /// The requests without cursors.
    async fn nodes(&self) -> Vec<PendingRequest> {
        self.0.items.iter().map(PendingRequest::from).collect()
    }

    /// The position of the page in the list.
    async fn page_info(&self) -> PageInfo {
        cursor::page_info(&self.0, cursor_of)
    }
}

fn cursor_of(request: &Request) -> String {
    cursor::at(request.asked_at, request.id.uuid())
}

/// An open request with its cursor.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct PendingRequestEdge {
    /// The request's position in the list, for `after`.
    cursor: String,
    /// The request.
    node: PendingRequest,
}

#[derive(Debug, Default)]
pub(crate) struct RequestQueries;

#[Object]
impl RequestQueries {
    /// The acts that wait for a second operator, oldest first. Requires the scope `users:read`.
    async fn pending_requests(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The page size: 1 to 100. Defaults to 20.")] first: Option<i32>,
        #[graphql(desc = "Only requests after this cursor.")] after: Option<String>,
    ) -> Alone<PendingRequestConnection> {
        let requests = async {
            let page = FrontRequest { first, after: cursor::read_place(after.as_deref())? };
            usecase::request::list(service(ctx), caller(ctx), page).await.map(PendingRequestConnection)
        };
        alone(requests.await)
    }
}

#[derive(Debug, Default)]
pub(crate) struct RequestMutations;

#[Object]
impl RequestMutations {
    /// Approves an act that another operator asked for, and carries it out by what is true now: its errors are those of the act, and
    /// leave the request open. Requires the scopes `users:read` and that of the act. Who asked cannot approve, nor a service token
    /// that was created by who asked (`SECOND_OPERATOR_REQUIRED`).
    async fn approve_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The request's id: `req_…`.")] id: ID,
        #[graphql(desc = "The reason: 1 to 500 characters.")] reason: String,
    ) -> Result<ApproveRequestPayload, ApiError> {
        Ok(usecase::request::approve(service(ctx), caller(ctx), (read(&id)?, &reason)).await?.into())
    }

    /// Declines an act that waits for a second operator, or withdraws an own one: nothing is done. Requires the scopes `users:read`
    /// and that of the act.
    async fn decline_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The request's id: `req_…`.")] id: ID,
        #[graphql(desc = "The reason: 1 to 500 characters.")] reason: String,
    ) -> Result<DeclineRequestPayload, ApiError> {
        let request = usecase::request::decline(service(ctx), caller(ctx), (read(&id)?, &reason)).await?;
        Ok(DeclineRequestPayload { request: (&request).into() })
    }
}

fn read(id: &ID) -> Result<RequestId, ApiError> {
    id.parse().map_err(|_| ApiError::refused(ErrorCode::NotFound))
}
