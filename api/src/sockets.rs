//! The open sockets of this process: their number for each person, for each address block and in all, and the signal that
//! ends them.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use metrics::gauge;
use tokio::sync::watch;
use uuid::Uuid;

use crate::config::Sockets as Settings;

/// Counts sockets and ends them.
#[derive(Debug)]
pub(crate) struct Sockets {
    per_block: usize,
    per_person: usize,
    inner: Mutex<Inner>,
    stop: watch::Sender<bool>,
}

#[derive(Debug)]
struct Inner {
    max: usize,
    open: usize,
    blocks: HashMap<String, usize>,
    callers: HashMap<Uuid, usize>,
}

/// Why a socket is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Full {
    /// The process has as many as it may have.
    Process,
    /// The address block has.
    Block,
}

/// The place of a socket. Freed when dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    sockets: Arc<Sockets>,
    block: String,
    caller: Option<Uuid>,
}

impl Sockets {
    pub(crate) fn new(settings: &Settings) -> Self {
        let inner = Inner { max: settings.max as usize, open: 0, blocks: HashMap::new(), callers: HashMap::new() };
        Self {
            per_block: settings.per_block as usize,
            per_person: settings.per_person as usize,
            inner: Mutex::new(inner),
            stop: watch::channel(false).0,
        }
    }

    /// Leaves half of the listener's connections to requests.
    pub(crate) fn leave_room_in(&self, connections: usize) {
        let mut inner = self.lock();
        inner.max = inner.max.min(connections / 2);
    }

    /// Gives a socket of an address block a place.
    ///
    /// # Errors
    ///
    /// Returns which limit is reached.
    pub(crate) fn take(self: &Arc<Self>, block: String) -> Result<Seat, Full> {
        let mut inner = self.lock();
        if inner.open >= inner.max {
            return Err(Full::Process);
        }
        if !count_up(&mut inner.blocks, block.clone(), self.per_block) {
            return Err(Full::Block);
        }
        inner.open += 1;
        gauge!("guiyi_sockets").increment(1);
        Ok(Seat { sockets: self.clone(), block, caller: None })
    }

    /// Ends all sockets, and those that open later.
    pub(crate) fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Completes when the sockets are to end.
    pub(crate) async fn stopped(&self) {
        // Fails only when `self` is gone.
        let _ = self.stop.subscribe().wait_for(|stop| *stop).await;
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // No panic can leave a partial change.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Counts the socket for a person or a service token, by its id. Returns false if the caller has as many as a person may have.
    pub(crate) fn belongs_to(&mut self, caller: Uuid) -> bool {
        let mut inner = self.sockets.lock();
        let has_room = count_up(&mut inner.callers, caller, self.sockets.per_person);
        if has_room {
            self.caller = Some(caller);
        }
        has_room
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut inner = self.sockets.lock();
        inner.open -= 1;
        count_down(&mut inner.blocks, &self.block);
        if let Some(caller) = &self.caller {
            count_down(&mut inner.callers, caller);
        }
        gauge!("guiyi_sockets").decrement(1);
    }
}

/// Counts one more. Returns false if there are as many as allowed.
fn count_up<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: K, most: usize) -> bool {
    let count = counts.entry(key).or_default();
    // A limit is at least 1, so an entry that was just made is kept.
    let has_room = *count < most;
    *count += usize::from(has_room);
    has_room
}

fn count_down<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: &K) {
    let Some(count) = counts.get_mut(key) else { return };
    *count -= 1;
    if *count == 0 {
        counts.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    fn sockets(max: u32, per_block: u32, per_person: u32) -> Arc<Sockets> {
        let settings = Settings { max, per_block, per_person, init_seconds: 1, ping_seconds: 1, idle_seconds: 1 };
        Arc::new(Sockets::new(&settings))
    }

    #[test]
    fn a_block_a_person_and_the_process_have_as_many_sockets_as_they_may() {
        let sockets = sockets(3, 2, 1);
        let person = Uuid::from_u128(1);
        let take = |block: &str| sockets.take(block.to_owned());
        let mut first = take("a").expect("a place");
        let mut second = take("a").expect("a place");

        assert_eq!(take("a").err(), Some(Full::Block));
        let third = take("b").expect("a place");
        assert_eq!(take("c").err(), Some(Full::Process));
        assert_eq!([first.belongs_to(person), second.belongs_to(person)], [true, false]);

        drop(first);
        assert!(second.belongs_to(person));
        drop((second, third));
        let inner = sockets.lock();
        assert_eq!((inner.open, inner.blocks.len(), inner.callers.len()), (0, 0, 0));
    }

    #[test]
    fn requests_keep_half_of_the_connections() {
        let sockets = sockets(100, 100, 1);
        sockets.leave_room_in(5);

        let taken: Vec<_> = (0..5).filter_map(|_| sockets.take("a".to_owned()).ok()).collect();

        assert_eq!(taken.len(), 2);
    }

    #[test]
    fn a_socket_that_opens_too_late_ends_too() {
        let sockets = sockets(1, 1, 1);
        let mut early = Box::pin(sockets.stopped());
        assert!((&mut early).now_or_never().is_none());

        sockets.stop();

        assert!(early.now_or_never().is_some());
        assert!(sockets.stopped().now_or_never().is_some());
    }
}
