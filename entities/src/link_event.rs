//! The journal of links, which only ever grows.
//! Phone numbers are masked here, so that forgetting a person does not mean rewriting it.

use domain::{LinkEventId, Rule, SessionId, Timestamp, UserId};
use sea_orm::entity::prelude::*;

/// One entry.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "link_events")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LinkEventId,
    /// The account that was changed, or that stayed.
    pub user_id: UserId,
    /// The account that went into it, or the other one concerned.
    pub other_user_id: Option<UserId>,
    /// The rule that decided.
    pub rule: Rule,
    /// What was proved, as JSON.
    pub evidence: String,
    /// Who did it.
    pub actor: String,
    /// In which session, if in one.
    pub session_id: Option<SessionId>,
    /// When.
    pub at: Timestamp,
    /// What stood there before, as JSON.
    pub before: String,
    /// What stands there since, as JSON.
    pub after: String,
    /// The account that was changed, or that stayed.
    #[sea_orm(belongs_to, relation_enum = "User", from = "user_id", to = "id")]
    pub user: BelongsTo<super::user::Entity>,
    /// The account that went into it, or the other one concerned.
    #[sea_orm(belongs_to, relation_enum = "OtherUser", from = "other_user_id", to = "id")]
    pub other_user: BelongsTo<Option<super::user::Entity>>,
    /// Its undoing.
    #[sea_orm(has_one)]
    pub undo: HasOne<super::merge_undo::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
