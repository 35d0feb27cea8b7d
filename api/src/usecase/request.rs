//! Four eyes: acts that wait for a second operator. The first call records a request; its approval carries the act out by what is
//! true then, in the transaction that closes the request.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::merge::{Choices, Field};
use domain::{
    AuditAction, ConflictId, LinkEventId, Principal, RequestId, RequestKind, Resolution, ServiceScope, UserId,
};
use serde_json::{Value, json};
use store::audit::AuditEvent;
use store::conflict::Verdict;
use store::merge::Grounds;
use store::request::{Act, Request, RequestState};
use store::{Actor, Tx, View};
use tracing::info;

use crate::config::FourEyes;
use crate::error::{ApiError, ErrorCode};
use crate::service::Service;
use crate::usecase::conflict::ClosedCase;
use crate::usecase::merge::{MergedPeople, PeopleMerge, UndoneMerge, read_reason};
use crate::usecase::page::{FrontRequest, Page};
use crate::usecase::phone::SetPhone;
use crate::usecase::{Caller, conflict, erasure, merge, outbox, phone};

/// What an approval has carried out.
#[derive(Debug)]
pub enum Done {
    /// Two accounts were merged.
    Merge(MergedPeople),
    /// A merge was undone.
    Undo(Box<UndoneMerge>),
    /// A phone was set.
    SetPhone(SetPhone),
    /// An account was erased, unless it was before.
    Erase(UserId, bool),
    /// A case was closed by a merge.
    CaseMerge(Box<ClosedCase>),
}

/// Returns whether an act needs a second operator.
pub(crate) fn is_needed(service: &Service, act: FourEyes) -> bool {
    service.config.support.four_eyes.contains(&act)
}

/// Records a request. The same request of the same caller, sent twice, is one.
///
/// # Errors
/// `REQUEST_PENDING` if another request for this act is open.
pub(crate) async fn ask(service: &Service, act: Act, (by, reason): (Principal, &str)) -> Result<Request, ApiError> {
    let now = service.clock.now();
    let life = TimeDelta::hours(service.config.support.request_hours.into());
    let wanted = &Request {
        id: RequestId::new(now),
        act,
        reason: reason.to_owned(),
        by,
        asked_at: now,
        expires_at: now.plus(life),
        state: RequestState::Open,
    };
    let ask = |tx: Arc<Tx>| async move {
        let request = store::request::ask(&tx, wanted.clone(), now).await?;
        if request.id == wanted.id {
            let event = AuditEvent::new(AuditAction::RequestMade, Actor::Operator(by), now).about(request.act.user);
            store::audit::add(&tx, &event.saying(said(&request, reason))).await?;
        }
        Ok::<_, ApiError>(request)
    };
    let request = service.store.write("ask_for_second_operator", ask).await?;
    if (request.by, &request.act, &request.reason) != (by, &wanted.act, &wanted.reason) {
        return Err(ApiError::detailed(ErrorCode::RequestPending, format!("{} is open", request.id)));
    }
    info!(request.id = %request.id, kind = %request.act.kind, %by, "an act waits for a second operator");
    Ok(request)
}

/// Returns a page of the open requests, the oldest first. Requires the scope `users:read`.
pub async fn list(service: &Service, caller: &Caller, page: FrontRequest) -> Result<Page<Request>, ApiError> {
    caller.require(ServiceScope::UsersRead)?;
    let now = service.clock.now();
    page.page(store::request::list(&service.store.view(), RequestKind::ALL, &page.front()?, now).await?)
}

/// Approves a request and carries the act out. Requires the scope of the act, and a caller who did not ask, and neither created nor
/// was created by who did. Of two approvals one carries it out. After an error the request is still open.
///
/// # Errors
/// `NOT_FOUND`, `REQUEST_CLOSED`, `REQUEST_EXPIRED`, `SECOND_OPERATOR_REQUIRED`, `FORBIDDEN` also if who asked may no longer do it,
/// and the errors of the act.
pub async fn approve(
    service: &Service,
    caller: &Caller,
    (id, reason): (RequestId, &str),
) -> Result<(Request, Done), ApiError> {
    let (by, reason) = (find_for(service, caller, id).await?, &read_reason(Some(reason))?);
    let approve = |tx: Arc<Tx>| async move {
        let request = open(service, &tx, id).await?;
        second(&tx, &request, by).await?;
        still_may(service, &tx.look(), &request).await?;
        close(service, &tx, (&request, RequestState::Approved), by).await?;
        let now = service.clock.now();
        let event = AuditEvent::new(AuditAction::RequestApproved, Actor::Operator(by), now).about(request.act.user);
        store::audit::add(&tx, &event.saying(said(&request, reason))).await?;
        let done = carry_out(service, &tx, &request).await?;
        Ok::<_, ApiError>((Request { state: RequestState::Approved, ..request }, done))
    };
    let (request, done) = service.store.write("approve_request", approve).await?;
    outbox::wake(service);
    if let Done::Erase(user, true) = done {
        erasure::report_operator(user);
    }
    info!(request.id = %id, kind = %request.act.kind, %by, asked_by = %request.by, "a second operator approved");
    Ok((request, done))
}

