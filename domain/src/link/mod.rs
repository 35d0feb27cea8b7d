//! Linking and unlinking by the person: a further login for an account, and its removal.

pub mod add;
pub mod remove;
