//! SMS codes: when they were sent, how often they were tried, and the one that counts. Codes and numbers are kept as hashes.
//! The limits are `api`'s, and what a right code leads to is decided in `domain::phone`.

use domain::{AppId, DeviceId, LinkId, PhoneCodeId, PhoneNumber, SessionId, Timestamp, UserId};
use entities::phone_code;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::database::{changed_unless, read_hash};
use crate::key::HashOf;
use crate::{StoreError, Tx, View};

/// A code that was sent.
#[derive(Debug, Clone)]
pub struct NewPhoneCode {
    /// Its id.
    pub id: PhoneCodeId,
    /// Where it went.
    pub number: PhoneNumber,
    /// Which code to this number it is, from [`View::next_ordinal`]; the second of two alike is [`StoreError::Contended`].
    pub ordinal: i64,
    /// The session that asked for it, and alone can use it.
    pub session: SessionId,
    /// The account that asked for it.
    pub user: UserId,
    /// The open id that the session was opened with, while the account has it.
    pub link: Option<LinkId>,
    /// The device that asked for it.
    pub device: Option<DeviceId>,
    /// The block of addresses that the request came from.
    pub address_block: String,
    /// The app that the session was opened through.
    pub app: Option<AppId>,
    /// The hash of what showed that a person asked, which is good for one code: of two alike the second is
    /// [`StoreError::Contended`].
    pub human: Option<[u8; 32]>,
    /// The keyed hash of the code.
    pub code_hash: [u8; 32],
    /// When it was sent.
    pub sent_at: Timestamp,
    /// When it is too late to use it.
    pub expires_at: Timestamp,
}

/// What is needed to check a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneCode {
    /// Its id.
    pub id: PhoneCodeId,
    /// The keyed hash of the code.
    pub code_hash: [u8; 32],
    /// When it is too late to use it.
    pub expires_at: Timestamp,
}