/// Declines a request: nothing is done. Requires the scope of the act. Who asked may withdraw the request so.
///
/// # Errors
/// `NOT_FOUND`, `REQUEST_CLOSED`, `REQUEST_EXPIRED` or `FORBIDDEN`.
pub async fn decline(service: &Service, caller: &Caller, (id, reason): (RequestId, &str)) -> Result<Request, ApiError> {
    let (by, reason) = (find_for(service, caller, id).await?, &read_reason(Some(reason))?);
    let decline = |tx: Arc<Tx>| async move {
        let request = open(service, &tx, id).await?;
        close(service, &tx, (&request, RequestState::Declined), by).await?;
        let now = service.clock.now();
        let event = AuditEvent::new(AuditAction::RequestDeclined, Actor::Operator(by), now).about(request.act.user);
        store::audit::add(&tx, &event.saying(said(&request, reason))).await?;
        Ok::<_, ApiError>(Request { state: RequestState::Declined, ..request })
    };
    let request = service.store.write("decline_request", decline).await?;
    info!(request.id = %id, kind = %request.act.kind, %by, "a request was declined");
    Ok(request)
}

/// Checks that the caller has the scope of the request's act.
async fn find_for(service: &Service, caller: &Caller, id: RequestId) -> Result<Principal, ApiError> {
    caller.require(ServiceScope::UsersRead)?;
    let request = store::request::find(&service.store.view(), id).await?;
    let request = request.ok_or_else(|| ApiError::refused(ErrorCode::NotFound))?;
    caller.principal(request.act.kind.scope())
}

/// Returns the request if it can still be decided.
async fn open(service: &Service, tx: &Tx, id: RequestId) -> Result<Request, ApiError> {
    let request = store::request::find(&tx.look(), id).await?;
    let request = request.ok_or_else(|| ApiError::refused(ErrorCode::NotFound))?;
    match request.state {
        RequestState::Approved | RequestState::Declined => Err(ApiError::refused(ErrorCode::RequestClosed)),
        RequestState::Open if request.expires_at <= service.clock.now() => {
            Err(ApiError::refused(ErrorCode::RequestExpired))
        }
        RequestState::Open => Ok(request),
    }
}

/// Closes a request. It may have been decided since it was read: the database lets one of two decisions through.
async fn close(
    service: &Service,
    tx: &Tx,
    (request, state): (&Request, RequestState),
    by: Principal,
) -> Result<(), ApiError> {
    let is_closed = store::request::decide(tx, (request.id, state), by, service.clock.now()).await?;
    if is_closed { Ok(()) } else { Err(ApiError::refused(ErrorCode::RequestClosed)) }
}

/// Rejects who asked, and who stands behind who asked: an operator could else create a token to approve with.
async fn second(tx: &Tx, request: &Request, by: Principal) -> Result<(), ApiError> {
    let asked = store::request::lineage(&tx.look(), request.by).await?;
    let approves = store::request::lineage(&tx.look(), by).await?;
    if approves.iter().any(|one| asked.contains(one)) {
        return Err(ApiError::refused(ErrorCode::SecondOperatorRequired));
    }
    Ok(())
}

/// Rejects a request whose operator was removed or has another role since, or whose token ended.
async fn still_may(service: &Service, view: &View<'_>, request: &Request) -> Result<(), ApiError> {
    let (now, scope) = (service.clock.now(), request.act.kind.scope());
    let may = match request.by {
        Principal::Operator(id) => store::operator::find(view, id)
            .await?
            .is_some_and(|operator| operator.is_active() && operator.role.scopes().contains(&scope)),
        Principal::Token(id) => store::service_token::find_by_id(view, id).await?.is_some_and(|token| {
            let is_valid = token.revoked_at.is_none() && token.expires_at.is_none_or(|end| end > now);
            is_valid && token.scopes.contains(&scope)
        }),
    };
    if may { Ok(()) } else { Err(ApiError::detailed(ErrorCode::Forbidden, "who asked for it may no longer do it")) }
}

