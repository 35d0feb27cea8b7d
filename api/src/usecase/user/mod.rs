//! What a person's account holds, beyond the account itself.
//! Who may see it is asked before: see `caller` and `node`.

mod status;

use domain::{AppId, ServiceScope, UnionId, UnionKey, UserId};
use store::user::LinkedOpenId;

use crate::error::ApiError;
use crate::service::Service;
use crate::usecase::Caller;

pub use status::{set_status, set_status_as};

/// An open id of a user, with the union id of the same app's scope.
#[derive(Debug)]
pub struct OpenIdOfUser {
    /// The link.
    pub link: LinkedOpenId,
    /// What the app's union scope calls the person.
    pub union_id: Option<UnionId>,
}

/// Anybody's account, for an operator; an old id leads to the account that it went into.
pub async fn find(service: &Service, caller: &Caller, id: &str) -> Result<Option<store::user::User>, ApiError> {
    caller.require(ServiceScope::UsersRead)?;
    let Ok(id) = id.parse() else { return Ok(None) };
    Ok(store::user::find(&service.store.view(), id).await?)
}

/// The open ids of a user, oldest first.
pub async fn open_ids(service: &Service, user: UserId) -> Result<Vec<OpenIdOfUser>, ApiError> {
    let unions = store::user::union_ids(&service.store.view(), user).await?;
    let union_of = |app: &AppId| {
        let scope = service.apps.by_id(app)?.provider.union_scope()?;
        unions.iter().find(|key| &key.scope == scope).map(|key| key.union_id.clone())
    };
    let links = store::user::open_ids(&service.store.view(), user).await?;
    Ok(links.into_iter().map(|link| OpenIdOfUser { union_id: union_of(&link.key.app), link }).collect())
}

/// The union ids of a user.
pub async fn union_ids(service: &Service, user: UserId) -> Result<Vec<UnionKey>, ApiError> {
    Ok(store::user::union_ids(&service.store.view(), user).await?)
}
