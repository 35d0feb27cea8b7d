//! Events that are not in the chain yet; the database puts every new one here.
//! The chain itself is `audit_chain`.

use sea_orm::entity::prelude::*;

use crate::audit_chain::Source;

/// One event that waits for its place in the chain.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_unsealed")]
pub struct Model {
    /// The event.
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_id: Uuid,
    /// Which table it is in.
    pub source: Source,
}

impl ActiveModelBehavior for ActiveModel {}
