//! Tells open sockets each change of the orders that they follow, whichever replica recorded it. One task per process reads what was
//! changed for all sockets, at a fixed interval, and only while there are any.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::{OrderId, ServiceScope, UnionId, UserId};
use futures::Stream;
use futures::stream::unfold;
use store::order::{Followed, FollowedPeople, NEWS_KEPT, News, Order};
use store::{StoreError, Tx};
use tokio::sync::{broadcast, watch};
use tokio::time::MissedTickBehavior;

use super::owner_of_union_id;
use crate::error::{ApiError, ErrorCode};
use crate::service::Service;
use crate::usecase::Caller;

/// How often changes are read.
const EVERY: Duration = Duration::from_millis(500);
/// How many transactions are read at a time.
const PAGE: u64 = 100;
/// The most orders of one account that are told one by one: more at a time are one event to read the list again.
const MOST: usize = 50;
/// How many events wait for a socket before it is told to read the list again.
const BUFFER: usize = 128;

/// What a follower of orders is told.
#[derive(Debug, Clone)]
pub enum OrderNews {
    /// The order was changed; this is how it is now.
    Changed(Arc<Order>),
    /// The list has to be read again: at the beginning, when an order went to another account, and when there were too many changes to
    /// tell each one.
    Reread,
}

/// The orders that open sockets follow.
#[derive(Debug, Default)]
pub(crate) struct OrderFeed(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    followed: HashMap<Followed, broadcast::Sender<OrderNews>>,
    /// Whether the task that reads has begun: from then on nothing is missed. `None` while there is no task.
    begun: Option<watch::Sender<bool>>,
}

/// A follower.
#[derive(Debug)]
struct Following {
    news: broadcast::Receiver<OrderNews>,
    begun: watch::Receiver<bool>,
    has_begun: bool,
}

/// Follows the orders of the caller; or, for a caller with the scope `orders:read`, those of the account that has this unionId at the time.
/// The first event comes as soon as no change can be missed any more.
///
/// # Errors
/// `NOT_FOUND` for a unionId that is unknown or another person's.
pub async fn follow(
    service: &Arc<Service>,
    caller: &Caller,
    union_id: Option<&str>,
) -> Result<impl Stream<Item = OrderNews> + Send + use<>, ApiError> {
    let whose = match union_id {
        None => Followed::Person(caller.person()?.user.id),
        Some(union_id) => {
            // A malformed unionId gets the same answer as an unknown one.
            let union_id: UnionId = union_id.parse().map_err(|_| ApiError::refused(ErrorCode::NotFound))?;
            let owner = owner_of_union_id(service, caller, &union_id).await?;
            if caller.may(ServiceScope::OrdersRead) { Followed::UnionId(union_id) } else { Followed::Person(owner) }
        }
    };
    let following = service.order_feed.follow(service, whose);
    Ok(unfold(following, |mut following| async move { following.next().await.map(|news| (news, following)) }))
}

