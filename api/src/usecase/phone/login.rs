//! Signs a person in by a phone alone: with an SMS code that this browser has requested. See [`crate::usecase::sms`] for sending it,
//! and `domain::phone::decide_login` for the rules.

use std::sync::Arc;

use domain::phone::{Claim, LoginRefusal, NumberLogin, NumberLogins, decide_login};
use domain::{Boundness, PhoneNumber, Rule, UserId};
use store::session::SignedInFrom;
use store::sms::{LoginPhoneCode, PhoneCode};
use store::user::User;
use store::{Tx, Write};
use subtle::ConstantTimeEq;
use tracing::info;

use super::{DAY, LineAnswer, ask_carrier};
use crate::error::{ApiError, ErrorCode};
use crate::gate::Work;
use crate::service::Service;
use crate::token::{CodeChallenge, CodeVerifier, DeviceToken, RefreshToken};
use crate::usecase::receipt::{Changed, Repeatable, Settled};
use crate::usecase::session::{Brought, Opening, SessionTokens};
use crate::usecase::sms::is_known;
use crate::usecase::{ClientAddress, caller, not_now, outbox, receipt, session};

/// Refusals of a right code. They guess nothing, and do not count against the network.
const NOT_COUNTED: [ErrorCode; 6] = [
    ErrorCode::AccountClosed,
    ErrorCode::CoolingOff,
    ErrorCode::PhoneNotRegistered,
    ErrorCode::PhoneOwnedByAnother,
    ErrorCode::PhoneProofTooOld,
    ErrorCode::SecondProofRequired,
];

/// The input of [`login_by_phone`].
pub struct PhoneLogin {
    /// The number that the code was sent to.
    pub number: PhoneNumber,
    /// The six-digit code.
    pub code: String,
    /// The verifier of the challenge with which the code was requested.
    pub verifier: CodeVerifier,
    /// The person's claim about a number with an old proof (R6).
    pub claim: Claim,
    /// The device token of an earlier login on the device.
    pub device: Option<DeviceToken>,
    /// The origin of the session, which the person sees in the list of sessions.
    pub from: SignedInFrom,
}

impl std::fmt::Debug for PhoneLogin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { number, claim, .. } = self;
        f.debug_struct("PhoneLogin").field("number", number).field("claim", claim).finish_non_exhaustive()
    }
}

/// The result of [`login_by_phone`].
#[derive(Debug)]
pub struct PhoneLoggedIn {
    /// The tokens of the new session.
    pub tokens: SessionTokens,
    /// The device token, for the next login.
    pub device: DeviceToken,
    /// Whether this login created the account.
    pub is_new_user: bool,
    /// The account.
    pub user: User,
}

/// A login whose code was right.
struct Proved<'a> {
    login: &'a PhoneLogin,
    sent: LoginPhoneCode,
    told: Option<LineAnswer>,
    again: Repeatable,
}

/// Signs a person in by a number and its code. A retry with the same code and verifier gets the same answer for five minutes.
///
/// Wrong codes count by code, by number, by device and by network. Until the code was right, nothing depends on whether the number
/// belongs to an account.
///
/// # Errors
/// `PHONE_LOGIN_OFF`, `PHONE_CODE_REJECTED`, `TOO_MANY_TRIES` or `RATE_LIMITED`; and after a right code `PHONE_NOT_REGISTERED`,
/// `PHONE_PROOF_TOO_OLD`, `SECOND_PROOF_REQUIRED`, `PHONE_OWNED_BY_ANOTHER`, `COOLING_OFF` or `ACCOUNT_CLOSED`.
pub async fn login_by_phone(
    service: &Service,
    login: &PhoneLogin,
    from: ClientAddress,
) -> Result<PhoneLoggedIn, ApiError> {
    if service.config.phone.logins() == NumberLogins::Off {
        return Err(ApiError::refused(ErrorCode::PhoneLoginOff));
    }
    let mut pass = caller::enter(service, Work::ProvePhone, from)?;
    let again = repeatable(service, login);
    if let Some(answer) = answered_before(service, login, again).await? {
        pass.was_repeated();
        return answer;
    }
    let CodeChallenge(challenge) = login.verifier.challenge();
    let sent = store::sms::newest_login_code(&service.store.view(), &login.number, &challenge).await?;
    let sent = match sent {
        Some(sent) if service.clock.now() < sent.code.expires_at => sent,
        Some(_) | None => return Err(ApiError::refused(ErrorCode::PhoneCodeRejected)),
    };
    let app = sent.app.clone();
    caller::go_on(&mut pass, &app)?;
    let outcome = match Box::pin(prove_and_sign_in(service, (login, sent, again), from)).await {
        // The same request may have been under way: then its answer counts.
        Err(error) => answered_before(service, login, again).await?.unwrap_or(Err(error)),
        signed_in => signed_in,
    };
    match &outcome {
        Ok(_) => pass.came_to_a_login(&app, true),
        Err(error) if NOT_COUNTED.contains(&error.code()) => pass.was_repeated(),
        Err(_) => {}
    }
    outcome
}

