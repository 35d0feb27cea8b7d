//! Signs a person in by a number alone. See [`domain::phone::decide_login`] for the decision, and `bind` for what becomes of the
//! number.

use domain::phone::{Binding, Claim, NumberProof, Purpose, Request};
use domain::session::Standing;
use domain::{Account, AppId, Boundness, DeviceId, PhoneNumber, Profile, Rule, Timestamp, UserId};
use entities::{phone, session};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect, QueryTrait};

use crate::history::{Change, Entry, Evidence};
use crate::login::new_user;
use crate::{Actor, StoreError, Tx, View};

/// Renews the proof of a number that opens this account. The account is locked from then on.
///
/// # Errors
/// Returns [`StoreError::Closed`] if the account is disabled, and [`StoreError::Contended`] if the number is no longer its own.
pub async fn sign_in(tx: &Tx, user: UserId, number: &PhoneNumber, now: Timestamp) -> Result<(), StoreError> {
    tx.lock_one(user).await?;
    super::bind::renew_proof(tx, user, number, now).await
}

/// Creates an account without a phone for a person who is known by a number alone, and journals it. Returns the request by which
/// [`bind`](super::bind()) gives it the number. The unique constraint of the number decides between two that are created at once.
pub async fn create(tx: &Tx, (number, app): (&PhoneNumber, &AppId), now: Timestamp) -> Result<Request, StoreError> {
    let id = UserId::new(now);
    tx.insert(new_user(id, &Profile::default(), now)).await?;
    let evidence = Evidence { app: Some(app.clone()), ..Evidence::of_number(number) };
    let change = Change::Linked { link: None, union: None };
    let entry = Entry { user: id, other: None, rule: Rule::R4e, actor: Actor::Person, evidence, change };
    crate::history::add(tx, entry, now).await?;
    let caller = Account {
        id,
        created_at: now,
        apps: Vec::new(),
        cancelled: Vec::new(),
        unions: Vec::new(),
        phone: None,
        external_id: None,
        has_orders: false,
    };
    Ok(Request {
        caller,
        standing: Standing { bound: Boundness::Bound, signed_in_at: now, cooling_until: None, now },
        number: number.clone(),
        proof: NumberProof::SmsCode,
        purpose: Purpose::Bind,
        claim: Claim::None,
        owner: super::owner(&tx.look(), number, now).await?,
    })
}

/// Returns the binding that gives a new account its number: a free one, or one that another account loses (R6).
#[must_use]
pub fn first_binding(from: Option<UserId>) -> Binding {
    from.map_or(Binding::Bind, |from| Binding::TakeOver { from })
}

/// Returns whether the account that has the number has signed in on the device, by a login that was bound (R15).
pub async fn has_signed_in_on(view: &View<'_>, number: &PhoneNumber, device: DeviceId) -> Result<bool, StoreError> {
    let owner = phone::Entity::find()
        .select_only()
        .column(phone::Column::ActiveUser)
        .filter(phone::Column::ActiveUser.is_not_null())
        .filter(super::has_number(view, number));
    let there = session::Entity::find()
        .filter(session::Column::UserId.in_subquery(owner.into_query()))
        .filter(session::Column::DeviceId.eq(device))
        .filter(session::Column::Bound.eq(true));
    Ok(there.count(&view.db).await? > 0)
}
