//! Who is connected: how many in all and from each address, and who has kept us waiting the longest.
//! When a connection waits for its client is `phases`' to say.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// The connections of one listener.
#[derive(Debug)]
pub(super) struct Table {
    max: usize,
    per_address: Option<usize>,
    inner: Mutex<Inner>,
    /// A place came free, or a connection began to wait for its client.
    changed: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    /// Numbers that were given out, to connections and to turns.
    last: u64,
    seats: HashMap<u64, Seat>,
    /// Which connection waits for its client since which turn: the smallest has waited the longest.
    waiting: BTreeMap<u64, u64>,
    addresses: HashMap<IpAddr, Neighbours>,
    /// How many were told to close and are still there.
    closing: usize,
    /// Whether the log knows that all places are taken.
    told: bool,
}

/// One connection.
#[derive(Debug)]
struct Seat {
    address: IpAddr,
    turn: Option<u64>,
    is_closed: bool,
    close: Arc<Notify>,
}

/// The connections of one address.
#[derive(Debug, Default)]
struct Neighbours {
    open: usize,
    waiting: BTreeSet<u64>,
}

/// What becomes of a newcomer.
pub(super) enum Admission {
    /// It has a place.
    Admitted(Place),
    /// Its address has too many connections, all of which are worked for.
    Refused,
}

/// A connection's place at the table, which it gives up when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    id: u64,
    close: Arc<Notify>,
    table: Arc<Table>,
}

impl Table {
    pub(super) fn new(max: usize, per_address: Option<usize>) -> Arc<Self> {
        Arc::new(Self { max, per_address, inner: Mutex::default(), changed: Notify::new() })
    }

    /// Waits for a free place. If there is none, one connection is closed for it, as soon as there is one that only waits
    /// for its client: so there is always room for the next, such as a health probe.
    pub(super) async fn until_there_is_room(&self) {
        loop {
            let changed = self.changed.notified();
            if self.has_room() {
                return;
            }
            changed.await;
        }
    }

    fn has_room(&self) -> bool {
        let mut inner = self.lock();
        let open = inner.seats.len();
        if open < self.max {
            inner.told &= open * 4 > self.max * 3;
            return true;
        }
        if !std::mem::replace(&mut inner.told, true) {
            tracing::warn!(max = self.max, "all connections are taken: the one that waits the longest is closed");
        }
        // One that was told to close before is about to go.
        if inner.closing == 0 {
            inner.close_first();
        }
        false
    }

    /// Gives a newcomer a place. Beyond its address's share it takes that of the neighbour who has waited the longest.
    pub(super) fn admit(self: &Arc<Self>, from: IpAddr) -> Admission {
        let address = shared(from);
        let mut inner = self.lock();
        let neighbours = inner.addresses.entry(address).or_default();
        if self.per_address.is_some_and(|most| neighbours.open >= most) {
            let Some(turn) = neighbours.waiting.first().copied() else { return Admission::Refused };
            inner.close(turn);
        }
        let id = inner.next();
        let close = Arc::new(Notify::new());
        inner.addresses.entry(address).or_default().open += 1;
        inner.seats.insert(id, Seat { address, turn: None, is_closed: false, close: close.clone() });
        Admission::Admitted(Place { id, close, table: self.clone() })
    }

    /// Closes the connection that has kept us waiting the longest, if there is one.
    pub(super) fn close_longest_waiting(&self) {
        self.lock().close_first();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Every change is whole before anything could panic.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    fn close_first(&mut self) {
        if let Some(turn) = self.waiting.keys().next().copied() {
            self.close(turn);
        }
    }

    /// Tells the connection of this turn to close. From here on it counts no more among its neighbours.
    fn close(&mut self, turn: u64) {
        let Some(id) = self.waiting.get(&turn).copied() else { return };
        self.no_longer_waits(id);
        let Some(seat) = self.seats.get_mut(&id) else { return };
        seat.is_closed = true;
        self.closing += 1;
        seat.close.notify_one();
        let address = seat.address;
        self.leave(address);
    }

    fn remove(&mut self, id: u64) {
        self.no_longer_waits(id);
        match self.seats.remove(&id) {
            Some(seat) if seat.is_closed => self.closing -= 1,
            Some(seat) => self.leave(seat.address),
            None => {}
        }
    }

    fn no_longer_waits(&mut self, id: u64) {
        let Some(seat) = self.seats.get_mut(&id) else { return };
        let Some(turn) = seat.turn.take() else { return };
        self.waiting.remove(&turn);
        if let Some(neighbours) = self.addresses.get_mut(&seat.address) {
            neighbours.waiting.remove(&turn);
        }
    }

    fn leave(&mut self, address: IpAddr) {
        let Some(neighbours) = self.addresses.get_mut(&address) else { return };
        neighbours.open -= 1;
        if neighbours.open == 0 {
            self.addresses.remove(&address);
        }
    }
}

impl Place {
    /// Wakes the connection when it has to close.
    pub(super) fn closed(&self) -> Arc<Notify> {
        self.close.clone()
    }

    /// From now on the connection waits for its client.
    pub(super) fn waits(&self) {
        let mut inner = self.table.lock();
        inner.no_longer_waits(self.id);
        let turn = inner.next();
        let Some(seat) = inner.seats.get_mut(&self.id).filter(|seat| !seat.is_closed) else { return };
        seat.turn = Some(turn);
        let address = seat.address;
        inner.waiting.insert(turn, self.id);
        inner.addresses.entry(address).or_default().waiting.insert(turn);
        let is_full = inner.seats.len() >= self.table.max;
        drop(inner);
        if is_full {
            self.table.changed.notify_one();
        }
    }

    /// The connection waits for its client, if it did not before.
    pub(super) fn still_waits(&self) {
        let waits = self.table.lock().seats.get(&self.id).is_some_and(|seat| seat.turn.is_some());
        if !waits {
            self.waits();
        }
    }

    /// From now on the connection is worked for; false if it was told to close before.
    pub(super) fn works(&self) -> bool {
        let mut inner = self.table.lock();
        inner.no_longer_waits(self.id);
        inner.seats.get(&self.id).is_some_and(|seat| !seat.is_closed)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.table.lock().remove(self.id);
        self.table.changed.notify_one();
    }
}

/// The address that a connection counts for: one of IPv4, a block of IPv6, which is what one customer has.
fn shared(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        IpAddr::V4(address) => address.into(),
    }
}
