//! Phones of accounts.

use domain::{PhoneId, Timestamp, UserId};
use sea_orm::entity::prelude::*;

/// How a phone was proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
pub enum Proof {
    /// By an SMS code.
    #[sea_orm(string_value = "CODE")]
    Code,
    /// By a code that WeChat sent to it.
    #[sea_orm(string_value = "WECHAT")]
    WechatRealTime,
    /// By WeChat, at an unknown time.
    #[sea_orm(string_value = "WECHAT_QUICK")]
    WechatQuick,
    /// By the company's import.
    #[sea_orm(string_value = "IMPORT")]
    Import,
    /// Unproved: an operator set it.
    #[sea_orm(string_value = "OPERATOR")]
    Operator,
}

/// Why a phone no longer belongs to its account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
pub enum End {
    /// The person changed to another number.
    #[sea_orm(string_value = "CHANGED")]
    Changed,
    /// The person removed it.
    #[sea_orm(string_value = "UNBOUND")]
    Unbound,
    /// Another person took the number over.
    #[sea_orm(string_value = "RECYCLED")]
    Recycled,
    /// A merge kept the phone of the other account.
    #[sea_orm(string_value = "MERGED")]
    Merged,
}

/// A phone of an account.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "phones")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PhoneId,
    /// The account that has or had it.
    pub user_id: UserId,
    /// The number, sealed for this row.
    pub sealed_number: Vec<u8>,
    /// The keyed hash of the number while it is in use, 32 bytes. Unique: not every database has partial indexes, but all of them
    /// treat nulls as distinct.
    pub active_hash: Option<Vec<u8>>,
    /// The account, while the phone is in use. Unique.
    pub active_user: Option<UserId>,
    /// How it was first proved.
    pub proof: Proof,
    /// When this service first verified it.
    pub verified_at: Option<Timestamp>,
    /// When it was last proved; an import may bring its own time.
    pub last_proof_at: Option<Timestamp>,
    /// When it was bound.
    pub created_at: Timestamp,
    /// Until when a number stays reserved for the account that changed away from it. Meanwhile no account has it.
    pub kept_until: Option<Timestamp>,
    /// When the account lost it.
    pub ended_at: Option<Timestamp>,
    /// Why the account lost it.
    pub ended: Option<End>,
    /// The account.
    #[sea_orm(belongs_to, relation_enum = "User", from = "user_id", to = "id")]
    pub user: BelongsTo<super::user::Entity>,
    /// The account, while the phone is in use.
    #[sea_orm(belongs_to, relation_enum = "ActiveUser", from = "active_user", to = "id")]
    pub active_owner: BelongsTo<Option<super::user::Entity>>,
}

/// Of the two columns that name an account, the one that is never null.
impl Related<super::user::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::User.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
