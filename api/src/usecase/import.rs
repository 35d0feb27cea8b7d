//! Takes over what the company had before: its accounts and its orders, in batches.
//! How a file is read, and how progress is shown, is `cli::import`'s business.

use domain::order::{Effect, Report};
use domain::{ExternalId, PhoneNumber, Timestamp};
use store::{Imported, ImportedUser, RecordError, Tx};

use super::Races;
use crate::error::ApiError;
use crate::service::Service;

/// Why a row was not taken over. Nothing of it was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ImportError(pub String);

/// An account of the company's, before it is checked.
#[derive(Clone)]
pub struct UserText {
    /// The company's own id.
    pub external_id: String,
    /// The phone, as a person writes it.
    pub phone: Option<String>,
    /// What the person is called.
    pub nickname: Option<String>,
    /// When the account was made.
    pub created_at: Option<Timestamp>,
    /// When somebody last proved to have the phone: the old system's last login.
    pub last_proof_at: Option<Timestamp>,
}

/// Checks one account. Its times must not lie after `now`: a proof of the future would never be too old.
pub fn read_user(text: &UserText, now: Timestamp) -> Result<ImportedUser, ImportError> {
    for (what, time) in [("createdAt", text.created_at), ("lastProofAt", text.last_proof_at)] {
        if time.is_some_and(|time| time > now) {
            return Err(ImportError(format!("{what}: lies in the future")));
        }
    }
    let external_id: ExternalId = text.external_id.parse().map_err(|e: domain::BadKey| ImportError(e.to_string()))?;
    let phone = text.phone.as_deref().filter(|phone| !phone.trim().is_empty()).map(PhoneNumber::parse).transpose();
    Ok(ImportedUser {
        external_id,
        phone: phone.map_err(|e| ImportError(format!("phone: {e}")))?,
        nickname: domain::Profile::new(text.nickname.as_deref().unwrap_or_default(), "").nickname,
        created_at: text.created_at,
        last_proof_at: text.last_proof_at,
    })
}

impl std::fmt::Debug for UserText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserText").field("external_id", &self.external_id).finish_non_exhaustive()
    }
}

impl Service {
    /// Takes over a batch of accounts in one transaction; a dry run does the same and then undoes it.
    pub async fn import_users(
        &self,
        users: &[ImportedUser],
        dry_run: bool,
    ) -> Result<Vec<Result<Effect, ImportError>>, ApiError> {
        let mut races = Races::default();
        loop {
            let attempt = self.import_users_once(users, dry_run).await;
            if !races.lost(&attempt) {
                return attempt;
            }
        }
    }

    async fn import_users_once(
        &self,
        users: &[ImportedUser],
        dry_run: bool,
    ) -> Result<Vec<Result<Effect, ImportError>>, ApiError> {
        let tx = self.store.begin().await?;
        let mut outcomes = Vec::with_capacity(users.len());
        for user in users {
            outcomes.push(outcome(tx.import_user(user, self.clock.now()).await?));
        }
        finish(tx, dry_run).await?;
        Ok(outcomes)
    }

    /// Takes over a batch of orders in one transaction; an order that contradicts what is recorded does not stop the rest.
    pub async fn import_orders(
        &self,
        reports: &[Report],
        dry_run: bool,
    ) -> Result<Vec<Result<Effect, ImportError>>, ApiError> {
        let mut left: Vec<usize> = (0..reports.len()).collect();
        let mut outcomes: Vec<_> = vec![Ok(Effect::Unchanged); reports.len()];
        let mut races = Races::default();
        loop {
            let batch: Vec<Report> = left.iter().map(|at| reports[*at].clone()).collect();
            let tx = self.store.begin().await?;
            match tx.record_orders(&batch, self.clock.now()).await {
                Ok(recorded) => {
                    finish(tx, dry_run).await?;
                    left.iter().zip(recorded).for_each(|(at, done)| outcomes[*at] = Ok(done.effect));
                    return Ok(outcomes);
                }
                Err(RecordError::Clash { index, clash }) => {
                    let at = left.remove(index);
                    outcomes[at] = Err(ImportError(clash.to_string()));
                }
                Err(RecordError::Store(error)) => {
                    let attempt = Err::<(), _>(error.into());
                    if !races.lost(&attempt) {
                        return attempt.map(|()| outcomes);
                    }
                }
            }
        }
    }
}

async fn finish(tx: Tx, dry_run: bool) -> Result<(), ApiError> {
    if dry_run {
        drop(tx);
        return Ok(());
    }
    Ok(tx.commit().await?)
}

fn outcome(imported: Imported) -> Result<Effect, ImportError> {
    match imported {
        Imported::Created(_) => Ok(Effect::Created),
        Imported::Updated(_) => Ok(Effect::Updated),
        Imported::Unchanged(_) => Ok(Effect::Unchanged),
        Imported::PhoneOwned => Err(ImportError("the phone belongs to another account".to_owned())),
        Imported::PhoneDiffers => Err(ImportError("the account has another phone".to_owned())),
    }
}
