//! The demo company's accounts and orders from before Guiyi, imported like any company's. Idempotent.

use std::io::Cursor;

use super::Failure;
use super::import::{Format, Kind, Progress, Tally, import};
use crate::service::Service;

const USERS: &str = include_str!("../../demo/users.csv");
const ORDERS: &str = include_str!("../../demo/orders.jsonl");

/// Imports the demo company's accounts and orders.
pub(super) async fn demo(service: &Service) -> Result<(), Failure> {
    for (kind, format, text) in [(Kind::Users, Format::Csv, USERS), (Kind::Orders, Format::JsonLines, ORDERS)] {
        let mut tally = Tally::default();
        let seen = (&mut Progress::hidden(), &mut tally);
        import(service, (kind, format, false), Cursor::new(text), seen).await?;
        if let Some(told) = tally.first_told() {
            return Err(format!("the demo's data: {told}").into());
        }
    }
    Ok(())
}
