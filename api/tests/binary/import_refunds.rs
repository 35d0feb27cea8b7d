//! `guiyi import orders` with refunds.

use crate::demo::Workplace;
use crate::imports::import;

#[test]
fn refunds_are_imported_from_tables_and_from_json_lines_and_bad_ones_are_named_by_line() {
    let place = Workplace::new();
    let refund = |fields: &str| format!("\"[{{{}}}]\"", fields.replace('"', "\"\""));
    let good = refund(r#""refundNo":"R-1","amount":"3.50","refundedAt":"2026-01-02 10:00:00""#);
    place.write(
        "orders.csv",
        &format!(
            "app,orderNo,openId,status,amount,currency,placedAt,refunds\nshop,A1,oLan,PAID,5,CNY,2026-01-01,{good}\n"
        ),
    );
    let line = |number: &str, status: &str, refunds: &str| {
        format!(
            r#"{{"app":"shop","orderNo":"{number}","openId":"oLan","status":"{status}","amount":"5","currency":"CNY","placedAt":"2026-01-01","refunds":{refunds}}}"#
        ) + "\n"
    };
    let of = |amount: &str, at: &str| format!(r#"[{{"refundNo":"R-1","amount":"{amount}","refundedAt":"{at}"}}]"#);
    let lines = [
        line("A1", "PAID", "null"),
        line("A2", "COMPLETED", &of("5.00", "2026-01-03T10:00:00+08:00")),
        line("A3", "PAID", &of("5.01", "2026-01-03")),
        line("A4", "PENDING", &of("1", "2026-01-03")),
        line("A5", "PAID", &of("-1", "2026-01-03")),
        line("A6", "PAID", &of("1", "2999-01-03")),
        line("A7", "PAID", &of("1", "soon")),
        line("A8", "PAID", r#"[{"refundNo":"R-1","amount":"1"}]"#),
        line("A9", "PAID", r#"{"refundNo":"R-1"}"#),
    ];
    place.write("orders.jsonl", &lines.concat());

    let table = import(&place, &["orders", "orders.csv"]);
    let again = import(&place, &["orders", "orders.csv"]);
    let lines = import(&place, &["orders", "orders.jsonl"]);
    place.write("removed.jsonl", &line("A1", "PAID", "[]"));
    let emptied = import(&place, &["orders", "removed.jsonl"]);

    assert_eq!(table.1, "1 created, 0 updated, 0 unchanged, 0 joined, 0 in conflict, 0 bad\n", "{}", table.2);
    assert_eq!(again.1, "0 created, 0 updated, 1 unchanged, 0 joined, 0 in conflict, 0 bad\n", "{}", again.2);
    assert_eq!(lines.1, "1 created, 0 updated, 1 unchanged, 0 joined, 0 in conflict, 7 bad\n", "{}", lines.2);
    assert_eq!(emptied.1, "0 created, 1 updated, 0 unchanged, 0 joined, 0 in conflict, 0 bad\n", "{}", emptied.2);
    insta::assert_snapshot!(lines.2, @r#"
    times without an offset were read as Asia/Shanghai (--timezone)
    line 3: INVALID_INPUT refunds: the refunds are more than the total of the order
    line 4: INVALID_INPUT refunds: an order that is PENDING or CANCELLED was not paid, so it has no refunds; report a cancelled order with refunds as REFUNDED
    line 5: refunds: "[{\"amount\":\"-1\",\"refundNo\":\"R-1\",\"refund…": refunds[0].amount: a refund is above 0; expected a JSON list such as [{"refundNo":"R-1","amount":"28.50","refundedAt":"2026-01-02T03:04:05+08:00"}]
    line 6: refunds: "[{\"amount\":\"1\",\"refundNo\":\"R-1\",\"refunde…": refunds[0].refundedAt: in the future; expected a JSON list such as [{"refundNo":"R-1","amount":"28.50","refundedAt":"2026-01-02T03:04:05+08:00"}]
    line 7: refunds: "[{\"amount\":\"1\",\"refundNo\":\"R-1\",\"refunde…": refunds[0].refundedAt: not a time; expected a JSON list such as [{"refundNo":"R-1","amount":"28.50","refundedAt":"2026-01-02T03:04:05+08:00"}]
    line 8: refunds: "[{\"amount\":\"1\",\"refundNo\":\"R-1\"}]": missing field `refundedAt`; expected a JSON list such as [{"refundNo":"R-1","amount":"28.50","refundedAt":"2026-01-02T03:04:05+08:00"}]
    line 9: refunds: "{\"refundNo\":\"R-1\"}": invalid type: map, expected a sequence; expected a JSON list such as [{"refundNo":"R-1","amount":"28.50","refundedAt":"2026-01-02T03:04:05+08:00"}]
    guiyi: 7 row(s) were not imported
    "#);
}
