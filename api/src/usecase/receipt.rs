//! Receipts of mutations: a retry within five minutes, in the same session and with the same proof, gets the same
//! answer.
//!
//! The outcome is stored in the transaction of the change. Tokens are not stored: they are derived from the request, so
//! that they can be computed again, and only until a token that follows them is used.

use std::str::FromStr;

use chrono::TimeDelta;
use domain::phone::Offer;
use domain::{LinkEventId, UserId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use store::Tx;
use store::user::User;

use crate::error::{ApiError, ErrorCode, MergeOffer};
use crate::service::Service;
use crate::token::RefreshToken;
use crate::usecase::merge::hint;
use crate::usecase::session::SessionTokens;
use crate::usecase::{SignedIn, session};

/// How long a retry gets the same answer.
const REPEATABLE: TimeDelta = TimeDelta::minutes(5);

/// A client's key for retries (the header `Idempotency-Key`), for requests without a one-time proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

/// The text is not an idempotency key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the header idempotency-key must have 1 to 128 printable ASCII characters")]
pub struct BadIdempotencyKey;

impl IdempotencyKey {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl FromStr for IdempotencyKey {
    type Err = BadIdempotencyKey;

    /// The draft requires quotation marks (draft-ietf-httpapi-idempotency-key-header-07 section 2.1), but most clients
    /// send none.
    fn from_str(text: &str) -> Result<Self, BadIdempotencyKey> {
        let bare = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
        let is_sound = (1..=128).contains(&bare.len()) && bare.bytes().all(|byte| byte.is_ascii_graphic());
        if is_sound { Ok(Self(bare.to_owned())) } else { Err(BadIdempotencyKey) }
    }
}

/// The id of a request: a keyed hash of its session, its operation and its proof.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Repeatable([u8; 32]);

impl Repeatable {
    pub(crate) fn hash(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The outcome of a mutation that changes an account.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Changed {
    /// The account that the session belongs to since.
    #[serde(with = "text")]
    pub(crate) user: UserId,
    /// Whether the session has moved to another account, with tokens of this request.
    pub(crate) moved: bool,
    /// The merge.
    #[serde(default, with = "optional_text")]
    pub(crate) merge: Option<LinkEventId>,
    /// The other account of an undone merge.
    #[serde(default, with = "optional_text")]
    pub(crate) other: Option<UserId>,
    /// Whether the openId is new to the account.
    #[serde(default)]
    pub(crate) is_new: bool,
}

impl Changed {
    /// Creates the outcome of a change after which the session still belongs to the same account.
    pub(crate) fn of(user: UserId) -> Self {
        Self { user, moved: false, merge: None, other: None, is_new: false }
    }
}

/// A refusal whose transaction was committed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Refused {
    code: String,
    /// When the same request may succeed, in milliseconds since 1970.
    retry_at: Option<i64>,
    /// The other account of the merge offer, and whether the offer requires a login to it.
    offer: Option<(String, bool)>,
}

impl Refused {
    fn code(&self) -> Result<ErrorCode, ApiError> {
        ErrorCode::named(&self.code).ok_or(ApiError::Internal("a receipt has an unknown code"))
    }

    /// Returns the refusal again, without a merge offer.
    pub(crate) fn again(&self, service: &Service) -> Result<ApiError, ApiError> {
        let code = self.code()?;
        let wait = self.retry_at.and_then(|at| u64::try_from(at - service.clock.now().millis()).ok());
        Ok(match wait {
            Some(millis) => ApiError::wait(code, std::time::Duration::from_millis(millis)),
            None => ApiError::refused(code),
        })
    }
}

/// The stored outcome of a mutation that may be refused.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Settled {
    /// The change was made.
    Done(Changed),
    /// The change was refused.
    Refused(Refused),
}

/// Computes the id of a request from its session, operation and proof.
pub(crate) fn repeatable(service: &Service, caller: &SignedIn, operation: &str, proof: &[&[u8]]) -> Repeatable {
    repeatable_by(service, caller.session.id.uuid().as_bytes(), operation, proof)
}

/// Computes the id of a request from its client, operation and proof.
pub(crate) fn repeatable_by(service: &Service, client: &[u8], operation: &str, proof: &[&[u8]]) -> Repeatable {
    let mut parts: Vec<&[u8]> = vec![client, operation.as_bytes()];
    parts.extend(proof);
    Repeatable(service.keys.mac("receipt", &parts))
}

/// Returns the stored outcome of the request, if any.
pub(crate) async fn outcome_before<T: DeserializeOwned>(
    service: &Service,
    Repeatable(request): Repeatable,
) -> Result<Option<T>, ApiError> {
    let Some(kept) = store::receipt::find(&service.store.view(), &request, service.clock.now()).await? else {
        return Ok(None);
    };
    serde_json::from_str(&kept).map(Some).map_err(|_| ApiError::Internal("a receipt cannot be read"))
}

/// Stores the outcome of the request.
pub(crate) async fn keep_outcome<T: Serialize>(
    service: &Service,
    tx: &Tx,
    Repeatable(request): Repeatable,
    outcome: &T,
) -> Result<(), ApiError> {
    let now = service.clock.now();
    let outcome = serde_json::to_string(outcome).map_err(|_| ApiError::Internal("a receipt is not JSON"))?;
    Ok(store::receipt::keep(tx, &request, outcome, (now, now.plus(REPEATABLE))).await?)
}

/// Derives the session's refresh token after this request.
pub(crate) fn token_of(service: &Service, Repeatable(request): Repeatable) -> RefreshToken {
    service.keys.refresh_token_of_request(&request)
}

/// Derives the token of the merge offer of this request.
pub(crate) fn offer_token_of(service: &Service, Repeatable(request): Repeatable) -> String {
    data_encoding::BASE64URL_NOPAD.encode(&service.keys.mac("offer-of-request", &[&request]))
}

/// The answer of a change that was made by the same request before.
#[derive(Debug)]
pub(crate) struct Again {
    /// What was kept of it.
    pub(crate) changed: Changed,
    /// The account that the person is signed in to since.
    pub(crate) user: User,
    /// The tokens with which the session went on as that account.
    pub(crate) session: Option<SessionTokens>,
}

/// What is known of a request that may have been sent before.
#[derive(Debug)]
pub(crate) enum Before {
    /// It is the first.
    Nothing,
    /// It made a change, and is answered again.
    Answer(Box<Again>),
    /// It made a change, and is not answered any more: the session has gone on as another account since, or a token that follows
    /// its answer was used.
    Lapsed,
}

/// Looks up what the same request changed before.
pub(crate) async fn changed_before(
    service: &Service,
    caller: &SignedIn,
    again: Repeatable,
) -> Result<Before, ApiError> {
    match outcome_before::<Changed>(service, again).await? {
        Some(changed) => answer_again(service, caller, (again, changed)).await,
        None => Ok(Before::Nothing),
    }
}

/// Makes the answer of a change again.
async fn answer_again(
    service: &Service,
    caller: &SignedIn,
    (again, changed): (Repeatable, Changed),
) -> Result<Before, ApiError> {
    let session = if changed.moved { tokens_again(service, caller, again).await? } else { None };
    if changed.moved && session.is_none() {
        return Ok(Before::Lapsed);
    }
    let user = user_again(service, caller, changed.user).await?;
    Ok(user.map_or(Before::Lapsed, |user| Before::Answer(Box::new(Again { changed, user, session }))))
}

/// Looks up the answer, or the refusal, that the same request was given before.
pub(crate) async fn settled_before(
    service: &Service,
    caller: &SignedIn,
    again: Repeatable,
) -> Result<Option<Result<Again, ApiError>>, ApiError> {
    match outcome_before(service, again).await? {
        None => Ok(None),
        Some(Settled::Refused(refused)) => Ok(refusal_again(service, caller, (again, refused)).await?.map(Err)),
        Some(Settled::Done(changed)) => match answer_again(service, caller, (again, changed)).await? {
            Before::Answer(answer) => Ok(Some(Ok(*answer))),
            // The proof of the request is good for once: a lapsed answer ends in its refusal.
            Before::Nothing | Before::Lapsed => Ok(None),
        },
    }
}

/// Answers a request that was sent before as `before` says, and else does the work. When that fails, the same request may have been
/// under way: then its answer counts.
pub(crate) async fn once<T, B>(
    before: impl Fn() -> B,
    work: impl Future<Output = Result<T, ApiError>>,
) -> Result<T, ApiError>
where
    B: Future<Output = Result<Option<Result<T, ApiError>>, ApiError>>,
{
    if let Some(answer) = before().await? {
        return answer;
    }
    match Box::pin(work).await {
        Ok(done) => Ok(done),
        Err(error) => before().await?.unwrap_or(Err(error)),
    }
}

/// The refusal of an `Idempotency-Key` whose first request is not answered any more.
pub(crate) fn lapsed() -> ApiError {
    let detail = "idempotency-key: the session was reassigned since the first request with this key";
    ApiError::detailed(ErrorCode::InvalidInput, detail)
}

/// The account of an outcome, as long as it is the one that the session is signed in to.
async fn user_again(service: &Service, caller: &SignedIn, user: UserId) -> Result<Option<User>, ApiError> {
    let view = service.store.view();
    // The session may have moved to another account since the request.
    let Some((_, owner)) = store::session::find(&view, caller.session.id).await? else { return Ok(None) };
    let found = store::user::find(&view, user).await?;
    Ok(found.filter(|found| found.id == owner.id))
}

/// The tokens of a session that went on as another account by this request. `None` once a token that follows them was
/// used: then the client has had the answer.
async fn tokens_again(
    service: &Service,
    caller: &SignedIn,
    request: Repeatable,
) -> Result<Option<SessionTokens>, ApiError> {
    let token = token_of(service, request);
    let session = store::session::of_newest_token(&service.store.view(), &token.hash(), service.clock.now()).await?;
    let own = session.filter(|session| session.id == caller.session.id);
    Ok(own.map(|session| session::tokens(service, &session, token)))
}

/// Creates the stored form of a refusal.
pub(crate) fn refused(service: &Service, error: &ApiError, offer: Option<Offer>) -> Refused {
    let now = service.clock.now().millis();
    let wait = error.retry_after().and_then(|wait| i64::try_from(wait.as_millis()).ok());
    let offer = error.merge_offer().and(offer).map(|offer| (offer.other.to_string(), offer.needs_login));
    Refused { code: error.code().as_str().to_owned(), retry_at: wait.map(|wait| now + wait), offer }
}

/// The refusal that the request was answered. `None` when the merge that it offered cannot be confirmed any more.
async fn refusal_again(
    service: &Service,
    caller: &SignedIn,
    (request, refused): (Repeatable, Refused),
) -> Result<Option<ApiError>, ApiError> {
    if let Some((other, needs_login)) = &refused.offer {
        let (code, needs_login) = (refused.code()?, *needs_login);
        let other: UserId = other.parse().map_err(|_| ApiError::Internal("a receipt cannot be read"))?;
        let offer = offer_again(service, caller, request, Offer { other, needs_login }).await?;
        return Ok(offer.map(|offer| ApiError::offered(code, Some(offer))));
    }
    Ok(Some(refused.again(service)?))
}

async fn offer_again(
    service: &Service,
    caller: &SignedIn,
    request: Repeatable,
    offer: Offer,
) -> Result<Option<MergeOffer>, ApiError> {
    let token = offer_token_of(service, request);
    let view = service.store.view();
    let Some(offered) =
        store::merge::find_offer(&view, &crate::token::hash(&token), caller.user.id, service.clock.now()).await?
    else {
        return Ok(None);
    };
    let Some(other) = store::user::find(&view, offer.other).await? else { return Ok(None) };
    Ok(Some(MergeOffer { token, expires_at: offered.expires_at, hint: hint(&other, offer) }))
}

/// Serializes an id as text.
mod text {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<T: Display, S: Serializer>(id: &T, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(id)
    }

    pub(crate) fn deserialize<'de, T: FromStr, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
        String::deserialize(from)?.parse().map_err(|_| D::Error::custom("not an id"))
    }
}

/// Serializes an optional id as text.
mod optional_text {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    #[expect(clippy::ref_option, reason = "serde asks for this signature")]
    pub(crate) fn serialize<T: Display, S: Serializer>(id: &Option<T>, to: S) -> Result<S::Ok, S::Error> {
        id.as_ref().map(ToString::to_string).serialize(to)
    }

    pub(crate) fn deserialize<'de, T: FromStr, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| text.parse().map_err(|_| D::Error::custom("not an id"))).transpose()
    }
}
