//! An order of an import file: from the cells of a row to a report.

use std::sync::{Arc, Mutex, PoisonError};

use domain::order::{OrderNo, OrderStatus, Report};
use domain::{BadMoney, Currency, OpenId, Timestamp};
use serde::Deserialize;

use super::cell::Cell;
use super::columns::Columns;
use super::field::{Field, Name};
use super::mapping::Mapping;
use super::rows::Row;
use super::value::time::Clock;
use super::value::{amount, key};
use super::{bad, empty, time};
use crate::cli::Failure;
use crate::service::Service;
use crate::text::{Text, text};
use crate::usecase;
use crate::usecase::import::ImportError;
use crate::usecase::order::{BadReport, ItemText, RefundText, ReportText};

/// What holds for all orders of a file.
#[derive(Debug)]
pub(super) struct Orders {
    pub(super) app: Option<String>,
    pub(super) currency: Option<Currency>,
    pub(super) mapping: Arc<Mapping>,
    repeats: Mutex<Repeats>,
}

/// Rows that repeat the order of the row before with another total.
#[derive(Debug, Default)]
struct Repeats {
    last: Option<(OrderNo, i64)>,
    count: u64,
}

impl Orders {
    pub(super) fn of(columns: &Columns, mapping: Arc<Mapping>) -> Result<Self, Failure> {
        let read = |code: &String| {
            read_currency(code).map_err(|error| text!("--currency: ", "--currency：").then(&error.into()))
        };
        Ok(Self {
            app: columns.app.clone(),
            currency: columns.currency.as_ref().map(read).transpose()?,
            mapping,
            repeats: Mutex::default(),
        })
    }

    /// Reads an order.
    pub(super) fn read(&self, row: &Row, service: &Service, clock: &Clock) -> Result<Report, ImportError> {
        let currency = self.currency(row)?;
        let text = ReportText {
            app: self.app(row, service)?,
            order_no: order_no(row)?,
            open_id: open_id(row)?,
            status: self.status(row)?,
            amount: total(row, currency)?,
            currency: currency.code().to_owned(),
            placed_at: placed_at(row, service, clock)?,
            shop_updated_at: time(row, Name::ShopUpdatedAt, (service, clock))?,
            items: row.cell(Name::Items).map(items).transpose()?.unwrap_or_default(),
            refunds: refunds(row, currency, (service, clock))?,
            // A file has no column for them: those that are known stay.
            deliveries: None,
        };
        let reason = |BadReport { code, field, reason }: BadReport| {
            ImportError::of_row(text!("{code} {field}: ", "{code} {field}：").then(&reason))
        };
        let report = usecase::order::read_report(service, text).map_err(reason)?;
        self.compare(&report);
        Ok(report)
    }

    /// An export with a row for each article repeats the total of the order. If the totals differ, they are those of the articles.
    fn compare(&self, report: &Report) {
        let mut repeats = self.repeats.lock().unwrap_or_else(PoisonError::into_inner);
        let (number, total) = (report.order_no.clone(), report.total.minor);
        if repeats.last.as_ref().is_some_and(|(last, other)| *last == number && *other != total) {
            repeats.count += 1;
        }
        repeats.last = Some((number, total));
    }

    /// Says how many rows have another total than the row before of the same order.
    pub(super) fn note(&self) -> Option<Text> {
        let count = self.repeats.lock().unwrap_or_else(PoisonError::into_inner).count;
        (count > 0).then(|| {
            text!(
                "{count} row(s) repeat the order of the row before with another amount: map the total of the order, not that \
                 of an article",
                "{count} 行与上一行订单号相同但金额不同：金额应对应订单总额的列，而不是单件商品金额的列"
            )
        })
    }

    fn app(&self, row: &Row, service: &Service) -> Result<String, ImportError> {
        let Some(name) = &self.app else {
            let cell = required(row, Name::App)?;
            let app = usecase::app::id_of(service, &cell.text()).map(|_| cell.text());
            return app.map_err(|_| bad(&Field::of(Name::App), cell, text!("unknown app", "没有此应用")));
        };
        Ok(name.clone())
    }

    fn status(&self, row: &Row) -> Result<OrderStatus, ImportError> {
        let cell = required(row, Name::Status)?;
        let reason = || {
            text!(
                "not a status: --status \"{word}=…\" says which it is",
                "不是订单状态：用 --status \"{word}=…\" 指定其含义",
                word = cell.shown()
            )
        };
        self.mapping.status(&cell.text()).ok_or_else(|| bad(&Field::of(Name::Status), cell, reason()))
    }

    fn currency(&self, row: &Row) -> Result<Currency, ImportError> {
        let Some(currency) = self.currency else {
            let cell = required(row, Name::Currency)?;
            let reason = || text!("not a currency", "不是货币代码");
            return read_currency(&cell.text()).map_err(|_| bad(&Field::of(Name::Currency), cell, reason()));
        };
        Ok(currency)
    }
}

fn read_currency(text: &str) -> Result<Currency, BadMoney> {
    match text {
        "人民币" | "元" | "RMB" => "CNY".parse(),
        code => code.to_uppercase().parse(),
    }
}

