//! The four kinds of WeChat app. They share `config` (settings), `errcode` (error numbers), `sns` (logins) and
//! `global_token` (other calls). Two of them can be called through a third-party platform: see `platform`.

#[cfg(feature = "contract")]
mod beyond_tape;
mod component;
mod config;
mod encrypted;
mod errcode;
mod followers;
mod global_token;
pub(super) mod mini_program;
pub(super) mod platform;
mod push;
mod sns;
pub(super) mod sns_app;
#[cfg(feature = "contract")]
mod tape;
mod telephone;

/// The value that WeChat may send in place of a code when the person refused. It is not in WeChat's documentation; notes
/// of developers mention it.
pub(super) const REFUSAL: &str = "authdeny";
