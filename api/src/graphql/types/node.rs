//! Anything that has an id of its own (Relay's Node).
//! Who may see it is decided in `usecase::node`.

use async_graphql::{ID, Interface};

use super::User;
use super::order::Order;
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

impl From<usecase::Node> for Node {
    fn from(node: usecase::Node) -> Self {
        match node {
            usecase::Node::User(user) => Self::User(User(user)),
            usecase::Node::Order(order) => Self::Order(Order(order)),
        }
    }
}
