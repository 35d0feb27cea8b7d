//! Notices about changes of an account. They are posted in the transaction of the change and sent by the outbox.

use chrono::TimeDelta;
use domain::phone::{Binding, Request};
use domain::{AppId, PhoneId, Timestamp, UserId};
use store::Tx;
use store::outbox::NewMessage;

use crate::error::ApiError;
use crate::service::Service;
use crate::sms::Notice;

const DAY: TimeDelta = TimeDelta::days(1);
/// How many notices of a kind are posted about an account within a day. Changes that are made again and again are not to use up
/// what messages may cost.
const MOST_OF_A_KIND: u64 = 10;
/// How many notices are posted to a number within a day. Accounts that are made for it are not to flood a person.
const MOST_TO_A_NUMBER: u64 = 20;

/// Posts a notice to a phone. Without a phone, an embedding program's notifier may still reach the account.
pub(crate) async fn post(
    service: &Service,
    tx: &Tx,
    (user, phone): (UserId, Option<PhoneId>),
    notice: &Notice,
) -> Result<(), ApiError> {
    let kind = notice.kind();
    if !service.notifier.carries(kind) {
        return Ok(());
    }
    let (now, view) = (service.clock.now(), tx.look());
    let number_hash = match phone {
        Some(phone) => store::outbox::number_hash(&view, phone).await?,
        None => None,
    };
    let of_kind = store::outbox::count_about(&view, user, kind.name(), now.minus(DAY)).await?;
    let to_number = match &number_hash {
        Some(hash) => store::outbox::count_to(&view, hash, now.minus(DAY)).await?,
        None => 0,
    };
    if of_kind >= MOST_OF_A_KIND || to_number >= MOST_TO_A_NUMBER {
        tracing::warn!(user.id = %user, kind = kind.name(), of_kind, to_number, "a notice was not posted: too many within a day");
        return Ok(());
    }
    let payload = serde_json::to_string(notice).map_err(|_| ApiError::Internal("a notice is not JSON"))?;
    let message = NewMessage { user, phone, number_hash, kind: kind.name(), payload };
    Ok(store::outbox::post(tx, vec![message], now).await?)
}

/// Posts a notice to the account's current phone.
pub(crate) async fn post_to(service: &Service, tx: &Tx, user: UserId, notice: &Notice) -> Result<(), ApiError> {
    let phone = store::phone::active_phone(&tx.look(), user).await?;
    post(service, tx, (user, phone), notice).await
}

/// Reads the phone that a proven number may replace.
pub(crate) async fn phone_before(tx: &Tx, request: &Request) -> Result<Option<PhoneId>, ApiError> {
    match request.caller.phone {
        Some(_) => Ok(store::phone::active_phone(&tx.look(), request.caller.id).await?),
        None => Ok(None),
    }
}

/// Posts the notices about a proven number.
pub(crate) async fn post_for_binding(
    service: &Service,
    tx: &Tx,
    (binding, request): (&Binding, &Request),
    before: Option<PhoneId>,
) -> Result<(), ApiError> {
    let caller = request.caller.id;
    let changed = (caller, before);
    match binding {
        // An SMS code has informed the owner of the number; a quick verification by WeChat has not.
        Binding::Bind if request.proof.is_weak() => post_to(service, tx, caller, &Notice::PhoneBound).await,
        Binding::Bind | Binding::Renew { .. } | Binding::Refuse { .. } => Ok(()),
        Binding::Change => post(service, tx, changed, &Notice::PhoneChanged).await,
        Binding::Join { into, .. } => post_to(service, tx, *into, &Notice::AccountsMerged).await,
        Binding::TakeOver { from } => {
            // The number now belongs to the caller. The other account may have another phone if the number was only
            // reserved for it.
            post_to(service, tx, *from, &Notice::PhoneLeft).await?;
            match before {
                Some(_) => post(service, tx, changed, &Notice::PhoneChanged).await,
                None => Ok(()),
            }
        }
    }
}

/// Posts the notice of a merge to the phones of both accounts as they were before it.
pub(crate) async fn post_for_merge(
    service: &Service,
    tx: &Tx,
    survivor: UserId,
    phones: &[Option<PhoneId>],
) -> Result<(), ApiError> {
    let mut known = phones.iter().copied().flatten().peekable();
    if known.peek().is_none() {
        return post(service, tx, (survivor, None), &Notice::AccountsMerged).await;
    }
    for phone in known {
        post(service, tx, (survivor, Some(phone)), &Notice::AccountsMerged).await?;
    }
    Ok(())
}

/// Posts the notices when an operator moves a number to another account, which may have had another phone.
pub(crate) async fn post_for_given_phone(
    service: &Service,
    tx: &Tx,
    (from, to): (UserId, UserId),
    before: Option<PhoneId>,
) -> Result<(), ApiError> {
    post_to(service, tx, from, &Notice::PhoneLeft).await?;
    post_to(service, tx, to, &Notice::PhoneBound).await?;
    match before {
        Some(_) => post(service, tx, (to, before), &Notice::PhoneChanged).await,
        None => Ok(()),
    }
}

/// Returns an app's title for notices.
pub(crate) fn app_title(service: &Service, app: &AppId) -> String {
    service.apps.by_id(app).map_or(app.as_str(), |app| &app.title).to_owned()
}

/// Wakes the outbox of this process.
pub(crate) fn wake(service: &Service) {
    service.outbox.notify_one();
}

/// Returns the time of the next attempt, or `None` after the last one, which is a day after the first.
pub(crate) fn next_attempt(attempts: u32, now: Timestamp) -> Option<Timestamp> {
    const PAUSES: [TimeDelta; 8] = [
        TimeDelta::seconds(10),
        TimeDelta::minutes(1),
        TimeDelta::minutes(5),
        TimeDelta::minutes(15),
        TimeDelta::hours(1),
        TimeDelta::hours(3),
        TimeDelta::hours(8),
        TimeDelta::hours(12),
    ];
    let at = usize::try_from(attempts).ok()?.checked_sub(1)?;
    PAUSES.get(at).map(|pause| now.plus(*pause))
}
