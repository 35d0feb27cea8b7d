//! Login claims: the rows that let one request exchange a login code, with the outcome for a retry. Codes, states and
//! verifiers are stored only as hashes.

use domain::{AppId, OpenId, SessionId, Timestamp, UnionId};
use entities::login_claim;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use crate::database::{Deferred, read_hash};
use crate::{StoreError, Tx, View};

/// A login claim to be inserted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLoginClaim {
    /// The hash of app and code.
    pub code_hash: [u8; 32],
    /// The app of the code.
    pub app: AppId,
    /// The hash of the state sent with the code.
    pub state_hash: Option<[u8; 32]>,
    /// The hash of the verifier sent with the code.
    pub verifier_hash: Option<[u8; 32]>,
    /// When the exchange begins.
    pub claimed_at: Timestamp,
    /// When the claim expires.
    pub expires_at: Timestamp,
}

/// A login claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginClaim {
    /// The hash of app and code.
    pub code_hash: [u8; 32],
    /// The app of the code.
    pub app: AppId,
    /// The hash of the state sent with the code.
    pub state_hash: Option<[u8; 32]>,
    /// The hash of the verifier sent with the code.
    pub verifier_hash: Option<[u8; 32]>,
    /// When the exchange began.
    pub claimed_at: Timestamp,
    /// The outcome. `None` while the exchange is in progress, and for ever if its process died.
    pub outcome: Option<LoginOutcome>,
}

/// The outcome of a login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoginOutcome {
    /// The person is signed in.
    SignedIn {
        /// The new session.
        session: SessionId,
        /// Whether this login created the account.
        is_new_user: bool,
        /// The person's openId in the app.
        open_id: OpenId,
        /// The person's unionId in the union scope.
        union_id: Option<UnionId>,
    },
    /// The login failed with this error code.
    Failed(String),
}

/// Returns the claim of a code, if there is one.
pub async fn find_claim(view: &View<'_>, code_hash: &[u8; 32]) -> Result<Option<LoginClaim>, StoreError> {
    let row = login_claim::Entity::find_by_id(code_hash.to_vec()).one(&view.db).await?;
    row.map(|row| read_claim(*code_hash, row)).transpose()
}

/// Claims a code, with the next statement of the transaction. Of several concurrent claims one succeeds; the others fail with
/// [`StoreError::Contended`].
pub async fn claim(tx: &Tx, claim: &NewLoginClaim) -> Result<(), StoreError> {
    let row = login_claim::Model {
        code_hash: claim.code_hash.to_vec(),
        app: claim.app.clone(),
        state_hash: claim.state_hash.map(Vec::from),
        verifier_hash: claim.verifier_hash.map(Vec::from),
        claimed_at: claim.claimed_at,
        expires_at: claim.expires_at,
        refusals: 0,
        session_id: None,
        is_new_user: None,
        open_id: None,
        union_id: None,
        failure: None,
        finished_at: None,
    };
    tx.later(Deferred::insert(row)).await?;
    Ok(())
}

/// Stores the outcome of a claim, at the latest with the commit. A stored outcome is never changed: that is
/// [`StoreError::Contended`].
pub async fn finish_claim(
    tx: &Tx,
    code_hash: &[u8; 32],
    outcome: &LoginOutcome,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut change = login_claim::ActiveModel { finished_at: Set(Some(now)), ..Default::default() };
    match outcome {
        LoginOutcome::SignedIn { session, is_new_user, open_id, union_id } => {
            change.session_id = Set(Some(*session));
            change.is_new_user = Set(Some(*is_new_user));
            change.open_id = Set(Some(open_id.clone()));
            change.union_id = Set(union_id.clone());
        }
        LoginOutcome::Failed(code) => change.failure = Set(Some(code.clone())),
    }
    let finish = login_claim::Entity::update_many()
        .set(change)
        .filter(login_claim::Column::CodeHash.eq(code_hash.to_vec()))
        .filter(login_claim::Column::FinishedAt.is_null());
    tx.later(Deferred::update(finish).or_changed()).await?;
    Ok(())
}

/// Changes the expiry of a claim.
pub async fn forget_claim_at(tx: &Tx, code_hash: &[u8; 32], expires_at: Timestamp) -> Result<(), StoreError> {
    let change = login_claim::Entity::update_many()
        .set(login_claim::ActiveModel { expires_at: Set(expires_at), ..Default::default() })
        .filter(login_claim::Column::CodeHash.eq(code_hash.to_vec()));
    change.exec(&tx.db).await?;
    Ok(())
}

/// Deletes the claim of a code that was not exchanged, so that it can be claimed again.
pub async fn release_claim(tx: &Tx, code_hash: &[u8; 32]) -> Result<(), StoreError> {
    login_claim::Entity::delete_by_id(code_hash.to_vec()).exec(&tx.db).await?;
    Ok(())
}

/// Counts a refused retry. Returns false if `limit` refusals are already counted.
pub async fn count_refusal(tx: &Tx, code_hash: &[u8; 32], limit: i32) -> Result<bool, StoreError> {
    let count = login_claim::Entity::update_many()
        .col_expr(login_claim::Column::Refusals, Expr::col(login_claim::Column::Refusals).add(1))
        .filter(login_claim::Column::CodeHash.eq(code_hash.to_vec()))
        .filter(login_claim::Column::Refusals.lt(limit));
    Ok(count.exec(&tx.db).await?.rows_affected > 0)
}

fn read_claim(code_hash: [u8; 32], row: login_claim::Model) -> Result<LoginClaim, StoreError> {
    let hash = |bytes: Option<Vec<u8>>| bytes.map(|bytes| read_hash("login_claims", bytes)).transpose();
    let outcome = match (row.failure, row.session_id.zip(row.is_new_user).zip(row.open_id)) {
        (None, None) => None,
        (Some(code), None) => Some(LoginOutcome::Failed(code)),
        (None, Some(((session, is_new_user), open_id))) => {
            Some(LoginOutcome::SignedIn { session, is_new_user, open_id, union_id: row.union_id })
        }
        (Some(_), Some(_)) => return Err(StoreError::corrupt("login_claims", "a login both failed and succeeded")),
    };
    Ok(LoginClaim {
        code_hash,
        app: row.app,
        state_hash: hash(row.state_hash)?,
        verifier_hash: hash(row.verifier_hash)?,
        claimed_at: row.claimed_at,
        outcome,
    })
}
