//! A code is sent to a phone: within the limits, paid for, and taken back when the carrier refuses it.
//! What the code is worth when it comes back is in `phone`.

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

/// The window of all limits but the pause between two codes.
const DAY: TimeDelta = TimeDelta::days(1);

/// A code that was sent.
#[derive(Debug, Clone)]
pub struct CodeSent {
    /// Until when it holds.
    pub expires_at: Timestamp,
    /// When another may be asked for.
    pub resend_at: Timestamp,
}

/// Where to send a code, and what for.
#[derive(Debug)]
pub struct SendCode {
    /// The number.
    pub number: PhoneNumber,
    /// What the code is good for.
    pub purpose: phone::Purpose,
    /// Where the request comes from.
    pub from: ClientAddress,
    /// What the client was given for a challenge that a person solved.
    pub human: Option<HumanToken>,
}

/// A code that was asked for.
struct Asked<'a> {
    caller: &'a SignedIn,
    number: &'a PhoneNumber,
    purpose: phone::Purpose,
    code: &'a str,
    block: String,
    /// The app that the session was opened through, and the account's open id in it.
    app: Option<AppId>,
    link: Option<LinkId>,
    /// The account, with all that went into it: a merge resets no count.
    accounts: Vec<UserId>,
    /// Whether a phone was proved on the device before.
    known: bool,
    /// Whether strangers' codes to the number do not count against this caller.
    own: bool,
    /// The hash of what showed that a person asks.
    human: Option<[u8; 32]>,
}

/// A code that is kept and paid for, and not yet sent.
struct Kept {
    id: PhoneCodeId,
    sent: CodeSent,
    bill: Bill,
}

/// Sends a code to a number. The answer is the same whether anybody has the number or not.
pub async fn send(service: &Service, caller: &SignedIn, input: SendCode) -> Result<CodeSent, ApiError> {
    crate::usecase::phone::may_prove_number(service, caller)?;
    let SendCode { number, purpose, from, human } = input;
    // Before anything is read or paid, and by nothing but the number.
    service.config.phone.takes_sms(&number)?;
    let code = random::six_digits();
    let mut asked = asked(service, caller, (&number, purpose, &code), from).await?;
    if service.human_check.is_some() && !asked.known {
        // A token is good for one code: what the limits refuse anyway is not to use it up.
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

/// Who asks, by everything that has a limit.
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

/// Keeps a code within the limits, and pays for it; or answers a bill that the budget does not cover, and takes it back.
async fn keep_code(service: &Service, tx: &Tx, asked: &Asked<'_>) -> Result<Result<Kept, Bill>, ApiError> {
    let now = service.clock.now();
    // First of all, since it makes all others wait: what is counted below stays so until the commit.
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

/// Nobody sends while this looks: the transaction has paid first.
async fn may_send(service: &Service, view: &View<'_>, asked: &Asked<'_>, now: Timestamp) -> Result<(), ApiError> {
    let limits = &service.config.phone;
    let since = now.minus(DAY);
    let to = Codes::To(asked.number);
    let pause = TimeDelta::seconds(limits.resend_seconds.into());
    let mut all = vec![
        (to, 1, pause),
        // Strangers lock no owner out: in a session of the owner's their codes do not count.
        (if asked.own { Codes::ToFor(asked.number, &asked.accounts) } else { to }, limits.codes_per_number, DAY),
        (Codes::For(&asked.accounts), limits.codes_per_account, DAY),
        (Codes::From(&asked.block), limits.codes_per_address, DAY),
    ];
    // Who unlinks the openId and signs in with it again has a new account, and the same link.
    all.extend(asked.link.map(|link| (Codes::With(link), limits.codes_per_account, DAY)));
    all.extend(asked.caller.session.device.map(|device| (Codes::On(device), limits.codes_per_device, DAY)));
    all.extend(asked.app.as_ref().map(|app| (Codes::Through(app), limits.codes_per_app, DAY)));
    let mut free_at = now;
    // Zero is no limit; where it makes no sense the configuration refuses it.
    for (codes, limit, window) in all.into_iter().filter(|(_, limit, _)| *limit > 0) {
        let last = store::sms::nth_newest_send(view, codes, limit, since).await?;
        free_at = free_at.max(last.map_or(now, |sent_at| sent_at.plus(window)));
    }
    // The longest wait of all: who waits so long is not refused for another reason.
    match u64::try_from(free_at.millis() - now.millis()) {
        Ok(0) | Err(_) => Ok(()),
        Ok(millis) => Err(ApiError::wait(ErrorCode::TooManyCodes, Duration::from_millis(millis))),
    }
}

/// The budget is used up: the first request that finds it so tells the operator.
fn used_up(service: &Service, bill: &Bill) -> ApiError {
    bill.announce();
    ApiError::wait(ErrorCode::SmsUnavailable, service.budget.rest_of_day(service.clock.now()))
}

/// What was certainly not sent costs nothing, and counts for nothing but the address block.
async fn settle(service: &Service, kept: &Kept, error: &SmsError) {
    if !error.nothing_was_sent() {
        return;
    }
    let settle = |tx: Arc<Tx>| async move {
        kept.bill.take_back(&tx).await?;
        store::sms::refuse_code(&tx, kept.id, service.clock.now()).await
    };
    if let Err(error) = service.store.write("refuse_phone_code", settle).await {
        tracing::warn!("a code that was not sent stays counted: {error}");
    }
}

fn not_sent(service: &Service, error: &SmsError) -> ApiError {
    match error {
        SmsError::RateLimited { retry_after, .. } => {
            let pause = Duration::from_secs(service.config.phone.resend_seconds.into());
            ApiError::wait(ErrorCode::TooManyCodes, retry_after.unwrap_or(pause))
        }
        SmsError::Rejected(_) => ApiError::detailed(ErrorCode::SmsUnavailable, "the carrier refused the message"),
        SmsError::Misconfigured(_) | SmsError::Unavailable { .. } => ApiError::refused(ErrorCode::SmsUnavailable),
    }
}
