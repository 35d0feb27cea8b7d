//! One-time states of logins that are under way.
//! The state itself is here as a hash only; what the server needs again for the exchange is derived from it.

use domain::{AppName, Timestamp};
use sea_orm::entity::prelude::*;

/// One login that is under way.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "login_states")]
pub struct Model {
    /// The hash of the state, 32 bytes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: Vec<u8>,
    /// The app the login goes through.
    pub app: AppName,
    /// Where the person goes afterwards.
    pub return_to: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it is too late.
    pub expires_at: Timestamp,
    /// When somebody came back with the state.
    pub claimed_at: Option<Timestamp>,
    /// The SHA-256 hash of the verifier that the client kept, 32 bytes.
    pub challenge: Option<Vec<u8>>,
}

impl ActiveModelBehavior for ActiveModel {}