impl Following {
    async fn next(&mut self) -> Option<OrderNews> {
        if !self.has_begun {
            self.begun.wait_for(|begun| *begun).await.ok()?;
            self.has_begun = true;
            return Some(OrderNews::Reread);
        }
        match self.news.recv().await {
            Ok(news) => Some(news),
            Err(broadcast::error::RecvError::Lagged(_)) => Some(OrderNews::Reread),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

impl OrderFeed {
    fn follow(&self, service: &Arc<Service>, whose: Followed) -> Following {
        let mut inner = lock(&self.0);
        let news = inner.followed.entry(whose).or_insert_with(|| broadcast::channel(BUFFER).0).subscribe();
        let begun = if let Some(begun) = &inner.begun {
            begun.subscribe()
        } else {
            let (sender, begun) = watch::channel(false);
            inner.begun = Some(sender);
            tokio::spawn(read_on(self.0.clone(), Reader::new(service.clone())));
            begun
        };
        Following { news, begun, has_begun: false }
    }
}

impl Inner {
    /// Returns what is still followed; `None` if nothing is, which ends the task that reads.
    fn followed(&mut self) -> Option<Vec<Followed>> {
        self.followed.retain(|_, news| news.receiver_count() > 0);
        if self.followed.is_empty() {
            self.begun = None;
            return None;
        }
        Some(self.followed.keys().cloned().collect())
    }

    fn publish(&self, told: Vec<(Followed, OrderNews)>) {
        for (whose, news) in told {
            // Fails when the last follower has just left.
            let _ = self.followed.get(&whose).map(|followers| followers.send(news));
        }
        if let Some(begun) = &self.begun {
            begun.send_if_modified(|begun| !std::mem::replace(begun, true));
        }
    }
}

fn lock(inner: &Mutex<Inner>) -> MutexGuard<'_, Inner> {
    // No panic can leave a partial change.
    inner.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads what was changed until nothing is followed.
async fn read_on(inner: Arc<Mutex<Inner>>, mut reader: Reader) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut has_failed = false;
    loop {
        ticks.tick().await;
        let mut has_more = true;
        while has_more {
            let Some(followed) = lock(&inner).followed() else { return };
            has_more = match reader.read(&followed).await {
                Ok((told, has_more)) => {
                    has_failed = false;
                    lock(&inner).publish(told);
                    has_more
                }
                // The place stays, and is read again at the next tick. An outage is told once.
                Err(error) => {
                    if !std::mem::replace(&mut has_failed, true) {
                        tracing::warn!("cannot read which orders were changed: {error}");
                    }
                    false
                }
            };
        }
    }
}

/// Reads what was changed since it has last read.
struct Reader {
    service: Arc<Service>,
    /// The number of the last change that was read, and when it was read.
    place: Option<(i64, Instant)>,
}

impl Reader {
    const fn new(service: Arc<Service>) -> Self {
        Self { service, place: None }
    }

    /// Returns what to tell, and whether there is more to read.
    async fn read(&mut self, followed: &[Followed]) -> Result<(Vec<(Followed, OrderNews)>, bool), StoreError> {
        let (view, now) = (self.service.store.view(), Instant::now());
        let kept = NEWS_KEPT.to_std().unwrap_or_default() / 2;
        let after = match self.place {
            Some((after, read_at)) if now - read_at < kept => after,
            place => {
                // What was not read for long may be deleted.
                self.place = Some((store::order::news_head(&view).await?, now));
                let reread = |whose: &Followed| (whose.clone(), OrderNews::Reread);
                return Ok((place.iter().flat_map(|_| followed).map(reread).collect(), false));
            }
        };
        while store::order::has_unnumbered_news(&view).await? {
            let number = |tx: Arc<Tx>| async move { store::order::number_news(&tx).await };
            self.service.store.write("number_order_news", number).await?;
        }
        let rows = store::order::news(&view, after, PAGE).await?;
        let Some((last, _)) = rows.last() else {
            self.place = Some((after, now));
            return Ok((Vec::new(), false));
        };
        let (last, has_more) = (*last, rows.len() as u64 == PAGE);
        let people = store::order::followed_people(&view, followed).await?;
        let changed = changed(rows.into_iter().flat_map(|(_, news)| news), &people);
        let ids = changed.values().filter(|ids| ids.len() <= MOST).flatten().copied().collect::<Vec<_>>();
        let orders = store::order::with_owners(&view, &ids).await?;
        self.place = Some((last, now));
        Ok((tell(&changed, &people, &orders), has_more))
    }
}

/// Returns the changed orders of each account that is followed, each once, in the sequence of their first changes.
fn changed(news: impl Iterator<Item = News>, people: &FollowedPeople) -> HashMap<UserId, Vec<OrderId>> {
    let mut changed: HashMap<UserId, Vec<OrderId>> = HashMap::new();
    let mut seen = HashSet::new();
    for News { link, order } in news {
        if let Some(user) = people.links.get(&link)
            && seen.insert((*user, order))
        {
            changed.entry(*user).or_default().push(order);
        }
    }
    changed
}

fn tell(
    changed: &HashMap<UserId, Vec<OrderId>>,
    people: &FollowedPeople,
    orders: &HashMap<OrderId, (Order, Option<UserId>)>,
) -> Vec<(Followed, OrderNews)> {
    let mut told = Vec::new();
    for (user, ids) in changed {
        let mut news = Vec::with_capacity(ids.len());
        let mut reread = ids.len() > MOST;
        for id in ids.iter().filter(|_| ids.len() <= MOST) {
            match orders.get(id) {
                Some((order, owner)) if *owner == Some(*user) => news.push(OrderNews::Changed(Arc::new(order.clone()))),
                // It was this person's when it was changed, or a moment ago.
                Some(_) | None => reread = true,
            }
        }
        if reread {
            news.push(OrderNews::Reread);
        }
        for whose in people.followers.get(user).into_iter().flatten() {
            told.extend(news.iter().map(|news| (whose.clone(), news.clone())));
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use domain::{LinkId, Timestamp};

    use super::*;

    #[test]
    fn an_order_that_was_changed_twice_is_told_once_and_another_persons_is_not() {
        let now = Timestamp::from_millis(0);
        let (lan, link, other) = (UserId::new(now), LinkId::new(now), LinkId::new(now));
        let [one, two] = [OrderId::new(now), OrderId::new(now)];
        let people = FollowedPeople { links: [(link, lan)].into(), ..FollowedPeople::default() };
        let news = [(link, one), (other, two), (link, two), (link, one)].map(|(link, order)| News { link, order });

        assert_eq!(changed(news.into_iter(), &people), [(lan, vec![one, two])].into());
    }

    #[test]
    fn many_changes_at_once_and_orders_of_another_person_are_one_event_to_read_the_list_again() {
        let now = Timestamp::from_millis(0);
        let lan = UserId::new(now);
        let people =
            FollowedPeople { followers: [(lan, vec![Followed::Person(lan)])].into(), ..FollowedPeople::default() };

        for count in [2, MOST + 1] {
            let changed = [(lan, (0..count).map(|_| OrderId::new(now)).collect())].into();
            let told = tell(&changed, &people, &HashMap::new());
            assert!(matches!(&told[..], [(Followed::Person(whose), OrderNews::Reread)] if *whose == lan), "{told:?}");
        }
    }
}