/// Which codes are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codes<'a> {
    /// Those sent to a number.
    To(&'a PhoneNumber),
    /// Those sent to a number that one of these accounts asked for.
    ToFor(&'a PhoneNumber, &'a [UserId]),
    /// Those that one of these accounts asked for: a person's, with all that went into it.
    For(&'a [UserId]),
    /// Those that were asked for by logins with one open id, whosever account it was then.
    With(LinkId),
    /// Those that a device asked for.
    On(DeviceId),
    /// Those that were asked for through an app.
    Through(&'a AppId),
    /// Those that were asked for from a block of addresses, also those that the carrier refused.
    From(&'a str),
}

/// How many tries at the codes sent to a number were wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WrongTries {
    /// On any device.
    pub in_all: u32,
    /// On the device that was asked about.
    pub on_device: u32,
}

/// Which code to this number the next one is. Ask before you look at the limits: a code that is sent in between
/// takes the ordinal, and yours will be [`StoreError::Contended`].
pub async fn next_ordinal(view: &View<'_>, number: &PhoneNumber) -> Result<i64, StoreError> {
    let last: Option<Option<i64>> = phone_code::Entity::find()
        .select_only()
        .column_as(phone_code::Column::Ordinal.max(), "last")
        .filter(sent_to(view, number))
        .into_tuple()
        .one(&view.db)
        .await?;
    Ok(last.flatten().map_or(1, |last| last + 1))
}

/// When the `nth` newest of some codes was sent, counted from 1, if that was after `since`. Whoever may send
/// `nth` codes in that time may send another when this one has left it.
pub async fn nth_newest_send(
    view: &View<'_>,
    codes: Codes<'_>,
    nth: u32,
    since: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let sent = phone_code::Column::RefusedAt.is_null();
    let which = match codes {
        Codes::To(number) => sent_to(view, number).and(sent),
        Codes::ToFor(number, users) => sent_to(view, number).and(of_users(users)).and(sent),
        Codes::For(users) => of_users(users).and(sent),
        Codes::With(link) => phone_code::Column::LinkId.eq(link).and(sent),
        Codes::On(device) => phone_code::Column::DeviceId.eq(device).and(sent),
        Codes::Through(app) => phone_code::Column::App.eq(app.clone()).and(sent),
        Codes::From(block) => phone_code::Column::AddressBlock.eq(block),
    };
    let sent_at: Option<Timestamp> = phone_code::Entity::find()
        .select_only()
        .column(phone_code::Column::SentAt)
        .filter(which)
        .filter(phone_code::Column::SentAt.gt(since))
        .order_by_desc(phone_code::Column::SentAt)
        .offset(u64::from(nth.saturating_sub(1)))
        .limit(1)
        .into_tuple()
        .one(&view.db)
        .await?;
    Ok(sent_at)
}

/// Was a code sent for what showed that a person asked?
pub async fn is_human_token_spent(view: &View<'_>, hash: &[u8; 32]) -> Result<bool, StoreError> {
    let spent = phone_code::Entity::find().filter(phone_code::Column::HumanHash.eq(hash.to_vec()));
    Ok(spent.count(&view.db).await? > 0)
}

/// The newest unused code that a session asked for.
pub async fn newest_code(
    view: &View<'_>,
    number: &PhoneNumber,
    session: SessionId,
) -> Result<Option<PhoneCode>, StoreError> {
    let newest = phone_code::Entity::find()
        .filter(phone_code::Column::SessionId.eq(session))
        .filter(sent_to(view, number))
        .filter(phone_code::Column::UsedAt.is_null())
        .filter(phone_code::Column::RefusedAt.is_null())
        .order_by_desc(phone_code::Column::SentAt)
        .order_by_desc(phone_code::Column::Id)
        .one(&view.db)
        .await?;
    let Some(row) = newest else { return Ok(None) };
    let code_hash = read_hash("phone_codes", row.code_hash)?;
    Ok(Some(PhoneCode { id: row.id, code_hash, expires_at: row.expires_at }))
}

fn sent_to(view: &View<'_>, number: &PhoneNumber) -> Expr {
    phone_code::Column::NumberHash.eq(view.vault.hash(HashOf::CodedNumber, number))
}

/// How many tries at the codes sent to a number at or after `since` were wrong. Until the end
/// of the transaction no code to the number is tried by anybody else, so that no limit is overrun.
pub async fn wrong_tries(
    tx: &Tx,
    number: &PhoneNumber,
    device: Option<DeviceId>,
    since: Timestamp,
) -> Result<WrongTries, StoreError> {
    // Summed here and not there: the databases do not agree on the type of a sum, and the limits keep the rows few.
    let tried = phone_code::Entity::find()
        .filter(sent_to(&tx.look(), number))
        .filter(phone_code::Column::SentAt.gte(since))
        // Two who need the same rows queue up.
        .order_by_asc(phone_code::Column::Ordinal);
    let tried = tx.locking(tried).all(&tx.db).await?;
    let mut found = WrongTries::default();
    for code in tried {
        // The last try at a used code was the right one, and so was the one after which the person was asked.
        let right = u32::from(code.used_at.is_some()) + u32::from(code.asked_at.is_some());
        let wrong = u32::try_from(code.tries).unwrap_or(0).saturating_sub(right);
        found.in_all += wrong;
        if device.is_some() && code.device_id == device {
            found.on_device += wrong;
        }
    }
    Ok(found)
}

/// Keeps a code that is about to be sent.
pub async fn add_code(tx: &Tx, code: &NewPhoneCode) -> Result<(), StoreError> {
    let row = phone_code::Model {
        id: code.id,
        number_hash: tx.vault.hash(HashOf::CodedNumber, &code.number),
        ordinal: code.ordinal,
        session_id: code.session,
        code_hash: code.code_hash.to_vec(),
        tries: 0,
        sent_at: code.sent_at,
        expires_at: code.expires_at,
        used_at: None,
        address_block: Some(code.address_block.clone()),
        app: code.app.clone(),
        refused_at: None,
        asked_at: None,
        user_id: Some(code.user),
        link_id: code.link,
        device_id: code.device,
        human_hash: code.human.map(Vec::from),
    };
    tx.insert(row).await
}

/// Notes that the carrier refused to send a code: it counts for nothing but the block of addresses.
pub async fn refuse_code(tx: &Tx, id: PhoneCodeId, now: Timestamp) -> Result<(), StoreError> {
    let refuse = phone_code::Entity::update_many()
        .set(phone_code::ActiveModel { refused_at: Set(Some(now)), ..Default::default() })
        .filter(phone_code::Column::Id.eq(id));
    refuse.exec(&tx.db).await?;
    Ok(())
}

/// Takes one of the `limit` tries at a code; false when none is left or the code is used.
pub async fn claim_try(tx: &Tx, id: PhoneCodeId, limit: u32) -> Result<bool, StoreError> {
    let claim = phone_code::Entity::update_many()
        .col_expr(phone_code::Column::Tries, Expr::col(phone_code::Column::Tries).add(1))
        .filter(phone_code::Column::Id.eq(id))
        .filter(phone_code::Column::Tries.lt(i32::try_from(limit).unwrap_or(i32::MAX)))
        .filter(phone_code::Column::UsedAt.is_null());
    Ok(claim.exec(&tx.db).await?.rows_affected > 0)
}

/// Uses up a code; of any number of parallel tries exactly one is true.
///
/// A code that was [handed back](Self::ask_again) is good only for whoever answers.
pub async fn redeem(tx: &Tx, id: PhoneCodeId, answers: bool, now: Timestamp) -> Result<bool, StoreError> {
    let mut redeem = phone_code::Entity::update_many()
        .set(phone_code::ActiveModel { used_at: Set(Some(now)), ..Default::default() })
        .filter(phone_code::Column::Id.eq(id))
        .filter(phone_code::Column::UsedAt.is_null());
    if !answers {
        redeem = redeem.filter(phone_code::Column::AskedAt.is_null());
    }
    Ok(redeem.exec(&tx.db).await?.rows_affected > 0)
}

/// R6: hands a code that was used just now back to the person, who is asked whose the number is and sends it once
/// more with the answer.
pub async fn ask_again(tx: &Tx, id: PhoneCodeId, now: Timestamp) -> Result<(), StoreError> {
    let hand_back = phone_code::ActiveModel { used_at: Set(None), asked_at: Set(Some(now)), ..Default::default() };
    let used = phone_code::Entity::update_many()
        .set(hand_back)
        .filter(phone_code::Column::Id.eq(id))
        .filter(phone_code::Column::AskedAt.is_null());
    changed_unless("phone_codes", used.exec(&tx.db).await?.rows_affected)
}

/// Codes that one of these accounts asked for.
fn of_users(users: &[UserId]) -> Expr {
    phone_code::Column::UserId.is_in(users.iter().copied())
}