fn required(row: &Row, name: Name) -> Result<&Cell, ImportError> {
    row.cell(name).ok_or_else(|| empty(name))
}

fn order_no(row: &Row) -> Result<String, ImportError> {
    let (field, cell) = (Field::of(Name::OrderNo), required(row, Name::OrderNo)?);
    let text = key::read_order_no(cell).map_err(|reason| bad(&field, cell, reason))?;
    let text = text.ok_or_else(|| empty(Name::OrderNo))?;
    OrderNo::parse(&text).map_err(|error| bad(&field, cell, error))?;
    Ok(text)
}

fn open_id(row: &Row) -> Result<String, ImportError> {
    let (field, cell) = (Field::of(Name::OpenId), required(row, Name::OpenId)?);
    let text = key::read(cell).map_err(|reason| bad(&field, cell, reason))?.ok_or_else(|| empty(Name::OpenId))?;
    let id: Result<OpenId, _> = text.parse();
    id.map(|_| text).map_err(|error| bad(&field, cell, error))
}

fn total(row: &Row, currency: Currency) -> Result<String, ImportError> {
    let cell = required(row, Name::Amount)?;
    amount::read(cell, currency).map_err(|reason| bad(&Field::of(Name::Amount), cell, reason))
}

fn placed_at(row: &Row, service: &Service, clock: &Clock) -> Result<Timestamp, ImportError> {
    let cell = required(row, Name::PlacedAt)?;
    let time = time(row, Name::PlacedAt, (service, clock))?;
    time.ok_or_else(|| bad(&Field::of(Name::PlacedAt), cell, text!("no time", "没有时间")))
}

/// A line of an order.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ItemRow {
    #[serde(default)]
    sku: Option<String>,
    title: String,
    quantity: NumberOrText,
    unit_price: String,
}

/// A decimal number, as a number of JSON or as text.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a quantity must be a number, or a number as text")]
enum NumberOrText {
    Number(serde_json::Number),
    Text(String),
}

impl From<NumberOrText> for String {
    fn from(value: NumberOrText) -> Self {
        match value {
            NumberOrText::Number(number) => usecase::order::decimal_of(&number),
            NumberOrText::Text(text) => text,
        }
    }
}

impl ItemRow {
    fn text(self) -> ItemText {
        let sku = self.sku.map(|sku| key::read(&Cell::Text(sku.clone())).ok().flatten().unwrap_or(sku));
        ItemText { sku, title: self.title, quantity: self.quantity.into(), unit_price: self.unit_price }
    }
}

/// Reads the lines of an order: a list in JSON Lines, the same list as JSON text in a table.
fn items(cell: &Cell) -> Result<Vec<ItemText>, ImportError> {
    let rows: Result<Vec<ItemRow>, _> = match cell {
        Cell::Json(value) => serde_json::from_value(value.clone()),
        _ => serde_json::from_str(&cell.text()),
    };
    let rows = rows.map_err(|error| bad(&Field::of(Name::Items), cell, Text::foreign(error.to_string())))?;
    Ok(rows.into_iter().map(ItemRow::text).collect())
}

/// A refund of an order.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RefundRow {
    refund_no: String,
    amount: String,
    refunded_at: String,
}

impl RefundRow {
    fn text(
        self,
        currency: Currency,
        (service, clock): (&Service, &Clock),
    ) -> Result<RefundText, (&'static str, Text)> {
        let in_column = |column: &'static str| move |reason: Text| (column, reason);
        if self.amount.trim_start().starts_with(['-', '−']) {
            return Err(("amount", text!("a refund is above 0", "退款金额必须大于 0")));
        }
        let amount = amount::read(&Cell::Text(self.amount), currency).map_err(in_column("amount"))?;
        let time = clock.read(&Cell::Text(self.refunded_at)).map_err(in_column("refundedAt"))?;
        let refunded_at = time.ok_or_else(|| ("refundedAt", text!("no time", "没有时间")))?;
        if usecase::import::is_future(service, refunded_at) {
            return Err(("refundedAt", text!("in the future", "晚于当前时间")));
        }
        Ok(RefundText { refund_no: self.refund_no, amount, refunded_at })
    }
}

/// Reads the refunds of an order, written like its lines. `None` if the cell is blank: those that are known stay.
fn refunds(row: &Row, currency: Currency, clock: (&Service, &Clock)) -> Result<Option<Vec<RefundText>>, ImportError> {
    let Some(cell) = row.cell(Name::Refunds) else { return Ok(None) };
    let refuse = |reason: Text| bad(&Field::of(Name::Refunds), cell, reason);
    let rows: Result<Vec<RefundRow>, _> = match cell {
        Cell::Json(value) => serde_json::from_value(value.clone()),
        _ => serde_json::from_str(&cell.text()),
    };
    let rows = rows.map_err(|error| refuse(Text::foreign(error.to_string())))?;
    let read = |(at, row): (usize, RefundRow)| {
        let refuse = |(column, reason): (&str, Text)| {
            refuse(text!("refunds[{at}].{column}: ", "refunds[{at}].{column}：").then(&reason))
        };
        row.text(currency, clock).map_err(refuse)
    };
    rows.into_iter().enumerate().map(read).collect::<Result<_, _>>().map(Some)
}
