//! Merges that were undone.
//! What was given back is told in the journal.

use domain::{LinkEventId, Timestamp};
use sea_orm::entity::prelude::*;

/// One merge that was undone.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "merge_undos")]
pub struct Model {
    /// The merge, as the journal names it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub merge_id: LinkEventId,
    /// When.
    pub at: Timestamp,
}

/// Nothing is joined through a relation: the joins stand with the queries, in `store`.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
