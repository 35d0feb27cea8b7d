//! Faults that were ordered: the next calls of a path go wrong in a chosen way.
//! How a fault becomes an answer is in `http::faulty`.

use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use super::locked;

const CAPACITY: usize = 100;

/// One order. What is not said does not happen.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fault {
    /// The exact path, such as `/sns/oauth2/access_token`.
    pub(crate) path: String,
    /// How many calls it concerns.
    #[serde(default = "once")]
    pub(crate) times: u32,
    /// Answer this error in WeChat's manner, without doing what was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) errcode: Option<i64>,
    /// Answer with this HTTP status, without doing what was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    /// Answer this body, without doing what was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<String>,
    /// Wait this long.
    #[serde(default)]
    pub(crate) delay_ms: u32,
    /// Do what was asked first and wait then: the caller gives up, the code is burnt.
    #[serde(default)]
    pub(crate) after: bool,
}

fn once() -> u32 {
    1
}

impl Fault {
    /// What is wrong with the order itself.
    pub(crate) fn mistake(&self) -> Option<&'static str> {
        let answers = self.errcode.is_some() || self.status.is_some() || self.body.is_some();
        let odd_status = self.status.is_some_and(|status| !(200..=599).contains(&status));
        match () {
            () if !self.path.starts_with('/') => Some("path must start with a slash"),
            () if self.path.starts_with("/_sandbox") => Some("the control API takes no faults"),
            () if self.times == 0 || self.times > 1_000_000 => Some("times must be 1 to 1000000"),
            () if odd_status => Some("status must be 200 to 599"),
            () if self.delay_ms > 60_000 => Some("delay_ms must be at most 60000"),
            () if !answers && self.delay_ms == 0 => Some("one of errcode, status, body and delay_ms must be given"),
            () => None,
        }
    }
}

/// The orders, oldest first.
#[derive(Default)]
pub(crate) struct Faults {
    orders: Mutex<Vec<Fault>>,
}

impl Faults {
    /// Takes an order; `false` when there are too many.
    pub(crate) fn order(&self, fault: Fault) -> bool {
        let mut orders = locked(&self.orders);
        let room = orders.len() < CAPACITY;
        if room {
            orders.push(fault);
        }
        room
    }

    /// The fault that concerns this call, if any; it counts as one of its times.
    pub(crate) fn next(&self, path: &str) -> Option<Fault> {
        let mut orders = locked(&self.orders);
        let at = orders.iter().position(|fault| fault.path == path)?;
        orders[at].times -= 1;
        let fault = orders[at].clone();
        if fault.times == 0 {
            orders.remove(at);
        }
        Some(fault)
    }

    pub(crate) fn list(&self) -> Vec<Fault> {
        locked(&self.orders).clone()
    }

    pub(crate) fn clear(&self) {
        locked(&self.orders).clear();
    }
}
