//! What a person's account holds, beyond the account itself.
//! Who may see it is asked before: see `caller` and `node`.

use std::collections::HashMap;

use domain::order::Item;
use domain::{AppId, OrderId, UnionId, UnionKey, UserId};
use store::LinkedOpenId;

use crate::apps::App;
use crate::error::ApiError;
use crate::service::Service;

/// An open id of a user, with the union id of the same app's scope.
#[derive(Debug)]
pub struct OpenIdOfUser {
    /// The link.
    pub link: LinkedOpenId,
    /// What the app's union scope calls the person.
    pub union_id: Option<UnionId>,
}

impl Service {
    /// The open ids of a user, oldest first.
    pub async fn open_ids(&self, user: UserId) -> Result<Vec<OpenIdOfUser>, ApiError> {
        let unions = self.store.view().union_ids(user).await?;
        let union_of = |app: &AppId| {
            let scope = self.apps.by_id(app)?.provider.union_scope()?;
            unions.iter().find(|key| &key.scope == scope).map(|key| key.union_id.clone())
        };
        let links = self.store.view().open_ids(user).await?;
        Ok(links.into_iter().map(|link| OpenIdOfUser { union_id: union_of(&link.key.app), link }).collect())
    }

    /// The union ids of a user.
    pub async fn union_ids(&self, user: UserId) -> Result<Vec<UnionKey>, ApiError> {
        Ok(self.store.view().union_ids(user).await?)
    }

    /// The items of orders, in one query.
    pub async fn items(&self, orders: &[OrderId]) -> Result<HashMap<OrderId, Vec<Item>>, ApiError> {
        Ok(self.store.view().items(orders).await?)
    }

    /// Every app.
    #[must_use]
    pub fn apps(&self) -> &[App] {
        self.apps.all()
    }

    /// What clients call an app.
    #[must_use]
    pub fn app_name<'a>(&'a self, id: &'a AppId) -> &'a str {
        self.apps.name_of(id)
    }
}
