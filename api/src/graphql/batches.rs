//! Reads with one statement what many fields of an answer ask for, and many answers.
//!
//! The `DataLoader` of the library waits for a millisecond after the first key. Each answer pays for it, and fields whose process is
//! busy for longer are read with two statements. Here a key waits until the task that asked has run, so that the other fields of its
//! answer have asked as well. While loads are running, keys gather for the next one: the busier the database, the larger the batch.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_graphql::dataloader::Loader;
use futures::FutureExt;
use tokio::sync::oneshot;

/// The loads of one kind that run at once.
const LOADS: usize = 2;
/// The keys of one load.
const KEYS: usize = 1_000;

/// What is answered for a key: its value, if it has one, or the error of the whole load.
type Answer<V, E> = Result<Option<V>, E>;
/// The fields that wait for the value of a key.
type Waiters<V, E> = Vec<oneshot::Sender<Answer<V, E>>>;
/// The keys of a load, and the fields that wait for each.
type Batch<K, V, E> = (Vec<K>, Vec<Waiters<V, E>>);

/// Batches the loads of one kind.
#[derive(Debug)]
pub(super) struct Batches<K: Send + Sync + Hash + Eq + Clone + 'static, L: Loader<K>> {
    loader: L,
    state: Mutex<State<K, L::Value, L::Error>>,
}

#[derive(Debug)]
struct State<K, V, E> {
    waiting: HashMap<K, Waiters<V, E>>,
    /// The keys that wait, the oldest first.
    order: VecDeque<K>,
    running: usize,
}

