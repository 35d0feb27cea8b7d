//! One-time codes and their state: valid, used, expired.

use std::ops::Range;

use crate::clock::Seconds;
use crate::company::{AppIndex, PersonIndex, Scope};

use super::shelf::Shelf;

/// The memory for codes, in bytes. Beyond it, the oldest are dropped: a million login codes fit.
const CAPACITY: usize = 32_000_000;

/// The content of a login code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Issued {
    pub(crate) app: AppIndex,
    pub(crate) person: PersonIndex,
    /// `None` for the codes of a mini program, which have no scope.
    pub(crate) scope: Option<Scope>,
    pub(crate) snapshot: bool,
}

/// The content of a code of the phone number button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tapped {
    pub(crate) app: AppIndex,
    pub(crate) person: PersonIndex,
    /// The position of one of the person's phones.
    pub(crate) phone: u8,
}

/// The outcome of redeeming a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code<T> {
    /// It was valid, and is now used.
    Taken(T),
    /// It was used before.
    Used,
    /// It never existed, has expired, or belongs to another app: WeChat does not distinguish these.
    Unknown,
}

/// The codes of one length. A used code is remembered until it expires, and then unknown like any other: the documents
/// do not say whether WeChat remembers it longer; developers who replay old codes report that it does not.
pub(crate) struct Codes<const N: usize, T> {
    shelf: Shelf<[u8; N], Kept<T>>,
}

struct Kept<T> {
    meaning: T,
    used: bool,
}

impl<const N: usize, T> Default for Codes<N, T> {
    fn default() -> Self {
        Self { shelf: Shelf::new(CAPACITY / N) }
    }
}

impl<const N: usize, T: Copy> Codes<N, T> {
    pub(crate) fn issue(&mut self, code: [u8; N], meaning: T, life: Range<Seconds>) {
        self.shelf.sweep(life.start);
        self.shelf.put(code, Kept { meaning, used: false }, life.end);
    }

    /// Returns the content of a valid or used code, until it expires, without changing it.
    pub(crate) fn look_at(&self, code: &str, now: Seconds) -> Option<T> {
        self.kept(code, now).map(|kept| kept.meaning)
    }

    pub(crate) fn redeem(&mut self, code: &str, wanted: impl Fn(&T) -> bool, now: Seconds) -> Code<T> {
        self.shelf.sweep(now);
        let Ok(key) = <[u8; N]>::try_from(code.as_bytes()) else { return Code::Unknown };
        let Some(kept) = self.shelf.get_mut(&key, now).filter(|kept| wanted(&kept.meaning)) else {
            return Code::Unknown;
        };
        if std::mem::replace(&mut kept.used, true) { Code::Used } else { Code::Taken(kept.meaning) }
    }

    /// Returns whether a code was used and has not expired, without changing it.
    pub(crate) fn is_used(&self, code: &str, now: Seconds) -> bool {
        self.kept(code, now).is_some_and(|kept| kept.used)
    }

    fn kept(&self, code: &str, now: Seconds) -> Option<&Kept<T>> {
        self.shelf.get(&<[u8; N]>::try_from(code.as_bytes()).ok()?, now)
    }
}
