//! Writes order reports of the company's systems, with few statements per batch. See [`domain::order`] for the effect
//! of a report.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::order::{Clash, Effect, Report};
use domain::{AppId, EventKind, LinkId, OpenId, OpenKey, OrderId, Timestamp};
use entities::{open_id, order, order_change, order_delivery, order_item, order_refund};
use sea_orm::sea_query::{CaseStatement, Expr};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::ledger::{Ledger, Line, Parts};
use super::news::{News, tell};
use super::totals::Changes;
use crate::database::{CHUNK, has_key};
use crate::link::{note_all, unclaimed};
use crate::{StoreError, Tx};

/// The result of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recorded {
    /// The order.
    pub id: OrderId,
    /// The change that the report made.
    pub effect: Effect,
}

/// An error of a batch. Drop the transaction, so that none of it is written.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// A report contradicts an immutable field of an order.
    #[error("report {index} cannot be recorded")]
    Clash {
        /// The index of the report in the batch, from 0.
        index: usize,
        /// The contradiction.
        #[source]
        clash: Clash,
    },
    /// The store failed, or a concurrent transaction conflicts.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Records a batch, all or nothing. If it contains several reports of one order, they are applied in sequence.
///
/// An openId that has not signed in yet gets a link without an owner.
///
/// # Errors
/// Returns [`StoreError::Contended`] if one of the orders was recorded concurrently.
pub async fn record(tx: &Tx, reports: &[Report], now: Timestamp) -> Result<Vec<Recorded>, RecordError> {
    let entered = record_each(tx, reports, now).await?.into_iter().enumerate();
    entered.map(|(index, entered)| entered.map_err(|clash| RecordError::Clash { index, clash })).collect()
}

/// Records a batch except for reports that contradict an immutable field of an order; these are skipped.
///
/// # Errors
/// Returns [`StoreError::Contended`] if one of the orders was recorded concurrently.
pub async fn record_each(
    tx: &Tx,
    reports: &[Report],
    now: Timestamp,
) -> Result<Vec<Result<Recorded, Clash>>, StoreError> {
    let wanted: BTreeSet<OpenKey> = reports.iter().map(open_key).collect();
    let known = find_links(tx, wanted.iter()).await?;
    let mut ledger = ledger(tx, reports, &known).await?;
    let entered: Vec<_> = reports.iter().map(|report| ledger.enter(report, now)).collect();
    // A known order keeps its link. Its report may name an openId that was erased since, which gets no link again.
    let created = ledger.changed().filter(|line| line.link().is_none());
    let links = links_of(tx, known, created.map(|line| open_key(&line.report)).collect(), now).await?;
    write_ledger(tx, &ledger, &links, now).await?;
    Ok(entered)
}

/// Returns the link of an openId, and inserts it if it is missing.
pub(super) async fn link_of(tx: &Tx, key: &OpenKey, now: Timestamp) -> Result<LinkId, StoreError> {
    let known = find_links(tx, std::iter::once(key)).await?;
    let links = links_of(tx, known, std::iter::once(key.clone()).collect(), now).await?;
    links.get(key).copied().ok_or_else(missing_link)
}

/// Adds the links of the wanted openIds to the known ones, and inserts the missing ones.
async fn links_of(tx: &Tx, mut links: Links, wanted: BTreeSet<OpenKey>, now: Timestamp) -> Result<Links, StoreError> {
    let missing: Vec<&OpenKey> = wanted.iter().filter(|key| !links.contains_key(*key)).collect();
    if missing.is_empty() {
        return Ok(links);
    }
    for chunk in missing.chunks(CHUNK) {
        note_all(tx, chunk.iter().map(|key| unclaimed(key, now)).collect()).await?;
    }
    links.extend(find_links(tx, missing.into_iter()).await?);
    Ok(links)
}

fn missing_link() -> StoreError {
    StoreError::corrupt("open_ids", "an inserted row is missing")
}

async fn find_links(tx: &Tx, keys: impl Iterator<Item = &OpenKey>) -> Result<Links, StoreError> {
    use open_id::Column::{App, Id, OpenId};

    let mut links = Links::new();
    for (app, open_ids) in by_app(keys.map(|key| (&key.app, &key.open_id))) {
        for chunk in open_ids.chunks(CHUNK) {
            let keys = chunk.iter().copied().cloned();
            let with_key =
                has_key::<open_id::Entity>(tx.db.get_database_backend(), [Id, App, OpenId], app.clone(), keys);
            let ids = open_id::Entity::find().select_only().columns([Id, OpenId]).filter(with_key);
            let ids: Vec<(LinkId, domain::OpenId)> = ids.into_tuple().all(&tx.db).await?;
            links.extend(ids.into_iter().map(|(id, open_id)| (OpenKey { app: app.clone(), open_id }, id)));
        }
    }
    Ok(links)
}

