//! Corrections of orders by operators. They alone change the openId or the time of an order. The shop goes on reporting what it
//! knows, so what an order had before is remembered and accepted in its reports.

use std::collections::HashMap;

use domain::order::{Correction, Former};
use domain::{AppId, LinkId, OpenId, OpenKey, OrderId, Timestamp, UserId};
use entities::{open_id, order, order_correction};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};

use super::ledger::event_of;
use super::news::{News, tell};
use super::record::link_of;
use super::totals::{Changes, Counted};
use crate::database::CHUNK;
use crate::{Actor, StoreError, Tx, View};

/// The reason why an order is not corrected. Drop the transaction.
#[derive(Debug, thiserror::Error)]
pub enum CorrectionError {
    /// There is no such order.
    #[error("no such order")]
    Unknown,
    /// The person of the order was erased, so the order may not be given to another person.
    #[error("the person of the order was erased")]
    Erased,
    /// The store failed, or a concurrent transaction conflicts.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a correction has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Corrected {
    /// The order.
    pub id: OrderId,
    /// Whether anything was changed.
    pub is_changed: bool,
    /// The account that had the order, and the one that has it now, if there are any.
    pub owners: [Option<UserId>; 2],
    /// When it was placed, before and now.
    pub placed_at: [Timestamp; 2],
}

/// A correction in an order's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderCorrection {
    /// The openId before and afterwards.
    pub open_ids: [OpenId; 2],
    /// When the order was placed, before and afterwards.
    pub placed_at: [Timestamp; 2],
    /// Who corrected it.
    pub by: Actor,
    /// The reason. `None` once the person of one of the openIds is erased.
    pub reason: Option<String>,
    /// When it was corrected.
    pub at: Timestamp,
}

/// Corrects an order. A correction to what the order has already changes nothing.
///
/// An openId that has not signed in yet gets a link without an owner.
pub async fn correct(
    tx: &Tx,
    (app, correction): (&AppId, &Correction),
    by: Actor,
    now: Timestamp,
) -> Result<Corrected, CorrectionError> {
    let order = order::Entity::find()
        .filter(order::Column::App.eq(app.clone()))
        .filter(order::Column::OrderNo.eq(correction.order_no.clone()));
    let order = tx.locking(order).one(&tx.db).await.map_err(StoreError::from)?.ok_or(CorrectionError::Unknown)?;
    let [old, new] = links(tx, (app, order.link_id), correction.open_id.as_ref(), now).await?;
    if old.id != new.id && old.open_id.is_erased() {
        return Err(CorrectionError::Erased);
    }
    let placed_at = correction.placed_at.unwrap_or(order.placed_at);
    let owners = [old.user_id, new.user_id];
    let corrected = Corrected { id: order.id, is_changed: true, owners, placed_at: [order.placed_at, placed_at] };
    if new.id == old.id && placed_at == order.placed_at {
        return Ok(Corrected { is_changed: false, ..corrected });
    }
    let row = order_correction::ActiveModel {
        position: NotSet,
        order_id: Set(order.id),
        old_link_id: Set(old.id),
        new_link_id: Set(new.id),
        old_placed_at: Set(order.placed_at),
        new_placed_at: Set(placed_at),
        actor: Set(by.to_string()),
        corrected_at: Set(now),
        reason: Set(Some(correction.reason.clone())),
    };
    write(tx, &order, (row, &new), now).await?;
    Ok(corrected)
}

/// Returns the order's link and that of the openId which is to have it. Both are locked, so that no erasure takes an openId away
/// meanwhile, and in the sequence of their ids, so that two corrections queue and do not deadlock.
async fn links(
    tx: &Tx,
    (app, old): (&AppId, LinkId),
    open_id: Option<&OpenId>,
    now: Timestamp,
) -> Result<[open_id::Model; 2], StoreError> {
    let new = match open_id {
        Some(open_id) => {
            let key = OpenKey { app: app.clone(), open_id: open_id.clone() };
            link_of(tx, &key, now).await?
        }
        None => old,
    };
    let both = open_id::Entity::find().filter(open_id::Column::Id.is_in([old, new])).order_by_asc(open_id::Column::Id);
    let both = tx.locking(both).all(&tx.db).await?;
    let locked = |link: LinkId| {
        let row = both.iter().find(|row| row.id == link).cloned();
        row.ok_or_else(|| StoreError::corrupt("orders", format!("an order has the missing link {link}")))
    };
    let (old, new) = (locked(old)?, locked(new)?);
    if open_id.is_some_and(|open_id| *open_id != new.open_id) {
        return Err(StoreError::changed("open_ids"));
    }
    Ok([old, new])
}

