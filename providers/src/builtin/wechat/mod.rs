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
