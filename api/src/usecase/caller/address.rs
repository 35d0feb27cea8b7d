//! The client's address and its address block, which rate limits use. See `http` for its source.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::gate::Origin;

/// The address of a client, or none if it is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClientAddress(pub Option<IpAddr>);

impl ClientAddress {
    /// Returns the address block for rate limits: `/24` of IPv4, and `/64` of IPv6, which is what one customer has. All
    /// clients without a known address share one block.
    #[must_use]
    pub fn block(self) -> String {
        match self.0.map(|address| address.to_canonical()) {
            Some(IpAddr::V4(address)) => format!("{}/24", Ipv4Addr::from_bits(address.to_bits() & !0xff)),
            Some(IpAddr::V6(address)) => {
                format!("{}/64", Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)))
            }
            None => "unknown".to_owned(),
        }
    }

    /// What work that comes from here is counted by. A provider gives one customer an IPv4 address or a `/64`, and a company or an
    /// attacker up to a `/48`: 65,536 of them.
    pub(crate) fn origin(self) -> Origin {
        match self.0.map(|address| address.to_canonical()) {
            Some(IpAddr::V4(address)) => Origin { block: self.block(), customer: Some(address.to_string()) },
            Some(IpAddr::V6(address)) => {
                let site = Ipv6Addr::from_bits(address.to_bits() >> 80 << 80);
                Origin { block: format!("{site}/48"), customer: Some(self.block()) }
            }
            None => Origin { block: self.block(), customer: None },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_share_a_block() {
        let block = |text: &str| ClientAddress(text.parse().ok()).block();

        let blocks =
            ["203.0.113.7", "::ffff:203.0.113.9", "2001:db8:1:2:3:4:5:6", "2001:db8:1:3::", "nowhere"].map(block);

        let origin = |text: &str| ClientAddress(text.parse().ok()).origin();

        assert_eq!(
            origin("2001:db8:1:2:3:4:5:6"),
            Origin { block: "2001:db8:1::/48".to_owned(), customer: Some("2001:db8:1:2::/64".to_owned()) }
        );
        assert_eq!(
            origin("::ffff:203.0.113.9"),
            Origin { block: "203.0.113.0/24".to_owned(), customer: Some("203.0.113.9".to_owned()) }
        );
        assert_eq!(blocks, ["203.0.113.0/24", "203.0.113.0/24", "2001:db8:1:2::/64", "2001:db8:1:3::/64", "unknown"]);
    }
}
