//! Reads what the decision on a login depends on: whose the openId and the unionId are.

use domain::login::{Known, Link, Proof, Recognised};
use domain::{LinkId, OpenKey, UnionId, UnionScope, UserId};
use entities::{open_id, union_id};
use sea_orm::sea_query::{ExprTrait, Query};
use sea_orm::{ColumnTrait, ConnectionTrait};

use crate::database::same;
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

/// Whose the open id is, with the owner's union id in `scope`. One query: the way of the daily login.
pub async fn link_state(view: &View<'_>, key: &OpenKey, scope: Option<&UnionScope>) -> Result<LinkState, StoreError> {
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
    let Some(row) = view.db.query_one(&query).await? else { return Ok(LinkState::New) };
    let Some(user) = row.try_get::<Option<UserId>>("", "user_id")? else {
        return Ok(LinkState::Unclaimed(row.try_get("", "id")?));
    };
    let union_id: Option<UnionId> = if scope.is_some() { row.try_get("", "union_id")? } else { None };
    Ok(LinkState::Owned(Recognised { user, union_id }))
}

/// All that bears on a proof.
pub async fn known(view: &View<'_>, proof: &Proof) -> Result<Known, StoreError> {
    let link = link_state(view, &proof.key, None).await?;
    let union_owner = match &proof.union {
        Some(key) => crate::user::owner_of_union_id(view, key).await?,
        None => None,
    };
    let link_owner = match &link {
        LinkState::Owned(owner) => Some(owner.user),
        LinkState::Unclaimed(_) | LinkState::New => None,
    };
    let accounts =
        crate::user::accounts(view, &[link_owner, union_owner].into_iter().flatten().collect::<Vec<_>>()).await?;
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
