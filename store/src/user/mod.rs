//! Accounts as their owners see them, with openIds and unionIds. See `account` for the view of the identity rules.

mod account;
mod links;
mod profile;
mod status;

use domain::{
    AppId, ExternalId, LinkId, OpenKey, OwnWords, PhoneNumber, Profile, Timestamp, UnionId, UnionKey, UserId,
};
use entities::user::Status;
use entities::{open_id, phone, union_id, user};
use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationTrait, Select,
};

use crate::phone::{JoinedPhone, select_number};
use crate::{StoreError, View};

pub use account::account;
pub(crate) use account::{accounts, owner_of_union_id};
pub use links::Links;
pub(crate) use links::{LinkRow, select_links};
pub use profile::{Choice, ProfileChange, change_profile};
pub(crate) use status::survivor_of;
pub use status::{ChangedStatus, StatusChange, lock_survivor, set_status};

/// The maximum length of a chain of merges that is followed.
pub(crate) const LONGEST_CHAIN: usize = 64;

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The id.
    pub id: UserId,
    /// The nickname: the one that the person chose, else the one that an upstream told last.
    pub nickname: Option<String>,
    /// The picture, likewise.
    pub avatar_url: Option<String>,
    /// The active phone.
    pub phone: Option<PhoneNumber>,
    /// The external id.
    pub external_id: Option<ExternalId>,
    /// When the account was created.
    pub created_at: Timestamp,
    /// Whether an operator has disabled it. Only operators are shown such an account.
    pub is_disabled: bool,
}

/// An account that was merged into another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromQueryResult)]
pub struct Alias {
    /// The id.
    pub id: UserId,
    /// The account into which it was merged, which may be an alias too.
    pub merged_into: UserId,
    /// When it was created.
    pub created_at: Timestamp,
}

/// An openId that is linked to an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedOpenId {
    /// The link.
    pub id: LinkId,
    /// The app and the openId.
    pub key: OpenKey,
    /// The nickname in that app.
    pub nickname: Option<String>,
    /// The picture in that app.
    pub avatar_url: Option<String>,
    /// When the openId was linked.
    pub linked_at: Timestamp,
    /// When the person last signed in through it.
    pub last_login_at: Option<Timestamp>,
    /// Whether the person follows the app, if the app has reported it.
    pub follows: Option<bool>,
    /// When the person's account at the upstream was cancelled.
    pub cancelled_at: Option<Timestamp>,
}

/// Returns the link of an account in an app.
pub async fn link_in_app(view: &View<'_>, user: UserId, app: &AppId) -> Result<Option<LinkId>, StoreError> {
    let found = open_id::Entity::find()
        .select_only()
        .column(open_id::Column::Id)
        .filter(open_id::Column::UserId.eq(user))
        .filter(open_id::Column::App.eq(app.clone()))
        .into_tuple()
        .one(&view.db)
        .await?;
    Ok(found)
}

/// Returns the account with this id. The id of a merged account always leads to its survivor.
pub async fn find(view: &View<'_>, id: UserId) -> Result<Option<User>, StoreError> {
    let mut id = id;
    for _ in 0..LONGEST_CHAIN {
        let found = select_user().filter(user::Column::Id.eq(id)).into_model::<UserRow>().one(&view.db).await?;
        let Some(row) = found else { return Ok(None) };
        match row.status {
            Status::Active => return Ok(Some(row.read(view).await?)),
            Status::Disabled | Status::Erased => return Ok(None),
            Status::Merged => {
                id = row
                    .merged_into
                    .ok_or_else(|| StoreError::corrupt("users", format!("{id} is merged and names no survivor")))?;
            }
        }
    }
    Err(StoreError::corrupt("users", format!("{id} is in an endless chain of merges")))
}

/// A row of [`select_user`].
#[derive(Debug, FromQueryResult)]
pub(crate) struct UserRow {
    pub(crate) id: UserId,
    pub(crate) status: Status,
    merged_into: Option<UserId>,
    pub(crate) nickname: Option<String>,
    pub(crate) avatar_url: Option<String>,
    own_nickname: Option<String>,
    own_avatar_url: Option<String>,
    external_id: Option<ExternalId>,
    created_at: Timestamp,
    #[sea_orm(nested)]
    phone: JoinedPhone,
}

impl UserRow {
    pub(crate) async fn read(self, view: &View<'_>) -> Result<User, StoreError> {
        let own = OwnWords { nickname: self.own_nickname, avatar_url: self.own_avatar_url };
        let shown = own.over(Profile { nickname: self.nickname, avatar_url: self.avatar_url });
        Ok(User {
            id: self.id,
            nickname: shown.nickname,
            avatar_url: shown.avatar_url,
            phone: crate::phone::read_number(view, self.phone).await?,
            external_id: self.external_id,
            created_at: self.created_at,
            is_disabled: self.status == Status::Disabled,
        })
    }

    /// Returns the account into which it was merged.
    pub(crate) fn alias_of(&self) -> Option<UserId> {
        self.merged_into.filter(|_| self.status == Status::Merged)
    }
}

/// Returns the openIds of an account, the oldest link first.
pub async fn open_ids(view: &View<'_>, user: UserId) -> Result<Vec<LinkedOpenId>, StoreError> {
    let links = open_id::Entity::find()
        .filter(open_id::Column::UserId.eq(user))
        .order_by_asc(open_id::Column::LinkedAt)
        .order_by_asc(open_id::Column::Id);
    let link = |row: open_id::Model| LinkedOpenId {
        id: row.id,
        key: OpenKey { app: row.app, open_id: row.open_id },
        nickname: row.nickname,
        avatar_url: row.avatar_url,
        linked_at: row.linked_at.unwrap_or(row.created_at),
        last_login_at: row.last_login_at,
        follows: row.follows,
        cancelled_at: row.cancelled_at,
    };
    Ok(links.all(&view.db).await?.into_iter().map(link).collect())
}

/// Returns the unionIds of an account, the oldest first.
pub async fn union_ids(view: &View<'_>, user: UserId) -> Result<Vec<UnionKey>, StoreError> {
    let unions = union_id::Entity::find()
        .filter(union_id::Column::UserId.eq(user))
        .order_by_asc(union_id::Column::CreatedAt)
        .order_by_asc(union_id::Column::Id);
    let key = |row: union_id::Model| UnionKey { scope: row.scope, union_id: row.union_id };
    Ok(unions.all(&view.db).await?.into_iter().map(key).collect())
}

/// Returns the active accounts with this unionId in any scope.
pub async fn of_union_id(view: &View<'_>, union_id: &UnionId) -> Result<Vec<UserId>, StoreError> {
    let people = union_id::Entity::find()
        .select_only()
        .distinct()
        .column(user::Column::Id)
        .inner_join(user::Entity)
        .filter(union_id::Column::UnionId.eq(union_id.clone()))
        .filter(user::Column::Status.eq(Status::Active))
        .order_by_asc(user::Column::Id);
    Ok(people.into_tuple().all(&view.db).await?)
}

/// Selects accounts with their phones; the caller adds the condition.
pub(crate) fn select_user() -> Select<user::Entity> {
    use user::Column::{AvatarUrl, CreatedAt, ExternalId, Id, MergedInto, Nickname, OwnAvatarUrl, OwnNickname, Status};
    let people = user::Entity::find()
        .select_only()
        .columns([Id, Status, MergedInto, Nickname, AvatarUrl, OwnNickname, OwnAvatarUrl, ExternalId, CreatedAt])
        .join_rev(JoinType::LeftJoin, phone::Relation::ActiveUser.def());
    select_number(people)
}
