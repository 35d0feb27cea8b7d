//! Faults that wait: the next calls of a path, or a share of them, go wrong in a chosen way.
//! How one is ordered is in `order`; how it becomes an answer, in `http::faulty`.

mod order;
mod wrong;

use std::sync::Mutex;
use std::time::Duration;

use crate::company::PersonIndex;
use crate::dice;

use super::locked;

pub(crate) use order::{Order, Waiting};
pub(crate) use wrong::{Answer, Instead, Kind, Spoil, WayBack, Wrong};

const CAPACITY: usize = 100;

/// What a call shows of itself before it is carried out.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) path: String,
    /// The appid or corpid it names, else that of the app whose code, token or QR page it brings.
    pub(crate) app_id: Option<String>,
    /// Whom it is about: see the manual for where that is known.
    pub(crate) person: Option<PersonIndex>,
}

/// What becomes of one call.
#[derive(Debug)]
pub(crate) struct Fault {
    /// The order it comes from.
    pub(crate) number: u64,
    pub(crate) wrong: Wrong,
    pub(crate) delay: Duration,
    /// The call is carried out first.
    pub(crate) after: bool,
}

/// The orders, oldest first.
#[derive(Default)]
pub(crate) struct Faults {
    orders: Mutex<Orders>,
}

#[derive(Default)]
struct Orders {
    /// How many were ever taken: what they are numbered by.
    taken: u64,
    waiting: Vec<(u64, Waiting)>,
}

impl Faults {
    /// Takes an order; `false` when there are too many.
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

    /// Whether anything waits at this path.
    pub(crate) fn wait_at(&self, path: &str) -> bool {
        locked(&self.orders).waiting.iter().any(|(_, waiting)| waiting.is_at(path))
    }

    /// The fault that concerns this call, if any: of the oldest order, where several would do. One that is certain to
    /// show counts as one of its times; whoever carries out another one says so with [`Faults::spend`].
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

    /// Counts one of an order's times; `false` when other calls have used them up.
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
