//! `guiyi import` with the original files of shops and spreadsheets. The columns are those of public lists: see the
//! mappings in `src/cli/import/shops`.

use std::fs;
use std::process::Output;

use encoding_rs::GB18030;

use crate::demo::Workplace;
use crate::workbook::{Value, Workbook};

pub(crate) fn import(place: &Workplace, arguments: &[&str]) -> (bool, String, String) {
    let Output { status, stdout, stderr } = place.run(&[&["--demo", "import"], arguments].concat());
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (status.success(), text(stdout), text(stderr))
}

fn write(place: &Workplace, name: &str, bytes: &[u8]) {
    fs::write(place.folder.path().join(name), bytes).expect("a file");
}

fn gbk(text: &str) -> Vec<u8> {
    let (bytes, _, is_lossy) = GB18030.encode(text);
    assert!(!is_lossy);
    bytes.into_owned()
}

/// What Excel calls Unicode text.
fn utf_16(text: &str) -> Vec<u8> {
    format!("\u{FEFF}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect()
}

const YOUZAN_CUSTOMERS: &str = "客户姓名,客户昵称,客户手机号,客户生日,客户性别,标签,是否会员,成长值,免费等级,付费等级,权益卡,客户积分,\
    客户储值余额,消费次数,消费金额,来源渠道,来源方式,成为客户时间,成为会员时间,公众号,\r\n\
    王兰,小兰,13900000101\t,1990-01-01,女,\"老客,茶\",是,12,,, ,200,10.00,2,300.00,有赞后台,外部导入,2024-01-01 10:00:00,,,\r\n\
    ,伟,13900000102\t, ,其他,,否,2,,, ,10,0.00,0,0.00,微信小程序,登录创建客户,2026-04-15 12:21:29,,,\r\n";

#[test]
fn the_customers_of_youzan_are_imported_as_they_were_exported() {
    let place = Workplace::new();
    write(&place, "客户.CSV", &gbk(YOUZAN_CUSTOMERS));

    let guess = import(&place, &["users", "客户.CSV", "--shop", "youzan"]);
    let no_id = import(&place, &["users", "客户.CSV", "--shop", "youzan", "--encoding", "gbk"]);
    let all = ["users", "客户.CSV", "--shop", "youzan", "--encoding", "gbk", "--external-id-by-phone"];
    let first = import(&place, &all);
    let again = import(&place, &all);

    insta::assert_snapshot!(guess.2, @r#"
    guiyi: 客户.CSV is not UTF-8. It looks like GBK: line 1 would then have "客户姓名". If that is right, repeat the command, with your other options:
      guiyi import users "客户.CSV" --encoding gbk
    "#);
    insta::assert_snapshot!(no_id.2, @r#"
    guiyi: 客户.CSV: no line of the first 20 names the columns; no row was read:
      line 1 has: 客户姓名, 客户昵称, 客户手机号, 客户生日, 客户性别, 标签, 是否会员, 成长值, 免费等级, 付费等级, 权益卡, 客户积分, 客户储值余额, 消费次数, 消费金额, 来源渠道, 来源方式, 成为客户时间, 成为会员时间, 公众号
      no column for externalId: say which column it is with --map "…=externalId"; expected your id of the person, such as C-1001
      Youzan's export of customers has no id of the customer: add a column externalId, for example the yz_open_id from Youzan's interface, or import with --external-id-by-phone
    "#);
    assert_eq!(first.1, "2 created, 0 updated, 0 unchanged, 0 joined, 0 in conflict, 0 bad\n", "{}", first.2);
    assert_eq!(again.1, "0 created, 0 updated, 2 unchanged, 0 joined, 0 in conflict, 0 bad\n", "{}", again.2);
    insta::assert_snapshot!(first.2, @r"
    columns read: 客户昵称 → nickname, 客户手机号 → phone, 成为客户时间 → createdAt
    columns skipped: 客户姓名, 客户生日, 客户性别, 标签, 是否会员, 成长值, 免费等级, 付费等级, 权益卡, 客户积分, 客户储值余额, 消费次数, 消费金额, 来源渠道, 来源方式, 成为会员时间, 公众号
    times without an offset were read as Asia/Shanghai (--timezone)
    ");
    assert!(guess.0 == no_id.0 && first.0 && again.0);
}

/// The export of 人人商城: a title, the header, and orders with the kinds of amounts and times that its users produce.
fn orders_workbook() -> Workbook {
    use Value::{Date, Error, Number, Text};
    let header = [
        "订单编号",
        "粉丝昵称",
        "会员id",
        "openid",
        "商品信息",
        "运费",
        "应收款",
        "状态",
        "下单时间",
        "付款时间",
        "订单备注",
    ];
    let order = |number, open_id, amount, status, placed_at| {
        [
            Text(number),
            Text("小兰"),
            Number("17"),
            Text(open_id),
            Text("茶 x2"),
            Number("0"),
            amount,
            Text(status),
            placed_at,
            Text(""),
            Text(""),
        ]
    };
    Workbook::new()
        .row(1, &[Text("订单数据-2026-01-05-10-00")])
        .row(2, &header.map(Text))
        .row(3, &order("SH20260102030405123456", "oBuyer1", Number("1234.5"), "已完成", Text("2026-01-02 03:04:05")))
        .row(4, &order("SH20260102030405123457", "oBuyer2", Text("¥1,234.50"), "待发货", Date("46024.5")))
        // The same order again, for its second article.
        .row(5, &order("SH20260102030405123457", "oBuyer2", Text("1,234.50元"), "待发货", Text("2026/1/2 12:00")))
        .row(7, &order("SH20260102030405123458", "oBuyer2", Number("0.30000000000000004"), "已关闭", Number("46024.5")))
        .row(8, &order("SH20260102030405123459", "oBuyer2", Error("#REF!"), "待收货", Text("2026-01-02")))
}

#[test]
fn the_orders_of_a_workbook_are_imported_as_they_were_exported() {
    let place = Workplace::new();
    write(&place, "orders.XLSX", &orders_workbook().bytes());
    let all = "orders orders.XLSX --shop ewei-shop --app shop --status 待发货=PAID --status 已关闭=CANCELLED";
    let all: Vec<&str> = all.split(' ').collect();
    let first = import(&place, &all[..6]);
    let second = import(&place, &all);

    assert_eq!(first.1, "1 created, 0 updated, 0 unchanged, 0 joined, 0 in conflict, 4 bad\n", "{}", first.2);
    assert_eq!(second.1, "2 created, 0 updated, 2 unchanged, 0 joined, 0 in conflict, 1 bad\n", "{}", second.2);
    insta::assert_snapshot!(first.2, @r##"
    columns read: 订单编号 → orderNo, openid → openId, 应收款 → amount, 状态 → status, 下单时间 → placedAt
    columns skipped: 粉丝昵称, 会员id, 商品信息, 运费, 付款时间, 订单备注
    times without an offset were read as Asia/Shanghai (--timezone)
    line 4: 状态 (status): "待发货": not a status: --status "待发货=…" says which it is; expected PENDING, PAID, SHIPPED, COMPLETED, CANCELLED or REFUNDED
    line 5: 状态 (status): "待发货": not a status: --status "待发货=…" says which it is; expected PENDING, PAID, SHIPPED, COMPLETED, CANCELLED or REFUNDED
    line 7: 状态 (status): "已关闭": not a status: --status "已关闭=…" says which it is; expected PENDING, PAID, SHIPPED, COMPLETED, CANCELLED or REFUNDED
    line 8: 应收款 (amount): "#REF!": no value; expected an amount such as 128.50, ¥1,234.50 or 12.5元
    guiyi: 4 row(s) were not imported
    "##);
}

#[test]
fn the_members_of_a_tab_separated_text_are_imported_as_they_were_exported() {
    let place = Workplace::new();
    let members = "会员数据-2026-01-05-10-00\r\n\
        昵称\t姓名\t手机号\topenid\t会员等级\t会员分组\t注册时间\t积分\t余额\t成交订单数\t成交总金额\r\n\
        小兰\t王兰\t13900000201\toMember1\t普通会员\t无分组\t2019/3/2 9:00\t0\t0\t1\t\"1,234.50\"\r\n\
        \"小\"\"伟\"\t\t\toMember2\t普通会员\t无分组\t1970-01-01 08:00\t0\t0\t0\t0\r\n";
    write(&place, "members.txt", &utf_16(members));

    let imported = import(&place, &["users", "members.txt", "--shop", "ewei-shop", "--app", "shop"]);

    assert_eq!(imported.1, "2 created, 0 updated, 0 unchanged, 0 joined, 0 in conflict, 0 bad\n", "{}", imported.2);
    insta::assert_snapshot!(imported.2, @r"
    columns read: 昵称 → nickname, 手机号 → phone, openid → externalId, openid → openId:shop, 注册时间 → createdAt
    columns skipped: 姓名, 会员等级, 会员分组, 积分, 余额, 成交订单数, 成交总金额
    times without an offset were read as Asia/Shanghai (--timezone)
    ");
}

#[test]
fn a_cell_that_a_workbook_has_changed_is_a_bad_row() {
    use Value::{At, Date, Formula, Nothing, Number, Text, Truth};
    let place = Workplace::new();
    let workbook = Workbook::new()
        .row(1, &[Text("会员号"), Text("手机号"), Text("注册时间"), Text("openId:shop")])
        .row(2, &[Number("1001"), Number("13900000501"), Date("44561"), Text("oBook1")])
        .row(3, &[Number("400000000000000000"), Nothing, Nothing, Nothing])
        .row(4, &[Date("46023"), Nothing, Nothing, Nothing])
        .row(5, &[Text("C-5"), Number("1.39E+15"), Nothing, Nothing])
        .row(6, &[Text("C-6"), Nothing, Formula("NOW()", None), Nothing])
        .row(7, &[Text("C-7"), Nothing, Truth, Nothing])
        .row(8, &[Formula("1000+8", Some("1008")), Nothing, Nothing, Number("12.5")])
        .row(9, &[At("C9", "46023")]);
    write(&place, "users.xlsx", &workbook.counting_from_1904().bytes());

    let imported = import(&place, &["users", "users.xlsx"]);

    assert_eq!(imported.1, "1 created, 0 updated, 0 unchanged, 0 joined, 0 in conflict, 7 bad\n", "{}", imported.2);
    insta::assert_snapshot!(imported.2, @r#"
    columns read: 会员号 → externalId, 手机号 → phone, 注册时间 → createdAt
    times without an offset were read as Asia/Shanghai (--timezone)
    line 3: 会员号 (externalId): "400000000000000000": a number of more than 15 digits, of which the spreadsheet has lost the last ones: format the column as text; expected your id of the person, such as C-1001
    line 4: 会员号 (externalId): "2030-01-02": a date, which the spreadsheet has made of it: format the column as text; expected your id of the person, such as C-1001
    line 5: 手机号 (phone): "139***********00": a number of more than 15 digits, of which the spreadsheet has lost the last ones: format the column as text; expected a phone number such as 13800000001 or +85251234567
    line 6: 注册时间 (createdAt): "a formula that was not calculated": no value; expected a time such as 2026-01-02 03:04:05, 2026/1/2 3:04 or 2026-01-02T03:04:05+08:00
    line 7: 注册时间 (createdAt): "TRUE": not a time; expected a time such as 2026-01-02 03:04:05, 2026/1/2 3:04 or 2026-01-02T03:04:05+08:00
    line 8: openId:shop: "12.5": a number with a sign or a fraction; expected an openId such as o6_bmjrPTlm6_2sgVt7hMZOPfL2M
    line 9: 注册时间 (createdAt): "46023": in the future; expected a time such as 2026-01-02 03:04:05, 2026/1/2 3:04 or 2026-01-02T03:04:05+08:00
    guiyi: 7 row(s) were not imported
    "#);
}

#[test]
fn an_export_of_orders_that_does_not_name_the_buyers_says_what_to_do() {
    let place = Workplace::new();
    let youzan = "订单号,订单状态,订单创建时间,应收订单金额,订单实付金额,收货人/提货人,买家手机号\nE1,待发货,2026-01-02 03:04:05,10,10,王,1\n";
    let wechat = "订单号\t订单下单时间\t订单状态\t订单实际支付金额\t商品名称\t商品编码(平台)\n1\t2026-01-02 03:04:05\t已付款\t10\t茶\t1\n";
    write(&place, "youzan.csv", youzan.as_bytes());
    write(&place, "wechat.tsv", wechat.as_bytes());

    let youzan = import(&place, &["orders", "youzan.csv", "--shop", "youzan", "--app", "shop"]);
    let wechat = import(&place, &["orders", "wechat.tsv", "--shop", "wechat-shop", "--app", "mini"]);

    insta::assert_snapshot!(format!("{}{}", youzan.2, wechat.2), @r#"
    guiyi: youzan.csv: line 1: the header does not fit; no row was read:
      no column for openId: say which column it is with --map "…=openId"; expected an openId such as o6_bmjrPTlm6_2sgVt7hMZOPfL2M
      Youzan's export of orders does not say who placed an order: add a column openId, or let your system report orders by recordOrders
    guiyi: wechat.tsv: line 1: the header does not fit; no row was read:
      no column for openId: say which column it is with --map "…=openId"; expected an openId such as o6_bmjrPTlm6_2sgVt7hMZOPfL2M
      WeChat Shop's export does not say who placed an order: add a column openId from its order interface, or let your system report orders by recordOrders
    "#);
}

#[test]
fn a_name_that_reads_well_in_two_encodings_is_asked_back_and_then_right() {
    let place = Workplace::new();
    // In UTF-8 the two bytes are a Greek letter.
    write(&place, "users.csv", &gbk("externalId,nickname\nC-1,伟\n"));

    let asked = import(&place, &["users", "users.csv"]);
    let answered = import(&place, &["users", "users.csv", "--encoding", "gbk", "--dry-run"]);

    insta::assert_snapshot!(asked.2, @r#"
    guiyi: users.csv may be GBK or UTF-8: line 2 has "伟" in GBK, and "ΰ" in UTF-8. To say which is right, repeat the command, with your other options:
      guiyi import users "users.csv" --encoding gbk
      guiyi import users "users.csv" --encoding utf-8
    "#);
    assert!(!asked.0 && asked.1.is_empty() && answered.0, "{answered:?}");
}

#[test]
fn a_mapping_file_reads_a_company_of_its_own() {
    let place = Workplace::new();
    place.write(
        "ours.toml",
        "app = \"shop\"\ncurrency = \"CNY\"\n[columns]\n\"单号\" = \"orderNo\"\n\"买家\" = \"openId\"\n\"合计\" = \"amount\"\n\"备注\" = \"-\"\n\
         [statuses]\n\"配货中\" = \"PAID\"\n",
    );
    place.write(
        "orders.csv",
        "单号;买家;订单状态;合计;下单时间;备注\nA-1;oBuyer;配货中;1,234.50;2026年1月2日 3:04;快\n",
    );

    let imported = import(&place, &["orders", "orders.csv", "--mapping", "ours.toml", "--timezone", "Asia/Tokyo"]);

    assert_eq!(imported.1, "1 created, 0 updated, 0 unchanged, 0 joined, 0 in conflict, 0 bad\n", "{}", imported.2);
    assert!(imported.2.ends_with("times without an offset were read as Asia/Tokyo (--timezone)\n"), "{}", imported.2);
}

#[test]
fn totals_of_articles_in_place_of_the_orders_are_noticed() {
    let place = Workplace::new();
    let rows = ["A1,3.00", "A1,4.00", "A2,5.00", "A2,5.00", "A1,3.00"]
        .map(|row| format!("{row},oBuyer,PAID,2026-01-02T00:00:00Z\n"));
    place.write("orders.csv", &format!("orderNo,amount,openId,status,placedAt\n{}", rows.concat()));

    let imported = import(&place, &["orders", "orders.csv", "--app", "shop", "--currency", "CNY", "--dry-run"]);

    let expected = "1 row(s) repeat the order of the row before with another amount: map the total of the order, not that of an article\n";
    assert_eq!(imported.2, expected);
}

#[test]
fn a_bad_value_is_named_with_its_column_and_an_example() {
    let place = Workplace::new();
    place.write(
        "users.csv",
        "会员号,手机号,注册时间,lastProofAt,openId:shop\n\
         C-1,138-0013-80,,,\n\
         C-2,,2026-13-01,,\n\
         C-3,,,2999-01-01,\n\
         4.00E+17,,,,\n\
         C-5,,,,null\n\
         C-6,,,,\"=\"\"oABC123\"\"\"\n\
         ,13900000301,,,\n",
    );
    place.write(
        "orders.csv",
        "app,orderNo,openId,status,amount,currency,placedAt\n\
         shop,A1,oLan,PAID,-5.00,CNY,2026-01-01\n\
         shop,A2,oLan,PAID,\"12,50\",CNY,2026-01-01\n\
         shop,A3,oLan,PAID,$5,CNY,2026-01-01\n\
         shop,A4,oLan,PAID,5,CNY,2999/1/1\n\
         shop,A5,oLan,PAID,5,CNY,1970-01-01\n\
         shop,4.00E+17,oLan,PAID,5,CNY,2026-01-01\n\
         nowhere,A7,oLan,PAID,5,CNY,2026-01-01\n\
         shop,A8,oLan,PAID,5,XXY,2026-01-01\n\
         shop,A9,,PAID,5,CNY,2026-01-01\n",
    );

    let users = import(&place, &["users", "users.csv", "--report", "report.csv"]);
    let orders = import(&place, &["orders", "orders.csv"]);

    insta::assert_snapshot!(users.2, @r#"
    columns read: 会员号 → externalId, 手机号 → phone, 注册时间 → createdAt
    times without an offset were read as Asia/Shanghai (--timezone)
    line 2: 手机号 (phone): "138-****-80": not a valid phone number; expected a phone number such as 13800000001 or +85251234567
    line 3: 注册时间 (createdAt): "2026-13-01": not a time; expected a time such as 2026-01-02 03:04:05, 2026/1/2 3:04 or 2026-01-02T03:04:05+08:00
    line 4: lastProofAt: "2999-01-01": in the future; expected a time such as 2026-01-02 03:04:05, 2026/1/2 3:04 or 2026-01-02T03:04:05+08:00
    line 5: 会员号 (externalId): "4.00E+17": a number that a spreadsheet has rounded: export it again with the column as text; expected your id of the person, such as C-1001
    line 6: openId:shop: "null": the open id is a placeholder for no value; expected an openId such as o6_bmjrPTlm6_2sgVt7hMZOPfL2M
    line 8: 会员号 (externalId): the external id is empty; expected your id of the person, such as C-1001
    guiyi: 6 row(s) were not imported
    "#);
    insta::assert_snapshot!(orders.2, @r#"
    times without an offset were read as Asia/Shanghai (--timezone)
    line 2: amount: "-5.00": negative: a refund is the status REFUNDED of its order; expected an amount such as 128.50, ¥1,234.50 or 12.5元
    line 3: amount: "12,50": not an amount; expected an amount such as 128.50, ¥1,234.50 or 12.5元
    line 4: amount: "$5": "$" is not CNY; expected an amount such as 128.50, ¥1,234.50 or 12.5元
    line 5: placedAt: "2999/1/1": in the future; expected a time such as 2026-01-02 03:04:05, 2026/1/2 3:04 or 2026-01-02T03:04:05+08:00
    line 6: placedAt: "1970-01-01": no time; expected a time such as 2026-01-02 03:04:05, 2026/1/2 3:04 or 2026-01-02T03:04:05+08:00
    line 7: orderNo: "4.00E+17": a number that a spreadsheet has rounded: export it again with the column as text; expected an order number such as S-1
    line 8: app: "nowhere": unknown app; expected the name of an app in the configuration
    line 9: currency: "XXY": not a currency; expected a code of ISO 4217 such as CNY
    line 10: openId: empty; expected an openId such as o6_bmjrPTlm6_2sgVt7hMZOPfL2M
    guiyi: 9 row(s) were not imported
    "#);
    assert!(users.1.starts_with("1 created") && orders.1.starts_with("0 created"), "{} {}", users.1, orders.1);
}

#[test]
fn the_report_opens_in_a_spreadsheet_and_reads_back() {
    let place = Workplace::new();
    place.write("users.csv", "externalId,nickname,openId:shop\n=1+1,小兰,\nC-2,小伟,oReport\n");

    import(&place, &["users", "users.csv", "--report", "report.csv"]);
    let report = fs::read_to_string(place.folder.path().join("report.csv")).expect("a report");
    let again =
        import(&place, &["users", "report.csv", "--map", "id=externalId", "--ignore-other-columns", "--dry-run"]);

    assert_eq!(report, "\u{FEFF}line,id,outcome,key,other,reason\n2,'=1+1,created,,,\n3,C-2,created,,,\n");
    // The apostrophe that makes the first id harmless is not part of the id.
    assert_eq!(
        again.1, "0 would be created, 0 would be updated, 2 unchanged, 0 would be joined, 0 in conflict, 0 bad\n",
        "{}",
        again.2
    );
}

#[test]
fn a_file_that_cannot_be_meant_is_refused_before_any_row() {
    let place = Workplace::new();
    place.write("users.csv", "externalId,phone\nC-1,13900000401\n");
    place.write("book.csv", "PK\u{3}\u{4}");
    place.write("page.xlsx", "<html><table></table></html>");
    place.write("old.xls", "");

    for (arguments, expected) in [
        (&["users", "missing.csv"][..], "missing.csv cannot be read"),
        (&["users", "."], "must end in .csv, .txt, .tsv, .xlsx, .jsonl or .ndjson"),
        (&["users", "book.csv"], "give it the ending .xlsx"),
        (&["users", "page.xlsx"], "not that of an .xlsx workbook"),
        (&["users", "old.xls"], "save it as .xlsx or CSV"),
        (&["users", "users.csv", "--report", "./users.csv"], "the report would overwrite the file"),
        (&["orders", "users.csv", "--currency", "XXY"], "--currency: "),
        (&["users", "users.csv", "--sheet", "a"], "has no sheets"),
        (&["users", "users.csv", "--app", "nowhere"], "there is no app \"nowhere\""),
        (&["users", "users.csv", "--map", "phone=externalId"], "externalId is in two columns"),
        (&["users", "users.csv", "--map", "mail=phone"], "--map names \"mail\""),
        (&["users", "users.csv", "--mapping", "none.toml"], "none.toml cannot be read"),
        (&["users", "users.csv", "--shop", "wechat-shop"], "no public export of users"),
        (&["users", "users.csv", "--timezone", "Shanghai"], "is no time zone"),
        (&["users", "users.csv", "--delimiter", "x"], "expected , ; | or tab"),
        (&["users", "users.csv", "--currency", "CNY"], "are for orders"),
    ] {
        let (is_done, printed, said) = import(&place, arguments);
        assert!(!is_done && printed.is_empty() && said.contains(expected), "{arguments:?}: {said}");
    }
    assert!(!place.folder.path().join("guiyi.db").exists());
}
