//! One-time states of logins that are under way.
//! The state itself is here as a hash only; what the server keeps for the exchange does not print.

use std::fmt;

use domain::{AppName, Timestamp};
use sea_orm::entity::prelude::*;

/// What the server made up for one login and needs again to exchange its code. Does not print.
#[derive(Clone, PartialEq, Eq, DeriveValueType)]
pub struct Kept(pub String);

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Kept(…)")
    }
}

/// One login that is under way.
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
    /// What comes back inside the ID token, of upstreams that have one.
    pub nonce: Option<Kept>,
    /// Whose hash went to the upstream.
    pub code_verifier: Option<Kept>,
    /// The SHA-256 hash of the verifier that the client kept, 32 bytes.
    pub challenge: Option<Vec<u8>>,
}

/// Nothing is joined through a relation: the joins stand with the queries, in `store`.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
