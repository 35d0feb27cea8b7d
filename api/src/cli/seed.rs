//! The demo company's accounts and orders from before Guiyi, imported like any company's. Idempotent.

use super::Failure;
use super::import::{Format, Import, Kind, Progress, Tally};
use super::words::because;
use crate::service::Service;
use crate::text::text;

const USERS: &str = include_str!("../../demo/users.csv");
const ORDERS: &str = include_str!("../../demo/orders.jsonl");

/// Imports the demo company's accounts and orders.
pub(super) async fn demo(service: &Service) -> Result<(), Failure> {
    for (kind, format, text) in [(Kind::Users, Format::Csv, USERS), (Kind::Orders, Format::JsonLines, ORDERS)] {
        let mut tally = Tally::default();
        let import = Import::built_in(kind, (format, text), &service.apps)?;
        import.run(service, false, (&mut Progress::hidden(), &mut tally)).await?;
        if let Some(told) = tally.first_told() {
            return Err(because(text!("the demo's data", "演示数据"), told.clone()));
        }
    }
    Ok(())
}
