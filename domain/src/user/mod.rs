//! An account as the rules see it, and a profile as an upstream returns it.

mod account;
mod profile;

pub use account::Account;
pub use profile::{BadOwnWords, OwnWords, Profile};
