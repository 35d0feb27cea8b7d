//! Merges that were undone.
//! What was given back is told in the journal.

use domain::{LinkEventId, Timestamp};
use sea_orm::entity::prelude::*;

/// One merge that was undone.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "merge_undos")]
pub struct Model {
    /// The merge, as the journal names it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub merge_id: LinkEventId,
    /// When.
    pub at: Timestamp,
    /// The merge.
    #[sea_orm(belongs_to, from = "merge_id", to = "id")]
    pub merge: BelongsTo<super::link_event::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
