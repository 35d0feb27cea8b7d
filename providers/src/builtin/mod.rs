//! The built-in providers. A new one takes one file here and one line in each list below.

mod github;
mod oauth;
mod oidc;
mod tencent;
mod wechat;
mod wecom;

use crate::Factory;
#[cfg(feature = "contract")]
use crate::contract::Tape;

/// All built-in factories.
pub const ALL: &[Factory] = &[
    wechat::sns_app::OFFICIAL_ACCOUNT,
    wechat::sns_app::WEBSITE,
    wechat::sns_app::MOBILE,
    wechat::mini_program::FACTORY,
    wecom::FACTORY,
    oidc::FACTORY,
    github::FACTORY,
];

/// Returns whether the login code that a client sends means that the person refused: it is empty, or an upstream's word
/// for a refusal.
#[must_use]
pub fn is_refusal(code: &str) -> bool {
    let code = code.trim();
    code.is_empty() || code == wechat::REFUSAL
}

/// The tape of each factory, in the same order.
#[cfg(feature = "contract")]
pub const TAPES: &[Tape] = &[
    wechat::sns_app::TAPES[0],
    wechat::sns_app::TAPES[1],
    wechat::sns_app::TAPES[2],
    wechat::mini_program::TAPE,
    wecom::TAPE,
    oidc::TAPE,
    github::TAPE,
];
