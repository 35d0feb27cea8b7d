//! Pages of what is ordered by a time and an id, from the front.
//! Pages of orders, which come from several open ids and from both ends, are in `orders`.

use domain::Timestamp;
use sea_orm::sea_query::{Condition, ExprTrait};
use sea_orm::{ColumnTrait, Value};
use uuid::Uuid;

/// A place in a list: a time, and of several things of that time an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// When it was.
    pub at: Timestamp,
    /// Its id.
    pub id: Uuid,
}

/// Which part of a list is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Front {
    /// Only what follows this place.
    pub after: Option<Place>,
    /// At most so many.
    pub limit: u64,
}

/// Later than the place. Written with a range of times first, because MariaDB finds no range of its index in a
/// comparison of rows.
pub(crate) fn later(at: impl ColumnTrait, id: impl ColumnTrait, place: Place) -> Condition {
    let same_or_later = at.gte(place.at);
    let strictly = at.gt(place.at).or(id.gt(Value::from(place.id)));
    Condition::all().add(same_or_later).add(strictly)
}

/// Earlier than the place.
pub(crate) fn earlier(at: impl ColumnTrait, id: impl ColumnTrait, place: Place) -> Condition {
    let same_or_earlier = at.lte(place.at);
    let strictly = at.lt(place.at).or(id.lt(Value::from(place.id)));
    Condition::all().add(same_or_earlier).add(strictly)
}
