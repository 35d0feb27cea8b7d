//! A client that has lost the answer of a mutation sends it again. Within five minutes, in the same session and with the same
//! proof, it gets the same answer.
//!
//! The outcome is kept in the transaction of the change. Tokens are not kept: they are derived from the request, so that they
//! can be made again, and only as long as no token that follows them was used.

use std::str::FromStr;

use chrono::TimeDelta;
use domain::binding::Offer;
use domain::{LinkEventId, UserId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use store::{Tx, User};

use super::offer::hint;
use super::{SessionTokens, SignedIn};
use crate::error::{ApiError, ErrorCode, MergeOffer};
use crate::service::Service;
use crate::token::RefreshToken;

/// How long a request may be sent again.
const REPEATABLE: TimeDelta = TimeDelta::minutes(5);

/// What a client sends along so that a repeat of its request is known (`Idempotency-Key`), where the request has no proof that
/// is good for once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

/// Text that is no idempotency key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the header idempotency-key has 1 to 128 printable ASCII characters")]
pub struct BadIdempotencyKey;

impl IdempotencyKey {
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl FromStr for IdempotencyKey {
    type Err = BadIdempotencyKey;

    /// The draft wants quotation marks around it (draft-ietf-httpapi-idempotency-key-header-07 section 2.1), and most clients
    /// send none.
    fn from_str(text: &str) -> Result<Self, BadIdempotencyKey> {
        let bare = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
        let is_sound = (1..=128).contains(&bare.len()) && bare.bytes().all(|byte| byte.is_ascii_graphic());
        if is_sound { Ok(Self(bare.to_owned())) } else { Err(BadIdempotencyKey) }
    }
}

/// A request that may come again: a keyed hash of its session, its operation and its proof.
#[derive(Debug, Clone, Copy)]
pub(super) struct Repeatable([u8; 32]);

/// What a mutation that changes an account came to.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Changed {
    /// The account that the person is signed in to since.
    #[serde(with = "text")]
    pub(super) user: UserId,
    /// Whether the session has gone on as another account, with tokens of this request.
    pub(super) moved: bool,
    /// The merge that was made.
    #[serde(default, with = "optional_text")]
    pub(super) merge: Option<LinkEventId>,
    /// The other account of a merge that was undone.
    #[serde(default, with = "optional_text")]
    pub(super) other: Option<UserId>,
    /// Whether the account has more than before.
    #[serde(default)]
    pub(super) is_new: bool,
}

impl Changed {
    /// A change of an account that the session has stayed with.
    pub(super) fn of(user: UserId) -> Self {
        Self { user, moved: false, merge: None, other: None, is_new: false }
    }
}

/// A refusal whose transaction was committed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Refused {
    code: String,
    /// When the same request may succeed, in milliseconds since 1970.
    retry_at: Option<i64>,
    /// The account that the person was offered to merge with, and whether that needs a login to it.
    offer: Option<(String, bool)>,
}

/// What is kept of a mutation that a person may be refused.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Settled {
    /// It was done.
    Done(Changed),
    /// It was refused.
    Refused(Refused),
}

impl Service {
    /// Names a request by everything that makes it the same one.
    pub(super) fn repeatable(&self, caller: &SignedIn, operation: &str, proof: &[&[u8]]) -> Repeatable {
        let session = caller.session.id.uuid();
        let mut parts: Vec<&[u8]> = vec![session.as_bytes(), operation.as_bytes()];
        parts.extend(proof);
        Repeatable(self.keys.mac("receipt", &parts))
    }

    /// What the request came to when it was sent before.
    pub(super) async fn outcome_before<T: DeserializeOwned>(
        &self,
        Repeatable(request): Repeatable,
    ) -> Result<Option<T>, ApiError> {
        let Some(kept) = self.store.view().receipt(&request, self.clock.now()).await? else { return Ok(None) };
        serde_json::from_str(&kept).map(Some).map_err(|_| ApiError::Internal("a receipt cannot be read"))
    }

    /// Keeps what the request came to.
    pub(super) async fn keep_outcome<T: Serialize>(
        &self,
        tx: &Tx,
        Repeatable(request): Repeatable,
        outcome: &T,
    ) -> Result<(), ApiError> {
        let now = self.clock.now();
        let outcome = serde_json::to_string(outcome).map_err(|_| ApiError::Internal("a receipt is not JSON"))?;
        Ok(tx.keep_receipt(&request, outcome, (now, now.plus(REPEATABLE))).await?)
    }

