//! Accounts, with their openIds, unionIds and status. `caller` and `node` check who may read them.

mod desk;
mod phone_read;
mod profile;
mod status;

use domain::{AppId, ServiceScope, UnionId, UnionKey, UserId};
use store::user::{LinkedOpenId, Links};

use crate::error::ApiError;
use crate::service::Service;
use crate::usecase::Caller;

pub use desk::{aliases, notices, phone_codes};
pub use phone_read::{PhoneRead, audit_phone_reads};
pub use profile::update_profile;
pub use status::{set_status, set_status_as};

/// An openId of an account, with the unionId of the same app's union scope.
#[derive(Debug)]
pub struct OpenIdOfUser {
    /// The link.
    pub link: LinkedOpenId,
    /// The unionId in the app's union scope.
    pub union_id: Option<UnionId>,
}

/// Finds any account, also a disabled one, for an operator. The id of a merged account finds the surviving account.
pub async fn find(service: &Service, caller: &Caller, id: &str) -> Result<Option<store::user::User>, ApiError> {
    caller.require(ServiceScope::UsersRead)?;
    let Ok(id) = id.parse() else { return Ok(None) };
    Ok(store::search::led(&service.store.view(), &[id]).await?.remove(&id).map(|led| led.user))
}

/// Lists the openIds of an account, oldest first.
pub async fn open_ids(service: &Service, caller: &Caller, user: UserId) -> Result<Vec<OpenIdOfUser>, ApiError> {
    let Links { open_ids, union_ids } = match caller.links_of(user) {
        Some(links) => links.clone(),
        None => Links {
            union_ids: store::user::union_ids(&service.store.view(), user).await?,
            open_ids: store::user::open_ids(&service.store.view(), user).await?,
        },
    };
    let union_of = |app: &AppId| {
        let scope = service.apps.by_id(app)?.provider.union_scope()?;
        union_ids.iter().find(|key| &key.scope == scope).map(|key| key.union_id.clone())
    };
    Ok(open_ids.into_iter().map(|link| OpenIdOfUser { union_id: union_of(&link.key.app), link }).collect())
}

/// Lists the unionIds of an account.
pub async fn union_ids(service: &Service, caller: &Caller, user: UserId) -> Result<Vec<UnionKey>, ApiError> {
    match caller.links_of(user) {
        Some(links) => Ok(links.union_ids.clone()),
        None => Ok(store::user::union_ids(&service.store.view(), user).await?),
    }
}
