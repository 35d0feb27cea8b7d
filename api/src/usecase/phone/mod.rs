//! Binds proven phone numbers: with an SMS code, or with WeChat's phone components. See [`crate::usecase::sms`] for
//! sending codes and `domain::phone` for the rules.

mod line;
mod login;
mod set;
mod wechat;
mod wechat_login;

use std::sync::Arc;

use chrono::TimeDelta;
use domain::phone::{self, BindRefusal, Binding, Claim, NumberProof, Purpose, Request};
use domain::session::{Step, may};
use domain::{PhoneCodeId, PhoneNumber, SessionId, Timestamp, UserId};
use store::session::Session;
use store::sms::PhoneCode;
use store::user::User;
use store::{StoreError, Tx, Write};
use subtle::ConstantTimeEq;
use tracing::info;

use crate::error::{ApiError, ErrorCode, MergeOffer};
use crate::gate::Work;
use crate::service::Service;
use crate::usecase::caller::within_limits_of_person;
use crate::usecase::receipt::{Again, Changed, Repeatable, Settled};
use crate::usecase::session::SessionTokens;
use crate::usecase::sms::is_known;
use crate::usecase::{SignedIn, merge, not_now, outbox, receipt, session};

pub(crate) use line::{LineAnswer, ask_carrier};
pub(crate) use login::login_code_hash;
pub use login::{PhoneLoggedIn, PhoneLogin, login_by_phone};
pub(crate) use set::set_in;
pub use set::{SetPhone, set};
pub use wechat::{WechatPhone, bind_with_wechat};
pub use wechat_login::{LoggedInWithPhone, login_by_wechat_phone};

/// The window of the limit of wrong tries per number.
const DAY: TimeDelta = TimeDelta::days(1);

/// The input of [`bind()`].
pub struct ProvePhone {
    /// The number that the code was sent to.
    pub number: PhoneNumber,
    /// The six-digit code.
    pub code: String,
    /// The purpose of the code.
    pub purpose: Purpose,
    /// The person's claim about a number with an old proof (R6).
    pub claim: Claim,
}

impl std::fmt::Debug for ProvePhone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { number, purpose, claim, .. } = self;
        let mut shown = f.debug_struct("ProvePhone");
        shown.field("number", number).field("purpose", purpose).field("claim", claim).finish_non_exhaustive()
    }
}

/// A proven number.
pub(crate) struct Proved {
    pub(crate) number: PhoneNumber,
    pub(crate) proof: NumberProof,
    pub(crate) purpose: Purpose,
    pub(crate) claim: Claim,
    /// The SMS code that proved it, which is used up in the transaction of the binding.
    pub(crate) code: Option<PhoneCodeId>,
}

/// The result of [`bind()`].
#[derive(Debug)]
pub struct Bound {
    /// The account that the session belongs to now.
    pub user: User,
    /// Whether the person's account was merged into the number's account.
    pub merged: bool,
    /// New tokens if the session has moved to another account.
    pub session: Option<SessionTokens>,
}

/// Binds a number to the caller, or takes the caller to the number's account. Wrong codes count by account.
pub async fn bind(service: &Service, caller: &SignedIn, input: &ProvePhone) -> Result<Bound, ApiError> {
    let bind = Box::pin(bind_or_repeat(service, caller, input));
    within_limits_of_person(service, (Work::ProvePhone, caller), bind).await
}

async fn bind_or_repeat(service: &Service, caller: &SignedIn, input: &ProvePhone) -> Result<Bound, ApiError> {
    may_prove_number(service, caller)?;
    let ProvePhone { number, purpose, claim, code } = input;
    let operation = format!("bind_phone {purpose:?} {claim:?}");
    let again = receipt::repeatable(service, caller, &operation, &[number.e164().as_bytes(), code.as_bytes()]);
    let before = || bound_before(service, caller, again);
    receipt::once(before, prove_and_bind(service, caller, (input, again))).await
}

async fn prove_and_bind(
    service: &Service,
    caller: &SignedIn,
    (input, again): (&ProvePhone, Repeatable),
) -> Result<Bound, ApiError> {
    may_bind_number(service, caller)?;
    let code = Some(prove_phone(service, caller, input).await?);
    let ProvePhone { number, purpose, claim, .. } = input;
    let (number, purpose, claim) = (number.clone(), *purpose, *claim);
    bind_proved(service, caller, (&Proved { number, proof: NumberProof::SmsCode, purpose, claim, code }, again)).await
}

/// Checks R15 before anything else: what an unbound login is told depends on no code and no number.
fn may_prove_number(service: &Service, caller: &SignedIn) -> Result<(), ApiError> {
    may_take(service, caller, Step::ProveNumber)
}

/// Checks R15 and R4a before a code is sent or used. The binding checks them again. Whatever a number leads to needs a fresh login,
/// unless it may be the account's own.
pub(crate) fn may_bind_number(service: &Service, caller: &SignedIn) -> Result<(), ApiError> {
    let step = if caller.user.phone.is_none() { Step::BindNumber } else { Step::ProveNumber };
    may_take(service, caller, step)
}

