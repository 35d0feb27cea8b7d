//! The table of connections: the total, the number of each address, and which has kept the server waiting the longest.
//! See `phases` for when a connection waits for its client.

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
    /// Notified when a place is free or a connection begins to wait for its client.
    changed: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    /// The last number given to a connection or a turn.
    last: u64,
    seats: HashMap<u64, Seat>,
    /// Connections that wait for their client, by the turn since which they wait: the smallest waits the longest.
    waiting: BTreeMap<u64, u64>,
    addresses: HashMap<IpAddr, Neighbours>,
    /// How many were told to close and are still open.
    closing: usize,
    /// Whether the full table was logged.
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

/// The outcome for a new connection.
pub(super) enum Admission {
    /// It has a place.
    Admitted(Place),
    /// Its address has too many connections, all of which are processing requests.
    Refused,
}

/// A connection's place in the table. Freed when dropped.
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

    /// Waits for a free place. In a full table, closes a connection as soon as one only waits for its client, so that
    /// the next connection, such as a health probe, finds a place.
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
            tracing::warn!(max = self.max, "connection limit reached: closing the connection that waits the longest");
        }
        // A connection that was told to close before is about to end.
        if inner.closing == 0 {
            inner.close_first();
        }
        false
    }

    /// Gives a new connection a place. Beyond its address's share it replaces the connection of that address that has
    /// waited the longest.
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

    /// Closes the connection that has kept the server waiting the longest, if any.
    pub(super) fn close_longest_waiting(&self) {
        self.lock().close_first();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // No panic can leave a partial change.
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

    /// Tells the connection of this turn to close. It no longer counts for its address.
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
    /// Returns the notification that the connection has to close.
    pub(super) fn closed(&self) -> Arc<Notify> {
        self.close.clone()
    }

    /// Marks the connection as waiting for its client.
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

    /// Marks the connection as waiting, unless it already is.
    pub(super) fn still_waits(&self) {
        let waits = self.table.lock().seats.get(&self.id).is_some_and(|seat| seat.turn.is_some());
        if !waits {
            self.waits();
        }
    }

    /// Marks the connection as processing. Returns false if it was told to close before.
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

/// Returns the address that a connection counts for: an IPv4 address, or an IPv6 block, which is what one customer has.
fn shared(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        IpAddr::V4(address) => address.into(),
    }
}
