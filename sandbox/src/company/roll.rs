//! A growing list with lookup by key, whose entries are replaced as a whole.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// An entry of a roll.
pub(crate) trait Entry {
    /// The keys of the entry. They never change, and are unique within the roll.
    fn keys(&self) -> impl Iterator<Item = Cow<'_, str>>;
}

/// Entries in the order in which they were added. Readers hold a snapshot of an entry; a change creates a new one.
#[derive(Debug)]
pub(crate) struct Roll<T> {
    entries: RwLock<Entries<T>>,
}

#[derive(Debug)]
struct Entries<T> {
    in_order: Vec<Arc<T>>,
    places: HashMap<String, usize>,
}

impl<T: Entry> Roll<T> {
    /// Creates a roll of entries without common keys.
    pub(crate) fn of(entries: Vec<T>) -> Self {
        let keys = entries
            .iter()
            .enumerate()
            .flat_map(|(place, entry)| entry.keys().map(move |key| (key.into_owned(), place)));
        let places = keys.collect();
        Self { entries: RwLock::new(Entries { in_order: entries.into_iter().map(Arc::new).collect(), places }) }
    }

    pub(crate) fn find(&self, key: &str) -> Option<Arc<T>> {
        let entries = self.read();
        entries.places.get(key).map(|place| Arc::clone(&entries.in_order[*place]))
    }

    pub(crate) fn at(&self, place: usize) -> Option<Arc<T>> {
        self.read().in_order.get(place).cloned()
    }

    pub(crate) fn len(&self) -> usize {
        self.read().in_order.len()
    }

    /// Returns at most `most` entries, starting at a position.
    pub(crate) fn from(&self, place: usize, most: usize) -> Vec<Arc<T>> {
        self.read().in_order.iter().skip(place).take(most).cloned().collect()
    }

    /// Returns the first `most` entries that match.
    pub(crate) fn wanted(&self, most: usize, wanted: impl Fn(&T) -> bool) -> Vec<Arc<T>> {
        self.read().in_order.iter().filter(|entry| wanted(entry)).take(most).cloned().collect()
    }

    pub(crate) fn all(&self) -> Vec<Arc<T>> {
        self.from(0, usize::MAX)
    }

    /// Adds the entry that `make` builds for the next position. `make` can check whether a key is taken, and refuse.
    pub(crate) fn add<E>(&self, make: impl FnOnce(usize, &dyn Fn(&str) -> bool) -> Result<T, E>) -> Result<Arc<T>, E> {
        let mut entries = self.write();
        let place = entries.in_order.len();
        let entry = Arc::new(make(place, &|key| entries.places.contains_key(key))?);
        entries.places.extend(entry.keys().map(|key| (key.into_owned(), place)));
        entries.in_order.push(Arc::clone(&entry));
        Ok(entry)
    }

    /// Replaces an entry by the result of `change`; `None` if the key is unknown.
    pub(crate) fn change<E>(&self, key: &str, change: impl FnOnce(&T) -> Result<T, E>) -> Option<Result<Arc<T>, E>> {
        let mut entries = self.write();
        let place = *entries.places.get(key)?;
        let changed = change(&entries.in_order[place]).map(Arc::new);
        if let Ok(entry) = &changed {
            entries.in_order[place] = Arc::clone(entry);
        }
        Some(changed)
    }

    /// A panic of a thread that held the lock leaves intact entries.
    fn read(&self) -> RwLockReadGuard<'_, Entries<T>> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Entries<T>> {
        self.entries.write().unwrap_or_else(PoisonError::into_inner)
    }
}