/// Reads and locks the known orders of the batch, so that they do not change before the write.
async fn ledger(tx: &Tx, reports: &[Report], links: &Links) -> Result<Ledger, StoreError> {
    use order::Column::{App, Id, OrderNo};

    let numbers: BTreeSet<_> = reports.iter().map(|report| (&report.app, &report.order_no)).collect();
    let mut rows = Vec::new();
    for (app, numbers) in by_app(numbers.into_iter()) {
        for chunk in numbers.chunks(CHUNK) {
            let keys = chunk.iter().copied().cloned();
            let with_key =
                has_key::<order::Entity>(tx.db.get_database_backend(), [Id, App, OrderNo], app.clone(), keys);
            let found = order::Entity::find().filter(with_key).order_by_asc(OrderNo);
            rows.extend(tx.locking(found).all(&tx.db).await?);
        }
    }
    let open_ids = open_ids_of(tx, &rows, links).await?;
    let (mut items, mut refunds, mut deliveries) = (HashMap::new(), HashMap::new(), HashMap::new());
    let tells_deliveries = reports.iter().any(|report| report.deliveries.is_some());
    for chunk in rows.chunks(CHUNK) {
        let ids: Vec<OrderId> = chunk.iter().map(|row| row.id).collect();
        items.extend(super::items(&tx.look(), &ids).await?);
        let refunded = chunk.iter().filter(|row| row.refunded_minor.is_some()).map(|row| row.id);
        refunds.extend(super::refunds(&tx.look(), &refunded.collect::<Vec<_>>()).await?);
        if tells_deliveries {
            deliveries.extend(super::deliveries(&tx.look(), &ids).await?);
        }
    }
    let mut former = super::correction::former(&tx.look(), &contradicted(&rows, &open_ids, reports)).await?;
    let mut ledger = Ledger::default();
    for row in rows {
        let open_id = open_ids.get(&row.link_id).cloned();
        let open_id = open_id.ok_or_else(|| StoreError::corrupt("orders", format!("{} has a missing link", row.id)))?;
        let parts = Parts {
            items: items.remove(&row.id).unwrap_or_default(),
            refunds: refunds.remove(&row.id).unwrap_or_default(),
            deliveries: tells_deliveries.then(|| deliveries.remove(&row.id).unwrap_or_default()),
            former: former.remove(&row.id),
        };
        ledger.know(row, open_id, parts);
    }
    Ok(ledger)
}

/// Returns the known orders whose openId or time a report contradicts: an operator may have corrected them.
fn contradicted(rows: &[order::Model], open_ids: &HashMap<LinkId, OpenId>, reports: &[Report]) -> Vec<OrderId> {
    let known: HashMap<_, _> = rows.iter().map(|row| ((&row.app, &row.order_no), row)).collect();
    let contradicts = |report: &Report| {
        let row = known.get(&(&report.app, &report.order_no))?;
        let is_same = row.placed_at == report.placed_at && open_ids.get(&row.link_id) == Some(&report.open_id);
        (!is_same).then_some(row.id)
    };
    reports.iter().filter_map(contradicts).collect::<BTreeSet<_>>().into_iter().collect()
}

/// Returns the openIds that placed the known orders. Usually the reports name the same ones; otherwise it is a clash.
async fn open_ids_of(tx: &Tx, rows: &[order::Model], links: &Links) -> Result<HashMap<LinkId, OpenId>, StoreError> {
    let mut open_ids: HashMap<LinkId, OpenId> = links.iter().map(|(key, id)| (*id, key.open_id.clone())).collect();
    let others: BTreeSet<LinkId> = rows.iter().map(|row| row.link_id).filter(|id| !open_ids.contains_key(id)).collect();
    if !others.is_empty() {
        let rows = open_id::Entity::find().filter(open_id::Column::Id.is_in(others)).all(&tx.db).await?;
        open_ids.extend(rows.into_iter().map(|row| (row.id, row.open_id)));
    }
    Ok(open_ids)
}

