//! One-time codes: issued, used, over.
//! What is given in exchange for one is decided by the endpoints in `http`.

use std::collections::HashMap;
use std::ops::Range;

use crate::clock::Seconds;
use crate::company::{AppIndex, PersonIndex, Scope};

use super::shelf::Shelf;

/// Bytes of codes. More than that in one code's life push out the oldest: a million login codes fit.
const CAPACITY: usize = 32_000_000;

/// What a code stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Issued {
    pub(crate) app: AppIndex,
    pub(crate) person: PersonIndex,
    /// `None` for the codes of a mini program, which have no scope.
    pub(crate) scope: Option<Scope>,
    pub(crate) snapshot: bool,
    /// Which of the person's phones, by its place; for the codes of a phone number button.
    pub(crate) phone: u8,
}

/// What happened to a code that somebody brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    /// It was good, and is used now.
    Taken(Issued),
    /// Somebody brought it before.
    Used,
    /// It never was, is over, or is somebody else's: WeChat does not say which.
    Unknown,
}

/// The codes of one length. A used code is remembered until its life is over, and then is as unknown as any other:
/// the documents do not say whether WeChat remembers longer, people who replay old codes say it does not.
pub(crate) struct Codes<const N: usize> {
    shelf: Shelf<[u8; N], Kept>,
    /// The last code of everybody that was used, over or not. As bounded as apps and people are.
    last_used: HashMap<(AppIndex, PersonIndex), [u8; N]>,
}

struct Kept {
    issued: Issued,
    used: bool,
}

impl<const N: usize> Default for Codes<N> {
    fn default() -> Self {
        Self { shelf: Shelf::new(CAPACITY / N), last_used: HashMap::new() }
    }
}

impl<const N: usize> Codes<N> {
    pub(crate) fn issue(&mut self, code: [u8; N], issued: Issued, life: Range<Seconds>) {
        self.shelf.sweep(life.start);
        self.shelf.put(code, Kept { issued, used: false }, life.end);
    }

    /// What a code stands for, used or not, while it lives. Looking changes nothing.
    pub(crate) fn look_at(&self, code: &str, now: Seconds) -> Option<Issued> {
        let key = <[u8; N]>::try_from(code.as_bytes()).ok()?;
        self.shelf.get(&key, now).map(|kept| kept.issued)
    }

    /// The code of this app and person that was used last, over or not.
    pub(crate) fn last_used(&self, app: AppIndex, person: PersonIndex) -> Option<[u8; N]> {
        self.last_used.get(&(app, person)).copied()
    }

    pub(crate) fn redeem(&mut self, code: &str, wanted: impl Fn(&Issued) -> bool, now: Seconds) -> Code {
        self.shelf.sweep(now);
        let Ok(key) = <[u8; N]>::try_from(code.as_bytes()) else { return Code::Unknown };
        let Some(kept) = self.shelf.get_mut(&key, now).filter(|kept| wanted(&kept.issued)) else {
            return Code::Unknown;
        };
        if std::mem::replace(&mut kept.used, true) {
            return Code::Used;
        }
        let issued = kept.issued;
        self.last_used.insert((issued.app, issued.person), key);
        Code::Taken(issued)
    }

    /// Whether a code that lives was brought already; looking changes nothing.
    pub(crate) fn is_used(&self, code: &str, now: Seconds) -> bool {
        let key = <[u8; N]>::try_from(code.as_bytes()).ok();
        key.and_then(|key| self.shelf.get(&key, now)).is_some_and(|kept| kept.used)
    }
}
