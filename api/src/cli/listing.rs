//! Prints a list, however long it is: page after page, one line an item.

use std::io::{Write, stdout};

use store::Place;

use super::Failure;
use crate::error::ApiError;
use crate::usecase::{FrontRequest, Page};

/// Items that are read at a time.
const PAGE: i32 = 100;

/// Prints all items of the list that `read` returns by pages. `show` returns an item's place in the list, and its line.
pub(super) async fn print<T>(
    read: impl AsyncFn(FrontRequest) -> Result<Page<T>, ApiError>,
    show: impl Fn(&T) -> (Place, String),
) -> Result<(), Failure> {
    let mut after = None;
    loop {
        let page = read(FrontRequest { first: Some(PAGE), after }).await?;
        let mut out = stdout().lock();
        for item in &page.items {
            let (place, line) = show(item);
            writeln!(out, "{line}")?;
            after = Some(place);
        }
        if !page.has_next {
            return Ok(());
        }
    }
}
