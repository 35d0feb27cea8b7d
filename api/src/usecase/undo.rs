//! A merge is taken back (R8), by the person or by an operator (R14).
//! What goes back to whom is told by the journal, and done in `store`.

use domain::merging::{UNDO, may_undo};
use domain::standing::{Step, may};
use domain::{AuditAction, LinkEventId, ServiceScope, UserId};
use serde_json::json;
use store::{Actor, AuditEvent, Grounds, Merge, Tx, UndoError, Undone, User};
use tracing::info;

use super::{Caller, Races, SessionTokens, SignedIn, not_now};
use crate::error::{ApiError, ErrorCode};
use crate::service::Service;

/// The longest reason, in characters.
const MAX_REASON: usize = 500;

/// A merge that was taken back.
#[derive(Debug)]
pub struct UndoneMerge {
    /// The account that had stayed.
    pub survivor: UserId,
    /// The account that is again.
    pub restored: UserId,
    /// The account that the person is signed in to now; absent for an operator.
    pub user: Option<User>,
    /// New tokens, when that has changed.
    pub session: Option<SessionTokens>,
}

impl Service {
    /// The merges into an account that can still be undone, the oldest first.
    pub async fn merges(&self, user: UserId) -> Result<Vec<Merge>, ApiError> {
        Ok(self.store.view().merges_into(user, self.clock.now().minus(UNDO)).await?)
    }

    /// Undoes a merge: for the person whose account it is, who has just signed in, or for an operator with a reason.
    pub async fn undo_merge(
        &self,
        caller: &Caller,
        merge: LinkEventId,
        reason: Option<&str>,
    ) -> Result<UndoneMerge, ApiError> {
        let (person, grounds) = match caller {
            Caller::System(token) => {
                caller.require(ServiceScope::UsersWrite)?;
                (None, Grounds::Operator { token: token.id, reason: read_reason(reason)? })
            }
            Caller::Person(_) | Caller::Anonymous | Caller::Rejected | Caller::Closed => {
                (Some(caller.person()?), Grounds::Person)
            }
        };
        let mut races = Races::default();
        loop {
            let attempt = self.undo_once(person, merge, &grounds).await;
            if !races.lost(&attempt) {
                return attempt;
            }
        }
    }

    /// Look, do, and see that it was allowed, while both accounts are locked: one attempt in one transaction.
    async fn undo_once(
        &self,
        person: Option<&SignedIn>,
        id: LinkEventId,
        grounds: &Grounds,
    ) -> Result<UndoneMerge, ApiError> {
        let now = self.clock.now();
        let not_found = || ApiError::refused(ErrorCode::NotFound);
        let tx = self.store.begin().await?;
        let tx = match person {
            Some(person) => tx.in_session(person.session.id),
            None => tx,
        };
        // The survivor may have gone on into another account of the person's. Asked first, so that another's merge takes as
        // long as one that is not there.
        let own = match person {
            Some(person) => Some(tx.look().with_aliases(person.user.id).await?),
            None => None,
        };
        let merge = tx.look().merge(id).await?.ok_or_else(not_found)?;
        if own.is_some_and(|own| !own.contains(&merge.into)) {
            return Err(not_found());
        }
        if !may_undo(merge.at, now) {
            return Err(ApiError::detailed(ErrorCode::UndoImpossible, "it was made more than thirty days ago"));
        }
        let undone = tx.undo_merge(id, grounds, now).await.map_err(refused)?.ok_or_else(not_found)?;
        if let Some(person) = person {
            // Both accounts are held now: nobody ends this session from here on.
            if !tx.look().is_open(person.session.id, person.user.id).await? {
                return Err(ApiError::refused(ErrorCode::Unauthenticated));
            }
            // Nor does the survivor go to another account: it may have gone before it was held.
            if !tx.look().with_aliases(person.user.id).await?.contains(&undone.survivor) {
                return Err(not_found());
            }
            let users = [undone.survivor, undone.restored];
            let cooling_until = tx.look().cooling_until(&users).await?;
            let standing = person.session.standing(cooling_until, now);
            may(Step::UndoMerge, &standing, &self.config.phone.policy()).map_err(|reason| not_now(reason, now))?;
        }
        let answer = self.settle_undone(&tx, person, &undone).await?;
        if let Grounds::Operator { token, reason } = grounds {
            let event = AuditEvent::new(AuditAction::MergeUndone, Actor::Operator(*token), now).about(undone.survivor);
            let restored = undone.restored.to_string();
            tx.audit(&event.saying(json!({ "merge": id.to_string(), "restored": restored, "reason": reason }))).await?;
        }
        tx.commit().await?;
        info!(user.id = %undone.survivor, rule = %grounds.rule(), "a merge was undone");
        Ok(answer)
    }

    /// All other sessions end. The person's own goes on as the account that it was opened through: what was merged by
    /// mistake may be two people's.
    async fn settle_undone(
        &self,
        tx: &Tx,
        person: Option<&SignedIn>,
        undone: &Undone,
    ) -> Result<UndoneMerge, ApiError> {
        let (survivor, restored) = (undone.survivor, undone.restored);
        let own = person.map(|person| person.session);
        tx.end_sessions_of(&[survivor, restored], own.map(|session| session.id), self.clock.now()).await?;
        let Some(own) = own else { return Ok(UndoneMerge { survivor, restored, user: None, session: None }) };
        let through = tx.look().app_of_session(own.id).await?;
        let goes_back = through.is_some_and(|app| undone.apps.contains(&app));
        let (session, now) = if goes_back {
            let (session, refresh_token) = self.go_on_as(tx, &own, restored).await?;
            (Some(self.tokens(&session, refresh_token)), restored)
        } else {
            (None, survivor)
        };
        Ok(UndoneMerge { survivor, restored, user: tx.look().user(now).await?, session })
    }
}

pub(super) fn read_reason(reason: Option<&str>) -> Result<String, ApiError> {
    let reason = reason.unwrap_or_default().trim();
    if reason.is_empty() || reason.chars().count() > MAX_REASON {
        let detail = format!("reason: an operator gives one, of 1 to {MAX_REASON} characters");
        return Err(ApiError::detailed(ErrorCode::InvalidInput, detail));
    }
    Ok(reason.to_owned())
}

fn refused(error: UndoError) -> ApiError {
    match error {
        UndoError::Refused(refusal) => ApiError::detailed(ErrorCode::UndoImpossible, refusal.to_string()),
        UndoError::Store(error) => error.into(),
    }
}
