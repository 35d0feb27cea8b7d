//! `guiyi check-totals`: compares the sums of orders with the orders, and corrects them. See `store::order`.

use clap::Args;
use domain::order::Sum;
use store::order::Difference;

use super::words::{self, say, tell};
use super::{Failure, logs};
use crate::app::App;
use crate::service::Parts;
use crate::text::{Text, text};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Corrects the sums that differ, while the service runs.
    #[arg(long)]
    rebuild: bool,
}

pub(super) async fn run(parts: Parts, arguments: &Arguments) -> Result<(), Failure> {
    logs::start(&parts.config.log)?;
    let app = App::start_for_command(parts).await?;
    let mut differences: u64 = 0;
    let checked = app.service().store.check_totals(arguments.rebuild, |difference| {
        differences += 1;
        println!("{}", words::said(&line(&difference)));
    });
    let count = checked.await?;
    tell!("{count} openId(s) checked", "已检查 {count} 个 openId");
    match (differences, arguments.rebuild) {
        (0, _) => {
            say!("all sums of orders are right", "订单汇总全部正确");
            Ok(())
        }
        (_, true) => {
            say!("corrected {differences} sum(s)", "已更正 {differences} 条汇总");
            Ok(())
        }
        (_, false) => Err(text!(
            "{differences} sum(s) differ from the orders: correct them with `guiyi check-totals --rebuild`",
            "{differences} 条汇总与订单不一致：用 `guiyi check-totals --rebuild` 更正"
        )
        .into()),
    }
}

fn line(difference: &Difference) -> Text {
    let Difference { link, month, status, orders, sum, refunds } = *difference;
    let (amount, currency) = (sum.amount(), sum.currency);
    let refunds = Sum { minor: refunds, currency }.amount();
    text!(
        "{link}  {month}  {status}: the sums lack {orders} order(s), {amount} {currency}, and {refunds} {currency} of listed refunds",
        "{link}  {month}  {status}：汇总少 {orders} 个订单，{amount} {currency}，以及所列退款 {refunds} {currency}"
    )
}

#[cfg(test)]
mod tests {
    use domain::order::{Month, OrderStatus};
    use domain::{LinkId, Timestamp};

    use super::*;
    use crate::error::Language;

    #[test]
    fn a_difference_is_told_in_both_languages() {
        let difference = Difference {
            link: LinkId::from_uuid(uuid::Uuid::nil()),
            month: Month::of(Timestamp::from_millis(1_760_000_000_000)),
            status: OrderStatus::Paid,
            orders: -1,
            sum: Sum { minor: -12_850, currency: "CNY".parse().expect("a currency") },
            refunds: -50,
        };

        let text = line(&difference);
        let said = format!("{text}\n{}", text.in_language(Language::ZhCn));

        insta::assert_snapshot!(said, @r#"
        oid_00000000000000000000000000000000  2025-10  PAID: the sums lack -1 order(s), -128.50 CNY, and -0.50 CNY of listed refunds
        oid_00000000000000000000000000000000  2025-10  PAID：汇总少 -1 个订单，-128.50 CNY，以及所列退款 -0.50 CNY
        "#);
    }
}
