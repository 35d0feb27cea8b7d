//! Phones of accounts.
//! The codes that prove them are in `phone_code`.

use domain::{PhoneId, Timestamp, UserId};
use sea_orm::entity::prelude::*;

/// How a phone was proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
pub enum Proof {
    /// By a code that was sent to it.
    #[sea_orm(string_value = "CODE")]
    Code,
    /// By a code of WeChat's that was sent to it.
    #[sea_orm(string_value = "WECHAT")]
    WechatRealTime,
    /// By WeChat's word.
    #[sea_orm(string_value = "WECHAT_QUICK")]
    WechatQuick,
    /// By the company's word.
    #[sea_orm(string_value = "IMPORT")]
    Import,
}

/// How a phone came to be no longer the account's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
pub enum End {
    /// The person has another one.
    #[sea_orm(string_value = "CHANGED")]
    Changed,
    /// The person took it away.
    #[sea_orm(string_value = "UNBOUND")]
    Unbound,
    /// Its carrier gave it to somebody else.
    #[sea_orm(string_value = "RECYCLED")]
    Recycled,
    /// A merge kept the other account's.
    #[sea_orm(string_value = "MERGED")]
    Merged,
}

/// One phone of one account.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "phones")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PhoneId,
    /// Whose it is, or was.
    pub user_id: UserId,
    /// The number, sealed for this row.
    pub sealed_number: Vec<u8>,
    /// The keyed hash of the number while it is in use, 32 bytes. Unique: not every database has partial indexes, but in
    /// all of them nulls differ.
    pub active_hash: Option<Vec<u8>>,
    /// The account while the phone is in use. Unique.
    pub active_user: Option<UserId>,
    /// How it was first proved.
    pub proof: Proof,
    /// When it was first proved to us.
    pub verified_at: Option<Timestamp>,
    /// When it was last proved to anybody; an import may bring its own.
    pub last_proof_at: Option<Timestamp>,
    /// When it was bound.
    pub created_at: Timestamp,
    /// Until when a number that was changed away from is kept for its owner: it stays active, of no account.
    pub kept_until: Option<Timestamp>,
    /// When the account lost it.
    pub ended_at: Option<Timestamp>,
    /// How.
    pub ended: Option<End>,
    /// The account.
    #[sea_orm(belongs_to, relation_enum = "User", from = "user_id", to = "id")]
    pub user: BelongsTo<super::user::Entity>,
    /// The account, while the number is in use.
    #[sea_orm(belongs_to, relation_enum = "ActiveUser", from = "active_user", to = "id")]
    pub active_owner: BelongsTo<Option<super::user::Entity>>,
}

/// Of the two columns that name an account, the one that always does.
impl Related<super::user::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::User.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
