//! Sends SMS codes within the rate limits and the budget. See [`crate::usecase::phone`] for their verification.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use domain::{AppId, LinkId, PhoneCodeId, PhoneNumber, Timestamp, UserId, phone};
use store::sms::{Codes, NewPhoneCode, Purpose};
use store::{Tx, View};

use crate::error::{ApiError, ErrorCode};
use crate::human_check::HumanToken;
use crate::random;
use crate::service::Service;
use crate::sms::budget::Bill;
use crate::sms::{self, Message, SmsError};
use crate::usecase::sms::is_known;
use crate::usecase::{ClientAddress, SignedIn};

/// The window of all limits except the pause between two codes.
const DAY: TimeDelta = TimeDelta::days(1);

/// The result of [`send()`].
#[derive(Debug, Clone)]
pub struct CodeSent {
    /// When the code expires.
    pub expires_at: Timestamp,
    /// The earliest time for another code.
    pub resend_at: Timestamp,
}

/// The input of [`send()`].
#[derive(Debug)]
pub struct SendCode {
    /// The number.
    pub number: PhoneNumber,
    /// The purpose of the code.
    pub purpose: phone::Purpose,
    /// The client's address.
    pub from: ClientAddress,
    /// The captcha service's token for a solved challenge.
    pub human: Option<HumanToken>,
}

/// A request for a code.
struct Asked<'a> {
    caller: &'a SignedIn,
    number: &'a PhoneNumber,
    purpose: phone::Purpose,
    code: &'a str,
    block: String,
    /// The app of the session, and the account's openId in it.
    app: Option<AppId>,
    link: Option<LinkId>,
    /// The account and all accounts merged into it, since a merge must not reset counts.
    accounts: Vec<UserId>,
    /// Whether a phone was proved on the device before.
    known: bool,
    /// Whether codes of other callers to the number do not count for this caller.
    own: bool,
    /// The hash of the human check's token.
    human: Option<[u8; 32]>,
}

/// A stored and paid code that is not yet sent.
struct Kept {
    id: PhoneCodeId,
    sent: CodeSent,
    bill: Bill,
}

/// Sends a code to a number. The answer does not depend on whether the number belongs to an account.
///
/// # Errors
/// `INVALID_PHONE`, `HUMAN_CHECK_REQUIRED`, `TOO_MANY_CODES` or `SMS_UNAVAILABLE`.
pub async fn send(service: &Service, caller: &SignedIn, input: SendCode) -> Result<CodeSent, ApiError> {
    crate::usecase::phone::may_bind_number(service, caller)?;
    let SendCode { number, purpose, from, human } = input;
    // Depends only on the number, so it is checked before reads and payments.
    service.config.phone.takes_sms(&number)?;
    let code = random::six_digits();
    let mut asked = asked(service, caller, (&number, purpose, &code), from).await?;
    if service.human_check.is_some() && !asked.known {
        // A token is valid for one code, so a request that the limits refuse must not use it up.
        may_send(service, &service.store.view(), &asked, service.clock.now()).await?;
        asked.human = Some(super::require_human(service, human.as_ref(), from).await?);
    }
    let asked = &asked;
    let kept = match service
        .store
        .write("send_phone_code", |tx: Arc<Tx>| async move { keep_code(service, &tx, asked).await })
        .await?
    {
        Ok(kept) => kept,
        Err(bill) => return Err(used_up(service, &bill)),
    };
    kept.bill.announce();
    let message = Message::Code { code: code.clone(), minutes: service.config.phone.code_minutes };
    match sms::send(&*service.sms, &number, &message).await {
        Ok(()) => Ok(kept.sent),
        Err(error) => {
            settle(service, &kept, &error).await;
            Err(not_sent(service, &error))
        }
    }
}

/// Reads everything that the limits count by.
async fn asked<'a>(
    service: &Service,
    caller: &'a SignedIn,
    (number, purpose, code): (&'a PhoneNumber, phone::Purpose, &'a str),
    from: ClientAddress,
) -> Result<Asked<'a>, ApiError> {
    let view = service.store.view();
    let app = store::session::app_of(&view, caller.session.id).await?;
    let link = match &app {
        Some(app) => store::user::link_in_app(&view, caller.user.id, app).await?,
        None => None,
    };
    let accounts = store::history::with_aliases(&view, caller.user.id).await?;
    let known = is_known(&view, caller.session.device).await?;
    let own = caller.owns(number);
    Ok(Asked { caller, number, purpose, code, block: from.block(), app, link, accounts, known, own, human: None })
}