async fn prove_and_sign_in(
    service: &Service,
    (login, sent, again): (&PhoneLogin, LoginPhoneCode, Repeatable),
    from: ClientAddress,
) -> Result<PhoneLoggedIn, ApiError> {
    let block = from.block();
    prove(service, login, (&sent.code, &block)).await?;
    let told = ask_carrier(service, None, &login.number).await?;
    let proved = &Proved { login, sent, told, again };
    let _place = caller::place_of_strangers(service, &block).await;
    let write = Write::new("login_by_phone").in_session(proved.sent.session);
    let (outcome, rule) =
        service.store.write(write, |tx: Arc<Tx>| async move { sign_in(service, &tx, proved).await }).await?;
    outbox::wake(service);
    match &outcome {
        Ok(signed_in) => {
            info!(user.id = %signed_in.user.id, %rule, is_new = signed_in.is_new_user, "signed in by a phone");
        }
        Err(error) => info!(%rule, code = error.code().as_str(), "a proven number opened no account"),
    }
    outcome
}

/// Checks the code. Every try counts, also a right one. Does not read whether the number belongs to an account.
async fn prove(service: &Service, login: &PhoneLogin, (sent, block): (&PhoneCode, &str)) -> Result<(), ApiError> {
    let _place = caller::place_of_strangers(service, block).await;
    let has_try = service
        .store
        .write("try_login_code", |tx: Arc<Tx>| async move { take_try(service, &tx, login, sent).await })
        .await?;
    if !has_try {
        return Err(ApiError::refused(ErrorCode::TooManyTries));
    }
    let given = login_code_hash(service, login.verifier.challenge(), &login.number, &login.code);
    let is_right = bool::from(given.ct_eq(&sent.code_hash));
    if is_right { Ok(()) } else { Err(ApiError::refused(ErrorCode::PhoneCodeRejected)) }
}

/// Takes one try of the code. Returns whether one was left.
async fn take_try(service: &Service, tx: &Tx, login: &PhoneLogin, sent: &PhoneCode) -> Result<bool, ApiError> {
    let limits = &service.config.phone;
    let device = match &login.device {
        Some(token) => store::session::find_device(&tx.look(), &token.hash()).await?,
        None => None,
    };
    // Other people cannot lock a number's owner out: their tries do not count on a device on which a phone was proved.
    let is_trusted = is_known(&tx.look(), device).await?;
    let since = service.clock.now().minus(DAY);
    let wrong = store::sms::wrong_tries(tx, &login.number, device, since).await?;
    let is_locked =
        wrong.on_device >= limits.tries_per_device || (!is_trusted && wrong.in_all >= limits.tries_per_number);
    Ok(!is_locked && store::sms::claim_try(tx, sent.id, limits.tries_per_code).await?)
}

/// Uses up the code, reads, decides, writes and opens the session in one transaction. A refusal is committed as well.
async fn sign_in(
    service: &Service,
    tx: &Tx,
    proved: &Proved<'_>,
) -> Result<(Result<PhoneLoggedIn, ApiError>, Rule), ApiError> {
    let now = service.clock.now();
    let Proved { login, sent, told, again } = proved;
    if !store::sms::redeem(tx, sent.code.id, login.claim != Claim::None, now).await? {
        return Err(ApiError::refused(ErrorCode::PhoneCodeRejected));
    }
    let mut owner = store::phone::owner(&tx.look(), &login.number, now).await?;
    if let (Some(owner), Some(told)) = (&mut owner, told) {
        told.add_to(owner);
    }
    let phone = &service.config.phone;
    let (user, rule) = match decide_login(owner.as_ref(), (login.claim, phone.logins()), &phone.policy(), now) {
        NumberLogin::SignIn(user) => {
            store::phone::sign_in(tx, user, &login.number, now).await?;
            (user, Rule::R4e)
        }
        NumberLogin::Create => (create(service, tx, proved, None).await?, Rule::R4e),
        NumberLogin::TakeOver { from } => (create(service, tx, proved, Some(from)).await?, Rule::R6),
        NumberLogin::Refuse(rule, refusal) => {
            if refusal == LoginRefusal::StaleNumber {
                store::sms::ask_again(tx, sent.code.id, now).await?;
            }
            let error = refused(refusal, service);
            let kept = Settled::Refused(receipt::refused(service, &error, None));
            receipt::keep_outcome(service, tx, *again, &kept).await?;
            return Ok((Err(error), rule));
        }
    };
    let is_new = owner.is_none_or(|owner| owner.account.id != user);
    Ok((Ok(open_session(service, tx, proved, (user, is_new)).await?), rule))
}

