//! What a column may hold: the fields of an account and of an order, and the names by which files call them.

use std::fmt;

use super::Kind;
use crate::text::{Text, text};

/// A field of an account or of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Name {
    ExternalId,
    Phone,
    Nickname,
    CreatedAt,
    LastProofAt,
    OpenId,
    UnionId,
    App,
    OrderNo,
    Status,
    Amount,
    Currency,
    PlacedAt,
    ShopUpdatedAt,
    Items,
    Refunds,
}

impl Name {
    /// Returns the fields of an account or of an order.
    pub(super) const fn all(kind: Kind) -> &'static [Self] {
        match kind {
            Kind::Users => &[
                Self::ExternalId,
                Self::Phone,
                Self::Nickname,
                Self::CreatedAt,
                Self::LastProofAt,
                Self::OpenId,
                Self::UnionId,
            ],
            Kind::Orders => &[
                Self::App,
                Self::OrderNo,
                Self::OpenId,
                Self::Status,
                Self::Amount,
                Self::Currency,
                Self::PlacedAt,
                Self::ShopUpdatedAt,
                Self::Items,
                Self::Refunds,
            ],
        }
    }

    /// Returns the fields that a file must have.
    pub(super) const fn required(kind: Kind) -> &'static [Self] {
        match kind {
            Kind::Users => &[Self::ExternalId],
            Kind::Orders => {
                &[Self::App, Self::OrderNo, Self::OpenId, Self::Status, Self::Amount, Self::Currency, Self::PlacedAt]
            }
        }
    }

    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::ExternalId => "externalId",
            Self::Phone => "phone",
            Self::Nickname => "nickname",
            Self::CreatedAt => "createdAt",
            Self::LastProofAt => "lastProofAt",
            Self::OpenId => "openId",
            Self::UnionId => "unionId",
            Self::App => "app",
            Self::OrderNo => "orderNo",
            Self::Status => "status",
            Self::Amount => "amount",
            Self::Currency => "currency",
            Self::PlacedAt => "placedAt",
            Self::ShopUpdatedAt => "shopUpdatedAt",
            Self::Items => "items",
            Self::Refunds => "refunds",
        }
    }

    /// Returns other headers that can mean only this field. A column of money is not among them: an order has several.
    const fn aliases(self) -> &'static [&'static str] {
        match self {
            Self::ExternalId => &["会员号", "会员编号", "会员id", "客户编号", "客户id", "用户编号", "用户id"],
            Self::Phone => &["手机", "手机号", "手机号码", "会员手机号", "客户手机号", "用户手机号", "mobile"],
            Self::Nickname => &["昵称", "微信昵称", "会员昵称", "客户昵称", "用户昵称"],
            Self::CreatedAt => &["注册时间", "注册日期"],
            Self::OrderNo => &["订单号", "订单编号"],
            Self::Status => &["订单状态"],
            Self::Currency => &["币种"],
            Self::PlacedAt => &["下单时间", "订单创建时间", "下单日期"],
            Self::ShopUpdatedAt => &["订单更新时间", "订单修改时间"],
            Self::LastProofAt
            | Self::OpenId
            | Self::UnionId
            | Self::App
            | Self::Amount
            | Self::Items
            | Self::Refunds => &[],
        }
    }

    /// Says what the value of a column looks like.
    pub(super) fn expected(self) -> Text {
        match self {
            Self::ExternalId => text!("your id of the person, such as C-1001", "公司内部的用户 ID，例如 C-1001"),
            Self::Phone => {
                text!("a phone number such as 13800000001 or +85251234567", "手机号，例如 13800000001 或 +85251234567")
            }
            Self::Nickname => text!("a name such as 小兰", "昵称，例如“小兰”"),
            Self::CreatedAt | Self::LastProofAt | Self::PlacedAt | Self::ShopUpdatedAt => text!(
                "a time such as 2026-01-02 03:04:05, 2026/1/2 3:04 or 2026-01-02T03:04:05+08:00",
                "时间，例如 2026-01-02 03:04:05、2026/1/2 3:04 或 2026-01-02T03:04:05+08:00"
            ),
            Self::OpenId => {
                text!("an openId such as o6_bmjrPTlm6_2sgVt7hMZOPfL2M", " openId，例如 o6_bmjrPTlm6_2sgVt7hMZOPfL2M")
            }
            Self::UnionId => {
                text!("a unionId such as o6_bmasdasdsad6_2sgVt7hMZOPfL", " unionId，例如 o6_bmasdasdsad6_2sgVt7hMZOPfL")
            }
            Self::App => text!("the name of an app in the configuration", "配置中的应用名称"),
            Self::OrderNo => text!("an order number such as S-1", "订单号，例如 S-1"),
            Self::Status => text!(
                "PENDING, PAID, SHIPPED, COMPLETED, CANCELLED or REFUNDED",
                " PENDING、PAID、SHIPPED、COMPLETED、CANCELLED 或 REFUNDED"
            ),
            Self::Amount => {
                text!("an amount such as 128.50, ¥1,234.50 or 12.5元", "金额，例如 128.50、¥1,234.50 或 12.5元")
            }
            Self::Currency => text!("a code of ISO 4217 such as CNY", " ISO 4217 货币代码，例如 CNY"),
            Self::Items => text!(
                "a JSON list such as [{{\"title\":\"茶\",\"quantity\":1,\"unitPrice\":\"128.50\"}}]",
                " JSON 列表，例如 [{{\"title\":\"茶\",\"quantity\":1,\"unitPrice\":\"128.50\"}}]"
            ),
            Self::Refunds => text!(
                "a JSON list such as [{{\"refundNo\":\"R-1\",\"amount\":\"28.50\",\"refundedAt\":\"2026-01-02T03:04:05+08:00\"}}]",
                " JSON 列表，例如 [{{\"refundNo\":\"R-1\",\"amount\":\"28.50\",\"refundedAt\":\"2026-01-02T03:04:05+08:00\"}}]"
            ),
        }
    }
}

