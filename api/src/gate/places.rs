//! Shares the database connections for unauthenticated requests fairly between address blocks. See `Gate` for the rate
//! limits.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};

/// Hands out places by address block, in turn.
///
/// A block waits for at most half of the places at a time; its further requests wait behind. So the queue for a place
/// is never longer than the number of active blocks, and a client from another block does not wait for a whole burst of
/// a minute's invented codes.
#[derive(Debug)]
pub(crate) struct Places {
    all: Semaphore,
    each: usize,
    blocks: Mutex<HashMap<String, Block>>,
}

#[derive(Debug)]
struct Block {
    semaphore: Arc<Semaphore>,
    /// The number of place holders and waiters.
    turns: usize,
}

/// A place in use. Returned when dropped.
#[derive(Debug)]
#[must_use = "what has no place must not open a transaction"]
pub(crate) struct Place<'a> {
    // Dropped in this order: a waiter of the same block gets a place after the waiters before it.
    _place: SemaphorePermit<'a>,
    _turn: Turn<'a>,
}

/// A block's turn: a wait, or the place it has led to.
#[derive(Debug)]
struct Turn<'a> {
    places: &'a Places,
    block: &'a str,
    semaphore: Arc<Semaphore>,
    has_come: bool,
}

impl Places {
    pub(crate) fn new(places: usize) -> Self {
        let places = places.max(1);
        Self { all: Semaphore::new(places), each: places.div_ceil(2), blocks: Mutex::default() }
    }

    /// Waits for a place, without holding a connection.
    pub(crate) async fn take<'a>(&'a self, block: &'a str) -> Place<'a> {
        let mut turn = self.line_up(block);
        turn.semaphore.acquire().await.expect("nothing closes the semaphore").forget();
        turn.has_come = true;
        let place = self.all.acquire().await.expect("nothing closes the semaphore");
        Place { _place: place, _turn: turn }
    }

    fn line_up<'a>(&'a self, block: &'a str) -> Turn<'a> {
        let mut blocks = self.lock();
        let found = blocks
            .entry(block.to_owned())
            .or_insert_with(|| Block { semaphore: Arc::new(Semaphore::new(self.each)), turns: 0 });
        found.turns += 1;
        Turn { places: self, block, semaphore: found.semaphore.clone(), has_come: false }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Block>> {
        // No panic can leave a partial change.
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if self.has_come {
            self.semaphore.add_permits(1);
        }
        let mut blocks = self.places.lock();
        let Some(block) = blocks.get_mut(self.block) else { return };
        block.turns -= 1;
        if block.turns == 0 {
            blocks.remove(self.block);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_block_of_its_own_does_not_wait_behind_all_that_another_has_sent() {
        let places = Places::new(2);
        let first = places.take("flood").now_or_never().expect("a place");
        let second = places.take("another flood").now_or_never().expect("a place");
        let mut flood: Vec<_> = (0..100).map(|_| Box::pin(places.take("flood"))).collect();
        assert!(flood.iter_mut().all(|wait| wait.now_or_never().is_none()));
        let mut person = Box::pin(places.take("person"));
        assert!((&mut person).now_or_never().is_none());

        drop(second);
        let place = (&mut person).now_or_never();
        assert!(place.is_some(), "a waiter of the flood waits for its own block, not for a place");

        drop((place, first));
        assert!(flood.remove(0).now_or_never().is_some());
    }

    #[tokio::test]
    async fn a_block_alone_has_half_of_the_places() {
        let places = Places::new(4);

        let taken: Vec<_> = (0..4).filter_map(|_| places.take("a").now_or_never()).collect();

        assert_eq!(taken.len(), 2);
        assert!(places.take("b").now_or_never().is_some());
    }

    #[tokio::test]
    async fn nothing_is_kept_of_a_block_that_waits_for_nothing() {
        let places = Places::new(1);
        let place = places.take("a").await;
        let given_up: Vec<_> = ["a", "b", "b"].map(|block| places.take(block).now_or_never()).into();

        assert_eq!((given_up.iter().flatten().count(), places.lock().len()), (0, 1));
        drop(place);

        assert_eq!(places.lock().len(), 0);
        assert!(places.take("b").now_or_never().is_some(), "a cancelled waiter holds no place");
    }
}
