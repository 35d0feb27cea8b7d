//! Deletes expired rows.

use chrono::TimeDelta;
use domain::Timestamp;
use entities::outbox::{self, State};
use entities::push::{self, State as PushState};
use entities::{
    device, login_claim, login_state, merge_offer, operator_session, order_news, phone_code, qr_login, receipt,
    request, service_token_use, session, upstream_token,
};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};

use crate::{StoreError, Tx};

/// How long a device is kept after its last login. Longer than one year, the maximum lifetime of a refresh token.
const DEVICE_KEPT: TimeDelta = TimeDelta::days(400);
/// How long the origins of service token uses are kept here; the audit keeps them for ever.
const TOKEN_USES_KEPT: TimeDelta = TimeDelta::days(90);

/// How long messages are kept after they were sent or given up.
const SENT_KEPT: TimeDelta = TimeDelta::days(7);
const FAILED_KEPT: TimeDelta = TimeDelta::days(90);

/// How long requests are kept after they have expired, decided or not; the audit keeps who asked for what, and who decided.
const REQUESTS_KEPT: TimeDelta = TimeDelta::days(30);

/// How long pushed events are kept after a worker has acted on them. A push that is repeated later is refused as too old.
const PUSHED_KEPT: TimeDelta = TimeDelta::days(1);

/// Deletes expired rows and releases phone numbers whose retention has ended. Returns the number of changed rows.
/// Phone codes are kept for a day, because the rate limits count them; an upstream token that is being fetched is
/// kept.
pub async fn purge_expired(tx: &Tx, now: Timestamp) -> Result<u64, StoreError> {
    let states = login_state::Entity::delete_many().filter(login_state::Column::ExpiresAt.lte(now));
    let claims = login_claim::Entity::delete_many().filter(login_claim::Column::ExpiresAt.lte(now));
    // The rate limits per number cover the last day.
    let a_day_ago = now.minus(TimeDelta::days(1));
    let devices = device::Entity::delete_many().filter(device::Column::SeenAt.lte(now.minus(DEVICE_KEPT)));
    let codes = phone_code::Entity::delete_many().filter(phone_code::Column::ExpiresAt.lte(a_day_ago));
    let offers = merge_offer::Entity::delete_many().filter(merge_offer::Column::ExpiresAt.lte(now));
    let sessions = session::Entity::delete_many().filter(session::Column::ExpiresAt.lte(now));
    let over = |column: upstream_token::Column| Condition::any().add(column.is_null()).add(column.lte(now));
    let upstream_tokens = upstream_token::Entity::delete_many()
        .filter(over(upstream_token::Column::ExpiresAt))
        .filter(over(upstream_token::Column::LeaseUntil));
    let uses = service_token_use::Entity::delete_many()
        .filter(service_token_use::Column::LastAt.lte(now.minus(TOKEN_USES_KEPT)));
    let operators = operator_session::Entity::delete_many().filter(operator_session::Column::ExpiresAt.lte(now));
    let requests = request::Entity::delete_many().filter(request::Column::ExpiresAt.lte(now.minus(REQUESTS_KEPT)));
    let receipts = receipt::Entity::delete_many().filter(receipt::Column::ExpiresAt.lte(now));
    let settled = |state: State, kept: TimeDelta| {
        let settled = Condition::all().add(outbox::Column::SettledAt.lte(now.minus(kept)));
        outbox::Entity::delete_many().filter(settled.add(outbox::Column::State.eq(state)))
    };
    let acted_on = |state: PushState, kept: TimeDelta| {
        let settled = Condition::all().add(push::Column::SettledAt.lte(now.minus(kept)));
        push::Entity::delete_many().filter(settled.add(push::Column::State.eq(state)))
    };
    let qr_logins = qr_login::Entity::delete_many().filter(qr_login::Column::ExpiresAt.lte(now));
    let news = order_news::Entity::delete_many().filter(order_news::Column::At.lte(now.minus(crate::order::NEWS_KEPT)));
    Ok(states.exec(&tx.db).await?.rows_affected
        + uses.exec(&tx.db).await?.rows_affected
        + offers.exec(&tx.db).await?.rows_affected
        + claims.exec(&tx.db).await?.rows_affected
        + codes.exec(&tx.db).await?.rows_affected
        + devices.exec(&tx.db).await?.rows_affected
        + sessions.exec(&tx.db).await?.rows_affected
        + upstream_tokens.exec(&tx.db).await?.rows_affected
        + requests.exec(&tx.db).await?.rows_affected
        + operators.exec(&tx.db).await?.rows_affected
        + receipts.exec(&tx.db).await?.rows_affected
        + settled(State::Sent, SENT_KEPT).exec(&tx.db).await?.rows_affected
        + settled(State::Failed, FAILED_KEPT).exec(&tx.db).await?.rows_affected
        + acted_on(PushState::Done, PUSHED_KEPT).exec(&tx.db).await?.rows_affected
        + acted_on(PushState::Failed, FAILED_KEPT).exec(&tx.db).await?.rows_affected
        + news.exec(&tx.db).await?.rows_affected
        + qr_logins.exec(&tx.db).await?.rows_affected
        + crate::phone::free_kept_numbers(tx, now).await?)
}
