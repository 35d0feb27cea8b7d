//! The four kinds of WeChat app.
//! What they share lives in `config` (settings), `errcode` (numbers), `sns` (logins) and `global_token` (the rest).

mod config;
mod encrypted;
mod errcode;
mod global_token;
pub(super) mod mini_program;
mod sns;
pub(super) mod sns_app;
#[cfg(feature = "contract")]
mod tape;
mod telephone;

/// What WeChat sends back in place of a code when the person refused, where it sends anything: no page of the documents
/// names it, notes of developers do.
pub(super) const REFUSAL: &str = "authdeny";
