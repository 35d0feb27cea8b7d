//! The openIds and unionIds of an account, read together with another row of it.

use domain::{AppId, LinkId, OpenId, OpenKey, Timestamp, UnionId, UnionKey, UnionScope};
use entities::{open_id, union_id, user};
use sea_orm::{FromQueryResult, JoinType, QueryOrder, QuerySelect, RelationTrait, Select};
use uuid::Uuid;

use crate::user::LinkedOpenId;

/// The openIds of an account, the oldest link first, and its unionIds, the oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    /// The openIds.
    pub open_ids: Vec<LinkedOpenId>,
    /// The unionIds.
    pub union_ids: Vec<UnionKey>,
}

/// Joins every openId with every unionId of each account, and adds the columns of [`LinkRow`]. People have few of both.
pub(crate) fn select_links(people: Select<user::Entity>) -> Select<user::Entity> {
    use open_id::Column as O;
    use union_id::Column as U;
    people
        .join_rev(JoinType::LeftJoin, open_id::Relation::User.def())
        .join_rev(JoinType::LeftJoin, union_id::Relation::User.def())
        .column_as(O::Id, "link_id")
        .column_as(O::App, "link_app")
        .column_as(O::OpenId, "link_open_id")
        .column_as(O::Nickname, "link_nickname")
        .column_as(O::AvatarUrl, "link_avatar_url")
        .column_as(O::CreatedAt, "link_created_at")
        .column_as(O::LinkedAt, "link_linked_at")
        .column_as(O::LastLoginAt, "link_last_login_at")
        .column_as(O::Follows, "link_follows")
        .column_as(O::CancelledAt, "link_cancelled_at")
        .column_as(U::Id, "union_row")
        .column_as(U::Scope, "union_scope")
        .column_as(U::UnionId, "union_union_id")
        .order_by_asc(O::LinkedAt)
        .order_by_asc(O::Id)
        .order_by_asc(U::CreatedAt)
        .order_by_asc(U::Id)
}

/// One openId with one unionId, of which either may be absent.
#[derive(Debug, FromQueryResult)]
pub(crate) struct LinkRow {
    link_id: Option<LinkId>,
    link_app: Option<AppId>,
    link_open_id: Option<OpenId>,
    link_nickname: Option<String>,
    link_avatar_url: Option<String>,
    link_created_at: Option<Timestamp>,
    link_linked_at: Option<Timestamp>,
    link_last_login_at: Option<Timestamp>,
    link_follows: Option<bool>,
    link_cancelled_at: Option<Timestamp>,
    union_row: Option<Uuid>,
    union_scope: Option<UnionScope>,
    union_union_id: Option<UnionId>,
}

impl Links {
    /// Reads the rows of one account.
    pub(crate) fn read(rows: impl IntoIterator<Item = LinkRow>) -> Self {
        let mut links = Self::default();
        let (mut last_link, mut first_link) = (None, None);
        for row in rows {
            let link = row.link_id;
            // The unionIds are repeated for each openId: those of the first one are all.
            if *first_link.get_or_insert(link) == link
                && let (Some(_), Some(scope), Some(union_id)) = (row.union_row, row.union_scope, row.union_union_id)
            {
                links.union_ids.push(UnionKey { scope, union_id });
            }
            if last_link != link
                && let (Some(id), Some(app), Some(open_id)) = (link, row.link_app, row.link_open_id)
                && let Some(linked_at) = row.link_linked_at.or(row.link_created_at)
            {
                links.open_ids.push(LinkedOpenId {
                    id,
                    key: OpenKey { app, open_id },
                    nickname: row.link_nickname,
                    avatar_url: row.link_avatar_url,
                    linked_at,
                    last_login_at: row.link_last_login_at,
                    follows: row.link_follows,
                    cancelled_at: row.link_cancelled_at,
                });
            }
            last_link = link;
        }
        links
    }
}
