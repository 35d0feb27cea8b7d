//! Anything that has an id of its own (Relay's Node).
//! Who may see it is decided in `usecase::node`.

use async_graphql::{Context, ID, Interface, Object};

use super::order::Order;
use super::user::User;
use crate::graphql::{Alone, alone_or_null, caller, service};
use crate::usecase;

/// Something that can be found again by its id alone.
#[derive(Debug, Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "The id, unique among all things."))]
pub(in crate::graphql) enum Node {
    /// A person's account.
    User(User),
    /// An order.
    Order(Order),
}

impl From<usecase::node::Node> for Node {
    fn from(node: usecase::node::Node) -> Self {
        match node {
            usecase::node::Node::User(user) => Self::User(User(user)),
            usecase::node::Node::Order(order) => Self::Order(Order(order)),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct NodeQueries;

#[Object]
impl NodeQueries {
    /// Anything by its id; null when it does not exist or is somebody else's.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of a user (`usr_…`) or an order (`ord_…`).")] id: ID,
    ) -> Alone<Node> {
        alone_or_null(usecase::node::find(service(ctx), caller(ctx), &id).await.map(|found| found.map(Node::from)))
    }
}