impl<K: Send + Sync + Hash + Eq + Clone + 'static, L: Loader<K>> Batches<K, L> {
    pub(super) fn new(loader: L) -> Arc<Self> {
        Arc::new(Self {
            loader,
            state: Mutex::new(State { waiting: HashMap::new(), order: VecDeque::new(), running: 0 }),
        })
    }

    /// Loads the value of a key together with those that are asked for at the same time.
    pub(super) async fn load(self: &Arc<Self>, key: K) -> Answer<L::Value, L::Error> {
        let (waiter, answer) = oneshot::channel();
        self.state().ask(key, waiter);
        // The other fields of the answer ask before this one goes on.
        tokio::task::yield_now().await;
        self.start();
        answer.await.expect("the load does not panic")
    }

    /// Starts a load, unless none is needed, or enough are running: then one of them takes the keys when it is done.
    fn start(self: &Arc<Self>) {
        let mut state = self.state();
        if !state.waiting.is_empty() && state.running < LOADS {
            state.running += 1;
            drop(state);
            // In no request's span: its later loads are for other requests.
            tokio::spawn(self.clone().run());
        }
    }

    async fn run(self: Arc<Self>) {
        while let Some((keys, waiters)) = self.next() {
            // The channels of this load are closed, and the next one begins.
            let Ok(loaded) = AssertUnwindSafe(self.loader.load(&keys)).catch_unwind().await else { continue };
            for (key, waiters) in keys.iter().zip(waiters) {
                let answer = loaded.as_ref().map(|values| values.get(key).cloned()).map_err(L::Error::clone);
                for waiter in waiters {
                    // The request may have been cancelled.
                    let _ = waiter.send(answer.clone());
                }
            }
        }
    }

    /// Takes the keys of the next load. Without any, this run ends.
    fn next(&self) -> Option<Batch<K, L::Value, L::Error>> {
        let mut state = self.state();
        let (keys, waiters): Batch<_, _, _> = std::iter::from_fn(|| state.oldest()).take(KEYS).unzip();
        if keys.is_empty() {
            state.running -= 1;
            return None;
        }
        Some((keys, waiters))
    }

    fn state(&self) -> MutexGuard<'_, State<K, L::Value, L::Error>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Hash + Eq + Clone, V, E> State<K, V, E> {
    fn ask(&mut self, key: K, waiter: oneshot::Sender<Answer<V, E>>) {
        let waiters = self.waiting.entry(key.clone()).or_default();
        if waiters.is_empty() {
            self.order.push_back(key);
        }
        waiters.push(waiter);
    }

    /// Takes the key that has waited longest, unless all requests that asked for it were cancelled.
    fn oldest(&mut self) -> Option<(K, Waiters<V, E>)> {
        loop {
            let key = self.order.pop_front()?;
            let waiters = self.waiting.remove(&key).unwrap_or_default();
            if waiters.iter().any(|waiter| !waiter.is_closed()) {
                return Some((key, waiters));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::Mutex;

    use async_graphql::dataloader::Loader;
    use futures::future::join_all;
    use tokio::sync::Semaphore;

    use super::{Batches, KEYS, LOADS};

    /// Doubles even numbers. Has no value for odd ones, fails with 13 and panics with 17.
    struct Doubles {
        loads: Mutex<Vec<usize>>,
        may_load: Semaphore,
    }

    impl Doubles {
        fn with_loads(loads: usize) -> Self {
            Self { loads: Mutex::default(), may_load: Semaphore::new(loads) }
        }
    }

    impl Loader<u32> for Doubles {
        type Value = u32;
        type Error = &'static str;

        async fn load(&self, keys: &[u32]) -> Result<HashMap<u32, u32>, Self::Error> {
            self.loads.lock().expect("no panic").push(keys.len());
            self.may_load.acquire().await.expect("it is open").forget();
            assert!(!keys.contains(&17), "a bug of a loader");
            if keys.contains(&13) {
                return Err("13");
            }
            Ok(keys.iter().filter(|key| *key % 2 == 0).map(|key| (*key, key * 2)).collect())
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_one_task_asks_for_is_one_load() {
        let batches = Batches::new(Doubles::with_loads(1));
        let keys = (0..100).map(|n| 100 + n % 50);

        let answers = join_all(keys.clone().map(|key| batches.load(key))).await;

        let expected: Vec<_> = keys.map(|key| Ok((key % 2 == 0).then_some(key * 2))).collect();
        assert_eq!(answers, expected);
        assert_eq!(*batches.loader.loads.lock().expect("no panic"), [50]);
    }

    #[tokio::test]
    async fn what_is_asked_for_while_loads_run_is_one_load() {
        let batches = Batches::new(Doubles::with_loads(0));
        let ask = |n| {
            let batches = batches.clone();
            tokio::spawn(async move { batches.load(n).await })
        };
        let mut asked = Vec::new();
        for n in 0..10 {
            asked.push(ask(n * 2));
            // Until it waits.
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
        }

        batches.loader.may_load.add_permits(LOADS + 1);

        for (n, answer) in (0..).zip(join_all(asked).await) {
            assert_eq!(answer.expect("no panic"), Ok(Some(n * 4)));
        }
        assert_eq!(*batches.loader.loads.lock().expect("no panic"), [1, 1, 8]);
    }

    #[tokio::test]
    async fn keys_are_loaded_in_the_order_of_arrival_and_not_for_cancelled_requests() {
        let batches = Batches::new(Doubles::with_loads(0));
        let ask = |keys: std::ops::Range<u32>| {
            let batches = batches.clone();
            tokio::spawn(async move { join_all(keys.map(|key| batches.load(key))).await })
        };
        let many = u32::try_from(KEYS).expect("a number");
        let mut asked = Vec::new();
        // Two loads run, and everything after them waits.
        for keys in [20..21, 22..23, 1_000..1_500, 2_000..2_000 + many, 5_000..5_001] {
            asked.push(ask(keys));
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
        }
        let cancelled = asked.remove(2);
        cancelled.abort();
        cancelled.await.expect_err("a cancelled request");

        batches.loader.may_load.add_permits(LOADS + 2);

        assert!(join_all(asked).await.into_iter().all(|answers| answers.is_ok()));
        assert_eq!(*batches.loader.loads.lock().expect("no panic"), [1, 1, KEYS, 1]);
    }

    #[tokio::test]
    async fn an_error_is_that_of_every_key_and_many_keys_are_several_loads() {
        let batches = Batches::new(Doubles::with_loads(9));

        assert_eq!(join_all([12, 13].map(|n| batches.load(n))).await, [Err("13"), Err("13")]);
        let many = u32::try_from(KEYS).expect("a number") + 100;
        let answers = join_all((100..100 + many).map(|n| batches.load(n))).await;

        assert!(answers.iter().all(Result::is_ok));
        assert_eq!(*batches.loader.loads.lock().expect("no panic"), [2, KEYS, 100]);
    }

    #[tokio::test]
    async fn a_panic_of_a_load_is_that_of_its_keys_alone() {
        let batches = Batches::new(Doubles::with_loads(9));

        for _ in 0..=LOADS {
            let batches = batches.clone();
            tokio::spawn(async move { batches.load(17).await }).await.expect_err("a panic");
        }

        assert_eq!(batches.load(2).await, Ok(Some(4)));
    }
}