/// Stores and pays for a code within the limits. If the budget does not cover it, takes the payment back and returns the
/// bill.
async fn keep_code(service: &Service, tx: &Tx, asked: &Asked<'_>) -> Result<Result<Kept, Bill>, ApiError> {
    let now = service.clock.now();
    // Runs first because it serializes these transactions: the counts below stay valid until the commit.
    let mut bill = service.budget.pay(tx, Purpose::Code, now).await?;
    if bill.is_too_much() {
        bill.take_back(tx).await?;
        bill.raise_alarm(tx).await?;
        return Ok(Err(bill));
    }
    may_send(service, &tx.look(), asked, now).await?;
    if let Some(human) = &asked.human
        && store::sms::is_human_token_spent(&tx.look(), human).await?
    {
        return Err(ApiError::refused(ErrorCode::HumanCheckRequired));
    }
    let ordinal = store::sms::next_ordinal(&tx.look(), asked.number).await?;
    let limits = &service.config.phone;
    let id = PhoneCodeId::new(now);
    let expires_at = now.plus(TimeDelta::minutes(limits.code_minutes.into()));
    store::sms::add_code(
        tx,
        &NewPhoneCode {
            id,
            number: asked.number.clone(),
            ordinal,
            session: asked.caller.session.id,
            user: asked.caller.user.id,
            link: asked.link,
            device: asked.caller.session.device,
            human: asked.human,
            address_block: asked.block.clone(),
            app: asked.app.clone(),
            code_hash: crate::usecase::phone::code_hash(
                service,
                asked.caller,
                (asked.number, asked.purpose),
                asked.code,
            ),
            sent_at: now,
            expires_at,
        },
    )
    .await?;
    bill.raise_alarm(tx).await?;
    let resend_at = now.plus(TimeDelta::seconds(limits.resend_seconds.into()));
    Ok(Ok(Kept { id, sent: CodeSent { expires_at, resend_at }, bill }))
}

/// Checks the limits. The payment at the start of the transaction prevents concurrent sends.
async fn may_send(service: &Service, view: &View<'_>, asked: &Asked<'_>, now: Timestamp) -> Result<(), ApiError> {
    let limits = &service.config.phone;
    let since = now.minus(DAY);
    let to = Codes::To(asked.number);
    let pause = TimeDelta::seconds(limits.resend_seconds.into());
    let mut all = vec![
        (to, 1, pause),
        // Other callers cannot lock a number's owner out: in the owner's session their codes do not count.
        (if asked.own { Codes::ToFor(asked.number, &asked.accounts) } else { to }, limits.codes_per_number, DAY),
        (Codes::For(&asked.accounts), limits.codes_per_account, DAY),
        (Codes::From(&asked.block), limits.codes_per_address, DAY),
    ];
    // Unlinking an openId and signing in with it again gives a new account but keeps the link.
    all.extend(asked.link.map(|link| (Codes::With(link), limits.codes_per_account, DAY)));
    all.extend(asked.caller.session.device.map(|device| (Codes::On(device), limits.codes_per_device, DAY)));
    all.extend(asked.app.as_ref().map(|app| (Codes::Through(app), limits.codes_per_app, DAY)));
    let mut free_at = now;
    // Zero means no limit; the configuration rejects it where it makes no sense.
    for (codes, limit, window) in all.into_iter().filter(|(_, limit, _)| *limit > 0) {
        let last = store::sms::nth_newest_send(view, codes, limit, since).await?;
        free_at = free_at.max(last.map_or(now, |sent_at| sent_at.plus(window)));
    }
    // The longest wait of all limits, so that no other limit refuses the request after it.
    match u64::try_from(free_at.millis() - now.millis()) {
        Ok(0) | Err(_) => Ok(()),
        Ok(millis) => Err(ApiError::wait(ErrorCode::TooManyCodes, Duration::from_millis(millis))),
    }
}

/// Returns the error for a used-up budget. The first such request informs the operator.
fn used_up(service: &Service, bill: &Bill) -> ApiError {
    bill.announce();
    ApiError::wait(ErrorCode::SmsUnavailable, service.budget.rest_of_day(service.clock.now()))
}

/// Takes back a code that was certainly not sent. It costs nothing, and counts only for the address block.
async fn settle(service: &Service, kept: &Kept, error: &SmsError) {
    if !error.nothing_was_sent() {
        return;
    }
    let settle = |tx: Arc<Tx>| async move {
        kept.bill.take_back(&tx).await?;
        store::sms::refuse_code(&tx, kept.id, service.clock.now()).await
    };
    if let Err(error) = service.store.write("refuse_phone_code", settle).await {
        tracing::warn!("an unsent code could not be released: {error}");
    }
}

fn not_sent(service: &Service, error: &SmsError) -> ApiError {
    match error {
        SmsError::RateLimited { retry_after, .. } => {
            let pause = Duration::from_secs(service.config.phone.resend_seconds.into());
            ApiError::wait(ErrorCode::TooManyCodes, retry_after.unwrap_or(pause))
        }
        SmsError::Rejected(_) => ApiError::detailed(ErrorCode::SmsUnavailable, "the carrier refused the message"),
        SmsError::Misconfigured(_) | SmsError::Unavailable { .. } | SmsError::UnexpectedAnswer(_) => {
            ApiError::refused(ErrorCode::SmsUnavailable)
        }
    }
}