/// Carries an act out, in the name and with the reason of who asked.
async fn carry_out(service: &Service, tx: &Tx, request: &Request) -> Result<Done, ApiError> {
    let (act, by) = (&request.act, request.by);
    let reason = request.reason.as_str();
    let broken = || ApiError::Internal("a request has no sound arguments");
    match act.kind {
        RequestKind::Merge => {
            let users = [act.user, act.other.ok_or_else(broken)?];
            let choices = read_choices(&act.payload).ok_or_else(broken)?;
            let wanted = PeopleMerge { users, choices, reason: request.reason.clone() };
            Ok(Done::Merge(merge::merge_people_in(service, tx, (by, reason), &wanted).await?))
        }
        RequestKind::Undo => {
            let merge = act.payload["merge"].as_str().and_then(|id| id.parse().ok()).ok_or_else(broken)?;
            let grounds = Grounds::Operator { by, reason: request.reason.clone() };
            Ok(Done::Undo(Box::new(merge::undo_for_company(service, tx, (merge, &grounds)).await?)))
        }
        RequestKind::SetPhone => {
            let number = act.number.as_ref().ok_or_else(broken)?;
            let actor = Actor::Operator(by);
            Ok(Done::SetPhone(phone::set_in(service, tx, (act.user, number), (actor, reason)).await?))
        }
        RequestKind::CaseMerge => {
            let case = act.payload["case"].as_str().and_then(|id| id.parse().ok()).ok_or_else(broken)?;
            let choices = read_choices(&act.payload).ok_or_else(broken)?;
            let verdict = Verdict { resolution: Resolution::Merge, by, reason: request.reason.clone() };
            let closed = conflict::resolve_in(service, tx, case, (&verdict, &choices)).await?;
            Ok(Done::CaseMerge(Box::new(closed)))
        }
        RequestKind::Erase => {
            let (user, changed) = erasure::erase_in(service, tx, act.user, (Actor::Operator(by), reason)).await?;
            Ok(Done::Erase(user, changed))
        }
    }
}

/// The request of a merge.
pub(crate) fn act_of_merge(wanted: &PeopleMerge) -> Act {
    let [user, other] = wanted.users;
    let payload = payload_of(&wanted.choices);
    Act { kind: RequestKind::Merge, user, other: Some(other), payload, number: None }
}

/// The request of a case that a merge closes.
pub(crate) fn act_of_case(case: ConflictId, would: MergedPeople, choices: &Choices) -> Act {
    let mut payload = payload_of(choices);
    payload["case"] = json!(case.to_string());
    Act { kind: RequestKind::CaseMerge, user: would.survivor, other: Some(would.former), payload, number: None }
}

/// The choices of a merge. See [`read_choices`].
fn payload_of(choices: &Choices) -> Value {
    let keep: Vec<_> = choices.keep.iter().map(|(field, user)| json!([field.as_str(), user.to_string()])).collect();
    json!({ "survivor": choices.survivor.map(|user| user.to_string()), "keep": keep })
}

/// The request of an undo.
pub(crate) fn act_of_undo(merge: LinkEventId, undone: &UndoneMerge) -> Act {
    let payload = json!({ "merge": merge.to_string() });
    let (user, other) = (undone.survivor, Some(undone.restored));
    Act { kind: RequestKind::Undo, user, other, payload, number: None }
}

fn read_choices(payload: &Value) -> Option<Choices> {
    let survivor = match &payload["survivor"] {
        Value::Null => None,
        survivor => Some(survivor.as_str()?.parse().ok()?),
    };
    let choice = |choice: &Value| -> Option<(Field, UserId)> {
        Some((choice[0].as_str()?.parse().ok()?, choice[1].as_str()?.parse().ok()?))
    };
    let keep = payload["keep"].as_array()?.iter().map(choice).collect::<Option<_>>()?;
    Some(Choices { survivor, keep })
}

fn said(request: &Request, reason: &str) -> Value {
    json!({
        "request": request.id.to_string(),
        "kind": request.act.kind.as_str(),
        "askedBy": request.by.to_string(),
        "other": request.act.other.map(|other| other.to_string()),
        "reason": reason,
    })
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;

    use super::*;

    #[test]
    fn choices_survive_their_request() {
        let [one, other] = [1, 2].map(|at| UserId::new(Timestamp::from_millis(at)));
        let choices = Choices { survivor: Some(other), keep: vec![(Field::Phone, one), (Field::Nickname, other)] };
        for choices in [choices, Choices::default()] {
            let wanted = PeopleMerge { users: [one, other], choices: choices.clone(), reason: String::new() };

            assert_eq!(read_choices(&act_of_merge(&wanted).payload), Some(choices.clone()));
            let merge = LinkEventId::new(Timestamp::from_millis(3));
            let would = MergedPeople { survivor: one, former: other, merge };
            let case = ConflictId::new(Timestamp::from_millis(4));
            assert_eq!(read_choices(&act_of_case(case, would, &choices).payload), Some(choices));
        }
    }

    #[test]
    fn what_is_no_choice_is_not_read_as_one() {
        for payload in [json!({}), json!({ "keep": [["PHONE"]] }), json!({ "keep": [["COLOUR", "usr_1"]] })] {
            assert_eq!(read_choices(&payload), None, "{payload}");
        }
    }
}
