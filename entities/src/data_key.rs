//! The keys that seal and hash personal data, each sealed itself by the deployment's secrets.
//! Which secrets those are is told in `api`.

use domain::Timestamp;
use sea_orm::entity::prelude::*;

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
pub enum Purpose {
    /// For the keyed hashes by which sealed values are found. There is one, and it never changes.
    #[sea_orm(string_value = "LOOKUP")]
    Lookup,
    /// For sealing. The newest seals, all of them open.
    #[sea_orm(string_value = "SEALING")]
    Sealing,
}

/// One key.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "data_keys")]
pub struct Model {
    /// Its name, 8 random bytes, which stand in front of what it sealed.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Vec<u8>,
    /// What it is for.
    pub purpose: Purpose,
    /// Which of its purpose it is, from 1. Unique with the purpose: the referee between two who make a key at once.
    pub ordinal: i64,
    /// The key, sealed.
    pub wrapped: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl ActiveModelBehavior for ActiveModel {}