fn may_take(service: &Service, caller: &SignedIn, step: Step) -> Result<(), ApiError> {
    let now = service.clock.now();
    // It is not known yet whether the account would lose something.
    let standing = caller.session.standing(None, now);
    may(step, &standing, &service.config.phone.policy()).map_err(|reason| not_now(reason, now))
}

/// Checks that the code was sent to this number in this session. Every try counts, also a correct one. Does not read
/// whether the number belongs to an account.
async fn prove_phone(service: &Service, caller: &SignedIn, input: &ProvePhone) -> Result<PhoneCodeId, ApiError> {
    let (sent, has_try) = service
        .store
        .write("try_phone_code", |tx: Arc<Tx>| async move { try_code(service, &tx, caller, input).await })
        .await?;
    if !has_try {
        return Err(ApiError::refused(ErrorCode::TooManyTries));
    }
    let given = code_hash(service, caller, (&input.number, input.purpose), &input.code);
    let is_right = bool::from(given.ct_eq(&sent.code_hash));
    if is_right { Ok(sent.id) } else { Err(ApiError::refused(ErrorCode::PhoneCodeRejected)) }
}

/// Takes one try of the code. Returns the code and whether a try was left.
async fn try_code(
    service: &Service,
    tx: &Tx,
    caller: &SignedIn,
    input: &ProvePhone,
) -> Result<(PhoneCode, bool), ApiError> {
    let now = service.clock.now();
    let limits = &service.config.phone;
    let device = caller.session.device;
    let known = is_known(&tx.look(), device).await?;
    let wrong = store::sms::wrong_tries(tx, &input.number, device, now.minus(DAY)).await?;
    // Other callers cannot lock a number's owner out: their tries do not count on a device on which a phone was proved,
    // or for the account that has the number.
    let is_trusted = known || caller.owns(&input.number);
    let locked = wrong.on_device >= limits.tries_per_device || (!is_trusted && wrong.in_all >= limits.tries_per_number);
    if locked {
        return Err(ApiError::refused(ErrorCode::TooManyTries));
    }
    let rejected = || ApiError::refused(ErrorCode::PhoneCodeRejected);
    let sent = store::sms::newest_code(&tx.look(), &input.number, caller.session.id).await?.ok_or_else(rejected)?;
    if sent.expires_at <= now {
        return Err(rejected());
    }
    let has_try = store::sms::claim_try(tx, sent.id, limits.tries_per_code).await?;
    Ok((sent, has_try))
}

/// Binds a proven number, whatever the proof.
pub(crate) async fn bind_proved(
    service: &Service,
    caller: &SignedIn,
    (proved, again): (&Proved, Repeatable),
) -> Result<Bound, ApiError> {
    let weak = proved.proof.is_weak();
    let told = if weak { None } else { ask_carrier(service, Some(caller.user.id), &proved.number).await? };
    let (session, told) = (caller.session.id, told.as_ref());
    let bind = |tx: Arc<Tx>| async move { bind_in(service, &tx, session, (proved, told, again)).await };
    let (user, outcome) = service.store.write(Write::new("bind_phone").in_session(session), bind).await?;
    outbox::wake(service);
    match &outcome {
        Ok(bound) => info!(user.id = %user, merged = bound.merged, "a phone was bound"),
        Err(error) => info!(user.id = %user, code = error.code().as_str(), "a proven number was not bound"),
    }
    outcome
}

pub(crate) async fn bound_before(
    service: &Service,
    caller: &SignedIn,
    again: Repeatable,
) -> Result<Option<Result<Bound, ApiError>>, ApiError> {
    let before = receipt::settled_before(service, caller, again).await?;
    let bound = |Again { changed, user, session }| Bound { user, merged: changed.moved, session };
    Ok(before.map(|outcome| outcome.map(bound)))
}

