//! Objects with a global id (Relay `Node`). See [`crate::usecase::node`] for who may read them.

use async_graphql::{Context, ID, Interface, Object};

use super::order::Order;
use super::user::User;
use crate::graphql::{Alone, alone_or_null, caller, service};
use crate::usecase;

/// An object that can be fetched by its id.
#[derive(Debug, Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "The globally unique id."))]
pub(in crate::graphql) enum Node {
    /// A person's account.
    User(User),
    /// An order.
    Order(Order),
}

impl From<usecase::node::Node> for Node {
    fn from(node: usecase::node::Node) -> Self {
        match node {
            usecase::node::Node::User(user) => Self::User(User::for_caller(user)),
            usecase::node::Node::Order(order) => Self::Order(Order(order)),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct NodeQueries;

#[Object]
impl NodeQueries {
    /// Fetches an object by its id. Null if it does not exist or the caller may not read it.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of a user (`usr_…`) or an order (`ord_…`).")] id: ID,
    ) -> Alone<Node> {
        alone_or_null(usecase::node::find(service(ctx), caller(ctx), &id).await.map(|found| found.map(Node::from)))
    }
}
