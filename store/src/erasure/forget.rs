//! What an erasure does to each table: one function a table. A new table that names a person gets one here;
//! `store/tests/every_database/erasure/` fails until it has.

use std::collections::BTreeSet;

use domain::{DeviceId, LinkId, OpenId, OpenKey, PhoneNumber, SessionId, Timestamp, UserId};
use entities::user::{self, Status};
use entities::{
    changed_open_id, conflict, device, link_event, login_claim, login_state, merge_offer, open_id, order,
    order_delivery, outbox, phone, phone_code, push, qr_login, receipt, session, union_id,
};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

use super::redact;
use crate::history::{Change, read_event};
use crate::key::HashOf;
use crate::{StoreError, Tx};

/// By what the rows of a person are found. All of it is read before anything is erased.
pub(super) struct Traces {
    /// The account and all accounts that went into it.
    users: Vec<UserId>,
    links: Vec<(LinkId, OpenKey)>,
    sessions: Vec<SessionId>,
    devices: BTreeSet<DeviceId>,
    numbers: Vec<PhoneNumber>,
    entries: Vec<link_event::Model>,
    /// Other people in the journal's entries, in cases and in offers.
    partners: BTreeSet<UserId>,
}

impl Traces {
    /// Reads what is known about accounts that are locked.
    pub(super) async fn find(tx: &Tx, users: Vec<UserId>) -> Result<Self, StoreError> {
        let entries = redact::entries_about(tx, &users).await?;
        let mut partners = find_partners(tx, &users).await?;
        partners.extend(entries.iter().flat_map(|entry| [Some(entry.user_id), entry.other_user_id]).flatten());
        partners.retain(|user| !users.contains(user));
        let links = find_links(tx, &users, &entries).await?;
        let of_users = session::Column::UserId.is_in(users.iter().copied());
        let sessions = session::Entity::find().filter(of_users).all(&tx.db).await?;
        let devices = sessions.iter().filter_map(|session| session.device_id).collect();
        let sessions = sessions.into_iter().map(|session| session.id).collect();
        let numbers = find_numbers(tx, &users).await?;
        Ok(Self { users, links, sessions, devices, numbers, entries, partners })
    }

    /// Erases all of it.
    pub(super) async fn forget(self, tx: &Tx, now: Timestamp) -> Result<(), StoreError> {
        let users = &self.users;
        forget_logins(tx, &self).await?;
        for user in users {
            crate::event::forget(tx, *user, now).await?;
        }
        crate::picture::forget(tx, users, now).await?;
        forget_codes(tx, &self).await?;
        forget_events(tx, &self).await?;
        forget_messages(tx, &self).await?;
        forget_receipts(tx, users).await?;
        forget_offers(tx, users).await?;
        crate::request::forget(tx, users).await?;
        forget_cases(tx, users).await?;
        forget_sessions(tx, users).await?;
        forget_devices(tx, &self.devices).await?;
        forget_phones(tx, users).await?;
        forget_union_ids(tx, users).await?;
        for (link, _) in &self.links {
            forget_open_id(tx, *link).await?;
        }
        redact::redact_audit(tx, users, &self.partners, now).await?;
        redact::redact_entries(tx, self.entries, now).await?;
        forget_profiles(tx, users, now).await
    }
}

/// The people with whom the accounts have a case or an offer, and the accounts themselves.
async fn find_partners(tx: &Tx, users: &[UserId]) -> Result<BTreeSet<UserId>, StoreError> {
    let named = Condition::any()
        .add(conflict::Column::UserId.is_in(users.iter().copied()))
        .add(conflict::Column::OtherUserId.is_in(users.iter().copied()));
    let cases = conflict::Entity::find().filter(named);
    let offered = Condition::any()
        .add(merge_offer::Column::UserId.is_in(users.iter().copied()))
        .add(merge_offer::Column::OtherUserId.is_in(users.iter().copied()));
    let offers = merge_offer::Entity::find().filter(offered);
    let mut partners = BTreeSet::new();
    for case in cases.all(&tx.db).await? {
        partners.extend([Some(case.user_id), case.other_user_id].into_iter().flatten());
    }
    for offer in offers.all(&tx.db).await? {
        partners.extend([offer.user_id, offer.other_user_id]);
    }
    Ok(partners)
}

/// The accounts' openIds, and those that were unlinked from them (R7) and that no account has since.
async fn find_links(
    tx: &Tx,
    users: &[UserId],
    entries: &[link_event::Model],
) -> Result<Vec<(LinkId, OpenKey)>, StoreError> {
    let unlinked =
        entries.iter().filter(|entry| users.contains(&entry.user_id)).filter_map(|entry| {
            match read_event(entry).map(|event| event.change) {
                Ok(Change::OpenIdRemoved { link, .. }) => Some(link),
                Ok(_) | Err(_) => None,
            }
        });
    let of_users = open_id::Column::UserId.is_in(users.iter().copied());
    let free = Condition::all().add(open_id::Column::Id.is_in(unlinked)).add(open_id::Column::UserId.is_null());
    let links = open_id::Entity::find().filter(Condition::any().add(of_users).add(free)).all(&tx.db).await?;
    let key = |row: open_id::Model| (row.id, OpenKey { app: row.app, open_id: row.open_id });
    Ok(links.into_iter().filter(|row| !row.open_id.is_erased()).map(key).collect())
}

