//! Pagination of rows ordered by time and id. For pages of orders, which span several openIds, see
//! [`order::page`](crate::order).

use domain::Timestamp;
use sea_orm::sea_query::{Condition, ExprTrait};
use sea_orm::{ColumnTrait, Value};
use uuid::Uuid;

/// A position in a list: a time, and an id to break ties.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The time of the row.
    pub at: Timestamp,
    /// The id of the row.
    pub id: Uuid,
}

/// A page request: a start position and a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Front {
    /// Return only rows after this position.
    pub after: Option<Place>,
    /// The maximum number of rows.
    pub limit: u64,
}

/// A page request in a list that is read from both ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Return only rows after this position of the list.
    pub after: Option<Place>,
    /// Return only rows before this position of the list.
    pub before: Option<Place>,
    /// The maximum number of rows.
    pub limit: u64,
    /// Count the limit from the end of the list. The result is in the order of the list all the same.
    pub from_end: bool,
}

impl From<&Front> for Window {
    fn from(front: &Front) -> Self {
        Self { after: front.after, before: None, limit: front.limit, from_end: false }
    }
}

/// Matches rows later than `place`. The condition starts with a plain range on the time, because MariaDB does not use
/// its index for row comparisons.
pub(crate) fn later(at: impl ColumnTrait, id: impl ColumnTrait, place: Place) -> Condition {
    let same_or_later = at.gte(place.at);
    let strictly = at.gt(place.at).or(id.gt(Value::from(place.id)));
    Condition::all().add(same_or_later).add(strictly)
}

/// Matches rows earlier than `place`.
pub(crate) fn earlier(at: impl ColumnTrait, id: impl ColumnTrait, place: Place) -> Condition {
    let same_or_earlier = at.lte(place.at);
    let strictly = at.lt(place.at).or(id.lt(Value::from(place.id)));
    Condition::all().add(same_or_earlier).add(strictly)
}
