//! Anything by its id, for those who may see it.
//! What is somebody else's and what is not there give the same answer: nothing.

use domain::{OrderId, ServiceScope, UserId};
use store::{Order, User};

use super::Caller;
use crate::error::ApiError;
use crate::service::Service;

/// Something that has an id of its own.
#[derive(Debug)]
pub enum Node {
    /// A person's account.
    User(User),
    /// An order.
    Order(Order),
}

impl Service {
    /// What stands behind `id`, if the caller may see it. The id of a merged account answers with the account it went into.
    pub async fn node(&self, caller: &Caller, id: &str) -> Result<Option<Node>, ApiError> {
        let own = match caller {
            Caller::Person(signed_in) => Some(signed_in.user.id),
            Caller::Anonymous | Caller::Rejected | Caller::Closed | Caller::System(_) => None,
        };
        if let Ok(id) = id.parse::<UserId>() {
            let user = self.store.view().user(id).await?;
            let visible = |user: &User| own == Some(user.id) || caller.may(ServiceScope::UsersRead);
            return Ok(user.filter(visible).map(Node::User));
        }
        if let Ok(id) = id.parse::<OrderId>() {
            let order = self.store.view().order(id).await?;
            let visible =
                |owner: Option<UserId>| (own.is_some() && own == owner) || caller.may(ServiceScope::OrdersRead);
            return Ok(order.filter(|(_, owner)| visible(*owner)).map(|(order, _)| Node::Order(order)));
        }
        Ok(None)
    }
}