/// A field with its place: the app of an openId, the union scope of a unionId.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Field {
    pub(super) name: Name,
    pub(super) place: Option<String>,
}

impl Field {
    pub(super) const fn of(name: Name) -> Self {
        Self { name, place: None }
    }

    /// Reads the name of a field: `externalId`, `External ID`, `openId:shop`.
    pub(super) fn parse(kind: Kind, text: &str) -> Option<Self> {
        let (name, place) = match text.split_once([':', '：']) {
            Some((name, place)) => (name, Some(place.trim().to_owned())),
            None => (text, None),
        };
        let has_place = |name| kind == Kind::Users && matches!(name, Name::OpenId | Name::UnionId);
        let folded = fold(name);
        let name = *Name::all(kind).iter().find(|known| fold(known.text()) == folded)?;
        match &place {
            Some(place) if place.is_empty() || !has_place(name) => None,
            Some(_) | None => Some(Self { name, place }),
        }
    }

    /// Recognises a header by the field's own name or by one of its aliases.
    pub(super) fn recognise(kind: Kind, header: &str) -> Option<Self> {
        let folded = fold(header);
        let alias =
            || Name::all(kind).iter().find(|name| name.aliases().contains(&folded.as_str())).copied().map(Self::of);
        Self::parse(kind, header).or_else(alias)
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{}:{place}", self.name.text()),
            None => f.write_str(self.name.text()),
        }
    }
}

/// Reduces a header to what makes it different from others: no white space, no underscores, no case, no full width.
pub(super) fn fold(header: &str) -> String {
    let narrow =
        header.chars().map(narrow).filter(|c| !c.is_whitespace() && !matches!(c, '_' | '\u{200B}' | '\u{FEFF}'));
    narrow.flat_map(char::to_lowercase).collect()
}

/// Returns the ASCII character for a full-width one.
pub(super) fn narrow(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(kind: Kind, header: &str) -> Option<String> {
        Field::recognise(kind, header).map(|field| field.to_string())
    }

    #[test]
    fn spaces_case_underscores_and_width_do_not_change_a_header() {
        for header in
            ["externalId", "external id", "External_ID", " EXTERNALID ", "ｅｘｔｅｒｎａｌＩｄ", "\u{FEFF}externalId"]
        {
            assert_eq!(named(Kind::Users, header).as_deref(), Some("externalId"), "{header:?}");
        }
    }

    #[test]
    fn chinese_headers_that_can_mean_one_thing_are_known() {
        for (header, field) in
            [("会员号", "externalId"), ("手 机 号", "phone"), ("昵称", "nickname"), ("注册时间", "createdAt")]
        {
            assert_eq!(named(Kind::Users, header).as_deref(), Some(field), "{header}");
        }
        for (header, field) in
            [("订单号", "orderNo"), ("下单\n时间", "placedAt"), ("订单状态", "status"), ("OPENID", "openId")]
        {
            assert_eq!(named(Kind::Orders, header).as_deref(), Some(field), "{header}");
        }
        // The operator decides which of several amounts, times and numbers is meant.
        for header in ["实付金额", "订单金额", "付款时间", "收货人手机号", "联系电话", "姓名"] {
            assert_eq!(named(Kind::Users, header).or(named(Kind::Orders, header)), None, "{header}");
        }
    }

    #[test]
    fn only_an_open_id_and_a_union_id_of_an_account_have_a_place() {
        assert_eq!(named(Kind::Users, "openId:shop").as_deref(), Some("openId:shop"));
        assert_eq!(named(Kind::Users, "Open ID：Shop").as_deref(), Some("openId:Shop"));
        for header in ["openId:", "phone:shop", "externalId:shop"] {
            assert_eq!(named(Kind::Users, header), None, "{header}");
        }
        assert_eq!(named(Kind::Orders, "openId:shop"), None);
    }

    #[test]
    fn no_two_fields_share_a_header() {
        for kind in [Kind::Users, Kind::Orders] {
            let names = Name::all(kind).iter().flat_map(|name| name.aliases().iter().copied().chain([name.text()]));
            let names: Vec<_> = names.map(fold).collect();
            let mut unique = names.clone();
            unique.sort();
            unique.dedup();
            assert_eq!(unique.len(), names.len());
        }
    }
}
