//! Tells the sockets of every replica which orders were changed. A transaction that changes orders leaves a row with their ids. As
//! with events, a row gets its number only after its commit, from one transaction at a time (ADR 0067): a reader that has seen a
//! number never misses a smaller one.

use std::collections::HashMap;

use chrono::TimeDelta;
use domain::{LinkId, OrderId, Timestamp, UnionId, UserId};
use entities::user::{self, Status};
use entities::{open_id, order, order_news, union_id};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{COLUMNS, Found, Order};
use crate::database::{CHUNK, Deferred};
use crate::event::{mark, number_rows};
use crate::{StoreError, Tx, View};

/// The name of the last number that was assigned.
const HEAD: &str = "order_news";
/// How long it is kept which orders were changed. Who has not read it for half as long reads the orders anew.
pub const NEWS_KEPT: TimeDelta = TimeDelta::minutes(30);
/// The bytes of two ids.
const PAIR: usize = 32;

/// An order that was changed, and an openId that has it, or had it before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct News {
    /// The link of the openId.
    pub link: LinkId,
    /// The order.
    pub order: OrderId,
}

/// Records which orders the transaction has changed, at the latest with the commit.
pub(super) async fn tell(tx: &Tx, news: &[News], now: Timestamp) -> Result<(), StoreError> {
    for some in news.chunks(CHUNK) {
        let pair = |news: &News| [*news.link.uuid().as_bytes(), *news.order.uuid().as_bytes()].concat();
        let orders: Vec<u8> = some.iter().flat_map(pair).collect();
        let row = vec![now.into(), orders.into()];
        let columns = [order_news::Column::At, order_news::Column::Orders];
        tx.later(Deferred::rows::<order_news::Entity>(&columns, vec![row])).await?;
    }
    Ok(())
}

/// Returns the last number that was assigned.
pub async fn news_head(view: &View<'_>) -> Result<i64, StoreError> {
    mark(view, HEAD).await
}

/// Returns whether rows have no number yet.
pub async fn has_unnumbered_news(view: &View<'_>) -> Result<bool, StoreError> {
    let unnumbered = order_news::Entity::find().filter(order_news::Column::Seq.is_null());
    Ok(unnumbered.limit(1).count(&view.db).await? > 0)
}

/// Numbers a batch of committed rows and returns how many there were. Of several replicas one works and the others wait for it.
pub async fn number_news(tx: &Tx) -> Result<usize, StoreError> {
    number_rows::<order_news::Entity>(tx, HEAD, [order_news::Column::Position, order_news::Column::Seq]).await
}

/// Returns the rows after a number, in their order, each with its number.
pub async fn news(view: &View<'_>, after: i64, limit: u64) -> Result<Vec<(i64, Vec<News>)>, StoreError> {
    use order_news::Column::{Orders, Seq};
    let rows: Vec<(i64, Vec<u8>)> = order_news::Entity::find()
        .select_only()
        .columns([Seq, Orders])
        .filter(Seq.gt(after))
        .order_by_asc(Seq)
        .limit(limit)
        .into_tuple()
        .all(&view.db)
        .await?;
    rows.into_iter().map(|(seq, orders)| Ok((seq, read(seq, &orders)?))).collect()
}

fn read(seq: i64, orders: &[u8]) -> Result<Vec<News>, StoreError> {
    let corrupt = || StoreError::corrupt("order_news", format!("{seq} is malformed"));
    let pairs = orders.chunks(PAIR).map(|pair| {
        let (link, order) = pair.split_at_checked(PAIR / 2)?;
        let id = |bytes| Uuid::from_slice(bytes).ok();
        Some(News { link: LinkId::from_uuid(id(link)?), order: OrderId::from_uuid(id(order)?) })
    });
    pairs.map(|pair| pair.ok_or_else(corrupt)).collect()
}

/// Whose orders a socket follows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Followed {
    /// Those of an account.
    Person(UserId),
    /// Those of the account that has this unionId at the time.
    UnionId(UnionId),
}

/// The accounts that are followed, as they are now.
#[derive(Debug, Default)]
pub struct FollowedPeople {
    /// The openIds, each with its account.
    pub links: HashMap<LinkId, UserId>,
    /// Who follows an account.
    pub followers: HashMap<UserId, Vec<Followed>>,
}

/// Returns the accounts that are followed, with their openIds. Uses one query for each five hundred accounts, and one for each five
/// hundred unionIds.
pub async fn followed_people(view: &View<'_>, followed: &[Followed]) -> Result<FollowedPeople, StoreError> {
    let mut people = FollowedPeople::default();
    let mut union_ids = Vec::new();
    for one in followed {
        match one {
            Followed::Person(user) => people.followers.entry(*user).or_default().push(one.clone()),
            Followed::UnionId(union_id) => union_ids.push(union_id),
        }
    }
    for some in union_ids.chunks(CHUNK) {
        let holders: Vec<(UnionId, UserId)> = union_id::Entity::find()
            .select_only()
            .columns([union_id::Column::UnionId, union_id::Column::UserId])
            .inner_join(user::Entity)
            .filter(union_id::Column::UnionId.is_in(some.iter().copied().cloned()))
            .filter(user::Column::Status.eq(Status::Active))
            .into_tuple()
            .all(&view.db)
            .await?;
        for (union_id, user) in holders {
            people.followers.entry(user).or_default().push(Followed::UnionId(union_id));
        }
    }
    let users: Vec<UserId> = people.followers.keys().copied().collect();
    for some in users.chunks(CHUNK) {
        let links: Vec<(LinkId, UserId)> = open_id::Entity::find()
            .select_only()
            .columns([open_id::Column::Id, open_id::Column::UserId])
            .filter(open_id::Column::UserId.is_in(some.iter().copied()))
            .into_tuple()
            .all(&view.db)
            .await?;
        people.links.extend(links);
    }
    Ok(people)
}

/// Returns orders, each with the account that has its openId now.
pub async fn with_owners(
    view: &View<'_>,
    ids: &[OrderId],
) -> Result<HashMap<OrderId, (Order, Option<UserId>)>, StoreError> {
    let mut orders = HashMap::with_capacity(ids.len());
    for some in ids.chunks(CHUNK) {
        let found = order::Entity::find()
            .select_only()
            .columns(COLUMNS)
            .columns([open_id::Column::App, open_id::Column::OpenId, open_id::Column::UserId])
            .inner_join(open_id::Entity)
            .filter(order::Column::Id.is_in(some.iter().copied()));
        for Found { order, app, open_id, user_id } in found.into_model::<Found>().all(&view.db).await? {
            orders.insert(order.id, (order.into_order(app, open_id), user_id));
        }
    }
    Ok(orders)
}
