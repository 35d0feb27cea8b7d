//! SMS codes: when they were sent, how often they were tried, and which one is valid. Codes and numbers are stored as
//! hashes. The caller sets the limits.

use domain::{AppId, DeviceId, LinkId, PhoneCodeId, PhoneNumber, SessionId, Timestamp, UserId};
use entities::phone_code;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::database::{changed_unless, read_hash};
use crate::key::HashOf;
use crate::{StoreError, Tx, View};

/// An SMS code to be stored.
#[derive(Debug, Clone)]
pub struct NewPhoneCode {
    /// The id.
    pub id: PhoneCodeId,
    /// The recipient.
    pub number: PhoneNumber,
    /// The ordinal of this code among those to the number, from [`next_ordinal`]. A duplicate is
    /// [`StoreError::Contended`].
    pub ordinal: i64,
    /// The session that requested the code, and the only one that can use it. Of a code to sign in, the session that it opens.
    pub session: SessionId,
    /// The account that requested the code. `None` for a code to sign in.
    pub user: Option<UserId>,
    /// The challenge of the browser that requested a code to sign in, and the only one that can use it.
    pub challenge: Option<[u8; 32]>,
    /// The link of the session's login, while it belongs to the account.
    pub link: Option<LinkId>,
    /// The device that requested the code.
    pub device: Option<DeviceId>,
    /// The address block of the request.
    pub address_block: String,
    /// The app of the session.
    pub app: Option<AppId>,
    /// The hash of the human-check token, which is valid for one code. A duplicate is [`StoreError::Contended`].
    pub human: Option<[u8; 32]>,
    /// The keyed hash of the code.
    pub code_hash: [u8; 32],
    /// When the code was sent.
    pub sent_at: Timestamp,
    /// When the code expires.
    pub expires_at: Timestamp,
}

/// What is needed to check a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneCode {
    /// The id.
    pub id: PhoneCodeId,
    /// The keyed hash of the code.
    pub code_hash: [u8; 32],
    /// When the code expires.
    pub expires_at: Timestamp,
}

/// A set of codes to be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codes<'a> {
    /// Codes sent to a number.
    To(&'a PhoneNumber),
    /// Codes sent to a number that one of these accounts requested.
    ToFor(&'a PhoneNumber, &'a [UserId]),
    /// Codes sent to a number that a device requested.
    ToOn(&'a PhoneNumber, DeviceId),
    /// Codes that one of these accounts requested: an account and all that were merged into it.
    For(&'a [UserId]),
    /// Codes that logins with this openId requested, whichever account it belonged to.
    With(LinkId),
    /// Codes that a device requested.
    On(DeviceId),
    /// Codes requested through an app.
    Through(&'a AppId),
    /// Codes requested from an address block, including those that the carrier refused.
    From(&'a str),
}

/// The number of wrong tries at the codes sent to a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WrongTries {
    /// On all devices.
    pub in_all: u32,
    /// On the given device.
    pub on_device: u32,
}

/// Returns the ordinal of the next code to this number. Read it before checking the limits: if a code is sent in
/// between, it takes the ordinal, and inserting yours fails with [`StoreError::Contended`].
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

/// Returns when the `nth` newest of these codes was sent, counted from 1, if that was after `since`. With a limit of
/// `nth` codes per period, the next code is allowed once that one is older than the period.
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
        Codes::ToOn(number, device) => sent_to(view, number).and(phone_code::Column::DeviceId.eq(device)).and(sent),
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

/// Returns whether a code was already sent for this human-check token.
pub async fn is_human_token_spent(view: &View<'_>, hash: &[u8; 32]) -> Result<bool, StoreError> {
    let spent = phone_code::Entity::find().filter(phone_code::Column::HumanHash.eq(hash.to_vec()));
    Ok(spent.count(&view.db).await? > 0)
}

/// Returns the newest unused code that a session requested.
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

/// A code to sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginPhoneCode {
    /// What is needed to check it.
    pub code: PhoneCode,
    /// The session that it opens.
    pub session: SessionId,
    /// The app that the person signs in through.
    pub app: AppId,
}

/// Returns the newest unused code to sign in that a browser requested.
pub async fn newest_login_code(
    view: &View<'_>,
    number: &PhoneNumber,
    challenge: &[u8; 32],
) -> Result<Option<LoginPhoneCode>, StoreError> {
    let newest = phone_code::Entity::find()
        .filter(sent_to(view, number))
        .filter(phone_code::Column::Challenge.eq(challenge.to_vec()))
        .filter(phone_code::Column::UsedAt.is_null())
        .filter(phone_code::Column::RefusedAt.is_null())
        .order_by_desc(phone_code::Column::Ordinal)
        .one(&view.db)
        .await?;
    let Some(row) = newest else { return Ok(None) };
    let app = row.app.ok_or_else(|| StoreError::corrupt("phone_codes", "a code to sign in has no app"))?;
    let code_hash = read_hash("phone_codes", row.code_hash)?;
    let code = PhoneCode { id: row.id, code_hash, expires_at: row.expires_at };
    Ok(Some(LoginPhoneCode { code, session: row.session_id, app }))
}

fn sent_to(view: &View<'_>, number: &PhoneNumber) -> Expr {
    phone_code::Column::NumberHash.eq(view.vault.hash(HashOf::CodedNumber, number))
}

/// Counts the wrong tries at codes sent to a number at or after `since`. Locks these codes until the end of the
/// transaction, so that concurrent tries cannot exceed the limit.
pub async fn wrong_tries(
    tx: &Tx,
    number: &PhoneNumber,
    device: Option<DeviceId>,
    since: Timestamp,
) -> Result<WrongTries, StoreError> {
    // Summed in Rust: the databases return different types for a sum, and the limits keep the rows few.
    let tried = phone_code::Entity::find()
        .filter(sent_to(&tx.look(), number))
        .filter(phone_code::Column::SentAt.gte(since))
        // A fixed order, so that concurrent transactions queue for the same rows.
        .order_by_asc(phone_code::Column::Ordinal);
    let tried = tx.locking(tried).all(&tx.db).await?;
    let mut found = WrongTries::default();
    for code in tried {
        // The last try at a used code was right, and so was the one after which the person was asked.
        let right = u32::from(code.used_at.is_some()) + u32::from(code.asked_at.is_some());
        let wrong = u32::try_from(code.tries).unwrap_or(0).saturating_sub(right);
        found.in_all += wrong;
        if device.is_some() && code.device_id == device {
            found.on_device += wrong;
        }
    }
    Ok(found)
}

/// Stores a code before it is sent.
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
        user_id: code.user,
        link_id: code.link,
        device_id: code.device,
        human_hash: code.human.map(Vec::from),
        challenge: code.challenge.map(Vec::from),
    };
    tx.insert(row).await
}

