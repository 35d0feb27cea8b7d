//! The keys that seal and hash personal data, each sealed by the deployment's secrets.

use domain::Timestamp;
use sea_orm::entity::prelude::*;

/// The purpose of a data key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
pub enum KeyPurpose {
    /// For the keyed hashes by which sealed values are found. There is one such key, and it never changes.
    #[sea_orm(string_value = "LOOKUP")]
    Lookup,
    /// For sealing. The newest key seals, all of them open.
    #[sea_orm(string_value = "SEALING")]
    Sealing,
}

/// A data key.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "data_keys")]
pub struct Model {
    /// The name: 8 random bytes, with which each sealed value begins.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Vec<u8>,
    /// The purpose.
    pub purpose: KeyPurpose,
    /// The position among the keys of the purpose, from 1. Unique with the purpose, so that of two keys made at once one is kept.
    pub ordinal: i64,
    /// The key, sealed.
    pub wrapped: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl ActiveModelBehavior for ActiveModel {}
