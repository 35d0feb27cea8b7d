//! What the identity rules need to know about people, read from the tables.
//! What a client sees of a person is read in `person`.

use std::collections::HashMap;

use domain::linking::{Known, Link, Proof, Recognised};
use domain::{Account, LinkId, OpenKey, UnionId, UnionKey, UnionScope, UserId};
use entities::user::Status;
use entities::{open_id, order, phone, union_id, user};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::sealed_number::select_number;
use crate::sql::same;
use crate::{StoreError, View};

/// What one look at an open id tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkState {
    /// Nothing is known.
    New,
    /// It stands in an order, and nobody has come for it yet.
    Unclaimed(LinkId),
    /// It belongs to somebody.
    Owned(Recognised),
}

impl View<'_> {
    /// Whose the open id is, with the owner's union id in `scope`. One query: the way of the daily login.
    pub async fn link(&self, key: &OpenKey, scope: Option<&UnionScope>) -> Result<LinkState, StoreError> {
        let mut query = Query::select()
            .columns([open_id::Column::Id, open_id::Column::UserId].map(|column| column.as_column_ref()))
            .from(open_id::Entity)
            .and_where(open_id::Column::App.eq(key.app.clone()))
            .and_where(open_id::Column::OpenId.eq(key.open_id.clone()))
            .take();
        if let Some(scope) = scope {
            let of_owner = same(union_id::Column::UserId, open_id::Column::UserId);
            query
                .column(union_id::Column::UnionId.as_column_ref())
                .left_join(union_id::Entity, of_owner.and(union_id::Column::Scope.eq(scope.clone())));
        }
        let Some(row) = self.db.query_one(&query).await? else { return Ok(LinkState::New) };
        let Some(user) = row.try_get::<Option<UserId>>("", "user_id")? else {
            return Ok(LinkState::Unclaimed(row.try_get("", "id")?));
        };
        let union_id: Option<UnionId> = if scope.is_some() { row.try_get("", "union_id")? } else { None };
        Ok(LinkState::Owned(Recognised { user, union_id }))
    }

    /// All that bears on a proof.
    pub async fn known(&self, proof: &Proof) -> Result<Known, StoreError> {
        let link = self.link(&proof.key, None).await?;
        let union_owner = match &proof.union {
            Some(key) => self.union_owner(key).await?,
            None => None,
        };
        let link_owner = match &link {
            LinkState::Owned(owner) => Some(owner.user),
            LinkState::Unclaimed(_) | LinkState::New => None,
        };
        let accounts = self.accounts(&[link_owner, union_owner].into_iter().flatten().collect::<Vec<_>>()).await?;
        // An owner of any status counts: the act on one that is not active is refused when it is tried.
        let account = |id| accounts.get(&id).map(|(_, account)| account.clone());
        let link = match link {
            LinkState::New => Link::New,
            LinkState::Unclaimed(id) => Link::Unclaimed(id),
            LinkState::Owned(owner) => {
                let found = account(owner.user).map(Link::Owned);
                found.ok_or_else(|| StoreError::corrupt("open_ids", "the owner does not exist"))?
            }
        };
        Ok(Known { link, union_owner: union_owner.and_then(account) })
    }

    /// An active account, as the rules see it.
    pub async fn account(&self, id: UserId) -> Result<Option<Account>, StoreError> {
        let found = self.accounts(&[id]).await?.remove(&id);
        Ok(found.filter(|(status, _)| *status == Status::Active).map(|(_, account)| account))
    }

    pub(crate) async fn union_owner(&self, key: &UnionKey) -> Result<Option<UserId>, StoreError> {
        let owner = union_id::Entity::find()
            .select_only()
            .column(union_id::Column::UserId)
            .filter(union_id::Column::UnionId.eq(key.union_id.clone()))
            .filter(union_id::Column::Scope.eq(key.scope.clone()))
            .into_tuple()
            .one(&self.db)
            .await?;
        Ok(owner)
    }

    /// Accounts of any status: three queries, however many.
    pub(crate) async fn accounts(&self, ids: &[UserId]) -> Result<HashMap<UserId, (Status, Account)>, StoreError> {
        let mut accounts = HashMap::new();
        if ids.is_empty() {
            return Ok(accounts);
        }
        for (id, status, account) in self.bare_accounts(ids).await? {
            accounts.insert(id, (status, account));
        }
        for (user, app, has_orders) in self.apps_of(ids).await? {
            if let Some((_, account)) = accounts.get_mut(&user) {
                account.apps.push(app);
                account.has_orders |= has_orders;
            }
        }
        let unions = union_id::Entity::find()
            .filter(union_id::Column::UserId.is_in(ids.iter().copied()))
            .order_by_asc(union_id::Column::Id);
        for row in unions.all(&self.db).await? {
            if let Some((_, account)) = accounts.get_mut(&row.user_id) {
                account.unions.push(UnionKey { scope: row.scope, union_id: row.union_id });
            }
        }
        Ok(accounts)
    }

    async fn bare_accounts(&self, ids: &[UserId]) -> Result<Vec<(UserId, Status, Account)>, StoreError> {
        use user::Column::{CreatedAt, ExternalId, Id, Status};
        let mut query = Query::select();
        query.columns([Id, Status, CreatedAt, ExternalId].map(|column| column.as_column_ref()));
        select_number(&mut query)
            .from(user::Entity)
            .left_join(phone::Entity, same(phone::Column::ActiveUser, Id))
            .and_where(Id.is_in(ids.iter().copied()));
        let mut accounts = Vec::with_capacity(ids.len());
        for row in self.db.query_all(&query).await? {
            let account = Account {
                id: row.try_get("", "id")?,
                created_at: row.try_get("", "created_at")?,
                apps: Vec::new(),
                unions: Vec::new(),
                phone: self.number_of(&row).await?,
                external_id: row.try_get("", "external_id")?,
                has_orders: false,
            };
            accounts.push((account.id, row.try_get("", "status")?, account));
        }
        Ok(accounts)
    }

    async fn apps_of(&self, ids: &[UserId]) -> Result<Vec<(UserId, domain::AppId, bool)>, StoreError> {
        let placed = Query::select()
            .expr(Expr::val(1))
            .from(order::Entity)
            .and_where(same(order::Column::LinkId, open_id::Column::Id))
            .take();
        let links = open_id::Entity::find()
            .select_only()
            .columns([open_id::Column::UserId, open_id::Column::App])
            .column_as(Expr::exists(placed), "has_orders")
            .filter(open_id::Column::UserId.is_in(ids.iter().copied()))
            .order_by_asc(open_id::Column::LinkedAt)
            .order_by_asc(open_id::Column::Id);
        Ok(links.into_tuple().all(&self.db).await?)
    }
}
