//! State that all replicas share about upstreams: token leases and per-app request budgets.

mod budget;
mod token;

pub use budget::{Asker, SpentBudget, UpstreamBudget, spend_exchange, spend_follower_call, spent_budgets};
pub use token::{
    SealedToken, TokenLease, TokenState, find_token, forget_every_token, forget_token, is_leased, keep_token,
    lease_token, release_token, token_states,
};
