//! Deliveries of an order: data for the buyer, which no rule reads.

use crate::Timestamp;
use crate::text::{is_invisible, is_joiner};

/// A parcel that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The carrier as the shop calls it: `SF`, `顺丰速运`.
    pub carrier: String,
    /// The carrier's tracking number.
    pub tracking_no: String,
    /// When it was sent, if the shop tells.
    pub shipped_at: Option<Timestamp>,
}

/// A part of a delivery that is no text of 1 to 64 printable characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must have 1 to 64 printable characters")]
pub struct BadDelivery {
    /// Whether it is the tracking number; otherwise it is the carrier.
    pub is_number: bool,
}

impl Delivery {
    /// The maximum length of a carrier and of a tracking number, in characters.
    pub const MAX_LEN: usize = 64;

    /// Trims both texts, and refuses one that is empty, overlong or unprintable.
    pub fn parse(carrier: &str, tracking_no: &str, shipped_at: Option<Timestamp>) -> Result<Self, BadDelivery> {
        let read = |text: &str, is_number| {
            let text = text.trim();
            let is_bad = text.is_empty()
                || text.chars().count() > Self::MAX_LEN
                || text.chars().any(|c| is_invisible(c) || is_joiner(c));
            if is_bad { Err(BadDelivery { is_number }) } else { Ok(text.to_owned()) }
        };
        Ok(Self { carrier: read(carrier, false)?, tracking_no: read(tracking_no, true)?, shipped_at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_names_its_carrier_and_its_number() {
        let delivery = Delivery::parse(" 顺丰速运 ", "SF1000001", None).expect("a delivery");

        assert_eq!((delivery.carrier.as_str(), delivery.tracking_no.as_str()), ("顺丰速运", "SF1000001"));
        assert_eq!(Delivery::parse("", "SF1", None), Err(BadDelivery { is_number: false }));
        assert_eq!(Delivery::parse("SF", "\u{202e}1", None), Err(BadDelivery { is_number: true }));
        assert_eq!(Delivery::parse("SF", &"1".repeat(65), None), Err(BadDelivery { is_number: true }));
    }
}
