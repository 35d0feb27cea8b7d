//! Forward pagination: page sizes and the detection of further items.
use store::{Front, Place};

use crate::error::{ApiError, ErrorCode};

/// The maximum page size.
const MAX_PAGE: i32 = 100;
/// The default page size.
const DEFAULT_PAGE: i32 = 20;

/// The arguments of forward pagination.
#[derive(Debug, Clone, Copy, Default)]
pub struct FrontRequest {
    /// The page size.
    pub first: Option<i32>,
    /// Only items after this place.
    pub after: Option<Place>,
}

/// One page.
#[derive(Debug)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Whether more items follow.
    pub has_next: bool,
    /// Whether items precede.
    pub has_previous: bool,
}

/// Checks a page size.
pub(crate) fn page_size(wanted: Option<i32>) -> Result<usize, ApiError> {
    let size = wanted.unwrap_or(DEFAULT_PAGE);
    if !(1..=MAX_PAGE).contains(&size) {
        return Err(ApiError::detailed(ErrorCode::InvalidPage, format!("the page must be 1 to {MAX_PAGE}")));
    }
    Ok(usize::try_from(size).unwrap_or_default())
}

impl FrontRequest {
    /// Returns the range for the store, with one more item than requested, which shows whether there are more.
    pub(crate) fn front(self) -> Result<Front, ApiError> {
        Ok(Front { after: self.after, limit: page_size(self.first)? as u64 + 1 })
    }

    /// Creates the page from the store's items.
    pub(crate) fn page<T>(self, mut items: Vec<T>) -> Result<Page<T>, ApiError> {
        let size = page_size(self.first)?;
        let has_next = items.len() > size;
        items.truncate(size);
        Ok(Page { items, has_next, has_previous: self.after.is_some() })
    }
}
