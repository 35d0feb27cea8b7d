//! Events that are not in the chain yet. Triggers of the database add every new event.

use sea_orm::entity::prelude::*;

use crate::audit_chain::Source;

/// An event that waits for its position in the chain.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_unsealed")]
pub struct Model {
    /// The event.
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_id: Uuid,
    /// The table of the event.
    pub source: Source,
}

impl ActiveModelBehavior for ActiveModel {}
