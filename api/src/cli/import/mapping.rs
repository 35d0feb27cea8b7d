//! Which column of a shop's file is which field, and which of its words is which status: from `--map`, `--status`, a mapping
//! file, and the mappings of shops that are built in.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::str::FromStr;

use clap::ValueEnum;
use domain::order::OrderStatus;
use serde::Deserialize;

use super::Kind;
use super::field::{Field, fold};
use crate::cli::Failure;
use crate::cli::words::because;
use crate::error::Language;
use crate::text::{Text, text};

/// A shop whose export has a public list of columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Shop {
    /// 有赞
    Youzan,
    /// 微信小店（视频号小店）
    #[value(name = "wechat-shop")]
    Wechat,
    /// 人人商城 (`ewei_shopv2`)
    #[value(name = "ewei-shop")]
    Ewei,
}

impl Shop {
    /// Returns the mapping of the shop's export.
    fn mapping(self, kind: Kind) -> Option<&'static str> {
        match (self, kind) {
            (Self::Youzan, Kind::Users) => Some(include_str!("shops/youzan-users.toml")),
            (Self::Youzan, Kind::Orders) => Some(include_str!("shops/youzan-orders.toml")),
            (Self::Wechat, Kind::Orders) => Some(include_str!("shops/wechat-shop-orders.toml")),
            (Self::Ewei, Kind::Users) => Some(include_str!("shops/ewei-shop-users.toml")),
            (Self::Ewei, Kind::Orders) => Some(include_str!("shops/ewei-shop-orders.toml")),
            (Self::Wechat, Kind::Users) => None,
        }
    }
}

/// What a header means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    Fields(Vec<Field>),
    /// Nothing that Guiyi keeps: `-`.
    Skipped,
}

/// `会员号=externalId` of `--map`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pair(pub(super) String, pub(super) String);

impl FromStr for Pair {
    type Err = Text;

    fn from_str(text: &str) -> Result<Self, Text> {
        // The name of a field has no equals sign; a header may have one.
        let pair = text.rsplit_once('=').filter(|(left, right)| !left.trim().is_empty() && !right.trim().is_empty());
        let (left, right) = pair.ok_or_else(|| {
            text!("{text:?} is not of the form \"会员号=externalId\"", "{text:?} 的格式应为 \"会员号=externalId\"")
        })?;
        Ok(Self(left.trim().to_owned(), right.trim().to_owned()))
    }
}

/// All mappings of an import, the operator's own before those of the shop.
#[derive(Debug, Default)]
pub(super) struct Mapping {
    /// By folded header.
    columns: BTreeMap<String, Meaning>,
    /// The headers of `--map`, which the file must have.
    pub(super) demanded: Vec<String>,
    statuses: BTreeMap<String, OrderStatus>,
    pub(super) app: Option<String>,
    pub(super) currency: Option<String>,
    pub(super) ignores_others: bool,
    /// What the shop's export lacks, and where to get it.
    pub(super) hint: Option<Text>,
}

