//! A person proves a phone: the code comes back, and the number is bound or opens the company's account.
//! How the code was sent is in `phone_code`; whose account a proven number opens is `domain::binding`'s to say.

use chrono::TimeDelta;
use domain::binding::{self, Binding, Refusal, Request};
use domain::{PhoneCodeId, PhoneNumber, UserId};
use store::{Tx, User};
use subtle::ConstantTimeEq;
use tracing::info;

use super::{Races, SessionTokens, SignedIn};
use crate::error::{ApiError, ErrorCode};
use crate::service::Service;
use crate::token;

/// The window of the limit of wrong tries per number.
const DAY: TimeDelta = TimeDelta::days(1);

/// A number that was bound.
#[derive(Debug)]
pub struct Bound {
    /// The account that the person is signed in to now.
    pub user: User,
    /// Whether it is the number's account, into which the person's own has gone.
    pub merged: bool,
    /// New tokens, when the account has changed.
    pub session: Option<SessionTokens>,
}

impl Service {
    /// Binds `number` to the caller, or takes the caller to the number's account.
    pub async fn bind_phone(&self, caller: &SignedIn, number: PhoneNumber, code: &str) -> Result<Bound, ApiError> {
        let proved = self.prove_phone(caller, &number, code).await?;
        let mut races = Races::default();
        loop {
            let attempt = self.bind_proved(caller, &number, proved).await;
            if !races.lost(&attempt) {
                return attempt;
            }
        }
    }

    /// Prove: the code is the one that was sent to this number in this session. Every try counts, also a right one.
    async fn prove_phone(&self, caller: &SignedIn, number: &PhoneNumber, code: &str) -> Result<PhoneCodeId, ApiError> {
        let now = self.clock.now();
        let limits = &self.config.phone;
        let tx = self.store.begin().await?;
        if tx.look().wrong_tries(number, now.minus(DAY)).await? >= limits.tries_per_number {
            return Err(ApiError::refused(ErrorCode::TooManyTries));
        }
        let rejected = || ApiError::refused(ErrorCode::PhoneCodeRejected);
        let sent = tx.look().newest_phone_code(number, caller.session.id).await?.ok_or_else(rejected)?;
        if sent.expires_at <= now {
            return Err(rejected());
        }
        let has_try = tx.claim_try(sent.id, limits.tries_per_code).await?;
        tx.commit().await?;
        if !has_try {
            return Err(ApiError::refused(ErrorCode::TooManyTries));
        }
        let given = self.code_hash(caller, number, code.trim());
        if bool::from(given.ct_eq(&sent.code_hash)) { Ok(sent.id) } else { Err(rejected()) }
    }

    /// Look, decide, do: one attempt in one transaction, which also spends the code.
    async fn bind_proved(&self, caller: &SignedIn, number: &PhoneNumber, code: PhoneCodeId) -> Result<Bound, ApiError> {
        let now = self.clock.now();
        let tx = self.store.begin().await?;
        if !tx.redeem(code, now).await? {
            return Err(ApiError::refused(ErrorCode::PhoneCodeRejected));
        }
        let account = tx.look().account(caller.user.id).await?;
        let request = Request {
            caller: account.ok_or_else(|| ApiError::refused(ErrorCode::Unauthenticated))?,
            signed_in_at: caller.session.signed_in_at,
            number: number.clone(),
            owner: tx.look().phone_owner(number).await?,
            now,
        };
        let binding = binding::decide(&request, &self.config.phone.policy());
        let user = tx.apply_binding(&binding, &request, now).await?;
        let refresh_token = self.settle_sessions(&tx, caller, &binding).await?;
        let known = tx.look().user(user).await?.ok_or(ApiError::Internal("a bound user is not there"))?;
        tx.commit().await?;
        if let Binding::Refuse { refusal, rule, .. } = binding {
            info!(user.id = %user, %rule, "a proven number was not bound");
            return Err(refused(refusal));
        }
        info!(user.id = %user, merged = refresh_token.is_some(), "a phone was bound");
        let session = store::Session { user, ..caller.session };
        Ok(Bound {
            user: known,
            merged: refresh_token.is_some(),
            session: refresh_token.map(|refresh_token| self.tokens(&session, refresh_token)),
        })
    }

    /// A change of credentials ends the other sessions; after a join the caller's own goes on as the phone's account.
    async fn settle_sessions(&self, tx: &Tx, caller: &SignedIn, binding: &Binding) -> Result<Option<String>, ApiError> {
        let now = self.clock.now();
        let session = &caller.session;
        let end_others = |users: Vec<UserId>| async move { tx.end_sessions_of(&users, Some(session.id), now).await };
        match binding {
            Binding::Renew | Binding::Refuse { .. } => Ok(None),
            Binding::Bind => {
                end_others(vec![caller.user.id]).await?;
                Ok(None)
            }
            Binding::Join { from, into } => {
                end_others(vec![*from, *into]).await?;
                tx.move_session(session.id, *into).await?;
                let refresh_token = token::refresh_token();
                tx.add_refresh_token(session.id, &token::hash(&refresh_token), now, session.expires_at).await?;
                Ok(Some(refresh_token))
            }
        }
    }

    /// A keyed hash, since six digits would be guessed from a plain one. Bound to the number and the session.
    pub(super) fn code_hash(&self, caller: &SignedIn, number: &PhoneNumber, code: &str) -> [u8; 32] {
        let session = caller.session.id.uuid();
        self.keys.mac("phone-code/bind", &[number.e164().as_bytes(), session.as_bytes(), code.as_bytes()])
    }
}

fn refused(refusal: Refusal) -> ApiError {
    ApiError::refused(match refusal {
        Refusal::HasAnotherPhone => ErrorCode::PhoneAlreadyBound,
        Refusal::StaleLogin => ErrorCode::FreshLoginRequired,
        Refusal::StaleNumber => ErrorCode::PhoneProofTooOld,
        Refusal::OwnedByAnother => ErrorCode::PhoneOwnedByAnother,
    })
}
