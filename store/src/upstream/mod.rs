//! TODO

mod budget;
mod token;

pub use budget::{Asker, UpstreamBudget, spend_exchange};
pub use token::{SealedToken, TokenLease, find_token, forget_token, is_leased, keep_token, lease_token, release_token};
