//! The journal of links: append-only.
//! Phone numbers are masked, so that erasing a person does not require rewriting it.

use domain::{LinkEventId, Rule, SessionId, Timestamp, UserId};
use sea_orm::entity::prelude::*;

/// An entry of the journal.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "link_events")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LinkEventId,
    /// The account that changed, or that remained.
    pub user_id: UserId,
    /// The account that was merged into it, or the other one concerned.
    pub other_user_id: Option<UserId>,
    /// The rule that decided.
    pub rule: Rule,
    /// What was proved or decided, as JSON.
    pub evidence: String,
    /// The actor.
    pub actor: String,
    /// The session of the change, if any.
    pub session_id: Option<SessionId>,
    /// When it happened.
    pub at: Timestamp,
    /// What the change replaced, as JSON.
    pub before: String,
    /// What the change wrote, as JSON.
    pub after: String,
    /// The account that changed, or that remained.
    #[sea_orm(belongs_to, relation_enum = "User", from = "user_id", to = "id")]
    pub user: BelongsTo<super::user::Entity>,
    /// The account that was merged into it, or the other one concerned.
    #[sea_orm(belongs_to, relation_enum = "OtherUser", from = "other_user_id", to = "id")]
    pub other_user: BelongsTo<Option<super::user::Entity>>,
    /// The undo of the merge.
    #[sea_orm(has_one)]
    pub undo: HasOne<super::merge_undo::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
