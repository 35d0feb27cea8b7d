//! A person proves a phone: a code is sent, comes back, and the number is bound or opens the company's account.
//! Whose account a proven number opens is `domain::binding`'s to say.

use std::time::Duration;

use chrono::TimeDelta;
use domain::binding::{self, Binding, Claim, NumberProof, Purpose, Refusal, Request};
use domain::{PhoneCodeId, PhoneNumber, Timestamp, UserId};
use store::{NewPhoneCode, Sends, Tx, User};
use subtle::ConstantTimeEq;
use tracing::info;

use super::{Races, SessionTokens, SignedIn};
use crate::error::{ApiError, ErrorCode};
use crate::random;
use crate::service::Service;

/// The window of the limits per number and session.
const DAY: TimeDelta = TimeDelta::days(1);

/// A code that was sent.
#[derive(Debug, Clone)]
pub struct CodeSent {
    /// Until when it holds.
    pub expires_at: Timestamp,
    /// When another may be asked for.
    pub resend_at: Timestamp,
}

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
    /// Sends a code to `number`. The answer is the same whether anybody has the number or not.
    pub async fn send_phone_code(&self, caller: &SignedIn, number: PhoneNumber) -> Result<CodeSent, ApiError> {
        let code = random::six_digits();
        let mut races = Races::default();
        let sent = loop {
            let attempt = self.record_code(caller, &number, &code).await;
            if !races.lost(&attempt) {
                break attempt?;
            }
        };
        self.sms.send_code(&number, &code).await.map_err(|error| {
            tracing::error!("a code could not be sent: {error}");
            ApiError::refused(ErrorCode::SmsUnavailable)
        })?;
        Ok(sent)
    }

    /// Records a code within the limits: one attempt in one transaction.
    async fn record_code(&self, caller: &SignedIn, number: &PhoneNumber, code: &str) -> Result<CodeSent, ApiError> {
        let now = self.clock.now();
        let limits = &self.config.phone;
        let resend = TimeDelta::seconds(limits.resend_seconds.into());
        let expires_at = now.plus(TimeDelta::minutes(limits.code_minutes.into()));
        let (id, session) = (PhoneCodeId::new(now), caller.session.id);
        let tx = self.store.begin().await?;
        let ordinal = tx.look().next_ordinal(number).await?;
        let of_number = tx.look().sends(number, now.minus(DAY)).await?;
        let of_session = tx.look().sends_of(session, now.minus(DAY)).await?;
        may_send(&of_number, (limits.codes_per_number, resend), now)?;
        may_send(&of_session, (limits.codes_per_session, TimeDelta::zero()), now)?;
        let code_hash = self.code_hash(caller, number, code);
        let number = number.clone();
        tx.add_phone_code(&NewPhoneCode { id, number, ordinal, session, code_hash, sent_at: now, expires_at }).await?;
        tx.commit().await?;
        Ok(CodeSent { expires_at, resend_at: now.plus(resend) })
    }

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
        if !tx.redeem(code, false, now).await? {
            return Err(ApiError::refused(ErrorCode::PhoneCodeRejected));
        }
        let account = tx.look().account(caller.user.id).await?;
        let request = Request {
            caller: account.ok_or_else(|| ApiError::refused(ErrorCode::Unauthenticated))?,
            signed_in_at: caller.session.signed_in_at,
            number: number.clone(),
            proof: NumberProof::SmsCode,
            purpose: Purpose::Bind,
            claim: Claim::None,
            owner: tx.look().phone_owner(number, now).await?,
            now,
        };
        let binding = binding::decide(&request, &self.config.phone.policy());
        let user = tx.apply_binding(&binding, &request, now).await?;
        let refresh_token = self.settle_sessions(&tx, caller, &binding).await?;
        let offer = match &binding {
            Binding::Refuse { rule, offer, .. } => self.offer(&tx, user, (*rule, *offer)).await?,
            Binding::Renew { .. }
            | Binding::Bind
            | Binding::Change
            | Binding::Join { .. }
            | Binding::TakeOver { .. } => None,
        };
        let known = tx.look().user(user).await?.ok_or(ApiError::Internal("a bound user is not there"))?;
        tx.commit().await?;
        if let Binding::Refuse { refusal, rule, .. } = binding {
            info!(user.id = %user, %rule, "a proven number was not bound");
            return Err(ApiError::offered(error_code(refusal), offer));
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
            Binding::Renew { .. } | Binding::Refuse { .. } => Ok(None),
            Binding::Bind | Binding::Change => {
                end_others(vec![caller.user.id]).await?;
                Ok(None)
            }
            Binding::TakeOver { from } => {
                end_others(vec![caller.user.id, *from]).await?;
                Ok(None)
            }
            Binding::Join { from, into } => {
                end_others(vec![*from, *into]).await?;
                Ok(Some(self.go_on_as(tx, session, *into).await?.1))
            }
        }
    }

    /// A keyed hash, since six digits would be guessed from a plain one. Bound to the number and the session.
    fn code_hash(&self, caller: &SignedIn, number: &PhoneNumber, code: &str) -> [u8; 32] {
        let session = caller.session.id.uuid();
        self.keys.mac("phone-code/bind", &[number.e164().as_bytes(), session.as_bytes(), code.as_bytes()])
    }
}

fn may_send(sends: &Sends, (limit, pause): (u32, TimeDelta), now: Timestamp) -> Result<(), ApiError> {
    let next = sends.last_at.map_or(now, |last| last.plus(pause));
    let wait = |until: Timestamp| {
        let millis = u64::try_from(until.millis() - now.millis()).unwrap_or(0);
        ApiError::wait(ErrorCode::TooManyCodes, Duration::from_millis(millis))
    };
    if next > now {
        return Err(wait(next));
    }
    if sends.count >= limit {
        return Err(wait(now.plus(DAY)));
    }
    Ok(())
}

fn error_code(refusal: Refusal) -> ErrorCode {
    match refusal {
        Refusal::HasAnotherPhone => ErrorCode::PhoneAlreadyBound,
        Refusal::StaleLogin => ErrorCode::FreshLoginRequired,
        Refusal::StaleNumber => ErrorCode::PhoneProofTooOld,
        Refusal::ProveMore => ErrorCode::SecondProofRequired,
        Refusal::WeakProof => ErrorCode::PhoneProofTooWeak,
        Refusal::OwnedByAnother => ErrorCode::PhoneOwnedByAnother,
    }
}
