//! One-time codes: issued, used, over.
//! What is given in exchange for one is decided by the endpoints in `http`.

use std::ops::Range;

use crate::clock::Seconds;
use crate::company::{AppIndex, PersonIndex, Scope};

use super::shelf::Shelf;

/// Bytes of codes. More than that in one code's life push out the oldest: a million login codes fit.
const CAPACITY: usize = 32_000_000;

/// What a login code stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Issued {
    pub(crate) app: AppIndex,
    pub(crate) person: PersonIndex,
    /// `None` for the codes of a mini program, which have no scope.
    pub(crate) scope: Option<Scope>,
    pub(crate) snapshot: bool,
}

/// What the code of a phone number button stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tapped {
    pub(crate) app: AppIndex,
    pub(crate) person: PersonIndex,
    /// Which of the person's phones, by its place.
    pub(crate) phone: u8,
}

/// What happened to a code that somebody brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code<T> {
    /// It was good, and is used now.
    Taken(T),
    /// Somebody brought it before.
    Used,
    /// It never was, is over, or is somebody else's: WeChat does not say which.
    Unknown,
}

/// The codes of one length. A used code is remembered until its life is over, and then is as unknown as any other:
/// the documents do not say whether WeChat remembers longer, people who replay old codes say it does not.
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

    /// What a code stands for, used or not, while it lives. Looking changes nothing.
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

    /// Whether a code that lives was brought already; looking changes nothing.
    pub(crate) fn is_used(&self, code: &str, now: Seconds) -> bool {
        self.kept(code, now).is_some_and(|kept| kept.used)
    }

    fn kept(&self, code: &str, now: Seconds) -> Option<&Kept<T>> {
        self.shelf.get(&<[u8; N]>::try_from(code.as_bytes()).ok()?, now)
    }
}
