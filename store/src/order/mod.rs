//! Orders. Each belongs permanently to the link of the openId that placed it. `page` reads a person's orders, `totals` their
//! sums, `record` writes order reports and keeps the sums, `correction` changes what reports do not, and `news` tells who follows
//! orders which ones were changed.

mod correction;
mod ledger;
mod news;
mod page;
mod parts;
#[cfg(test)]
mod plan;
mod record;
mod titles;
mod totals;
mod totals_check;

use std::collections::BTreeMap;

use domain::order::{OrderNo, OrderStatus, refunded};
use domain::{AppId, Currency, LinkId, Money, OpenId, OrderId, Timestamp, UserId};
use entities::{open_id, order};
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, Select};

use crate::user::{self, LinkedOpenId};
use crate::{StoreError, View};

pub(crate) use correction::forget_reasons;
pub use correction::{Corrected, CorrectionError, OrderCorrection, correct, corrections};
pub use news::{
    Followed, FollowedPeople, NEWS_KEPT, News, followed_people, has_unnumbered_news, news, news_head, number_news,
    with_owners,
};
pub use page::{AmountFilter, OrderFilter, OrderSort, Position, Range, page};
pub use parts::{OrderStatusChange, deliveries, items, refunds, status_changes};
pub use record::{RecordError, Recorded, record, record_each};
pub use titles::{MOST_SEARCHED, Searched, find_titles};
pub use totals::{OrderTotal, count, totals};
pub use totals_check::Difference;

/// A person's openIds, read once for all that one request reads of the person's orders.
#[derive(Debug, Clone, Default)]
pub struct Links(BTreeMap<LinkId, (AppId, OpenId)>);

impl Links {
    /// Returns how many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns whether it is one of them.
    #[must_use]
    pub fn contains(&self, link: LinkId) -> bool {
        self.0.contains_key(&link)
    }

    /// Returns those in the apps of the filter, each with its app.
    fn of_apps(&self, filter: &OrderFilter) -> Vec<(LinkId, &AppId)> {
        let is_wanted = |app| filter.apps.as_ref().is_none_or(|apps| apps.contains(app));
        self.0.iter().filter(|(_, (app, _))| is_wanted(app)).map(|(id, (app, _))| (*id, app)).collect()
    }

    /// Returns the app and the openId of a row.
    fn find(&self, link: LinkId) -> Result<&(AppId, OpenId), StoreError> {
        self.0.get(&link).ok_or_else(|| StoreError::corrupt("orders", format!("{link} was not requested")))
    }
}

impl From<&user::Links> for Links {
    fn from(links: &user::Links) -> Self {
        let with_key = |link: &LinkedOpenId| (link.id, (link.key.app.clone(), link.key.open_id.clone()));
        Self(links.open_ids.iter().map(with_key).collect())
    }
}

/// Returns a person's openIds.
pub async fn links(view: &View<'_>, user: UserId) -> Result<Links, StoreError> {
    let links: Vec<(LinkId, AppId, OpenId)> = open_id::Entity::find()
        .select_only()
        .columns([open_id::Column::Id, open_id::Column::App, open_id::Column::OpenId])
        .filter(open_id::Column::UserId.eq(user))
        .into_tuple()
        .all(&view.db)
        .await?;
    Ok(Links(links.into_iter().map(|(id, app, open_id)| (id, (app, open_id))).collect()))
}

/// An order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The id.
    pub id: OrderId,
    /// The link of the openId.
    pub link: LinkId,
    /// The app.
    pub app: AppId,
    /// The openId that placed the order.
    pub open_id: OpenId,
    /// The shop's order number.
    pub order_no: OrderNo,
    /// The status.
    pub status: OrderStatus,
    /// The total amount.
    pub total: Money,
    /// What was paid back: the sum of the listed refunds; without any, the total of a refunded order.
    pub refunded: Money,
    /// When it was placed.
    pub placed_at: Timestamp,
}

/// The columns of [`Row`].
const COLUMNS: [order::Column; 8] = {
    use order::Column::{Currency, Id, LinkId, OrderNo, PlacedAt, RefundedMinor, Status, TotalMinor};
    [Id, LinkId, OrderNo, Status, TotalMinor, RefundedMinor, Currency, PlacedAt]
};

/// An order without its app and openId.
#[derive(Debug, FromQueryResult)]
struct Row {
    id: OrderId,
    link_id: LinkId,
    order_no: OrderNo,
    status: OrderStatus,
    total_minor: i64,
    refunded_minor: Option<i64>,
    currency: Currency,
    placed_at: Timestamp,
}

impl Row {
    fn into_order(self, app: AppId, open_id: OpenId) -> Order {
        let refunded = refunded(self.status, self.total_minor, self.refunded_minor);
        Order {
            id: self.id,
            link: self.link_id,
            app,
            open_id,
            order_no: self.order_no,
            status: self.status,
            total: Money { minor: self.total_minor, currency: self.currency },
            refunded: Money { minor: refunded, currency: self.currency },
            placed_at: self.placed_at,
        }
    }
}

/// Returns an order, of any account or only of `owner`. An order of another account is treated as missing.
pub async fn find(view: &View<'_>, id: OrderId, owner: Option<UserId>) -> Result<Option<Order>, StoreError> {
    one(view, order::Entity::find_by_id(id), owner).await
}

/// Returns the order with this number, of any account or only of `owner`, as [`find`] does.
pub async fn find_by_number(
    view: &View<'_>,
    (app, number): (&AppId, &OrderNo),
    owner: Option<UserId>,
) -> Result<Option<Order>, StoreError> {
    let order = order::Entity::find().filter(order::Column::App.eq(app.clone()));
    one(view, order.filter(order::Column::OrderNo.eq(number.clone())), owner).await
}

async fn one(
    view: &View<'_>,
    order: Select<order::Entity>,
    owner: Option<UserId>,
) -> Result<Option<Order>, StoreError> {
    let order = order
        .select_only()
        .columns(COLUMNS)
        .columns([open_id::Column::App, open_id::Column::OpenId, open_id::Column::UserId])
        .inner_join(open_id::Entity)
        .filter(Condition::all().add_option(owner.map(|owner| open_id::Column::UserId.eq(owner))));
    let found = order.into_model::<Found>().one(&view.db).await?;
    Ok(found.map(|Found { order, app, open_id, .. }| order.into_order(app, open_id)))
}

/// An order with its app and openId, and the account of the openId.
#[derive(FromQueryResult)]
struct Found {
    #[sea_orm(nested)]
    order: Row,
    app: AppId,
    open_id: OpenId,
    user_id: Option<UserId>,
}
