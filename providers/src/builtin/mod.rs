//! The providers that come with Guiyi.
//! One line here and one file beside it is all that a new one takes.

mod tencent;
mod wechat;

use crate::Factory;

/// Every factory built in.
pub const ALL: &[Factory] = &[
    wechat::official_account::FACTORY,
    wechat::website::FACTORY,
    wechat::mobile::FACTORY,
    wechat::mini_program::FACTORY,
];
