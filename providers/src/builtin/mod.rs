//! The providers that come with Guiyi.
//! One line here and one file beside it is all that a new one takes.

mod github;
mod oauth;
mod oidc;
mod wechat;

use crate::Factory;
#[cfg(feature = "contract")]
use crate::contract::Tape;

/// Every factory built in.
pub const ALL: &[Factory] = &[
    wechat::official_account::FACTORY,
    wechat::website::FACTORY,
    wechat::mobile::FACTORY,
    wechat::mini_program::FACTORY,
    oidc::FACTORY,
    github::FACTORY,
];

/// How the upstreams of the factories behave, for the contract.
#[cfg(feature = "contract")]
pub const TAPES: &[Tape] = &[oidc::TAPE, github::TAPE];