/// Records that the carrier refused to send a code. From then on the code counts only for the address block.
pub async fn refuse_code(tx: &Tx, id: PhoneCodeId, now: Timestamp) -> Result<(), StoreError> {
    let refuse = phone_code::Entity::update_many()
        .set(phone_code::ActiveModel { refused_at: Set(Some(now)), ..Default::default() })
        .filter(phone_code::Column::Id.eq(id));
    refuse.exec(&tx.db).await?;
    Ok(())
}

/// Takes one of the `limit` tries at a code. Returns false if none is left or the code is used.
pub async fn claim_try(tx: &Tx, id: PhoneCodeId, limit: u32) -> Result<bool, StoreError> {
    let claim = phone_code::Entity::update_many()
        .col_expr(phone_code::Column::Tries, Expr::col(phone_code::Column::Tries).add(1))
        .filter(phone_code::Column::Id.eq(id))
        .filter(phone_code::Column::Tries.lt(i32::try_from(limit).unwrap_or(i32::MAX)))
        .filter(phone_code::Column::UsedAt.is_null());
    Ok(claim.exec(&tx.db).await?.rows_affected > 0)
}

/// Uses up a code. Of several concurrent calls exactly one returns true.
///
/// A code that was [handed back](ask_again) is accepted only together with an answer.
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

/// R6: hands a code that was just used back to the person, who sends it again together with the answer to whose
/// number it is.
pub async fn ask_again(tx: &Tx, id: PhoneCodeId, now: Timestamp) -> Result<(), StoreError> {
    let hand_back = phone_code::ActiveModel { used_at: Set(None), asked_at: Set(Some(now)), ..Default::default() };
    let used = phone_code::Entity::update_many()
        .set(hand_back)
        .filter(phone_code::Column::Id.eq(id))
        .filter(phone_code::Column::AskedAt.is_null());
    changed_unless("phone_codes", used.exec(&tx.db).await?.rows_affected)
}

/// Matches codes that one of these accounts requested.
fn of_users(users: &[UserId]) -> Expr {
    phone_code::Column::UserId.is_in(users.iter().copied())
}

/// An SMS code that was requested, without the code and the number.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct SentCode {
    /// The id.
    pub id: PhoneCodeId,
    /// The app of the session that requested it.
    pub app: Option<AppId>,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// When it expires or expired.
    pub expires_at: Timestamp,
    /// The number of tries, right or wrong.
    pub tries: i32,
    /// When the right code was used.
    pub used_at: Option<Timestamp>,
    /// When the carrier refused to send it.
    pub refused_at: Option<Timestamp>,
}

/// Returns the newest codes that these accounts requested, at most `limit`, the newest first.
pub async fn requested_by(view: &View<'_>, users: &[UserId], limit: u64) -> Result<Vec<SentCode>, StoreError> {
    use phone_code::Column::{App, ExpiresAt, Id, RefusedAt, SentAt, Tries, UsedAt};
    let codes = phone_code::Entity::find()
        .select_only()
        .columns([Id, App, SentAt, ExpiresAt, Tries, UsedAt, RefusedAt])
        .filter(of_users(users))
        .order_by_desc(SentAt)
        .order_by_desc(Id)
        .limit(limit);
    Ok(codes.into_model().all(&view.db).await?)
}
