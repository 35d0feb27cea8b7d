//! What is true about identities: ids, keys, proofs, and the rules that decide who a person is.
//! Nothing here reads a clock, a socket or a table: data in, decision out.
//!
//! # Glossary
//!
//! | word | meaning |
//! |---|---|
//! | app | one thing a person can log in through, with its own upstream app id |
//! | open id | what an app calls a person; unique within the app only |
//! | union scope | the issuer that several apps are bound to (a WeChat Open Platform account) |
//! | union id | what a union scope calls a person; may appear late |
//! | user, account | ours: one per person, with any number of open ids and union ids and at most one phone |
//! | shell | an account made by a first login, in which nothing would be lost |
//! | proof | what a provider established just now, on our server; never what a client merely says |
//! | external id | the company's own id of a person, from before Guiyi |

mod audit;
pub mod conflict;
mod id;
pub mod import;
mod key;
pub mod link;
pub mod login;
pub mod merge;
pub mod order;
pub mod phone;
mod rule;
mod service_token;
pub mod session;
mod sms;
mod time;
pub mod union_scope;
mod user;
mod words;

pub use audit::AuditAction;
pub use conflict::{Conflict, ConflictKind, Resolution};
pub use id::{
    AuditEventId, BadId, ConflictId, DeviceId, DocumentId, LinkEventId, LinkId, MessageId, OrderId, OrderItemId,
    PhoneCodeId, PhoneId, ServiceTokenId, SessionId, UserId,
};
pub use key::{AppId, AppName, BadKey, ExternalId, OpenId, OpenKey, UnionId, UnionKey, UnionScope};
pub use order::{BadMoney, Currency, Money};
pub use phone::{BadPhone, PhoneNumber};
pub use rule::Rule;
pub use service_token::ServiceScope;
pub use session::Boundness;
pub use sms::{BadCountry, Country, NoSms};
pub use time::Timestamp;
pub use user::{Account, Profile};
pub use words::UnknownWord;
