//! The ids of Guiyi's own records: a UUIDv7 (RFC 9562) inside, `usr_…` outside, one type each. For the ids of upstreams see
//! [`key`](crate::AppId).

use std::fmt;
use std::str::FromStr;

use uuid::{NoContext, Uuid};

use crate::Timestamp;

/// Text that is not an id of the expected type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id of the form {prefix}_ and 32 hexadecimal digits")]
pub struct BadId {
    /// The prefix that was expected.
    pub prefix: &'static str,
}

fn parse(prefix: &'static str, text: &str) -> Result<Uuid, BadId> {
    text.strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('_'))
        // An id has one spelling, so that two different texts are two ids for every comparison and cache.
        .filter(|hex| hex.len() == 32 && !hex.bytes().any(|b| b.is_ascii_uppercase()))
        .and_then(|hex| Uuid::try_parse(hex).ok())
        .ok_or(BadId { prefix })
}

macro_rules! typed_id {
    ($(#[$meta:meta])* $name:ident, $prefix:literal) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "sea-orm", derive(sea_orm::DeriveValueType))]
        pub struct $name(Uuid);

        impl $name {
            /// The prefix of the text form.
            pub const PREFIX: &'static str = $prefix;

            /// Creates an id whose time part is `now`, so that ids sort by age.
            #[must_use]
            pub fn new(now: Timestamp) -> Self {
                let (seconds, nanos) = now.unix_parts();
                Self(Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, seconds, nanos)))
            }

            /// Wraps a UUID.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// Returns the UUID.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                parse($prefix, text).map(Self)
            }
        }

        #[cfg(feature = "sea-orm")]
        impl sea_orm::TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
                Err(sea_orm::DbErr::ConvertFromU64(stringify!($name)))
            }
        }
    };
}

typed_id!(
    /// An account.
    UserId, "usr"
);
typed_id!(
    /// The row that links one openId of one app to an account.
    LinkId, "oid"
);
typed_id!(
    /// A bound phone.
    PhoneId, "phn"
);
typed_id!(
    /// An order.
    OrderId, "ord"
);
typed_id!(
    /// A line of an order.
    OrderItemId, "itm"
);
typed_id!(
    /// A refund of an order.
    OrderRefundId, "rfd"
);
typed_id!(
    /// A delivery of an order.
    OrderDeliveryId, "dlv"
);
typed_id!(
    /// A session: one login on one device, with its refresh tokens.
    SessionId, "ses"
);
typed_id!(
    /// A device, recognised by the token that its first login returned.
    DeviceId, "dev"
);
typed_id!(
    /// A message of the outbox.
    MessageId, "msg"
);
typed_id!(
    /// An event that an upstream has pushed.
    PushId, "psh"
);
typed_id!(
    /// An entry of the journal.
    LinkEventId, "evt"
);
typed_id!(
    /// A case: a doubtful or refused link that an operator decides.
    ConflictId, "cfl"
);
typed_id!(
    /// An SMS code.
    PhoneCodeId, "sms"
);
typed_id!(
    /// A service token of a back-office system.
    ServiceTokenId, "svc"
);
typed_id!(
    /// A person who signs in at the support desk.
    OperatorId, "opr"
);
typed_id!(
    /// An act that waits for a second operator.
    RequestId, "req"
);
typed_id!(
    /// An entry of the audit.
    AuditEventId, "aud"
);
typed_id!(
    /// A run over an app's followers.
    RunId, "run"
);
typed_id!(
    /// An event that other systems are told about.
    EventId, "evn"
);
typed_id!(
    /// A document that clients may send.
    DocumentId, "doc"
);
typed_id!(
    /// A picture that a person uploaded.
    PictureId, "pic"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_its_text_form() {
        let id = UserId::new(Timestamp::from_millis(1_700_000_000_000));

        let read: UserId = id.to_string().parse().expect("own text form");

        assert_eq!(read, id);
    }

    #[test]
    fn an_id_of_another_type_is_refused() {
        let order = OrderId::new(Timestamp::from_millis(0)).to_string();

        assert_eq!(order.parse::<UserId>(), Err(BadId { prefix: "usr" }));
    }

    #[test]
    fn nonsense_is_not_an_id() {
        for text in ["", "usr", "usr_", "usr_12", "usr_zz000000000000000000000000000000"] {
            assert!(text.parse::<UserId>().is_err(), "{text}");
        }
    }

    #[test]
    fn younger_ids_sort_later() {
        let older = UserId::new(Timestamp::from_millis(1_000));
        let younger = UserId::new(Timestamp::from_millis(1_001));

        assert!(older < younger);
    }
}
