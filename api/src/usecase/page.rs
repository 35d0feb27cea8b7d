//! How large a page may be, and whether more follows.
//! Where a page begins is told by its cursor; how it is read is `store`'s business.
use store::{Front, Place};

use crate::error::{ApiError, ErrorCode};

/// The largest page.
const MAX_PAGE: i32 = 100;
/// The page when none is asked for.
const DEFAULT_PAGE: i32 = 20;

/// A page from the front, as a client asks for it.
#[derive(Debug, Clone, Copy, Default)]
pub struct FrontRequest {
    /// How many.
    pub first: Option<i32>,
    /// Only what comes after this.
    pub after: Option<Place>,
}

/// One page.
#[derive(Debug)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Whether more follows.
    pub has_next: bool,
    /// Whether something comes before.
    pub has_previous: bool,
}

/// The size of a page, checked.
pub(crate) fn page_size(wanted: Option<i32>) -> Result<usize, ApiError> {
    let size = wanted.unwrap_or(DEFAULT_PAGE);
    if !(1..=MAX_PAGE).contains(&size) {
        return Err(ApiError::detailed(ErrorCode::InvalidPage, format!("the page must be 1 to {MAX_PAGE}")));
    }
    Ok(usize::try_from(size).unwrap_or_default())
}

impl FrontRequest {
    /// What to ask the store for: one more than wanted, which tells whether there is more.
    pub(crate) fn front(self) -> Result<Front, ApiError> {
        Ok(Front { after: self.after, limit: page_size(self.first)? as u64 + 1 })
    }

    /// The page out of what the store answered.
    pub(crate) fn page<T>(self, mut items: Vec<T>) -> Result<Page<T>, ApiError> {
        let size = page_size(self.first)?;
        let has_next = items.len() > size;
        items.truncate(size);
        Ok(Page { items, has_next, has_previous: self.after.is_some() })
    }
}
