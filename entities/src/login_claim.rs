//! Claimed login codes and the outcomes of their exchanges. The table has hashes of codes, states and verifiers only.

use domain::{AppId, OpenId, SessionId, Timestamp, UnionId};
use sea_orm::entity::prelude::*;

/// A claim.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "login_claims")]
pub struct Model {
    /// The hash of app and code, 32 bytes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub code_hash: Vec<u8>,
    /// The app of the code.
    pub app: AppId,
    /// The hash of the state, 32 bytes.
    pub state_hash: Option<Vec<u8>>,
    /// The hash of the verifier, 32 bytes.
    pub verifier_hash: Option<Vec<u8>>,
    /// When the exchange began.
    pub claimed_at: Timestamp,
    /// When the claim expires.
    pub expires_at: Timestamp,
    /// The number of refused repeats in the audit.
    pub refusals: i32,
    /// The session that the login opened.
    pub session_id: Option<SessionId>,
    /// Whether the login created the account.
    pub is_new_user: Option<bool>,
    /// The openId that the login proved.
    pub open_id: Option<OpenId>,
    /// The unionId that the login proved.
    pub union_id: Option<UnionId>,
    /// The error code of a failed login.
    pub failure: Option<String>,
    /// When the login ended, successfully or not.
    pub finished_at: Option<Timestamp>,
}

impl ActiveModelBehavior for ActiveModel {}
