//! Merges that were undone. The journal records what was given back.

use domain::{LinkEventId, Timestamp};
use sea_orm::entity::prelude::*;

/// An undone merge.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "merge_undos")]
pub struct Model {
    /// The merge: its entry of the journal.
    #[sea_orm(primary_key, auto_increment = false)]
    pub merge_id: LinkEventId,
    /// When it was undone.
    pub at: Timestamp,
    /// The merge.
    #[sea_orm(belongs_to, from = "merge_id", to = "id")]
    pub merge: BelongsTo<super::link_event::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
