//! Reads the inputs of the login decision: the owners of the openId and the unionId.

use domain::login::{Known, Link, Proof, Recognised};
use domain::{LinkId, OpenKey, UnionId, UnionScope, UserId};
use entities::{open_id, union_id};
use sea_orm::sea_query::IntoCondition;
use sea_orm::{ColumnTrait, EntityTrait, JoinType, QueryFilter, QuerySelect};

use crate::{StoreError, View};

/// The state of an openId.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkState {
    /// The openId is unknown.
    New,
    /// The openId has a link without an owner, created by an order.
    Unclaimed(LinkId),
    /// The openId belongs to an account.
    Owned(Recognised),
}

/// Returns the state of an openId, with the owner's unionId in `scope`. Uses one query, because every login runs it.
pub async fn link_state(view: &View<'_>, key: &OpenKey, scope: Option<&UnionScope>) -> Result<LinkState, StoreError> {
    let link = open_id::Entity::find()
        .select_only()
        .columns([open_id::Column::Id, open_id::Column::UserId])
        .filter(open_id::Column::App.eq(key.app.clone()))
        .filter(open_id::Column::OpenId.eq(key.open_id.clone()));
    let found: Option<(LinkId, Option<UserId>, Option<UnionId>)> = match scope.cloned() {
        Some(scope) => {
            // There is no foreign key between the two tables; both refer to the account.
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

/// Reads everything that the decision on a proof depends on.
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
    // An owner counts whatever its status. If it is not active, applying the decision fails.
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
