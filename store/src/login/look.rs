//! Reads the inputs of the login decision: the owners of the openId and the unionId.

use domain::login::{Known, Link, Proof, Recognised};
use domain::{DeviceId, LinkId, OpenKey, UserId};
use entities::user::Status;
use entities::{device, open_id, union_id, user};
use sea_orm::sea_query::LockType;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, QueryTrait,
};

use crate::user::{UserRow, select_user};
use crate::{StoreError, Tx, View};

/// The account that a proof tells nothing new about. It is locked.
#[derive(Debug)]
pub struct KnownPerson {
    /// The owner of the openId.
    pub recognised: Recognised,
    /// The device of the login, if it is known.
    pub device: Option<DeviceId>,
    pub(super) row: UserRow,
}

#[derive(FromQueryResult)]
struct KnownRow {
    #[sea_orm(nested)]
    user: UserRow,
    device: Option<DeviceId>,
}

/// Returns the account that has both keys of a proof, and locks it. Reads the device with this token hash in the same query,
/// because every login needs all of it.
///
/// # Errors
/// Returns [`StoreError::Closed`] if the account is disabled.
pub async fn find_known(
    tx: &Tx,
    proof: &Proof,
    device_hash: Option<&[u8; 32]>,
) -> Result<Option<KnownPerson>, StoreError> {
    let of_token = device::Entity::find()
        .select_only()
        .column(device::Column::Id)
        .filter(device::Column::TokenHash.eq(device_hash.map_or(Vec::new(), |hash| hash.to_vec())));
    let mut known = select_user()
        .expr_as(of_token.into_query(), "device")
        .inner_join(open_id::Entity)
        .filter(open_id::Column::App.eq(proof.key.app.clone()))
        .filter(open_id::Column::OpenId.eq(proof.key.open_id.clone()));
    if let Some(key) = &proof.union {
        known = known
            .inner_join(union_id::Entity)
            .filter(union_id::Column::Scope.eq(key.scope.clone()))
            .filter(union_id::Column::UnionId.eq(key.union_id.clone()));
    }
    if tx.db.get_database_backend() == DbBackend::Postgres {
        QueryTrait::query(&mut known).lock_with_tables(LockType::NoKeyUpdate, [user::Entity]);
    }
    let Some(KnownRow { user: row, device }) = known.into_model().one(&tx.db).await? else { return Ok(None) };
    match row.status {
        Status::Disabled => return Err(StoreError::Closed),
        // Erased since the query read the openId, which is another one now. The login looks again, and is of a new
        // person.
        Status::Merged | Status::Erased => return Err(StoreError::changed("users")),
        // MariaDB would also lock the other rows of the join, in another order than the rest does.
        Status::Active if tx.db.get_database_backend() == DbBackend::MySql => drop(tx.lock_one(row.id).await?),
        Status::Active => {}
    }
    let union_id = proof.union.as_ref().map(|key| key.union_id.clone());
    Ok(Some(KnownPerson { recognised: Recognised { user: row.id, union_id }, device, row }))
}

/// Reads everything that the decision on a proof depends on.
pub async fn known(view: &View<'_>, proof: &Proof) -> Result<Known, StoreError> {
    let link = find_link(view, &proof.key).await?;
    let union_owner = match &proof.union {
        Some(key) => crate::user::owner_of_union_id(view, key).await?,
        None => None,
    };
    let link_owner = link.and_then(|(_, owner)| owner);
    let accounts =
        crate::user::accounts(view, &[link_owner, union_owner].into_iter().flatten().collect::<Vec<_>>()).await?;
    // An owner counts whatever its status. If it is not active, applying the decision fails.
    let account = |id| accounts.get(&id).map(|(_, account)| account.clone());
    let link = match link {
        None => Link::New,
        Some((id, None)) => Link::Unclaimed(id),
        Some((_, Some(owner))) => {
            let found = account(owner).map(Link::Owned);
            found.ok_or_else(|| StoreError::corrupt("open_ids", "the owner does not exist"))?
        }
    };
    Ok(Known { link, union_owner: union_owner.and_then(account) })
}

/// Returns the link of an openId, with its owner. An order may have created a link without an owner.
async fn find_link(view: &View<'_>, key: &OpenKey) -> Result<Option<(LinkId, Option<UserId>)>, StoreError> {
    let link = open_id::Entity::find()
        .select_only()
        .columns([open_id::Column::Id, open_id::Column::UserId])
        .filter(open_id::Column::App.eq(key.app.clone()))
        .filter(open_id::Column::OpenId.eq(key.open_id.clone()));
    Ok(link.into_tuple().one(&view.db).await?)
}
