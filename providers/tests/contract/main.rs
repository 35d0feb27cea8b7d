//! The contract tests of every built-in provider, one module each. Tests specific to one upstream are beside this folder.

mod careless;

use providers::builtin;
use providers::contract::Tape;

/// Declares the modules, and the list in which the last test finds a missing kind.
macro_rules! built_in {
    ($($module:ident = $kind:literal,)+) => {
        $(mod $module {
            providers::contract!(crate::tape($kind));
        })+

        const KINDS: &[&str] = &[$($kind),+];
    };
}

built_in! {
    wechat_official_account = "wechat-official-account",
    wechat_website = "wechat-website",
    wechat_mobile = "wechat-mobile",
    wechat_mini_program = "wechat-mini-program",
    wecom = "wecom",
    oidc = "oidc",
    github = "github",
    google = "google",
    microsoft = "microsoft",
    apple = "apple",
    douyin = "douyin",
    douyin_mini_program = "douyin-mini-program",
    wechat_platform_official_account = "wechat-platform-official-account",
    wechat_platform_mini_program = "wechat-platform-mini-program",
    wecom_customer = "wecom-customer",
    wecom_third_party = "wecom-third-party",
    feishu = "feishu",
    dingtalk = "dingtalk",
    alipay = "alipay",
    qq = "qq",
    weibo = "weibo",
    line = "line",
    baidu = "baidu",
}

mod alipay_with_certificates {
    providers::contract!(crate::variant("alipay-with-certificates"));
}

fn variant(name: &str) -> Tape {
    builtin::VARIANTS.iter().find(|(known, _)| *known == name).expect("the variant").1
}

fn tape(kind: &str) -> Tape {
    let found = builtin::TAPES.iter().find(|tape| tape.factory.kind == kind);
    *found.unwrap_or_else(|| panic!("{kind} has no tape"))
}

#[test]
fn every_provider_that_is_built_in_is_under_the_contract() {
    let factories: Vec<_> = builtin::ALL.iter().map(|factory| factory.kind).collect();
    let tapes: Vec<_> = builtin::TAPES.iter().map(|tape| tape.factory.kind).collect();

    assert_eq!(tapes, factories);
    assert_eq!(KINDS, factories);
    let variants: Vec<_> = builtin::VARIANTS.iter().map(|(name, _)| *name).collect();
    assert_eq!(variants, ["alipay-with-certificates"], "a variant is a module of this file");
}
