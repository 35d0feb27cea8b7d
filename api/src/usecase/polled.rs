//! Values in the database that open connections follow. Another replica may change them, so they are read again and again:
//! all values of one kind that this process follows by one query, at a fixed interval, and none while no value is followed.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use store::StoreError;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

/// What is known of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen<V> {
    /// It was not read yet.
    Unread,
    /// It was this.
    Is(V),
    /// It did not exist.
    Gone,
}

/// The followed values of one kind.
#[derive(Debug)]
pub(crate) struct Polled<K, V> {
    every: Duration,
    inner: Arc<Mutex<Inner<K, V>>>,
}

#[derive(Debug)]
struct Inner<K, V> {
    values: HashMap<K, watch::Sender<Seen<V>>>,
    /// Whether a task reads them.
    is_read: bool,
}

impl<K, V> Polled<K, V>
where
    K: Copy + Eq + Hash + Send + 'static,
    V: Copy + PartialEq + Send + Sync + 'static,
{
    /// Creates an empty collection, whose values are read at this interval.
    pub(crate) fn new(every: Duration) -> Self {
        Self { every, inner: Arc::new(Mutex::new(Inner { values: HashMap::new(), is_read: false })) }
    }

    /// Follows the value of a key until the receiver is dropped. `read` returns those values that exist.
    pub(crate) fn follow<R, F>(&self, key: K, read: R) -> watch::Receiver<Seen<V>>
    where
        R: Fn(Vec<K>) -> F + Send + 'static,
        F: Future<Output = Result<HashMap<K, V>, StoreError>> + Send + 'static,
    {
        let mut inner = lock(&self.inner);
        let value = inner.values.entry(key).or_insert_with(|| watch::channel(Seen::Unread).0).subscribe();
        if !std::mem::replace(&mut inner.is_read, true) {
            tokio::spawn(read_on(self.inner.clone(), self.every, read));
        }
        value
    }
}

/// Reads the values until none is followed.
async fn read_on<K, V, R, F>(inner: Arc<Mutex<Inner<K, V>>>, every: Duration, read: R)
where
    K: Copy + Eq + Hash + Send + 'static,
    V: Copy + PartialEq + Send + Sync + 'static,
    R: Fn(Vec<K>) -> F + Send + 'static,
    F: Future<Output = Result<HashMap<K, V>, StoreError>> + Send,
{
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut has_failed = false;
    loop {
        ticks.tick().await;
        let Some(keys) = lock(&inner).followed() else { return };
        match read(keys.clone()).await {
            Ok(values) => {
                has_failed = false;
                lock(&inner).publish(&keys, &values);
            }
            // The values stay as they were, and are read again at the next tick. An outage is told once.
            Err(error) if !std::mem::replace(&mut has_failed, true) => {
                tracing::warn!("cannot read what open connections follow: {error}");
            }
            Err(_) => {}
        }
    }
}

impl<K: Copy + Eq + Hash, V: Copy + PartialEq> Inner<K, V> {
    /// Returns the keys that are still followed; `None` if there are none, which ends the task that reads them.
    fn followed(&mut self) -> Option<Vec<K>> {
        self.values.retain(|_, value| value.receiver_count() > 0);
        self.is_read = !self.values.is_empty();
        self.is_read.then(|| self.values.keys().copied().collect())
    }

    fn publish(&self, keys: &[K], values: &HashMap<K, V>) {
        for key in keys {
            let Some(sender) = self.values.get(key) else { continue };
            let new = values.get(key).map_or(Seen::Gone, |value| Seen::Is(*value));
            sender.send_if_modified(|seen| std::mem::replace(seen, new) != new);
        }
    }
}

fn lock<T>(inner: &Mutex<T>) -> MutexGuard<'_, T> {
    // No panic can leave a partial change.
    inner.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const TICK: Duration = Duration::from_millis(500);

    /// A table that counts its reads.
    #[derive(Default)]
    struct Table {
        rows: Mutex<HashMap<u8, u8>>,
        reads: AtomicUsize,
    }

    impl Table {
        fn set(&self, key: u8, value: u8) {
            lock(&self.rows).insert(key, value);
        }
    }

    fn follow(polled: &Polled<u8, u8>, table: &Arc<Table>, key: u8) -> watch::Receiver<Seen<u8>> {
        let table = table.clone();
        polled.follow(key, move |keys| {
            table.reads.fetch_add(1, Ordering::Relaxed);
            let rows = lock(&table.rows).clone();
            async move { Ok(rows.into_iter().filter(|(key, _)| keys.contains(key)).collect()) }
        })
    }

    #[tokio::test(start_paused = true)]
    async fn a_hundred_followers_cost_one_read_per_interval_and_none_costs_none() {
        let (polled, table) = (Polled::new(TICK), Arc::new(Table::default()));
        table.set(1, 7);
        let mut values: Vec<_> = (0..100).map(|_| follow(&polled, &table, 1)).collect();

        tokio::time::sleep(TICK * 4 + TICK / 2).await;

        assert_eq!(table.reads.load(Ordering::Relaxed), 5);
        assert!(values.iter_mut().all(|value| *value.borrow_and_update() == Seen::Is(7)));
        drop(values);
        tokio::time::sleep(TICK * 10).await;
        assert_eq!(table.reads.load(Ordering::Relaxed), 5);
        assert!(lock(&polled.inner).values.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_change_is_told_once_and_what_does_not_exist_is_gone() {
        let (polled, table) = (Polled::new(TICK), Arc::new(Table::default()));
        table.set(1, 7);
        let (mut value, mut missing) = (follow(&polled, &table, 1), follow(&polled, &table, 2));
        tokio::time::sleep(TICK / 2).await;
        assert_eq!((*value.borrow_and_update(), *missing.borrow_and_update()), (Seen::Is(7), Seen::Gone));

        table.set(1, 8);
        tokio::time::sleep(TICK * 3).await;

        assert_eq!((value.has_changed().ok(), missing.has_changed().ok()), (Some(true), Some(false)));
        assert_eq!(*value.borrow_and_update(), Seen::Is(8));
    }

    #[tokio::test(start_paused = true)]
    async fn reading_begins_again_with_the_next_follower() {
        let (polled, table) = (Polled::new(TICK), Arc::new(Table::default()));
        drop(follow(&polled, &table, 1));
        tokio::time::sleep(TICK * 3).await;
        table.set(1, 7);

        let value = follow(&polled, &table, 1);
        tokio::time::sleep(TICK / 2).await;

        assert_eq!(*value.borrow(), Seen::Is(7));
    }
}
