//! Finds orders by a text in the titles of their lines. No index of the three databases serves a part of a word alike, so a search
//! reads the list in its order, and stops after so many orders.

use std::collections::HashSet;

use domain::{LinkId, OrderId};
use entities::order_item;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use super::page::{OrderFilter, Position, Range, page};
use super::{Links, Order};
use crate::database::CHUNK;
use crate::{StoreError, View};

/// The most orders that one search reads.
pub const MOST_SEARCHED: usize = 2_000;

/// What a search has found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Searched {
    /// The orders, in the order of the list.
    pub orders: Vec<Order>,
    /// The last order that was read, with its openId, if the search stopped before the end of the list and before it had found
    /// enough: go on from there.
    pub stopped_at: Option<(Position, LinkId)>,
}

/// Returns those orders of a list with the filter's text in the title of a line. Reads [`MOST_SEARCHED`] orders at most.
pub async fn find_titles(
    view: &View<'_>,
    links: &Links,
    (filter, text): (&OrderFilter, &str),
    range: &Range,
) -> Result<Searched, StoreError> {
    let wanted = usize::try_from(range.limit).unwrap_or(usize::MAX);
    let text = text.to_lowercase();
    let mut searched = Searched::default();
    let mut rest = Range { limit: CHUNK as u64, ..*range };
    for _ in 0..MOST_SEARCHED / CHUNK {
        let mut orders = page(view, links, filter, &rest).await?;
        if range.from_end {
            orders.reverse();
        }
        let (is_last, far) = (orders.len() < CHUNK, orders.last().map(|far| (range.sort.position(far), far.link)));
        let found = with_text(view, &orders, &text).await?;
        searched.orders.extend(orders.into_iter().filter(|order| found.contains(&order.id)));
        let has_enough = searched.orders.len() >= wanted;
        searched.orders.truncate(wanted);
        searched.stopped_at = far.filter(|_| !is_last && !has_enough);
        let Some((place, _)) = searched.stopped_at else { break };
        if range.from_end {
            rest.before = Some(place);
        } else {
            rest.after = Some(place);
        }
    }
    if range.from_end {
        searched.orders.reverse();
    }
    Ok(searched)
}

/// Returns the orders with a line whose title has this text, which is in lower case.
async fn with_text(view: &View<'_>, orders: &[Order], text: &str) -> Result<HashSet<OrderId>, StoreError> {
    if orders.is_empty() {
        return Ok(HashSet::new());
    }
    // Compared here: the three databases fold case differently.
    let titles: Vec<(OrderId, String)> = order_item::Entity::find()
        .select_only()
        .columns([order_item::Column::OrderId, order_item::Column::Title])
        .filter(order_item::Column::OrderId.is_in(orders.iter().map(|order| order.id)))
        .into_tuple()
        .all(&view.db)
        .await?;
    Ok(titles.into_iter().filter(|(_, title)| title.to_lowercase().contains(text)).map(|(order, _)| order).collect())
}
