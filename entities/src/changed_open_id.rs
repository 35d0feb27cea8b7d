//! The new openIds of people whose old account was migrated to another one (R16).

use domain::{AppId, LinkId, OpenId, RunId, Timestamp};
use sea_orm::entity::prelude::*;

/// The new openId of one person.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "changed_open_ids")]
pub struct Model {
    /// The link of the old openId.
    #[sea_orm(primary_key, auto_increment = false)]
    pub link_id: LinkId,
    /// The run that the upstream told it to.
    pub run_id: RunId,
    /// The upstream's id of the app of the new openId.
    pub new_app: AppId,
    /// The new openId.
    pub new_open_id: OpenId,
    /// What became of it, as an outcome of `domain::follower`.
    pub outcome: String,
    /// When that was.
    pub at: Timestamp,
    /// The link that the run has given to an account, of the new openId or of the old one.
    pub linked_id: Option<LinkId>,
    /// When that was undone.
    pub undone_at: Option<Timestamp>,
    /// The run.
    #[sea_orm(belongs_to, from = "run_id", to = "id")]
    pub run: BelongsTo<super::follower_run::Entity>,
    /// The link of the old openId.
    #[sea_orm(belongs_to, relation_enum = "Link", from = "link_id", to = "id", on_delete = "Cascade")]
    pub link: BelongsTo<super::open_id::Entity>,
    /// The link that an account was given.
    #[sea_orm(belongs_to, relation_enum = "Linked", from = "linked_id", to = "id", on_delete = "Cascade")]
    pub linked: BelongsTo<Option<super::open_id::Entity>>,
}

impl ActiveModelBehavior for ActiveModel {}
