//! The statements of the service, as PostgreSQL logs them, without its quotation marks.

use std::sync::LazyLock;

use super::cell::Kind;
use super::cell::Kind::{Bool, Bytes, Id, Int, Small, Text};
use crate::people::APPS;

/// A query and its columns.
#[derive(Debug)]
pub(super) struct Select {
    pub(super) sql: &'static str,
    pub(super) kinds: &'static [Kind],
    pub(super) names: &'static [&'static str],
}

/// A session and its account.
pub(super) const SESSION: Select = Select {
    sql: "SELECT users.id, users.status, users.merged_into, users.nickname, users.avatar_url, users.external_id, \
          users.created_at, phones.id AS phone_row, phones.sealed_number, sessions.id AS session_id, sessions.user_id, \
          sessions.bound, sessions.signed_in_at, sessions.expires_at, sessions.device_id \
          FROM users LEFT JOIN phones ON phones.active_user = users.id \
          INNER JOIN sessions ON users.id = sessions.user_id \
          WHERE sessions.id = $1 AND sessions.ended_at IS NULL AND users.status = 'ACTIVE' LIMIT 1",
    kinds: &[Id, Text, Id, Text, Text, Text, Int, Id, Bytes, Id, Id, Bool, Int, Int, Id],
    names: &[
        "id",
        "status",
        "mergedInto",
        "nickname",
        "avatarUrl",
        "externalId",
        "createdAt",
        "phoneRow",
        "phone",
        "sessionId",
        "userId",
        "bound",
        "signedInAt",
        "expiresAt",
        "deviceId",
    ],
};

/// A session, its account, and each openId with each unionId of it.
pub(super) const SESSION_WITH_LINKS: Select = Select {
    sql: "SELECT users.id, users.status, users.merged_into, users.nickname, users.avatar_url, users.external_id, \
          users.created_at, phones.id AS phone_row, phones.sealed_number, sessions.id AS session_id, sessions.user_id, \
          sessions.bound, sessions.signed_in_at, sessions.expires_at, sessions.device_id, open_ids.id AS link_id, \
          open_ids.app AS link_app, open_ids.open_id AS link_open_id, open_ids.nickname AS link_nickname, \
          open_ids.avatar_url AS link_avatar_url, open_ids.created_at AS link_created_at, \
          open_ids.linked_at AS link_linked_at, open_ids.last_login_at AS link_last_login_at, \
          open_ids.follows AS link_follows, open_ids.cancelled_at AS link_cancelled_at, union_ids.id AS union_row, \
          union_ids.scope AS union_scope, union_ids.union_id AS union_union_id \
          FROM users LEFT JOIN phones ON phones.active_user = users.id \
          INNER JOIN sessions ON users.id = sessions.user_id LEFT JOIN open_ids ON open_ids.user_id = users.id \
          LEFT JOIN union_ids ON union_ids.user_id = users.id \
          WHERE sessions.id = $1 AND sessions.ended_at IS NULL AND users.status = 'ACTIVE' \
          ORDER BY open_ids.linked_at ASC, open_ids.id ASC, union_ids.created_at ASC, union_ids.id ASC",
    kinds: &[
        Id, Text, Id, Text, Text, Text, Int, Id, Bytes, Id, Id, Bool, Int, Int, Id, Id, Text, Text, Text, Text, Int,
        Int, Int, Bool, Int, Id, Text, Text,
    ],
    names: &[
        "id",
        "status",
        "mergedInto",
        "nickname",
        "avatarUrl",
        "externalId",
        "createdAt",
        "phoneRow",
        "phone",
        "sessionId",
        "userId",
        "bound",
        "signedInAt",
        "expiresAt",
        "deviceId",
        "linkId",
        "app",
        "openId",
        "linkNickname",
        "linkAvatarUrl",
        "linkCreatedAt",
        "linkedAt",
        "lastLoginAt",
        "follows",
        "cancelledAt",
        "unionRow",
        "scope",
        "unionId",
    ],
};

/// The openIds of an account.
pub(super) const LINKS: Select = Select {
    sql: "SELECT open_ids.id, open_ids.app, open_ids.open_id FROM open_ids WHERE open_ids.user_id = $1",
    kinds: &[Id, Text, Text],
    names: &["id", "app", "openId"],
};

/// The columns of an order.
pub(super) const ORDER: ([Kind; 7], [&str; 7]) =
    ([Id, Id, Text, Text, Int, Text, Int], ["id", "linkId", "orderNo", "status", "totalMinor", "currency", "placedAt"]);

/// The columns of an item.
pub(super) const ITEM: ([Kind; 9], [&str; 9]) = (
    [Id, Id, Small, Text, Text, Int, Small, Int, Small],
    ["id", "orderId", "position", "sku", "title", "quantity", "quantityMicros", "unitMinor", "unitMicros"],
);

/// The newest orders of so many openIds, and the orders after one of them. Then the parameters are, for each openId, its id
/// and the page size, or its id, the time twice, the order's id and the page size; and at the end the page size again.
pub(super) static PAGES: LazyLock<[Vec<&'static str>; 2]> = LazyLock::new(|| {
    let of = |is_after| (0..=APPS).map(|links| &*page(links, is_after).leak()).collect();
    [of(false), of(true)]
});

/// The items of so many orders.
pub(super) static ITEMS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let of = |orders| {
        let sql = "SELECT id, order_id, position, sku, title, quantity, quantity_micros, unit_minor, unit_micros";
        format!("{sql} FROM order_items WHERE order_id IN ({}) ORDER BY position ASC", places(orders))
    };
    (0..=100).map(|orders| &*of(orders).leak()).collect()
});

/// The number of orders of an account, from the sums that are kept.
pub(super) const COUNT: &str = "SELECT CAST(SUM(orders) AS BIGINT) AS orders FROM order_totals \
    WHERE link_id IN (SELECT id FROM open_ids WHERE user_id = $1)";

fn places(count: usize) -> String {
    (1..=count).map(|place| format!("${place}")).collect::<Vec<_>>().join(", ")
}

fn page(links: usize, is_after: bool) -> String {
    let mut next = 0;
    let mut place = || {
        next += 1;
        format!("${next}")
    };
    let mut parts = Vec::new();
    for _ in 0..links {
        let link = place();
        let after = if is_after {
            let (latest, before, id) = (place(), place(), place());
            format!(" AND placed_at <= {latest} AND (placed_at < {before} OR id < {id})")
        } else {
            String::new()
        };
        let columns = "id, link_id, order_no, status, total_minor, currency, placed_at";
        let limit = place();
        parts.push(format!(
            "SELECT * FROM (SELECT {columns} FROM orders WHERE link_id = {link}{after} \
             ORDER BY placed_at DESC, id DESC LIMIT {limit}) AS part"
        ));
    }
    format!("{} ORDER BY placed_at DESC, id DESC LIMIT {}", parts.join(" UNION ALL "), place())
}
