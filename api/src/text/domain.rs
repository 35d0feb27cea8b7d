//! Chinese for the errors of `domain`, which writes English. Each match is exhaustive: a new error does not compile without
//! its Chinese. A value in such an error stays as it is, unlike the holes of `foreign`.

use domain::order::{self, BadDelivery, BadQuantity, BadRefunds};
use domain::{BadKey, BadMoney, import};

use super::{Text, foreign};

/// Returns the Chinese name of a kind of key, with a space where Chinese follows Latin letters.
fn name(what: &str) -> String {
    let name = foreign::chinese(what).unwrap_or_else(|| what.to_owned());
    if name.ends_with(|c: char| c.is_ascii()) { name + " " } else { name }
}

impl From<BadKey> for Text {
    fn from(error: BadKey) -> Self {
        let zh = match &error {
            BadKey::Empty(what) => format!("{}为空", name(what)),
            BadKey::Placeholder(what) => format!("{}是表示“无值”的占位符", name(what)),
            BadKey::Damaged(what) => {
                format!("{}是被电子表格舍入或改变了格式的数字；请将该列设为文本格式后重新导出", name(what))
            }
            BadKey::Guarded(what) => format!("{}以引号开头：引号是电子表格的写法，不是 ID 的一部分", name(what)),
            BadKey::TooLong { what, limit } => format!("{}超过 {limit} 个字符", name(what)),
            BadKey::Character(what) => format!("{}含有不允许的字符", name(what)),
        };
        Self::new(error.to_string(), zh)
    }
}

impl From<BadMoney> for Text {
    fn from(error: BadMoney) -> Self {
        let zh = match &error {
            BadMoney::Currency(code) => format!("`{code}` 不是 ISO 4217 货币代码"),
            BadMoney::Amount(text) => format!("`{text}` 不是十进制金额，例如 128.50"),
            BadMoney::Places { currency, places } => format!("{currency} 有 {places} 位小数"),
            BadMoney::PricePlaces { currency, places } => format!("{currency} 的单价最多 {places} 位小数"),
            BadMoney::TooLarge => "金额过大".to_owned(),
        };
        Self::new(error.to_string(), zh)
    }
}

impl From<BadQuantity> for Text {
    fn from(error: BadQuantity) -> Self {
        let BadQuantity = error;
        Self::new(error.to_string(), "应为大于 0、小于 2147483648 的十进制数，最多 6 位小数，例如 2 或 1.5")
    }
}

impl From<BadRefunds> for Text {
    fn from(bad: BadRefunds) -> Self {
        let zh = match bad {
            BadRefunds::Amount => "退款金额必须大于 0",
            BadRefunds::Twice => "两笔退款的退款单号相同",
            BadRefunds::AboveTotal => "退款合计超过订单总额",
            BadRefunds::NotPaid => {
                "PENDING 或 CANCELLED 的订单未付款，不能有退款；已取消且有退款的订单请上报为 REFUNDED"
            }
        };
        Self::new(bad.to_string(), zh)
    }
}

impl From<BadDelivery> for Text {
    fn from(bad: BadDelivery) -> Self {
        Self::new(bad.to_string(), "应为 1 到 64 个可见字符")
    }
}

impl From<order::Clash> for Text {
    fn from(clash: order::Clash) -> Self {
        let zh = match clash {
            order::Clash::OpenId => "该订单属于另一个 openId",
            order::Clash::PlacedAt => "该订单的下单时间与已有记录不一致",
            order::Clash::Currency => "该订单的币种与已有记录不一致",
            order::Clash::Refunds(bad) => return bad.into(),
        };
        Self::new(clash.to_string(), zh)
    }
}

impl From<&import::Clash> for Text {
    fn from(clash: &import::Clash) -> Self {
        use import::Clash;
        let zh = match clash {
            Clash::PhoneOwned => "该手机号属于另一个账号",
            Clash::PhoneDiffers => "该账号已有另一个手机号",
            Clash::OpenIdOwned(_) => "该 openId 属于另一个账号",
            Clash::OpenIdDiffers(_) => "该账号在此应用中已有另一个 openId",
            Clash::UnionIdOwned(_) => "该 unionId 属于另一个账号",
            Clash::UnionIdDiffers(_) => "该账号在此 union_scope 中已有另一个 unionId",
            Clash::ExternalIdDiffers => "openId 或 unionId 所属账号的 externalId 与此行不同",
            Clash::KeyOfClosed => "其中一个标识属于已停用或已删除的账号",
        };
        Self::new(clash.to_string(), zh)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Language;

    #[test]
    fn an_error_of_the_domain_keeps_its_english_and_its_values() {
        // A value that is also an English word with a Chinese translation stays a value.
        let text = Text::from(BadMoney::Currency("string".to_owned()));

        assert_eq!(text.to_string(), "`string` is not a currency of ISO 4217");
        assert_eq!(text.in_language(Language::ZhCn), "`string` 不是 ISO 4217 货币代码");
    }

    #[test]
    fn a_key_has_its_chinese_name() {
        let chinese = |error: BadKey| Text::from(error).in_language(Language::ZhCn).to_owned();

        assert_eq!(chinese(BadKey::Empty("open id")), "openId 为空");
        assert_eq!(chinese(BadKey::TooLong { what: "order number", limit: 64 }), "订单号超过 64 个字符");
        for what in ["open id", "union id", "external id", "order number"] {
            assert!(!name(what).contains(' ') || name(what).trim().ends_with("Id"), "{what} has no Chinese");
        }
    }
}
