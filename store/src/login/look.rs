//! Reads what the decision on a login depends on: whose the openId and the unionId are.

use domain::login::{Known, Link, Proof, Recognised};
use domain::{LinkId, OpenKey, UnionId, UnionScope, UserId};
use entities::{open_id, union_id};
use sea_orm::sea_query::IntoCondition;
use sea_orm::{ColumnTrait, EntityTrait, JoinType, QueryFilter, QuerySelect};

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
    let link = open_id::Entity::find()
        .select_only()
        .columns([open_id::Column::Id, open_id::Column::UserId])
        .filter(open_id::Column::App.eq(key.app.clone()))
        .filter(open_id::Column::OpenId.eq(key.open_id.clone()));
    let found: Option<(LinkId, Option<UserId>, Option<UnionId>)> = match scope.cloned() {
        Some(scope) => {
            // No foreign key joins the two: each names the account.
            let of_owner = open_id::Entity::belongs_to(union_id::Entity)
                .from(open_id::Column::UserId)
                .to(union_id::Column::UserId)
                .on_condition(move |_, _| union_id::Column::Scope.eq(scope.clone()).into_condition());
            let link = link.column(union_id::Column::UnionId).join(JoinType::LeftJoin, of_owner.into());
            link.into_tuple().one(&view.db).await?
        }
        None => link.into_tuple().one(&view.db).await?.map(|(id, user)| (id, user, None)),
    };
    Ok(match found {
        None => LinkState::New,
        Some((id, None, _)) => LinkState::Unclaimed(id),
        Some((_, Some(user), union_id)) => LinkState::Owned(Recognised { user, union_id }),
    })
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
