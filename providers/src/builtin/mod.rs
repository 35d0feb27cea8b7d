//! The providers that come with Guiyi.
//! One line in each list here and one file beside it is all that a new one takes.

mod github;
mod oauth;
mod oidc;
mod tencent;
mod wechat;
mod wecom;

use crate::Factory;
#[cfg(feature = "contract")]
use crate::contract::Tape;

/// Every factory built in.
pub const ALL: &[Factory] = &[
    wechat::sns_app::OFFICIAL_ACCOUNT,
    wechat::sns_app::WEBSITE,
    wechat::sns_app::MOBILE,
    wechat::mini_program::FACTORY,
    wecom::FACTORY,
    oidc::FACTORY,
    github::FACTORY,
];

/// Whether what a client brings as a login code says that the person refused: it is empty, or an upstream's word for it.
#[must_use]
pub fn is_refusal(code: &str) -> bool {
    let code = code.trim();
    code.is_empty() || code == wechat::REFUSAL
}

/// How the upstream of each of them answers, in the same order.
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
