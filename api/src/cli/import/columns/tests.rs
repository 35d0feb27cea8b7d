//! Tests of the columns of a header.

use super::super::mapping::Pair;
use super::*;

fn columns(kind: Kind, map: &[&str], more: fn(&mut Mapping)) -> Columns {
    let pairs: Vec<Pair> = map.iter().map(|pair| pair.parse().expect("a pair")).collect();
    let mut mapping = Mapping::of_arguments(kind, &pairs, &[]).expect("a mapping");
    more(&mut mapping);
    Columns::of_test(kind, mapping)
}

fn record(names: &[&str]) -> Record {
    let cells = names.iter().map(|name| Cell::Text((*name).to_owned())).collect();
    Record { line: 3, cells, flaw: None }
}

fn fields(header: &Header) -> Vec<String> {
    let shown = |fields: &Vec<(Field, Arc<str>)>| {
        fields.iter().map(|(field, _)| field.to_string()).collect::<Vec<_>>().join("+")
    };
    header.columns.iter().map(shown).collect()
}

#[test]
fn a_header_with_the_fields_own_names_needs_no_note() {
    let columns = columns(Kind::Users, &[], |_| {});

    let header = columns.header(&record(&["externalId", "phone", "openId:shop", "unionId:hemu"])).expect("a header");

    assert_eq!(fields(&header), ["externalId", "phone", "openId:shop", "unionId:hemu"]);
    assert_eq!(header.note, None);
}

#[test]
fn what_is_read_and_what_is_skipped_is_said() {
    let columns = columns(Kind::Users, &["openid=externalId", "openid=openId", "备注=-"], |mapping| {
        mapping.app = Some("shop".to_owned());
        mapping.ignores_others = true;
    });

    let header =
        columns.header(&record(&["OPENID", "手机号", "备注", "积分", "积分", "unionid", "", ""])).expect("a header");

    assert_eq!(fields(&header), ["externalId+openId:shop", "phone", "", "", "", "unionId:hemu", "", ""]);
    assert_eq!(header.width, 6);
    insta::assert_snapshot!(header.note.expect("a note"), @"
    columns read: OPENID → externalId, OPENID → openId:shop, 手机号 → phone, unionid → unionId:hemu
    columns skipped: 备注, 积分, 积分
    ");
}

#[test]
fn all_mistakes_of_a_header_are_said_at_once() {
    let columns = columns(Kind::Orders, &["单号=orderNo"], |mapping| mapping.currency = Some("CNY".to_owned()));

    let mistakes =
        columns.header(&record(&["订单号", "openId", "Open_ID", "订单编号", "currency", "实付金额", "备注"]));

    insta::assert_snapshot!(mistakes.expect_err("mistakes"), @r#"
    line 3: the header does not fit; no row was read:
      openId is in two columns, "openId" and "Open_ID": give one another name
      orderNo is in two columns, "订单号" and "订单编号": skip one with --map "订单编号=-"
      the column "currency" and --currency both say the currency: leave one out
      --map names "单号", which is no column of the file
      no column for app: --app NAME says it for the whole file; the apps are shop, club
      no column for status: say which column it is with --map "…=status"; expected PENDING, PAID, SHIPPED, COMPLETED, CANCELLED or REFUNDED
      no column for amount: say which column it is with --map "…=amount"; expected an amount such as 128.50, ¥1,234.50 or 12.5元
      no column for placedAt: say which column it is with --map "…=placedAt"; expected a time such as 2026-01-02 03:04:05, 2026/1/2 3:04 or 2026-01-02T03:04:05+08:00
      unknown column(s) "实付金额", "备注": say what each is (--map "会员号=externalId"), or skip it (--map "备注=-", --ignore-other-columns)
    "#);
}

#[test]
fn an_app_or_a_scope_that_is_not_there_is_a_mistake_of_the_header() {
    let columns = columns(Kind::Users, &[], |_| {});

    let mistakes = columns.header(&record(&["externalId", "openId:nowhere", "unionId:nowhere", "openid"]));

    insta::assert_snapshot!(mistakes.expect_err("mistakes"), @r#"
    line 3: the header does not fit; no row was read:
      openId:nowhere: there is no app "nowhere"; expected one of: shop, club
      unionId:nowhere: there is no union scope "nowhere"; expected one of: hemu
      openId needs its app: --app NAME, or openId:NAME; expected one of: shop, club
    "#);
}

#[test]
fn a_title_is_no_header() {
    let orders = columns(Kind::Orders, &[], |_| {});
    let mut by_phone = columns(Kind::Users, &[], |_| {});
    by_phone.by_phone = true;

    assert!(!orders.is_header(&record(&["2026年1月订单", "", "导出时间"])));
    assert!(orders.is_header(&record(&["下单时间", "订单号"])));
    assert!(by_phone.is_header(&record(&["昵称", "手机号"])));
    assert_eq!(orders.fit(&record(&["下单时间", "订单号", "备注"])), 2);
    assert_eq!(orders.fit(&record(&["下单时间", "备注"])), 0);
}
