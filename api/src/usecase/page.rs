//! Pagination: page sizes and the detection of further items.
use store::{Front, Place, Window};

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

/// The arguments of pagination in both directions.
#[derive(Debug, Clone, Copy, Default)]
pub struct WindowRequest {
    /// The page size from the start.
    pub first: Option<i32>,
    /// Only items after this place.
    pub after: Option<Place>,
    /// The page size from the end.
    pub last: Option<i32>,
    /// Only items before this place.
    pub before: Option<Place>,
}

impl WindowRequest {
    fn size(self) -> Result<usize, ApiError> {
        match (self.first, self.last) {
            (Some(_), Some(_)) => Err(ApiError::detailed(ErrorCode::InvalidPage, "both `first` and `last`")),
            (first, last) => page_size(first.or(last)),
        }
    }

    /// Returns the range for the store, with one more item than requested, which shows whether there are more.
    pub(crate) fn window(self) -> Result<Window, ApiError> {
        let limit = self.size()? as u64 + 1;
        Ok(Window { after: self.after, before: self.before, limit, from_end: self.last.is_some() })
    }

    /// Creates the page from the store's items.
    pub(crate) fn page<T>(self, mut items: Vec<T>) -> Result<Page<T>, ApiError> {
        let size = self.size()?;
        let more = items.len() > size;
        if self.last.is_some() {
            items.drain(..items.len().saturating_sub(size));
            return Ok(Page { items, has_next: self.before.is_some(), has_previous: more });
        }
        items.truncate(size);
        Ok(Page { items, has_next: more, has_previous: self.after.is_some() })
    }
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
    size_within(wanted, MAX_PAGE)
}

/// Checks a page size of a list whose pages have at most `most` items.
pub(crate) fn size_within(wanted: Option<i32>, most: i32) -> Result<usize, ApiError> {
    let size = wanted.unwrap_or(DEFAULT_PAGE);
    if !(1..=most).contains(&size) {
        return Err(ApiError::detailed(ErrorCode::InvalidPage, format!("the page must be 1 to {most}")));
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
