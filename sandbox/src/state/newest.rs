//! A bounded list that drops its oldest entries.

use std::collections::VecDeque;
use std::sync::Mutex;

use super::locked;

/// At most `MOST` entries, newest first.
pub(super) struct Newest<T, const MOST: usize> {
    entries: Mutex<VecDeque<T>>,
}

impl<T, const MOST: usize> Default for Newest<T, MOST> {
    fn default() -> Self {
        Self { entries: Mutex::default() }
    }
}

impl<T: Clone, const MOST: usize> Newest<T, MOST> {
    /// Adds an entry; drops the oldest if the list is full.
    pub(super) fn add(&self, entry: T) {
        let mut entries = locked(&self.entries);
        entries.push_front(entry);
        entries.truncate(MOST);
    }

    /// Returns at most `most` matching entries, newest first.
    pub(super) fn wanted(&self, most: usize, wanted: impl Fn(&T) -> bool) -> Vec<T> {
        locked(&self.entries).iter().filter(|entry| wanted(entry)).take(most).cloned().collect()
    }

    /// Returns whether there is a matching entry.
    pub(super) fn has(&self, wanted: impl Fn(&T) -> bool) -> bool {
        locked(&self.entries).iter().any(wanted)
    }

    /// Removes all entries.
    pub(super) fn clear(&self) {
        locked(&self.entries).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::Newest;

    #[test]
    fn the_oldest_goes_when_there_is_no_room() {
        let newest = Newest::<u8, 3>::default();

        (0..5).for_each(|entry| newest.add(entry));

        assert_eq!(newest.wanted(usize::MAX, |_| true), [4, 3, 2]);
        assert_eq!(newest.wanted(1, |entry| entry % 2 == 0), [4]);
        assert_eq!((newest.has(|entry| *entry == 2), newest.has(|entry| *entry == 1)), (true, false));
    }
}
