//! One-time states of logins in progress. The table has the hash of a state; the secrets of the exchange are derived from the state.

use domain::{AppName, Timestamp};
use sea_orm::entity::prelude::*;

/// A login in progress.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "login_states")]
pub struct Model {
    /// The hash of the state, 32 bytes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: Vec<u8>,
    /// The app.
    pub app: AppName,
    /// The address to which the person returns.
    pub return_to: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
    /// When a client presented the state.
    pub claimed_at: Option<Timestamp>,
    /// The SHA-256 hash of the client's verifier (PKCE), 32 bytes.
    pub challenge: Option<Vec<u8>>,
}

impl ActiveModelBehavior for ActiveModel {}
