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
    wechat::official_account::FACTORY,
    wechat::website::FACTORY,
    wechat::mobile::FACTORY,
    wechat::mini_program::FACTORY,
    wecom::FACTORY,
    oidc::FACTORY,
    github::FACTORY,
];

/// How the upstream of each of them answers, in the same order.
#[cfg(feature = "contract")]
pub const TAPES: &[Tape] = &[
    wechat::official_account::TAPE,
    wechat::website::TAPE,
    wechat::mobile::TAPE,
    wechat::mini_program::TAPE,
    wecom::TAPE,
    oidc::TAPE,
    github::TAPE,
];