async fn write_ledger(tx: &Tx, ledger: &Ledger, links: &Links, now: Timestamp) -> Result<(), StoreError> {
    let mut changes = Changes::default();
    let (mut created, mut updated) = (Vec::new(), Vec::new());
    let (mut events, mut told) = (Vec::new(), Vec::new());
    let wants_events = tx.recording.wants(EventKind::OrderRecorded);
    for line in ledger.changed() {
        let link_id = line.link().or_else(|| links.get(&open_key(&line.report)).copied());
        let link_id = link_id.ok_or_else(missing_link)?;
        line.count(link_id, &mut changes);
        let row = line.order_row(link_id, now);
        if wants_events {
            events.push((link_id, line.event(&row)));
        }
        told.push(News { link: link_id, order: line.id });
        if line.change == Some(Effect::Created) {
            created.push(row);
        } else {
            updated.push(line);
        }
    }
    tx.insert_all(created).await?;
    for chunk in updated.chunks(CHUNK) {
        update_orders(tx, chunk, now).await?;
    }
    tx.insert_all(ledger.changed().flat_map(|line| line.item_rows(now)).collect()).await?;
    write_parts(tx, ledger, now).await?;
    // After all orders of the batch are locked.
    changes.write(tx).await?;
    tell(tx, &told, now).await?;
    crate::event::of_orders(tx, events, now).await
}

/// Writes the refunds, the deliveries and the changes of status that the batch told: no statement if it told none.
async fn write_parts(tx: &Tx, ledger: &Ledger, now: Timestamp) -> Result<(), StoreError> {
    let known = || ledger.changed().filter(|line| line.change == Some(Effect::Updated));
    let replaced: Vec<OrderId> = known().filter(|line| line.has_new_refunds).map(|line| line.id).collect();
    for ids in replaced.chunks(CHUNK) {
        let of_orders = order_refund::Column::OrderId.is_in(ids.iter().copied());
        order_refund::Entity::delete_many().filter(of_orders).exec(&tx.db).await?;
    }
    let replaced: Vec<OrderId> = known().filter(|line| line.has_new_deliveries).map(|line| line.id).collect();
    for ids in replaced.chunks(CHUNK) {
        let of_orders = order_delivery::Column::OrderId.is_in(ids.iter().copied());
        order_delivery::Entity::delete_many().filter(of_orders).exec(&tx.db).await?;
    }
    tx.insert_all(ledger.changed().flat_map(|line| line.refund_rows(now)).collect()).await?;
    tx.insert_all(ledger.changed().flat_map(|line| line.delivery_rows(now)).collect()).await?;
    let changes: Vec<_> = ledger.changed().flat_map(Line::change_rows).collect();
    for chunk in changes.chunks(CHUNK) {
        order_change::Entity::insert_many(chunk.to_vec()).exec_without_returning(&tx.db).await?;
    }
    Ok(())
}

/// Updates many orders in one statement and deletes their items.
async fn update_orders(tx: &Tx, lines: &[&Line], now: Timestamp) -> Result<(), StoreError> {
    let ids: Vec<OrderId> = lines.iter().map(|line| line.id).collect();
    let [mut status, mut total, mut refunded, mut shop_time] = std::array::from_fn(|_| CaseStatement::new());
    for line in lines {
        let is_it = || order::Column::Id.eq(line.id);
        status = status.case(is_it(), Expr::val(line.report.status));
        total = total.case(is_it(), Expr::val(line.report.total.minor));
        refunded = refunded.case(is_it(), Expr::val(line.report.refunded()));
        shop_time = shop_time.case(is_it(), Expr::val(line.report.shop_updated_at));
    }
    order::Entity::update_many()
        .set(order::ActiveModel { updated_at: Set(now), ..Default::default() })
        .col_expr(order::Column::Status, status.into())
        .col_expr(order::Column::TotalMinor, total.into())
        .col_expr(order::Column::RefundedMinor, refunded.into())
        .col_expr(order::Column::ShopUpdatedAt, shop_time.into())
        .filter(order::Column::Id.is_in(ids.clone()))
        .exec(&tx.db)
        .await?;
    order_item::Entity::delete_many().filter(order_item::Column::OrderId.is_in(ids)).exec(&tx.db).await?;
    Ok(())
}

/// The links of openIds.
type Links = HashMap<OpenKey, LinkId>;

fn open_key(report: &Report) -> OpenKey {
    OpenKey { app: report.app.clone(), open_id: report.open_id.clone() }
}

/// Groups pairs by app. A batch covers few apps, and not every database uses an index for pairs.
fn by_app<'a, T>(pairs: impl Iterator<Item = (&'a AppId, &'a T)>) -> BTreeMap<&'a AppId, Vec<&'a T>> {
    let mut apps: BTreeMap<&AppId, Vec<&T>> = BTreeMap::new();
    for (app, key) in pairs {
        apps.entry(app).or_default().push(key);
    }
    apps
}
