//! The providers that come with Guiyi.
//! One line here and one file beside it is all that a new one takes.

mod tencent;
mod wechat;
mod wecom;

use crate::Factory;

/// Every factory built in.
pub const ALL: &[Factory] = &[
    wechat::official_account::FACTORY,
    wechat::website::FACTORY,
    wechat::mobile::FACTORY,
    wechat::mini_program::FACTORY,
    wecom::FACTORY,
];

/// How the upstream of each behaves.
#[cfg(feature = "contract")]
pub const TAPES: &[crate::contract::Tape] = &[wecom::TAPE];