    /// The refresh token with which the session goes on after this request.
    pub(super) fn token_of(&self, Repeatable(request): Repeatable) -> RefreshToken {
        self.keys.refresh_token_of_request(&request)
    }

    /// The token of the merge that this request was offered.
    pub(super) fn offer_token_of(&self, Repeatable(request): Repeatable) -> String {
        data_encoding::BASE64URL_NOPAD.encode(&self.keys.mac("offer-of-request", &[&request]))
    }

    /// The account of an outcome, as long as it is the one that the session is signed in to.
    pub(super) async fn user_again(&self, caller: &SignedIn, user: UserId) -> Result<Option<User>, ApiError> {
        let view = self.store.view();
        // The session may have gone on as another account since this request came.
        let Some((_, owner)) = view.session(caller.session.id).await? else { return Ok(None) };
        let found = view.user(user).await?;
        Ok(found.filter(|found| found.id == owner.id))
    }

    /// The tokens of a session that went on as another account by this request. `None` once a token that follows them was
    /// used: then the client has had the answer.
    pub(super) async fn tokens_again(
        &self,
        caller: &SignedIn,
        request: Repeatable,
    ) -> Result<Option<SessionTokens>, ApiError> {
        let token = self.token_of(request);
        let session = self.store.view().session_of_newest_token(&token.hash(), self.clock.now()).await?;
        let own = session.filter(|session| session.id == caller.session.id);
        Ok(own.map(|session| self.tokens(&session, token)))
    }

    /// What is kept of a refusal.
    pub(super) fn refused(&self, error: &ApiError, offer: Option<Offer>) -> Refused {
        let now = self.clock.now().millis();
        let wait = error.retry_after().and_then(|wait| i64::try_from(wait.as_millis()).ok());
        let offer = error.merge_offer().and(offer).map(|offer| (offer.other.to_string(), offer.needs_login));
        Refused { code: error.code().as_str().to_owned(), retry_at: wait.map(|wait| now + wait), offer }
    }

    /// The refusal that the request was answered. `None` when the merge that it offered cannot be confirmed any more.
    pub(super) async fn refusal_again(
        &self,
        caller: &SignedIn,
        (request, refused): (Repeatable, Refused),
    ) -> Result<Option<ApiError>, ApiError> {
        let unreadable = ApiError::Internal("a receipt has an unknown code");
        let code = ErrorCode::named(&refused.code).ok_or(unreadable)?;
        if let Some((other, needs_login)) = refused.offer {
            let other: UserId = other.parse().map_err(|_| ApiError::Internal("a receipt cannot be read"))?;
            let offer = self.offer_again(caller, request, Offer { other, needs_login }).await?;
            return Ok(offer.map(|offer| ApiError::offered(code, Some(offer))));
        }
        let now = self.clock.now();
        let wait = refused.retry_at.and_then(|at| u64::try_from(at - now.millis()).ok());
        Ok(Some(match wait {
            Some(millis) => ApiError::wait(code, std::time::Duration::from_millis(millis)),
            None => ApiError::refused(code),
        }))
    }

    async fn offer_again(
        &self,
        caller: &SignedIn,
        request: Repeatable,
        offer: Offer,
    ) -> Result<Option<MergeOffer>, ApiError> {
        let token = self.offer_token_of(request);
        let view = self.store.view();
        let Some(offered) = view.offer(&crate::token::hash(&token), caller.user.id, self.clock.now()).await? else {
            return Ok(None);
        };
        let Some(other) = view.user(offer.other).await? else { return Ok(None) };
        Ok(Some(MergeOffer { token, expires_at: offered.expires_at, hint: hint(&other, offer) }))
    }
}

/// An id as text.
mod text {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<T: Display, S: Serializer>(id: &T, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(id)
    }

    pub(super) fn deserialize<'de, T: FromStr, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
        String::deserialize(from)?.parse().map_err(|_| D::Error::custom("not an id"))
    }
}

/// An id as text, or nothing.
mod optional_text {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    #[expect(clippy::ref_option, reason = "serde asks for this signature")]
    pub(super) fn serialize<T: Display, S: Serializer>(id: &Option<T>, to: S) -> Result<S::Ok, S::Error> {
        id.as_ref().map(ToString::to_string).serialize(to)
    }

    pub(super) fn deserialize<'de, T: FromStr, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| text.parse().map_err(|_| D::Error::custom("not an id"))).transpose()
    }
}
