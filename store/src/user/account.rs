//! Reads accounts as the identity rules need them. See the parent module for what a client sees of an account.

use std::collections::HashMap;

use domain::{Account, ExternalId, Timestamp, UnionKey, UserId};
use entities::user::Status;
use entities::{open_id, order, phone, union_id, user};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder, QuerySelect,
    RelationTrait,
};

use crate::database::{is_one_of, same};
use crate::phone::{JoinedPhone, select_number};
use crate::{StoreError, View};

/// Returns an active account as the identity rules see it.
pub async fn account(view: &View<'_>, id: UserId) -> Result<Option<Account>, StoreError> {
    let found = accounts(view, &[id]).await?.remove(&id);
    Ok(found.filter(|(status, _)| *status == Status::Active).map(|(_, account)| account))
}

pub(crate) async fn owner_of_union_id(view: &View<'_>, key: &UnionKey) -> Result<Option<UserId>, StoreError> {
    let owner = union_id::Entity::find()
        .select_only()
        .column(union_id::Column::UserId)
        .filter(union_id::Column::UnionId.eq(key.union_id.clone()))
        .filter(union_id::Column::Scope.eq(key.scope.clone()))
        .into_tuple()
        .one(&view.db)
        .await?;
    Ok(owner)
}

/// Returns accounts of any status, with three queries for any number of them.
pub(crate) async fn accounts(
    view: &View<'_>,
    ids: &[UserId],
) -> Result<HashMap<UserId, (Status, Account)>, StoreError> {
    let mut accounts = HashMap::new();
    if ids.is_empty() {
        return Ok(accounts);
    }
    for (id, status, account) in bare_accounts(view, ids).await? {
        accounts.insert(id, (status, account));
    }
    for (user, app, cancelled_at, has_orders) in apps_of(view, ids).await? {
        if let Some((_, account)) = accounts.get_mut(&user) {
            account.cancelled.extend(cancelled_at.map(|_| app.clone()));
            account.apps.push(app);
            account.has_orders |= has_orders;
        }
    }
    let unions = union_id::Entity::find()
        .filter(is_one_of(view.db.get_database_backend(), union_id::Column::UserId, ids.iter().copied()))
        .order_by_asc(union_id::Column::Id);
    for row in unions.all(&view.db).await? {
        if let Some((_, account)) = accounts.get_mut(&row.user_id) {
            account.unions.push(UnionKey { scope: row.scope, union_id: row.union_id });
        }
    }
    Ok(accounts)
}

/// An account without its keys.
#[derive(FromQueryResult)]
struct BareAccount {
    id: UserId,
    status: Status,
    created_at: Timestamp,
    external_id: Option<ExternalId>,
    #[sea_orm(nested)]
    phone: JoinedPhone,
}

async fn bare_accounts(view: &View<'_>, ids: &[UserId]) -> Result<Vec<(UserId, Status, Account)>, StoreError> {
    use user::Column::{CreatedAt, ExternalId, Id, Status};
    let found = user::Entity::find()
        .select_only()
        .columns([Id, Status, CreatedAt, ExternalId])
        .join_rev(JoinType::LeftJoin, phone::Relation::ActiveUser.def())
        .filter(is_one_of(view.db.get_database_backend(), Id, ids.iter().copied()));
    let mut accounts = Vec::with_capacity(ids.len());
    for row in select_number(found).into_model::<BareAccount>().all(&view.db).await? {
        let account = Account {
            id: row.id,
            created_at: row.created_at,
            apps: Vec::new(),
            cancelled: Vec::new(),
            unions: Vec::new(),
            phone: crate::phone::read_number(view, row.phone).await?,
            external_id: row.external_id,
            has_orders: false,
        };
        accounts.push((account.id, row.status, account));
    }
    Ok(accounts)
}

/// An openId's account, app, and time of cancellation, and whether it has placed an order.
type AppOf = (UserId, domain::AppId, Option<Timestamp>, bool);

async fn apps_of(view: &View<'_>, ids: &[UserId]) -> Result<Vec<AppOf>, StoreError> {
    let placed = Query::select()
        .expr(Expr::val(1))
        .from(order::Entity)
        .and_where(same(order::Column::LinkId, open_id::Column::Id))
        .take();
    let links = open_id::Entity::find()
        .select_only()
        .columns([open_id::Column::UserId, open_id::Column::App, open_id::Column::CancelledAt])
        .column_as(Expr::exists(placed), "has_orders")
        .filter(is_one_of(view.db.get_database_backend(), open_id::Column::UserId, ids.iter().copied()))
        .order_by_asc(open_id::Column::LinkedAt)
        .order_by_asc(open_id::Column::Id);
    Ok(links.into_tuple().all(&view.db).await?)
}
