//! The built-in providers. A new one takes one file here and one line in each list below.

mod alipay;
mod baidu;
mod dingtalk;
mod douyin;
mod feishu;
mod github;
mod line;
mod oidc;
mod qq;
mod tencent;
mod vendor;
mod wechat;
mod wecom;
mod weibo;

#[cfg(feature = "contract")]
use crate::contract::Tape;
use crate::{Factory, oauth};

/// All built-in factories.
pub const ALL: &[Factory] = &[
    wechat::sns_app::OFFICIAL_ACCOUNT,
    wechat::sns_app::WEBSITE,
    wechat::sns_app::MOBILE,
    wechat::mini_program::FACTORY,
    wecom::FACTORY,
    oidc::FACTORY,
    github::FACTORY,
    oidc::google::FACTORY,
    oidc::microsoft::FACTORY,
    oidc::apple::FACTORY,
    douyin::app::FACTORY,
    douyin::mini_program::FACTORY,
    wechat::platform::OFFICIAL_ACCOUNT,
    wechat::platform::MINI_PROGRAM,
    wecom::customer::FACTORY,
    wecom::third_party::FACTORY,
    feishu::FACTORY,
    dingtalk::FACTORY,
    alipay::FACTORY,
    qq::FACTORY,
    weibo::FACTORY,
    line::FACTORY,
    baidu::FACTORY,
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
    oidc::tape::TAPE,
    github::TAPE,
    oidc::google::TAPE,
    oidc::tape::microsoft::TAPE,
    oidc::tape::apple::TAPE,
    douyin::app::TAPE,
    douyin::mini_program::TAPE,
    wechat::platform::tape::TAPES[0],
    wechat::platform::tape::TAPES[1],
    wecom::customer::TAPE,
    wecom::third_party::TAPE,
    feishu::TAPE,
    dingtalk::TAPE,
    alipay::TAPE,
    qq::TAPE,
    weibo::TAPE,
    line::TAPE,
    baidu::TAPE,
];

/// The tapes of kinds whose settings change what is said: each with the name of the variant.
#[cfg(feature = "contract")]
pub const VARIANTS: &[(&str, Tape)] = &[("alipay-with-certificates", alipay::WITH_CERTIFICATES)];

/// Returns the tape for a person who tries its provider: with an example key in the place of the contract's secret where that
/// has to be a key, so that the settings are valid for the service.
#[cfg(feature = "contract")]
#[must_use]
pub fn to_play(tape: &Tape) -> Tape {
    fn with_key(mut settings: toml::Table, key: &str) -> toml::Table {
        settings.insert("private_key".to_owned(), key.into());
        settings
    }
    match tape.factory.kind {
        "alipay" => Tape { settings: |url| with_key((alipay::TAPE.settings)(url), alipay::APP_PRIVATE), ..*tape },
        "apple" => {
            use oidc::tape::apple;

            Tape { settings: |url| with_key((apple::TAPE.settings)(url), apple::PRIVATE_KEY), ..*tape }
        }
        _ => *tape,
    }
}
