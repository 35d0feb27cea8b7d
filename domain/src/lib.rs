//! The identity rules: ids, keys, proofs, and the pure functions that decide which account a person has. The crate does no I/O and
//! reads no clock. `docs/glossary.md` defines the terms, `docs/identity-rules.md` the rules.

mod audit;
pub mod conflict;
mod erasure;
mod event;
pub mod follower;
mod id;
pub mod import;
mod key;
pub mod link;
pub mod login;
pub mod merge;
mod operator;
pub mod order;
pub mod phone;
mod rule;
pub mod search;
mod service_token;
pub mod session;
mod sms;
mod text;
mod time;
pub mod union_scope;
mod user;
mod words;

pub use audit::AuditAction;
pub use conflict::{Conflict, ConflictKind, Resolution};
pub use erasure::{ErasureCause, ErasurePolicy};
pub use event::EventKind;
pub use id::{
    AuditEventId, BadId, ConflictId, DeviceId, DocumentId, EventId, LinkEventId, LinkId, MessageId, OperatorId,
    OrderDeliveryId, OrderId, OrderItemId, OrderRefundId, PhoneCodeId, PhoneId, PictureId, PushId, RequestId, RunId,
    ServiceTokenId, SessionId, UserId,
};
pub use key::{AppId, AppName, BadKey, ExternalId, OpenId, OpenKey, UnionId, UnionKey, UnionScope};
pub use operator::{BadPrincipal, OperatorRole, Principal, RequestKind};
pub use order::{BadMoney, Currency, Money};
pub use phone::{BadCountry, BadPhone, Country, MobilePrefix, PhoneNumber};
pub use rule::Rule;
pub use service_token::ServiceScope;
pub use session::Boundness;
pub use sms::NoSms;
pub use time::Timestamp;
pub use user::{Account, BadOwnWords, OwnWords, Profile};
pub use words::UnknownWord;
