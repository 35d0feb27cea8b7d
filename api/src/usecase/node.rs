//! Finds objects by id. Objects of other people and unknown ids get the same answer after the same work: the caller is
//! checked first, and a person's query reads only the person's own objects.

use domain::{OrderId, ServiceScope, UserId};
use store::order::Order;
use store::user::User;

use crate::error::ApiError;
use crate::service::Service;
use crate::usecase::Caller;

/// An object with a global id.
#[derive(Debug)]
pub enum Node {
    /// A person's account.
    User(User),
    /// An order.
    Order(Order),
}

/// Finds an object that the caller may read. The id of a merged account finds the surviving account.
pub async fn find(service: &Service, caller: &Caller, id: &str) -> Result<Option<Node>, ApiError> {
    if let Ok(id) = id.parse::<UserId>() {
        return Ok(visible_user(service, caller, id).await?.map(Node::User));
    }
    if let Ok(id) = id.parse::<OrderId>() {
        return Ok(visible_order(service, caller, id).await?.map(Node::Order));
    }
    Ok(None)
}

async fn visible_user(service: &Service, caller: &Caller, id: UserId) -> Result<Option<User>, ApiError> {
    let view = service.store.view();
    match caller {
        Caller::Person(own) if own.user.id == id => Ok(Some(own.user.clone())),
        Caller::Person(own) => {
            let aliases = store::history::with_aliases(&view, own.user.id).await?;
            Ok(aliases.contains(&id).then(|| own.user.clone()))
        }
        Caller::System(_) | Caller::Operator(_) if caller.may(ServiceScope::UsersRead) => {
            Ok(store::search::led(&view, &[id]).await?.remove(&id).map(|led| led.user))
        }
        Caller::System(_) | Caller::Operator(_) | Caller::Anonymous | Caller::Rejected | Caller::Closed => Ok(None),
    }
}

async fn visible_order(service: &Service, caller: &Caller, id: OrderId) -> Result<Option<Order>, ApiError> {
    let view = service.store.view();
    match caller {
        Caller::Person(own) => Ok(store::order::find(&view, id, Some(own.user.id)).await?),
        Caller::System(_) | Caller::Operator(_) if caller.may(ServiceScope::OrdersRead) => {
            Ok(store::order::find(&view, id, None).await?)
        }
        Caller::System(_) | Caller::Operator(_) | Caller::Anonymous | Caller::Rejected | Caller::Closed => Ok(None),
    }
}
