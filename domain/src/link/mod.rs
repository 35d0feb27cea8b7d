//! The credentials of an account, as its person changes them: a further login, and the removal of one.

pub mod add;
pub mod remove;