/// Reads, decides, writes and uses up the code in one transaction. A refusal is committed as well.
async fn bind_in(
    service: &Service,
    tx: &Tx,
    session: SessionId,
    (proved, told, again): (&Proved, Option<&LineAnswer>, Repeatable),
) -> Result<(UserId, Result<Bound, ApiError>), ApiError> {
    let now = service.clock.now();
    if let Some(code) = proved.code
        && !store::sms::redeem(tx, code, proved.claim != Claim::None, now).await?
    {
        return Err(ApiError::refused(ErrorCode::PhoneCodeRejected));
    }
    let (session, mut request) = look(service, tx, session, proved).await?;
    if let (Some(owner), Some(told)) = (&mut request.owner, told) {
        told.add_to(owner);
    }
    let binding = phone::decide(&request, &service.config.phone.policy());
    let before = outbox::phone_before(tx, &request).await?;
    let user = store::phone::bind(tx, &binding, &request, now).await?;
    if let Some(device) = session.device.filter(|_| !proved.proof.is_weak()) {
        // Independent of the outcome: the user of this device receives the messages to a phone.
        store::session::prove_device(tx, device, now).await?;
    }
    if let (Some(code), Binding::Refuse { refusal: BindRefusal::StaleNumber, .. }) = (proved.code, &binding) {
        store::sms::ask_again(tx, code, now).await?;
    }
    // The write above holds the account's row lock, so the session cannot end before the commit. If it has already
    // ended, the transaction conflicts and is retried.
    if !store::link::is_open(&tx.look(), session.id, request.caller.id).await? {
        return Err(StoreError::changed("sessions").into());
    }
    outbox::post_for_binding(service, tx, (&binding, &request), before).await?;
    let tokens = settle_sessions(service, tx, (&session, again), &binding).await?;
    let known = store::user::find(&tx.look(), user).await?.ok_or(ApiError::Internal("a bound user does not exist"))?;
    let (outcome, kept) = match binding {
        Binding::Refuse { rule, refusal, offer: merge, .. } => {
            let offer = merge::offer(service, tx, user, (rule, merge, receipt::offer_token_of(service, again))).await?;
            let error = refused(refusal, (offer, now));
            let kept = Settled::Refused(receipt::refused(service, &error, merge));
            (Err(error), kept)
        }
        Binding::Renew { .. } | Binding::Bind | Binding::Change | Binding::Join { .. } | Binding::TakeOver { .. } => {
            let merged = tokens.is_some();
            let kept = Settled::Done(Changed { moved: merged, ..Changed::of(user) });
            (Ok(Bound { user: known, merged, session: tokens }), kept)
        }
    };
    receipt::keep_outcome(service, tx, again, &kept).await?;
    Ok((user, outcome))
}

/// Reads the session, which may have moved to another account since the request started, and all inputs of the
/// decision.
async fn look(service: &Service, tx: &Tx, session: SessionId, proved: &Proved) -> Result<(Session, Request), ApiError> {
    let now = service.clock.now();
    let gone = || ApiError::refused(ErrorCode::Unauthenticated);
    let (session, _) = store::session::find(&tx.look(), session).await?.ok_or_else(gone)?;
    let cooling_until = store::merge::cooling_until(&tx.look(), &[session.user]).await?;
    let request = Request {
        caller: store::user::account(&tx.look(), session.user).await?.ok_or_else(gone)?,
        standing: session.standing(cooling_until, now),
        number: proved.number.clone(),
        proof: proved.proof,
        purpose: proved.purpose,
        claim: proved.claim,
        owner: store::phone::owner(&tx.look(), &proved.number, now).await?,
    };
    Ok((session, request))
}

/// Ends the other sessions after a change of credentials. After a merge the caller's session moves to the phone's
/// account.
async fn settle_sessions(
    service: &Service,
    tx: &Tx,
    (session, again): (&Session, Repeatable),
    binding: &Binding,
) -> Result<Option<SessionTokens>, ApiError> {
    let now = service.clock.now();
    let end_others =
        |users: Vec<UserId>| async move { store::session::end_all_of(tx, &users, Some(session.id), now).await };
    match binding {
        Binding::Renew { .. } | Binding::Refuse { .. } => Ok(None),
        Binding::Bind | Binding::Change => {
            end_others(vec![session.user]).await?;
            Ok(None)
        }
        Binding::TakeOver { from } => {
            end_others(vec![session.user, *from]).await?;
            Ok(None)
        }
        Binding::Join { from, into } => {
            end_others(vec![*from, *into]).await?;
            Ok(Some(session::reassign(service, tx, session, (*into, receipt::token_of(service, again))).await?))
        }
    }
}

/// Returns the keyed hash of a code, bound to the number, the purpose and the session. Six digits could be guessed from
/// an unkeyed hash.
pub(crate) fn code_hash(
    service: &Service,
    caller: &SignedIn,
    (number, purpose): (&PhoneNumber, Purpose),
    code: &str,
) -> [u8; 32] {
    let session = caller.session.id.uuid();
    let purpose = match purpose {
        Purpose::Bind => "phone-code/bind",
        Purpose::Change => "phone-code/change",
    };
    service.keys.mac(purpose, &[number.e164().as_bytes(), session.as_bytes(), code.as_bytes()])
}

fn refused(refusal: BindRefusal, (offer, now): (Option<MergeOffer>, Timestamp)) -> ApiError {
    let code = match refusal {
        BindRefusal::HasAnotherPhone => ErrorCode::PhoneAlreadyBound,
        BindRefusal::NotNow(reason) => return not_now(reason, now),
        BindRefusal::StaleNumber => ErrorCode::PhoneProofTooOld,
        BindRefusal::ProveMore => ErrorCode::SecondProofRequired,
        BindRefusal::WeakProof => ErrorCode::PhoneProofTooWeak,
        BindRefusal::OwnedByAnother => ErrorCode::PhoneOwnedByAnother,
    };
    ApiError::offered(code, offer)
}