/// Records the correction, and moves the order in its list and in the sums.
async fn write(
    tx: &Tx,
    order: &order::Model,
    (row, link): (order_correction::ActiveModel, &open_id::Model),
    now: Timestamp,
) -> Result<(), StoreError> {
    let placed_at = row.new_placed_at.as_ref().to_owned();
    order_correction::Entity::insert(row).exec_without_returning(&tx.db).await?;
    let set = order::ActiveModel {
        link_id: Set(link.id),
        placed_at: Set(placed_at),
        updated_at: Set(now),
        ..Default::default()
    };
    order::Entity::update_many().set(set).filter(order::Column::Id.eq(order.id)).exec(&tx.db).await?;
    let moved = order::Model { link_id: link.id, placed_at, ..order.clone() };
    let mut changes = Changes::default();
    changes.remove(Counted::of(order));
    changes.add(Counted::of(&moved));
    changes.write(tx).await?;
    let mut news = vec![News { link: link.id, order: order.id }];
    if link.id != order.link_id {
        news.push(News { link: order.link_id, order: order.id });
    }
    tell(tx, &news, now).await?;
    crate::event::of_orders(tx, vec![(link.id, event_of(&moved, &link.open_id, "updated"))], now).await
}

/// Returns the corrections of several orders in one query, the first one first. Orders that were never corrected are not in the map.
pub async fn corrections(
    view: &View<'_>,
    orders: &[OrderId],
) -> Result<HashMap<OrderId, Vec<OrderCorrection>>, StoreError> {
    let mut corrections: HashMap<OrderId, Vec<OrderCorrection>> = HashMap::new();
    let (rows, open_ids) = rows(view, orders).await?;
    for row in rows {
        let id = row.order_id;
        let corrupt = |what: &str| StoreError::corrupt("order_corrections", format!("one of {id} has {what}"));
        let open_id = |link: LinkId| open_ids.get(&link).cloned().ok_or_else(|| corrupt("a missing link"));
        corrections.entry(id).or_default().push(OrderCorrection {
            open_ids: [open_id(row.old_link_id)?, open_id(row.new_link_id)?],
            placed_at: [row.old_placed_at, row.new_placed_at],
            by: row.actor.parse().map_err(|_| corrupt("an unknown actor"))?,
            reason: row.reason,
            at: row.corrected_at,
        });
    }
    Ok(corrections)
}

/// Returns what orders had before they were corrected.
pub(super) async fn former(view: &View<'_>, orders: &[OrderId]) -> Result<HashMap<OrderId, Former>, StoreError> {
    let mut former: HashMap<OrderId, Former> = HashMap::new();
    let (rows, open_ids) = rows(view, orders).await?;
    for row in rows {
        let of_order = former.entry(row.order_id).or_default();
        of_order.open_ids.extend(open_ids.get(&row.old_link_id).cloned());
        of_order.placed_at.push(row.old_placed_at);
    }
    Ok(former)
}

/// Returns the rows of orders, and the openIds that they name.
async fn rows(
    view: &View<'_>,
    orders: &[OrderId],
) -> Result<(Vec<order_correction::Model>, HashMap<LinkId, OpenId>), StoreError> {
    let mut rows = Vec::new();
    for some in orders.chunks(CHUNK) {
        let of_orders = order_correction::Column::OrderId.is_in(some.iter().copied());
        let found = order_correction::Entity::find().filter(of_orders);
        rows.extend(found.order_by_asc(order_correction::Column::Position).all(&view.db).await?);
    }
    let links: Vec<LinkId> = rows.iter().flat_map(|row| [row.old_link_id, row.new_link_id]).collect();
    let mut open_ids = HashMap::new();
    for some in links.chunks(CHUNK) {
        let named = open_id::Entity::find().filter(open_id::Column::Id.is_in(some.iter().copied()));
        open_ids.extend(named.all(&view.db).await?.into_iter().map(|row| (row.id, row.open_id)));
    }
    Ok((rows, open_ids))
}

/// Removes the words of operators about orders that the openId has or had.
pub(crate) async fn forget_reasons(tx: &Tx, link: LinkId) -> Result<(), StoreError> {
    use order_correction::Column::{NewLinkId, OldLinkId};
    for column in [OldLinkId, NewLinkId] {
        let no_words = order_correction::ActiveModel { reason: Set(None), ..Default::default() };
        let named = Condition::all().add(column.eq(link));
        order_correction::Entity::update_many().set(no_words).filter(named).exec(&tx.db).await?;
    }
    Ok(())
}
