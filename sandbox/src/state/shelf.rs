//! A bounded map whose entries expire.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::hash::Hash;

use crate::clock::Seconds;

/// The maximum number of entries that one sweep drops: a million that end together must not delay a single call.
const SWEPT_AT_ONCE: usize = 64;
/// A shelf of this size is never shrunk.
const SMALL: usize = 1_024;

/// Entries with an end. Every operation costs O(log n); now and then the capacity is adapted.
pub(crate) struct Shelf<K, V> {
    items: HashMap<K, (Seconds, V)>,
    /// By end, and for the same end by age: a full shelf must not drop the entry just added.
    ends: BinaryHeap<Reverse<(Seconds, u64, K)>>,
    /// The number of entries ever added.
    count: u64,
    capacity: usize,
}

impl<K: Copy + Ord + Hash, V> Shelf<K, V> {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { items: HashMap::new(), ends: BinaryHeap::new(), count: 0, capacity }
    }

    /// Adds an entry until `end`. A full shelf drops the entry that would have ended first, and of several the oldest.
    pub(crate) fn put(&mut self, key: K, value: V, end: Seconds) {
        let before = self.items.insert(key, (end, value));
        // The same end again needs no second entry in the heap: a key that is renewed a million times stays one entry.
        if before.is_none_or(|(old_end, _)| old_end != end) {
            self.count += 1;
            self.ends.push(Reverse((end, self.count, key)));
        }
        while self.items.len() > self.capacity {
            self.drop_first();
        }
    }

    pub(crate) fn get(&self, key: &K, now: Seconds) -> Option<&V> {
        self.items.get(key).filter(|(end, _)| now < *end).map(|(_, value)| value)
    }

    pub(crate) fn get_mut(&mut self, key: &K, now: Seconds) -> Option<&mut V> {
        self.items.get_mut(key).filter(|(end, _)| now < *end).map(|(_, value)| value)
    }

    /// Drops expired entries, the oldest first, a few at a time. Lookups ignore expired entries that remain.
    pub(crate) fn sweep(&mut self, now: Seconds) {
        for _ in 0..SWEPT_AT_ONCE {
            if self.ends.peek().is_none_or(|Reverse((end, ..))| *end > now) {
                break;
            }
            self.drop_first();
        }
        // Shrinks when three quarters of the capacity are unused.
        if self.items.capacity() > SMALL.max(self.items.len().saturating_mul(4)) {
            self.items.shrink_to(self.items.len().saturating_mul(2));
            self.ends.shrink_to(self.ends.len().saturating_mul(2));
        }
    }

    fn drop_first(&mut self) {
        let Some(Reverse((end, _, key))) = self.ends.pop() else { return };
        // The entry may have another end since.
        if self.items.get(&key).is_some_and(|(current, _)| *current == end) {
            self.items.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{SMALL, SWEPT_AT_ONCE, Shelf};

    #[test]
    fn an_entry_is_there_until_its_end() {
        let mut shelf = Shelf::new(10);

        shelf.put(1, "one", 100);

        assert_eq!((shelf.get(&1, 99), shelf.get(&1, 100)), (Some(&"one"), None));
    }

    #[test]
    fn a_full_shelf_loses_the_entry_that_ends_first() {
        let mut shelf = Shelf::new(2);

        shelf.put(1, "one", 300);
        shelf.put(2, "two", 100);
        shelf.put(3, "three", 200);

        assert_eq!((shelf.get(&1, 0), shelf.get(&2, 0), shelf.get(&3, 0)), (Some(&"one"), None, Some(&"three")));
    }

    #[test]
    fn of_entries_that_end_together_a_full_shelf_loses_the_oldest() {
        let mut shelf = Shelf::new(2);

        for key in [3, 2, 1] {
            shelf.put(key, key, 100);
        }

        assert_eq!((shelf.get(&3, 0), shelf.get(&2, 0), shelf.get(&1, 0)), (None, Some(&2), Some(&1)));
    }

    #[test]
    fn sweeping_keeps_what_got_a_later_end() {
        let mut shelf = Shelf::new(10);
        shelf.put(1, "first", 100);
        shelf.put(1, "again", 200);

        shelf.sweep(150);

        assert_eq!(shelf.get(&1, 150), Some(&"again"));
    }

    #[test]
    fn a_key_put_again_and_again_is_remembered_once() {
        let mut shelf = Shelf::new(10);

        (0..1_000).for_each(|value| shelf.put(1, value, 100));

        assert_eq!((shelf.items.len(), shelf.ends.len()), (1, 1));
    }

    #[test]
    fn many_entries_go_a_few_at_a_time_and_their_space_with_them() {
        let mut shelf = Shelf::new(50_000);
        (0..50_000_u32).for_each(|key| shelf.put(key, (), i64::from(key % 300)));

        shelf.sweep(300);
        let after_one = (shelf.items.len(), shelf.get(&49_999, 300).copied());
        (0..1_000).for_each(|_| shelf.sweep(300));

        assert_eq!(after_one, (50_000 - SWEPT_AT_ONCE, None));
        assert_eq!((shelf.items.len(), shelf.ends.len()), (0, 0));
        assert!(shelf.items.capacity() <= SMALL && shelf.ends.capacity() <= SMALL);
    }
}
