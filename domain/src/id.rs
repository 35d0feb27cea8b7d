//! Our own ids: UUIDv7 (RFC 9562) inside, `usr_…` outside, one type each.
//! What upstreams call people lives in `key`.

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
        // One way to write an id, so that two texts that differ are two ids for whoever compares or caches them.
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
            /// What the text form begins with.
            pub const PREFIX: &'static str = $prefix;

            /// A new id whose time part is `now`, so that ids sort by age.
            #[must_use]
            pub fn new(now: Timestamp) -> Self {
                let (seconds, nanos) = now.unix_parts();
                Self(Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, seconds, nanos)))
            }

            /// The id around a UUID that is already known.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID inside.
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
    /// One person's account.
    UserId, "usr"
);
typed_id!(
    /// The row that links one open id of one app to a user.
    LinkId, "oid"
);
typed_id!(
    /// One bound phone.
    PhoneId, "phn"
);
typed_id!(
    /// One order.
    OrderId, "ord"
);
typed_id!(
    /// One line of an order.
    OrderItemId, "itm"
);
typed_id!(
    /// One login on one device: a family of refresh tokens.
    SessionId, "ses"
);
typed_id!(
    /// One device, known again by the token that its first login was given.
    DeviceId, "dev"
);
typed_id!(
    /// One message of the outbox.
    MessageId, "msg"
);
typed_id!(
    /// One entry of the journal of links.
    LinkEventId, "evt"
);
typed_id!(
    /// One doubtful or refused link that an operator has to close.
    ConflictId, "cfl"
);
typed_id!(
    /// One SMS code that was sent.
    PhoneCodeId, "sms"
);
typed_id!(
    /// One token of a back-office system.
    ServiceTokenId, "svc"
);
typed_id!(
    /// One entry of the audit.
    AuditEventId, "aud"
);
typed_id!(
    /// One document that clients may send.
    DocumentId, "doc"
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
