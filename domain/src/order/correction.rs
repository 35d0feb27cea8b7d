//! Corrections by an operator of what reports never change.

use super::{OrderNo, Report};
use crate::{OpenId, Timestamp};

/// A correction of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// The shop's number of the order.
    pub order_no: OrderNo,
    /// The openId that placed it. `None` leaves it.
    pub open_id: Option<OpenId>,
    /// When it was placed. `None` leaves it.
    pub placed_at: Option<Timestamp>,
    /// The operator's reason.
    pub reason: String,
}

/// What a corrected order had before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Former {
    /// The openIds.
    pub open_ids: Vec<OpenId>,
    /// The times.
    pub placed_at: Vec<Timestamp>,
}

impl Former {
    /// Returns a report as the correction has it. The shop does not learn of a correction and repeats what it knows: that neither
    /// contradicts the corrected order nor changes it back, however new the report is. A value that the order never had stays in
    /// the report, as a contradiction.
    #[must_use]
    pub fn corrected(&self, known: &Report, report: &Report) -> Report {
        // The openId of an erased person is not known any more, so any may be it.
        let had_open_id = self.open_ids.contains(&report.open_id) || self.open_ids.iter().any(OpenId::is_erased);
        let open_id = if had_open_id { &known.open_id } else { &report.open_id };
        let placed_at = if self.placed_at.contains(&report.placed_at) { known.placed_at } else { report.placed_at };
        Report { open_id: open_id.clone(), placed_at, ..report.clone() }
    }
}