/// A mapping file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct MappingFile {
    columns: BTreeMap<String, OneOrMore>,
    statuses: BTreeMap<String, String>,
    app: Option<String>,
    currency: Option<String>,
    ignore_other_columns: bool,
    hint: Option<String>,
    /// The hint in Chinese, if the other is not.
    hint_zh: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl Mapping {
    /// Adds `--map` and `--status`. Several `--map` of one column give it several fields.
    pub(super) fn of_arguments(kind: Kind, columns: &[Pair], statuses: &[Pair]) -> Result<Self, Failure> {
        let mut mapping = Self::default();
        let mut meanings: BTreeMap<String, (String, Vec<String>)> = BTreeMap::new();
        for Pair(header, field) in columns {
            let (_, fields) = meanings.entry(fold(header)).or_insert_with(|| (header.clone(), Vec::new()));
            fields.push(field.clone());
        }
        for (folded, (header, fields)) in meanings {
            mapping.columns.insert(folded, meaning(kind, &header, &fields)?);
            mapping.demanded.push(header);
        }
        for Pair(word, status) in statuses {
            mapping.statuses.insert(fold(word), status_of(status)?);
        }
        Ok(mapping)
    }

    /// Adds a mapping file below what is there.
    pub(super) fn add_file(&mut self, kind: Kind, file: &Path) -> Result<(), Failure> {
        let text = fs::read_to_string(file)
            .map_err(|e| because(text!("{path} cannot be read", "无法读取 {path}", path = file.display()), e))?;
        self.add(kind, &text).map_err(|reason| because(text!("{path}", "{path}", path = file.display()), reason))
    }

    /// Adds the mapping of a shop below what is there.
    pub(super) fn add_shop(&mut self, kind: Kind, shop: Shop) -> Result<(), Failure> {
        let text = shop.mapping(kind).ok_or_else(|| {
            text!(
                "this shop has no public export of {kind}",
                "该店铺系统没有公开 {kind} 的导出格式",
                kind = kind.name()
            )
        })?;
        self.add(kind, text)
    }

    fn add(&mut self, kind: Kind, text: &str) -> Result<(), Failure> {
        let text = text.trim_start_matches('\u{FEFF}');
        let file: MappingFile = toml::from_str(text).map_err(|error| of_toml(&error))?;
        for (header, fields) in file.columns {
            let fields = match fields {
                OneOrMore::One(field) => vec![field],
                OneOrMore::More(fields) => fields,
            };
            let meaning = meaning(kind, &header, &fields)?;
            self.columns.entry(fold(&header)).or_insert(meaning);
        }
        for (word, status) in file.statuses {
            let status = status_of(&status)?;
            self.statuses.entry(fold(&word)).or_insert(status);
        }
        self.app = self.app.take().or(file.app);
        self.currency = self.currency.take().or(file.currency);
        let hint = file.hint.map(|hint| Text::new(hint.clone(), file.hint_zh.unwrap_or(hint)));
        self.hint = self.hint.take().or(hint);
        self.ignores_others |= file.ignore_other_columns;
        Ok(())
    }

    /// Returns what a header means, if a mapping has it.
    pub(super) fn meaning(&self, header: &str) -> Option<&Meaning> {
        self.columns.get(&fold(header))
    }

    /// Returns the status that a word stands for: by a mapping, as one of Guiyi's own, or as its plain name in Chinese.
    pub(super) fn status(&self, word: &str) -> Option<OrderStatus> {
        let word = fold(word);
        let plain = match word.as_str() {
            "待付款" => Some(OrderStatus::Pending),
            "已付款" => Some(OrderStatus::Paid),
            "已发货" => Some(OrderStatus::Shipped),
            "已完成" => Some(OrderStatus::Completed),
            "已取消" => Some(OrderStatus::Cancelled),
            "已退款" => Some(OrderStatus::Refunded),
            _ => word.to_uppercase().parse().ok(),
        };
        self.statuses.get(&word).copied().or(plain)
    }
}

fn meaning(kind: Kind, header: &str, fields: &[String]) -> Result<Meaning, Failure> {
    if fields.iter().any(|field| field == "-") {
        if fields.len() == 1 {
            return Ok(Meaning::Skipped);
        }
        return Err(text!(
            "{header:?}: \"-\" skips the column, and cannot be one of several fields",
            "{header:?}：\"-\" 表示忽略该列，不能与其他字段同时使用"
        )
        .into());
    }
    let read = |field: &String| {
        let names = super::field::Name::all(kind).iter().map(|name| name.text()).collect::<Vec<_>>().join(", ");
        Field::parse(kind, field).ok_or_else(|| {
            text!(
                "{header:?} cannot be {field:?}: the columns of {kind} are {names}, or - to skip one",
                "{header:?} 不能对应 {field:?}：{kind} 的字段有 {names}；- 表示忽略该列",
                kind = kind.name()
            )
        })
    };
    let fields: Vec<Field> = fields.iter().map(read).collect::<Result<_, _>>()?;
    let has = |name| fields.iter().any(|field| field.name == name);
    if has(super::field::Name::ExternalId) && has(super::field::Name::Phone) {
        return Err(text!(
            "{header:?}: a phone number cannot be an externalId: numbers change hands, and Guiyi stores none in clear",
            "{header:?}：手机号不能用作 externalId：号码会换人使用，而且 Guiyi 不以明文保存手机号"
        )
        .into());
    }
    Ok(Meaning::Fields(fields))
}