/// Creates an account for the number, which another account may lose.
async fn create(service: &Service, tx: &Tx, proved: &Proved<'_>, from: Option<UserId>) -> Result<UserId, ApiError> {
    let now = service.clock.now();
    let mut request = store::phone::create(tx, (&proved.login.number, &proved.sent.app), now).await?;
    if let (Some(owner), Some(told)) = (&mut request.owner, &proved.told) {
        told.add_to(owner);
    }
    let binding = store::phone::first_binding(from);
    let user = store::phone::bind(tx, &binding, &request, now).await?;
    if let Some(from) = from {
        store::session::end_all_of(tx, &[from], None, now).await?;
    }
    outbox::post_for_binding(service, tx, (&binding, &request), None).await?;
    Ok(user)
}

async fn open_session(
    service: &Service,
    tx: &Tx,
    proved: &Proved<'_>,
    (user, is_new_user): (UserId, bool),
) -> Result<PhoneLoggedIn, ApiError> {
    let now = service.clock.now();
    let Proved { login, sent, again, .. } = proved;
    let known = match &login.device {
        Some(token) => store::session::find_device(&tx.look(), &token.hash()).await?,
        None => None,
    };
    let (device, device_token) = session::device_of_login(service, tx, (brought(login, again), known)).await?;
    store::session::prove_device(tx, device, now).await?;
    let refresh_token = refresh_token(service, login, again);
    let opening = Opening {
        id: sent.session,
        user,
        app: &sent.app,
        phone: store::phone::active_phone(&tx.look(), user).await?,
        device,
        // R15: only the browser that has the verifier could use the code.
        bound: Boundness::Bound,
        from: &login.from,
    };
    let session = session::open(service, tx, opening, &refresh_token).await?;
    store::event::signed_in(tx, (user, session.id), (&sent.app, is_new_user), now).await?;
    let kept = Settled::Done(Changed { is_new: is_new_user, ..Changed::of(user) });
    receipt::keep_outcome(service, tx, *again, &kept).await?;
    let user = store::user::find(&tx.look(), user).await?;
    Ok(PhoneLoggedIn {
        tokens: session::tokens(service, &session, refresh_token),
        device: device_token,
        is_new_user,
        user: user.ok_or(ApiError::Internal("a signed-in user does not exist"))?,
    })
}

/// Returns the answer that the same request was given before. `None` if there was none, or if its session has gone on since: then the
/// client has had the answer, and the code is used up.
async fn answered_before(
    service: &Service,
    login: &PhoneLogin,
    again: Repeatable,
) -> Result<Option<Result<PhoneLoggedIn, ApiError>>, ApiError> {
    let is_new_user = match receipt::outcome_before(service, again).await? {
        None => return Ok(None),
        Some(Settled::Refused(refused)) => return Ok(Some(Err(refused.again(service)?))),
        Some(Settled::Done(Changed { is_new, .. })) => is_new,
    };
    let view = service.store.view();
    let token = refresh_token(service, login, &again);
    let session = store::session::of_newest_token(&view, &token.hash(), service.clock.now()).await?;
    let Some(session) = session else { return Ok(None) };
    let Some(user) = store::user::find(&view, session.user).await? else { return Ok(None) };
    let device = session::device_token_again(service, &view, brought(login, &again), &session).await?;
    Ok(Some(Ok(PhoneLoggedIn { tokens: session::tokens(service, &session, token), device, is_new_user, user })))
}

/// Computes the id of a request, which only the client that has the verifier can make again.
fn repeatable(service: &Service, login: &PhoneLogin) -> Repeatable {
    let CodeChallenge(challenge) = login.verifier.challenge();
    let operation = format!("login_by_phone {:?}", login.claim);
    receipt::repeatable_by(service, &challenge, &operation, &[login.number.e164().as_bytes(), login.code.as_bytes()])
}

fn refresh_token(service: &Service, login: &PhoneLogin, again: &Repeatable) -> RefreshToken {
    service.keys.first_refresh_token(again.hash(), &login.verifier)
}

fn brought<'a>(login: &'a PhoneLogin, again: &'a Repeatable) -> Brought<'a> {
    Brought { device: login.device.as_ref(), verifier: Some(&login.verifier), seed: again.hash() }
}

/// Returns the keyed hash of a code to sign in, bound to the number and the browser. Six digits could be guessed from an unkeyed
/// hash.
pub(crate) fn login_code_hash(
    service: &Service,
    CodeChallenge(challenge): CodeChallenge,
    number: &PhoneNumber,
    code: &str,
) -> [u8; 32] {
    service.keys.mac("phone-code/login", &[number.e164().as_bytes(), &challenge, code.as_bytes()])
}

fn refused(refusal: LoginRefusal, service: &Service) -> ApiError {
    let code = match refusal {
        LoginRefusal::Unregistered => ErrorCode::PhoneNotRegistered,
        LoginRefusal::Kept => ErrorCode::PhoneOwnedByAnother,
        LoginRefusal::StaleNumber => ErrorCode::PhoneProofTooOld,
        LoginRefusal::ProveMore => ErrorCode::SecondProofRequired,
        LoginRefusal::NotNow(reason) => return not_now(reason, service.clock.now()),
    };
    ApiError::refused(code)
}
