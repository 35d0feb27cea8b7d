//! Pending faults: the next calls of a path, or a share of them, fail in a chosen way.

mod order;
mod wrong;

use std::sync::Mutex;
use std::time::Duration;

use crate::company::PersonIndex;
use crate::dice;

use super::locked;

pub(crate) use order::{Order, Waiting};
pub(crate) use wrong::{Answer, Instead, Kind, PUSH, Spoil, WayBack, Wrong};

const CAPACITY: usize = 100;

/// The properties of a call by which faults match it.
#[derive(Debug)]
pub(crate) struct Call {
    /// The path, or [`PUSH`] for the delivery of a push.
    pub(crate) path: String,
    /// The appid or corpid that it names, else that of the app of its code, token or QR page.
    pub(crate) app_id: Option<String>,
    /// The person that it refers to: see the manual for when that is known.
    pub(crate) person: Option<PersonIndex>,
}

/// The fault that applies to one call.
#[derive(Debug)]
pub(crate) struct Fault {
    /// The number of the pending fault that it comes from.
    pub(crate) number: u64,
    pub(crate) wrong: Wrong,
    pub(crate) delay: Duration,
    /// The call is executed first.
    pub(crate) after: bool,
}

/// The pending faults, oldest first.
#[derive(Default)]
pub(crate) struct Faults {
    orders: Mutex<Orders>,
}

#[derive(Default)]
struct Orders {
    /// The number of faults ever added, from which they are numbered.
    taken: u64,
    waiting: Vec<(u64, Waiting)>,
}

impl Faults {
    /// Adds a fault; returns `false` if there are too many.
    pub(crate) fn order(&self, order: Waiting) -> bool {
        let mut orders = locked(&self.orders);
        let room = orders.waiting.len() < CAPACITY;
        if room {
            orders.taken += 1;
            let number = orders.taken;
            orders.waiting.push((number, order));
        }
        room
    }

    /// Returns whether a fault is pending at this path.
    pub(crate) fn wait_at(&self, path: &str) -> bool {
        locked(&self.orders).waiting.iter().any(|(_, waiting)| waiting.is_at(path))
    }

    /// Returns the oldest fault that matches this call, if any. A fault that is certain to have an effect is counted
    /// here; for any other, the caller counts it with [`Faults::spend`].
    pub(crate) fn next(&self, call: &Call) -> Option<Fault> {
        let mut orders = locked(&self.orders);
        let hits = |waiting: &Waiting| waiting.concerns(call) && waiting.share().is_none_or(dice::chance);
        let at = orders.waiting.iter().position(|(_, waiting)| hits(waiting))?;
        let (number, waiting) = &orders.waiting[at];
        let fault = waiting.fault(*number);
        if fault.wrong.is_certain() {
            orders.count(at);
        }
        Some(fault)
    }

    /// Counts one use of a fault; returns `false` if other calls have used it up.
    pub(crate) fn spend(&self, number: u64) -> bool {
        let mut orders = locked(&self.orders);
        let at = orders.waiting.iter().position(|(known, _)| *known == number);
        at.inspect(|at| orders.count(*at)).is_some()
    }

    pub(crate) fn list(&self) -> Vec<Order> {
        locked(&self.orders).waiting.iter().map(|(_, waiting)| waiting.order().clone()).collect()
    }

    pub(crate) fn clear(&self) {
        locked(&self.orders).waiting.clear();
    }
}

impl Orders {
    fn count(&mut self, at: usize) {
        if self.waiting[at].1.used_up_by_one_more() {
            self.waiting.remove(at);
        }
    }
}