/// Translates the lines of a message of TOML; those that show the file stay as they are.
fn of_toml(error: &toml::de::Error) -> Text {
    let english = error.to_string();
    let chinese = |line: &str| {
        let is_of_file = line.contains(" | ") || line.trim() == "|";
        if is_of_file { line.to_owned() } else { Text::foreign(line).in_language(Language::ZhCn).to_owned() }
    };
    let chinese: Vec<String> = english.lines().map(chinese).collect();
    Text::new(english.clone(), chinese.join("\n"))
}

fn status_of(text: &str) -> Result<OrderStatus, Failure> {
    let expected = super::field::Name::Status.expected();
    let unknown = || text!("{text:?} is not a status: expected ", "{text:?} 不是订单状态：应为").then(&expected);
    text.trim().to_uppercase().parse().map_err(|_| unknown().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(texts: &[&str]) -> Vec<Pair> {
        texts.iter().map(|text| text.parse().expect("a pair")).collect()
    }

    fn fields(mapping: &Mapping, header: &str) -> Vec<String> {
        match mapping.meaning(header) {
            Some(Meaning::Fields(fields)) => fields.iter().map(ToString::to_string).collect(),
            Some(Meaning::Skipped) => vec!["-".to_owned()],
            None => Vec::new(),
        }
    }

    #[test]
    fn the_operators_own_mapping_comes_before_that_of_a_file() {
        let mut mapping = Mapping::of_arguments(
            Kind::Users,
            &pairs(&["会员 号=externalId", "openid=externalId", "openid=openId:mini"]),
            &[],
        )
        .expect("a mapping");
        mapping
            .add(Kind::Users, "ignore_other_columns = true\n[columns]\n\"会员号\" = \"nickname\"\n\"电话\" = [\"phone\"]\n\"备注\" = \"-\"\n")
            .expect("a mapping file");

        assert_eq!(fields(&mapping, "会员号"), ["externalId"]);
        assert_eq!(fields(&mapping, "OpenID"), ["externalId", "openId:mini"]);
        assert_eq!(fields(&mapping, "电话"), ["phone"]);
        assert_eq!(fields(&mapping, "备注"), ["-"]);
        assert!(mapping.ignores_others && mapping.demanded == ["openid", "会员 号"]);
    }

    #[test]
    fn a_status_is_mapped_or_plain_and_never_guessed() {
        let mapping =
            Mapping::of_arguments(Kind::Orders, &[], &pairs(&["待发货=PAID", "已完成=refunded"])).expect("a mapping");

        for (word, status) in [
            ("待发货", Some(OrderStatus::Paid)),
            ("已完成", Some(OrderStatus::Refunded)),
            ("paid", Some(OrderStatus::Paid)),
            (" 已取消 ", Some(OrderStatus::Cancelled)),
            // Unpaid or refunded: the word does not tell which.
            ("交易关闭", None),
            ("", None),
        ] {
            assert_eq!(mapping.status(word), status, "{word}");
        }
    }

    #[test]
    fn a_mapping_that_cannot_be_meant_is_refused() {
        let of =
            |columns: &[&str], statuses: &[&str]| Mapping::of_arguments(Kind::Users, &pairs(columns), &pairs(statuses));
        for (columns, statuses) in [
            (&["手机=telephone"][..], &[][..]),
            (&["手机=orderNo"], &[]),
            (&["手机=phone", "手机=-"], &[]),
            (&["手机=phone", "手机=externalId"], &[]),
            (&[], &["待发货=SENT"]),
        ] {
            assert!(of(columns, statuses).is_err(), "{columns:?} {statuses:?}");
        }
        assert!(Mapping::default().add(Kind::Users, "[colums]\n").is_err());
        for text in ["手机", "=phone", "手机="] {
            assert!(text.parse::<Pair>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_mappings_of_shops_are_sound() {
        for shop in Shop::value_variants() {
            for kind in [Kind::Users, Kind::Orders] {
                let mut mapping = Mapping::default();
                assert_eq!(mapping.add_shop(kind, *shop).is_ok(), shop.mapping(kind).is_some(), "{shop:?} {kind:?}");
                let has_chinese = |hint: &Text| hint.in_language(Language::ZhCn) != hint.to_string();
                assert!(mapping.hint.as_ref().is_none_or(has_chinese), "{shop:?} {kind:?}: add hint_zh");
            }
        }
    }
}
