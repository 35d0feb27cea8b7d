//! Sends SMS codes within the rate limits and the budget. See [`crate::usecase::phone`] for their verification.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use domain::{AppId, DeviceId, LinkId, PhoneCodeId, PhoneNumber, SessionId, Timestamp, UserId, phone};
use store::sms::{Codes, MessagePurpose, NewPhoneCode};
use store::{Tx, View};

use crate::error::{ApiError, ErrorCode};
use crate::human_check::HumanToken;
use crate::random;
use crate::service::Service;
use crate::sms::budget::Bill;
use crate::sms::{self, Message, SmsError};
use crate::token::CodeChallenge;
use crate::usecase::caller::place_of_strangers;
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

/// A request for a code, with everything that the limits count by.
pub(super) struct Asked<'a> {
    pub(super) number: &'a PhoneNumber,
    /// The session that may use the code.
    pub(super) session: SessionId,
    pub(super) code_hash: [u8; 32],
    pub(super) block: String,
    /// The app of the session, and the account's openId in it.
    pub(super) app: Option<AppId>,
    pub(super) link: Option<LinkId>,
    pub(super) device: Option<DeviceId>,
    pub(super) by: By,
    /// Whether a phone was proved on the device before.
    pub(super) known: bool,
    /// Whether codes of other callers to the number do not count for this caller.
    pub(super) own: bool,
    /// The hash of the human check's token.
    pub(super) human: Option<[u8; 32]>,
}

/// Who requests a code.
pub(super) enum By {
    /// A person who is signed in: the account, followed by all accounts merged into it, since a merge must not reset counts.
    Person(UserId, Vec<UserId>),
    /// A browser that signs in, by its challenge.
    Browser(CodeChallenge),
}

impl Asked<'_> {
    fn user(&self) -> Option<UserId> {
        match &self.by {
            By::Person(user, _) => Some(*user),
            By::Browser(_) => None,
        }
    }

    fn challenge(&self) -> Option<[u8; 32]> {
        match &self.by {
            By::Person(..) => None,
            By::Browser(CodeChallenge(hash)) => Some(*hash),
        }
    }

    /// The share of the limits that strangers leave to the company's people, in per cent.
    fn leaves(&self, service: &Service) -> u32 {
        match &self.by {
            By::Browser(_) if !self.known => service.config.limits.reserved_percent.min(99),
            By::Person(..) | By::Browser(_) => 0,
        }
    }
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
    let asked = asked(service, caller, (&number, purpose, &code), from).await?;
    deliver(service, asked, &code, (human.as_ref(), from)).await
}

/// Sends a code within the limits, after the human check where one is due.
pub(super) async fn deliver(
    service: &Service,
    mut asked: Asked<'_>,
    code: &str,
    (human, from): (Option<&HumanToken>, ClientAddress),
) -> Result<CodeSent, ApiError> {
    if service.human_check.is_some() && !asked.known {
        // A token is valid for one code, so a request that the limits refuse must not use it up.
        may_send(service, &service.store.view(), &asked, service.clock.now()).await?;
        asked.human = Some(super::require_human(service, human, from).await?);
    }
    let kept = keep(service, &asked).await?;
    kept.bill.announce();
    let message = Message::Code { code: code.to_owned(), minutes: service.config.phone.code_minutes };
    match sms::send(&*service.sms, asked.number, &message).await {
        Ok(()) => Ok(kept.sent),
        Err(error) => {
            settle(service, &kept, &error).await;
            Err(not_sent(service, &error))
        }
    }
}

/// Stores and pays for a code in a transaction.
async fn keep(service: &Service, asked: &Asked<'_>) -> Result<Kept, ApiError> {
    let _place = match asked.by {
        By::Person(..) => None,
        By::Browser(_) => Some(place_of_strangers(service, &asked.block).await),
    };
    let keep = |tx: Arc<Tx>| async move { keep_code(service, &tx, asked).await };
    service.store.write("send_phone_code", keep).await?.map_err(|bill| used_up(service, &bill))
}

/// Reads everything that the limits count by.
async fn asked<'a>(
    service: &Service,
    caller: &'a SignedIn,
    (number, purpose, code): (&'a PhoneNumber, phone::Purpose, &str),
    from: ClientAddress,
) -> Result<Asked<'a>, ApiError> {
    let view = service.store.view();
    let app = store::session::app_of(&view, caller.session.id).await?;
    let link = match &app {
        Some(app) => store::user::link_in_app(&view, caller.user.id, app).await?,
        None => None,
    };
    let accounts = store::history::with_aliases(&view, caller.user.id).await?;
    let device = caller.session.device;
    Ok(Asked {
        number,
        session: caller.session.id,
        code_hash: crate::usecase::phone::code_hash(service, caller, (number, purpose), code),
        block: from.block(),
        app,
        link,
        device,
        by: By::Person(caller.user.id, accounts),
        known: is_known(&view, device).await?,
        own: caller.owns(number),
        human: None,
    })
}

/// Stores and pays for a code within the limits. If the budget does not cover it, takes the payment back and returns the
/// bill.
async fn keep_code(service: &Service, tx: &Tx, asked: &Asked<'_>) -> Result<Result<Kept, Bill>, ApiError> {
    let now = service.clock.now();
    // Runs first because it serializes these transactions: the counts below stay valid until the commit.
    let mut bill = service.budget.pay(tx, MessagePurpose::Code, now).await?;
    if bill.is_too_much(asked.leaves(service)) {
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
            session: asked.session,
            user: asked.user(),
            challenge: asked.challenge(),
            link: asked.link,
            device: asked.device,
            human: asked.human,
            address_block: asked.block.clone(),
            app: asked.app.clone(),
            code_hash: asked.code_hash,
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
    let mut all = vec![(to, 1, pause), (Codes::From(&asked.block), limits.codes_per_address, DAY)];
    // Other callers cannot lock a number's owner out: in the owner's session, or on the owner's device, their codes do not count.
    match (&asked.by, asked.device) {
        (By::Person(_, accounts), _) if asked.own => {
            all.push((Codes::ToFor(asked.number, accounts), limits.codes_per_number, DAY));
        }
        (By::Browser(_), Some(device)) if asked.own => {
            all.push((Codes::ToOn(asked.number, device), limits.codes_per_number, DAY));
        }
        (By::Person(..) | By::Browser(_), _) => all.push((to, limits.codes_per_number, DAY)),
    }
    if let By::Person(_, accounts) = &asked.by {
        all.push((Codes::For(accounts), limits.codes_per_account, DAY));
    }
    // Unlinking an openId and signing in with it again gives a new account but keeps the link.
    all.extend(asked.link.map(|link| (Codes::With(link), limits.codes_per_account, DAY)));
    all.extend(asked.device.map(|device| (Codes::On(device), limits.codes_per_device, DAY)));
    let of_app = share(limits.codes_per_app, asked.leaves(service));
    all.extend(asked.app.as_ref().map(|app| (Codes::Through(app), of_app, DAY)));
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

/// Returns a limit without the share that is left to others. Zero, which means no limit, stays zero, and no other limit becomes it.
fn share(limit: u32, leaves: u32) -> u32 {
    let share = u64::from(limit) * u64::from(100 - leaves) / 100;
    u32::try_from(share).unwrap_or(limit).max(limit.min(1))
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
