//! Login codes that somebody has claimed to exchange, and what came of it.
//! Only hashes of codes, states and verifiers are here, never the things themselves.

use domain::{AppId, OpenId, SessionId, Timestamp, UnionId};
use sea_orm::entity::prelude::*;

/// One claim.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "login_claims")]
pub struct Model {
    /// The hash of app and code, 32 bytes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub code_hash: Vec<u8>,
    /// The app the code is of.
    pub app: AppId,
    /// The hash of the state that came along, 32 bytes.
    pub state_hash: Option<Vec<u8>>,
    /// The hash of the verifier that came along, 32 bytes.
    pub verifier_hash: Option<Vec<u8>>,
    /// When the exchange began.
    pub claimed_at: Timestamp,
    /// When the claim is forgotten.
    pub expires_at: Timestamp,
    /// How many repeats were refused and written into the audit.
    pub refusals: i32,
    /// The session that the login opened.
    pub session_id: Option<SessionId>,
    /// Whether the login made the account.
    pub is_new_user: Option<bool>,
    /// What the app calls the person.
    pub open_id: Option<OpenId>,
    /// What the union scope calls the person.
    pub union_id: Option<UnionId>,
    /// The error code that the login ended with.
    pub failure: Option<String>,
    /// When the login ended, in whichever way.
    pub finished_at: Option<Timestamp>,
}

impl ActiveModelBehavior for ActiveModel {}
