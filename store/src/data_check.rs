//! Finds stored keys and phone numbers that the current rules read differently: an older version accepted them.

use domain::order::OrderNo;
use domain::{BadKey, ExternalId, LinkId, MobilePrefix, OpenId, OrderId, PhoneId, PhoneNumber, UnionId, UserId};
use entities::{open_id, order, phone, union_id, user};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::database::CHUNK;
use crate::{Store, StoreError, View};

/// A stored value that the current rules read differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// A key that identifies no person or order (R9).
    Key {
        /// The table and the column: `open_ids.open_id`.
        column: &'static str,
        /// The account that has it, the order, or an openId that no account has: `usr_…`, `ord_…`, `oid_…`.
        of: String,
        /// The key.
        text: String,
        /// Why it is refused.
        reason: BadKey,
    },
    /// A phone number.
    Phone {
        /// The account that has or had it.
        of: UserId,
        /// Whether the account has it now.
        is_active: bool,
        /// The number, masked.
        masked: String,
        /// The number as it is read now, masked; `None` if it is not valid.
        read_as: Option<String>,
    },
}

/// A column of keys.
struct Keys<E: EntityTrait> {
    name: &'static str,
    id: E::Column,
    key: E::Column,
    /// The account; the id where there is no account.
    account: E::Column,
    /// Names the row by its id and account.
    of: fn(Uuid, Option<Uuid>) -> String,
    check: fn(&str) -> Result<(), BadKey>,
}

const OPEN_IDS: Keys<open_id::Entity> = Keys {
    name: "open_ids.open_id",
    id: open_id::Column::Id,
    key: open_id::Column::OpenId,
    account: open_id::Column::UserId,
    of: |row, account| account.map_or_else(|| LinkId::from_uuid(row).to_string(), user_name),
    check: |text| match OpenId::from_stored(text.to_owned()) {
        // It is meant to be no person's key.
        erased if erased.is_erased() => Ok(()),
        _ => text.parse::<OpenId>().map(|_| ()),
    },
};
const UNION_IDS: Keys<union_id::Entity> = Keys {
    name: "union_ids.union_id",
    id: union_id::Column::Id,
    key: union_id::Column::UnionId,
    account: union_id::Column::UserId,
    of: |row, account| user_name(account.unwrap_or(row)),
    check: |text| text.parse::<UnionId>().map(|_| ()),
};
const EXTERNAL_IDS: Keys<user::Entity> = Keys {
    name: "users.external_id",
    id: user::Column::Id,
    key: user::Column::ExternalId,
    account: user::Column::Id,
    of: |row, _| user_name(row),
    check: |text| text.parse::<ExternalId>().map(|_| ()),
};
const ORDER_NOS: Keys<order::Entity> = Keys {
    name: "orders.order_no",
    id: order::Column::Id,
    key: order::Column::OrderNo,
    account: order::Column::Id,
    of: |row, _| OrderId::from_uuid(row).to_string(),
    check: |text| OrderNo::parse(text).map(|_| ()),
};

fn user_name(id: Uuid) -> String {
    UserId::from_uuid(id).to_string()
}

impl Store {
    /// Reads all keys and phone numbers in batches, calls `found` for each that the current rules read differently, and returns
    /// how many values it has read. Writes nothing.
    pub async fn check_data(
        &self,
        prefixes: &[MobilePrefix],
        mut found: impl FnMut(Finding),
    ) -> Result<u64, StoreError> {
        let view = self.view();
        let mut count = keys(&view, &OPEN_IDS, &mut found).await?;
        count += keys(&view, &UNION_IDS, &mut found).await?;
        count += keys(&view, &EXTERNAL_IDS, &mut found).await?;
        count += keys(&view, &ORDER_NOS, &mut found).await?;
        count += numbers(&view, prefixes, &mut found).await?;
        Ok(count)
    }
}

async fn keys<E: EntityTrait>(
    view: &View<'_>,
    keys: &Keys<E>,
    found: &mut impl FnMut(Finding),
) -> Result<u64, StoreError> {
    let (mut count, mut after) = (0, None);
    loop {
        let mut rows = E::find()
            .select_only()
            .columns([keys.id, keys.key])
            .column_as(keys.account, "account")
            .filter(keys.key.is_not_null())
            .order_by_asc(keys.id)
            .limit(CHUNK as u64);
        if let Some(after) = after {
            rows = rows.filter(keys.id.gt(after));
        }
        let rows: Vec<(Uuid, String, Option<Uuid>)> = rows.into_tuple().all(&view.db).await?;
        let Some((last, ..)) = rows.last() else { return Ok(count) };
        after = Some(*last);
        count += rows.len() as u64;
        for (row, text, account) in rows {
            if let Err(reason) = (keys.check)(&text) {
                found(Finding::Key { column: keys.name, of: (keys.of)(row, account), text, reason });
            }
        }
    }
}

async fn numbers(
    view: &View<'_>,
    prefixes: &[MobilePrefix],
    found: &mut impl FnMut(Finding),
) -> Result<u64, StoreError> {
    let (mut count, mut after) = (0, None);
    loop {
        let mut rows = phone::Entity::find().order_by_asc(phone::Column::Id).limit(CHUNK as u64);
        if let Some(after) = after {
            rows = rows.filter(phone::Column::Id.gt::<PhoneId>(after));
        }
        let rows = rows.all(&view.db).await?;
        let Some(last) = rows.last() else { return Ok(count) };
        after = Some(last.id);
        count += rows.len() as u64;
        for row in rows {
            let number = crate::phone::open_number(view, row.id, &row.sealed_number).await?;
            let read = PhoneNumber::parse_admitting(number.e164(), prefixes).ok();
            if read.as_ref() != Some(&number) {
                let (masked, read_as) = (number.masked(), read.map(|read| read.masked()));
                found(Finding::Phone { of: row.user_id, is_active: row.active_user.is_some(), masked, read_as });
            }
        }
    }
}
