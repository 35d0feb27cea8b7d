//! The four kinds of WeChat app.
//! What they share, the settings and the wire, lives in `config`, `wire` and `sns`.

mod config;
pub(super) mod mini_program;
pub(super) mod mobile;
pub(super) mod official_account;
mod sns;
#[cfg(feature = "contract")]
mod tape;
pub(super) mod website;
mod wire;