/// The numbers that the accounts have, and those that they had and no other account has since.
async fn find_numbers(tx: &Tx, users: &[UserId]) -> Result<Vec<PhoneNumber>, StoreError> {
    let phones = phone::Entity::find().filter(phone::Column::UserId.is_in(users.iter().copied())).all(&tx.db).await?;
    let mut numbers = Vec::new();
    for row in phones {
        match crate::phone::open_number(&tx.look(), row.id, &row.sealed_number).await {
            Ok(number) => {
                let holder = crate::phone::held(&tx.look(), &number).await?.map(|held| held.by);
                numbers.extend(holder.is_none_or(|holder| users.contains(&holder)).then_some(number));
            }
            // Its hashes cannot be computed, but the row is erased like the others.
            Err(StoreError::Corrupt { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(numbers)
}

/// `login_claims`, and the `login_states` that they name.
async fn forget_logins(tx: &Tx, of: &Traces) -> Result<(), StoreError> {
    // An openId is a person's only together with its app.
    let is_theirs = |key: &OpenKey| {
        let of_app = Condition::all().add(login_claim::Column::App.eq(key.app.clone()));
        of_app.add(login_claim::Column::OpenId.eq(key.open_id.clone()))
    };
    let in_session = login_claim::Column::SessionId.is_in(of.sessions.iter().copied());
    let named = of.links.iter().fold(Condition::any().add(in_session), |any, (_, key)| any.add(is_theirs(key)));
    // Read first, because no index serves the search, and a delete that searches would wait for logins in flight.
    let claims: Vec<(Vec<u8>, Option<Vec<u8>>)> = login_claim::Entity::find()
        .select_only()
        .columns([login_claim::Column::CodeHash, login_claim::Column::StateHash])
        .filter(named)
        .into_tuple()
        .all(&tx.db)
        .await?;
    let (codes, states): (Vec<_>, Vec<_>) = claims.into_iter().unzip();
    let codes = login_claim::Entity::delete_many().filter(login_claim::Column::CodeHash.is_in(codes));
    codes.exec(&tx.db).await?;
    let states = login_state::Column::Hash.is_in(states.into_iter().flatten());
    login_state::Entity::delete_many().filter(states).exec(&tx.db).await?;
    Ok(())
}

/// What upstreams told about the person's openIds: `pushes`, `qr_logins`, and `changed_open_ids`.
async fn forget_events(tx: &Tx, of: &Traces) -> Result<(), StoreError> {
    for (link, key) in &of.links {
        let pushed = push::Entity::delete_many().filter(push::Column::App.eq(key.app.clone()));
        pushed.filter(push::Column::OpenId.eq(key.open_id.clone())).exec(&tx.db).await?;
        let scanned = qr_login::Entity::delete_many().filter(qr_login::Column::App.eq(key.app.clone()));
        scanned.filter(qr_login::Column::OpenId.eq(key.open_id.clone())).exec(&tx.db).await?;
        let (old, new) = (changed_open_id::Column::LinkId, changed_open_id::Column::LinkedId);
        let changed = Condition::any().add(old.eq(*link)).add(new.eq(*link));
        changed_open_id::Entity::delete_many().filter(changed).exec(&tx.db).await?;
    }
    Ok(())
}

/// `phone_codes` that the person asked for, and those to the person's numbers.
async fn forget_codes(tx: &Tx, of: &Traces) -> Result<(), StoreError> {
    use phone_code::Column::{LinkId, NumberHash, SessionId, UserId};
    let hashes = of.numbers.iter().map(|number| tx.vault.hash(HashOf::CodedNumber, number));
    let theirs = [
        UserId.is_in(of.users.iter().copied()),
        SessionId.is_in(of.sessions.iter().copied()),
        LinkId.is_in(of.links.iter().map(|(link, _)| *link)),
        NumberHash.is_in(hashes),
    ];
    // One after the other, each by its own index.
    for these in theirs {
        phone_code::Entity::delete_many().filter(these).exec(&tx.db).await?;
    }
    Ok(())
}

/// `outbox`: messages about the person, and to the person's numbers.
async fn forget_messages(tx: &Tx, of: &Traces) -> Result<(), StoreError> {
    let hashes = of.numbers.iter().map(|number| tx.vault.hash(HashOf::NotifiedNumber, number));
    for these in [outbox::Column::UserId.is_in(of.users.iter().copied()), outbox::Column::NumberHash.is_in(hashes)] {
        outbox::Entity::delete_many().filter(these).exec(&tx.db).await?;
    }
    Ok(())
}

/// `receipts` of the last five minutes, whose outcome names the account.
async fn forget_receipts(tx: &Tx, users: &[UserId]) -> Result<(), StoreError> {
    for user in users {
        let named = receipt::Entity::delete_many().filter(receipt::Column::Outcome.contains(user.to_string()));
        named.exec(&tx.db).await?;
    }
    Ok(())
}

/// `merge_offers`.
async fn forget_offers(tx: &Tx, users: &[UserId]) -> Result<(), StoreError> {
    use merge_offer::Column::{OtherUserId, UserId};
    let named = [UserId, OtherUserId].map(|column| column.is_in(users.iter().copied()));
    for these in named {
        merge_offer::Entity::delete_many().filter(these).exec(&tx.db).await?;
    }
    Ok(())
}

/// `conflicts`: a conflict with an erased account needs no decision any more.
async fn forget_cases(tx: &Tx, users: &[UserId]) -> Result<(), StoreError> {
    use conflict::Column::{OtherUserId, UserId};
    for these in [UserId, OtherUserId].map(|column| column.is_in(users.iter().copied())) {
        conflict::Entity::delete_many().filter(these).exec(&tx.db).await?;
    }
    Ok(())
}

/// `sessions`. From now on their access tokens are refused.
async fn forget_sessions(tx: &Tx, users: &[UserId]) -> Result<(), StoreError> {
    session::Entity::delete_many().filter(session::Column::UserId.is_in(users.iter().copied())).exec(&tx.db).await?;
    Ok(())
}

/// `devices`, but for those on which another person is signed in too.
async fn forget_devices(tx: &Tx, devices: &BTreeSet<DeviceId>) -> Result<(), StoreError> {
    let shared: Vec<Option<DeviceId>> = session::Entity::find()
        .select_only()
        .distinct()
        .column(session::Column::DeviceId)
        .filter(session::Column::DeviceId.is_in(devices.iter().copied()))
        .into_tuple()
        .all(&tx.db)
        .await?;
    let alone = devices.iter().copied().filter(|device| !shared.contains(&Some(*device)));
    device::Entity::delete_many().filter(device::Column::Id.is_in(alone)).exec(&tx.db).await?;
    Ok(())
}

/// `phones`, present and former ones. Their numbers are free.
async fn forget_phones(tx: &Tx, users: &[UserId]) -> Result<(), StoreError> {
    phone::Entity::delete_many().filter(phone::Column::UserId.is_in(users.iter().copied())).exec(&tx.db).await?;
    Ok(())
}

/// `union_ids`.
async fn forget_union_ids(tx: &Tx, users: &[UserId]) -> Result<(), StoreError> {
    let of_users = union_id::Column::UserId.is_in(users.iter().copied());
    union_id::Entity::delete_many().filter(of_users).exec(&tx.db).await?;
    Ok(())
}

/// `order_deliveries`: a carrier's tracking number leads to the name and the address of the person.
async fn forget_deliveries(tx: &Tx, link: LinkId) -> Result<(), StoreError> {
    let of_link = order::Entity::find().select_only().column(order::Column::Id).filter(order::Column::LinkId.eq(link));
    let deliveries = order_delivery::Column::OrderId.in_subquery(of_link.into_query());
    order_delivery::Entity::delete_many().filter(deliveries).exec(&tx.db).await?;
    Ok(())
}

/// `open_ids`: the row stays for its orders, which law keeps, and belongs to no account. `orders`, `order_items`, `order_refunds`,
/// `order_changes` and `order_totals` name no person but by it, nor do `order_corrections` without their reasons. `order_deliveries` are deleted, and so are `events` and
/// `webhook_deliveries` of orders from a time when no account had it.
pub(super) async fn forget_open_id(tx: &Tx, link: LinkId) -> Result<(), StoreError> {
    let bare = open_id::ActiveModel {
        open_id: Set(OpenId::erased(crate::random::bytes())),
        user_id: Set(None),
        nickname: Set(None),
        avatar_url: Set(None),
        nickname_at: Set(None),
        avatar_url_at: Set(None),
        linked_at: Set(None),
        last_login_at: Set(None),
        follows: Set(None),
        follows_since: Set(None),
        cancelled_at: Set(None),
        ..Default::default()
    };
    open_id::Entity::update_many().set(bare).filter(open_id::Column::Id.eq(link)).exec(&tx.db).await?;
    forget_deliveries(tx, link).await?;
    crate::order::forget_reasons(tx, link).await?;
    crate::event::forget_link(tx, link).await
}

/// `users`: the row stays, so that the id is never another person's. An alias still leads to its survivor.
async fn forget_profiles(tx: &Tx, users: &[UserId], now: Timestamp) -> Result<(), StoreError> {
    let bare = user::ActiveModel {
        nickname: Set(None),
        avatar_url: Set(None),
        own_nickname: Set(None),
        own_avatar_url: Set(None),
        external_id: Set(None),
        cooling_until: Set(None),
        updated_at: Set(now),
        ..Default::default()
    };
    let of_users = user::Column::Id.is_in(users.iter().copied());
    user::Entity::update_many().set(bare).filter(of_users.clone()).exec(&tx.db).await?;
    let erased = user::ActiveModel { status: Set(Status::Erased), ..Default::default() };
    let of_survivor =
        user::Entity::update_many().set(erased).filter(of_users).filter(user::Column::MergedInto.is_null());
    of_survivor.exec(&tx.db).await?;
    Ok(())
}
