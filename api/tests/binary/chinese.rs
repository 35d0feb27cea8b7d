//! `guiyi import` and `guiyi check-data` for an operator whose language is Chinese.

use std::fs;

use crate::demo::Workplace;

/// Runs a command in Chinese. Returns whether it succeeded, its output and its messages.
fn chinese(place: &Workplace, arguments: &[&str]) -> (bool, String, String) {
    let mut command = place.command(&[&["--demo"], arguments].concat());
    let output = command.env_remove("LC_ALL").env_remove("LC_MESSAGES").env("LANG", "zh_CN.UTF-8").output();
    let output = output.expect("the binary runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (output.status.success(), text(output.stdout), text(output.stderr))
}

#[test]
fn bad_rows_of_accounts_are_named_in_chinese_and_the_columns_of_the_report_are_not() {
    let place = Workplace::new();
    place.write(
        "users.csv",
        "会员号,手机号,注册时间,lastProofAt,openId:shop\n\
         C-1,138-0013-80,,,\n\
         C-2,,2026-13-01,,\n\
         C-3,,,2999-01-01,\n\
         4.00E+17,,,,\n\
         C-5,,,,null\n\
         C-6,4008001234,,,\n\
         C-7,\"1\n",
    );

    let (success, summary, said) = chinese(&place, &["import", "users", "users.csv", "--report", "report.csv"]);
    let report = fs::read_to_string(place.folder.path().join("report.csv")).expect("a report");

    assert!(!success);
    insta::assert_snapshot!(format!("{summary}{said}"), @r##"
    新建 0，更新 0，不变 0，归并 0，冲突 0，错误 7
    读取的列：会员号 → externalId, 手机号 → phone, 注册时间 → createdAt
    没有时区偏移的时间按 Asia/Shanghai 读取（--timezone）
    第 2 行：手机号（phone）："138-****-80"：不是有效的手机号；应为手机号，例如 13800000001 或 +85251234567
    第 3 行：注册时间（createdAt）："2026-13-01"：不是时间；应为时间，例如 2026-01-02 03:04:05、2026/1/2 3:04 或 2026-01-02T03:04:05+08:00
    第 4 行：lastProofAt："2999-01-01"：晚于当前时间；应为时间，例如 2026-01-02 03:04:05、2026/1/2 3:04 或 2026-01-02T03:04:05+08:00
    第 5 行：会员号（externalId）："4.00E+17"：被电子表格舍入的数字：请将该列设为文本格式后重新导出；应为公司内部的用户 ID，例如 C-1001
    第 6 行：openId:shop："null"：openId 是表示“无值”的占位符；应为 openId，例如 o6_bmjrPTlm6_2sgVt7hMZOPfL2M
    第 7 行：手机号（phone）："400*****34"：是企业号码（400、800 或付费号码），不是个人手机号；应为手机号，例如 13800000001 或 +85251234567
    第 8 行：引号没有闭合：文件其余部分都被当作本行的一部分，未导入
    guiyi: 7 行未导入
    "##);
    let mut lines = report.lines();
    assert_eq!(lines.next(), Some("\u{FEFF}line,id,outcome,key,other,reason"));
    insta::assert_snapshot!(lines.next().expect("a row"), @r##"2,C-1,bad,phone,,"手机号（phone）：""138-****-80""：不是有效的手机号；应为手机号，例如 13800000001 或 +85251234567""##);
}

#[test]
fn bad_rows_of_orders_are_named_in_chinese() {
    let place = Workplace::new();
    place.write(
        "orders.csv",
        "app,orderNo,openId,status,amount,currency,placedAt,items\n\
         shop,A1,oLan,PAID,5.00,CNY,2026-01-01,\n\
         shop,A1,oWei,PAID,5.00,CNY,2026-01-01,\n\
         shop,A2,oLan,PAID,-5.00,CNY,2026-01-01,\n\
         shop,A3,oLan,PAID,5.001,CNY,2026-01-01,\n\
         shop,A4,oLan,PAID,$5,CNY,1970-01-01,\n\
         shop,NULL,oLan,PAID,5,CNY,2026-01-01,\n\
         nowhere,A6,oLan,PAID,5,CNY,2026-01-01,\n\
         shop,A7,oLan,待发货,5,CNY,2026-01-01,\n\
         shop,A8,,PAID,5,CNY,2026-01-01,\n\
         shop,A9,oLan,PAID,5,CNY,2026-01-01,\"[{\"\"title\"\":\"\"茶\"\",\"\"quantity\"\":0,\"\"unitPrice\"\":\"\"5\"\"}]\"\n\
         shop,A10,oLan,PAID,5,CNY,2026-01-01,\"[{\"\"title\"\":5}]\"\n",
    );
    place.write("orders.jsonl", "{\"app\":\"nowhere\"}\nnot json\n[]\n");

    let table = chinese(&place, &["import", "orders", "orders.csv"]);
    let lines = chinese(&place, &["import", "orders", "orders.jsonl", "--dry-run"]);

    assert!(!table.0 && !lines.0);
    insta::assert_snapshot!(format!("{}{}", table.1, table.2), @r##"
    新建 1，更新 0，不变 0，归并 0，冲突 1，错误 9
    没有时区偏移的时间按 Asia/Shanghai 读取（--timezone）
    第 3 行：orderNo：该订单属于另一个 openId
    第 4 行：amount："-5.00"：金额为负数：退款请将订单状态设为 REFUNDED；应为金额，例如 128.50、¥1,234.50 或 12.5元
    第 5 行：amount："5.001"：CNY 有 2 位小数；应为金额，例如 128.50、¥1,234.50 或 12.5元
    第 6 行：amount："$5"："$" 不是 CNY；应为金额，例如 128.50、¥1,234.50 或 12.5元
    第 7 行：orderNo："NULL"：是表示“无值”的标记；应为订单号，例如 S-1
    第 8 行：app："nowhere"：没有此应用；应为配置中的应用名称
    第 9 行：status："待发货"：不是订单状态：用 --status "待发货=…" 指定其含义；应为 PENDING、PAID、SHIPPED、COMPLETED、CANCELLED 或 REFUNDED
    第 10 行：openId：为空；应为 openId，例如 o6_bmjrPTlm6_2sgVt7hMZOPfL2M
    第 11 行：INVALID_INPUT items[0].quantity：应为大于 0、小于 2147483648 的十进制数，最多 6 位小数，例如 2 或 1.5
    第 12 行：items："[{\"title\":5}]"：类型应为文本，实际为整数 `5`（第 1 行第 11 列）；应为 JSON 列表，例如 [{"title":"茶","quantity":1,"unitPrice":"128.50"}]
    guiyi: 10 行未导入
    "##);
    insta::assert_snapshot!(format!("{}{}", lines.1, lines.2), @r##"
    将新建 0，将更新 0，不变 0，将归并 0，冲突 0，错误 3
    第 1 行：缺少列 orderNo；应为订单号，例如 S-1
    第 2 行：不是 JSON 对象：此处应为 true、false 或 null（第 1 行第 2 列）
    第 3 行：不是 JSON 对象：类型应为 {"externalId": "C-1001"} 这样的对象，实际为列表（第 1 行第 0 列）
    guiyi: 3 行未导入
    "##);
}

#[test]
fn a_file_that_cannot_be_meant_is_refused_in_chinese() {
    let place = Workplace::new();
    place.write("header.csv", "订单号,openId,Open_ID,订单编号,备注\n");
    place.write("places.csv", "externalId,openId:nowhere,unionId\n");
    place.write("customers.csv", "客户昵称,客户手机号\n小兰,13900000101\n");
    place.write("empty.csv", "");
    place.write("map.toml", "[colums]\n");
    fs::write(place.folder.path().join("gbk.csv"), b"externalId\n\xCE\xB0\n").expect("a file");
    fs::write(place.folder.path().join("old.xlsx"), b"\xD0\xCF\x11\xE0").expect("a file");
    fs::write(place.folder.path().join("broken.xlsx"), b"PK\x03\x04").expect("a file");
    let orders = ["orders", "header.csv"];
    let all: [&[&str]; 10] = [
        &orders,
        &["users", "places.csv"],
        &["users", "customers.csv", "--shop", "youzan"],
        &["users", "empty.csv"],
        &["users", "absent.csv"],
        &["users", "empty.csv", "--mapping", "map.toml"],
        &["users", "gbk.csv"],
        &["users", "old.xlsx"],
        &["users", "broken.xlsx"],
        &["users", "empty.csv", "--timezone", "Shanghai"],
    ];

    let said = all.map(|arguments| {
        let (success, _, said) = chinese(&place, &[&["import"], arguments].concat());
        assert!(!success, "{arguments:?}");
        said
    });

    insta::assert_snapshot!(said.concat(), @r##"
    guiyi: header.csv：第 1 行：表头有误；未读取任何数据行：
      openId 对应 "openId" 和 "Open_ID" 两列：请修改其中一列的列名
      orderNo 对应 "订单号" 和 "订单编号" 两列：可用 --map "订单编号=-" 忽略其中一列
      缺少 app 列：可用 --app NAME 为整个文件指定；现有应用为 shop, club, outlet, site, app, mini
      缺少 status 列：请用 --map "…=status" 指定对应的列；内容应为 PENDING、PAID、SHIPPED、COMPLETED、CANCELLED 或 REFUNDED
      缺少 amount 列：请用 --map "…=amount" 指定对应的列；内容应为金额，例如 128.50、¥1,234.50 或 12.5元
      缺少 currency 列：可用 --currency CNY 为整个文件指定
      缺少 placedAt 列：请用 --map "…=placedAt" 指定对应的列；内容应为时间，例如 2026-01-02 03:04:05、2026/1/2 3:04 或 2026-01-02T03:04:05+08:00
      无法识别的列 "备注"：请指定各列的含义（--map "会员号=externalId"），或忽略（--map "备注=-"、--ignore-other-columns）
    guiyi: places.csv：第 1 行：表头有误；未读取任何数据行：
      openId:nowhere：没有应用 "nowhere"；可选值：shop, club, outlet, site, app, mini
      unionId 需要指定 union_scope：使用 --app NAME，或将列名写成 unionId:NAME；可选值：hemu
    guiyi: customers.csv：前 20 行中没有表头；未读取任何数据行：
      第 1 行的内容：客户昵称, 客户手机号
      缺少 externalId 列：请用 --map "…=externalId" 指定对应的列；内容应为公司内部的用户 ID，例如 C-1001
      有赞的客户导出文件不含客户 ID：请补充 externalId 列，例如有赞接口返回的 yz_open_id；或使用 --external-id-by-phone 导入
    guiyi: empty.csv 中没有数据行，未导入任何内容
    guiyi: 无法读取 absent.csv：文件或目录不存在（系统错误 2）
    guiyi: map.toml：TOML 有误：第 1 行第 2 列
      |
    1 | [colums]
      |  ^^^^^^
    没有 `colums` 这个配置项，应为 `columns`, `statuses`, `app`, `currency`, `ignore_other_columns`, `hint`, `hint_zh` 之一
    guiyi: gbk.csv 可能是 GBK 或 UTF-8 编码：第 2 行按 GBK 读取含有 "伟"，按 UTF-8 读取含有 "ΰ"。确认正确的编码后，请加上其他原有参数重新运行：
      guiyi import users "gbk.csv" --encoding gbk
      guiyi import users "gbk.csv" --encoding utf-8
    guiyi: old.xlsx：内容是旧版或有密码保护的 Excel 工作簿：请去除密码后另存为 .xlsx，或另存为 CSV
    guiyi: broken.xlsx：不是 .xlsx 工作簿：ZIP 结构损坏（Could not find EOCD）
    错误：参数 '--timezone <TIMEZONE>' 的值 'Shanghai' 无效："Shanghai" 不是时区：应为 Asia/Shanghai 这样的地区，或 +08:00 这样的偏移

    更多信息请使用 '--help'。
    "##);
}

#[test]
fn the_check_of_the_data_is_in_chinese() {
    let place = Workplace::new();
    place.write("users.csv", "externalId,phone\nC-1,13900000101\n");
    chinese(&place, &["import", "users", "users.csv"]);

    let checked = chinese(&place, &["check-data"]);

    assert_eq!(checked, (true, "没有需要处理的值\n".to_owned(), "已检查 2 个值\n".to_owned()));
}

#[test]
fn the_check_of_the_sums_is_in_chinese() {
    let place = Workplace::new();
    let order =
        "app,orderNo,openId,status,amount,currency,placedAt\nshop,A-1,oLan,PAID,1.00,CNY,2026-05-01T00:00:00+08:00\n";
    place.write("orders.csv", order);
    chinese(&place, &["import", "orders", "orders.csv"]);

    for arguments in [&["check-totals"][..], &["check-totals", "--rebuild"]] {
        let checked = chinese(&place, arguments);

        assert_eq!(checked, (true, "订单汇总全部正确\n".to_owned(), "已检查 1 个 openId\n".to_owned()));
    }
}
