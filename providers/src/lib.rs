//! Identity providers: the [`IdentityProvider`] trait and the built-in implementations. The crate stores nothing;
//! `domain` maps proofs to accounts. Terms: `docs/glossary.md`.
//!
//! A provider is one file: its settings, its calls, the mapping of its upstream's errors to [`ErrorKind`], and its tape.
//! Registering its [`Factory`] makes it available to the configuration. The crate's README explains how to write one.
//!
//! This is all that a provider needs of Guiyi: the types of `domain` in the signatures of the trait are exported here, and
//! [`deps`] has the libraries whose types are in them.

mod abilities;
pub mod builtin;
mod code;
#[cfg(feature = "contract")]
pub mod contract;
mod error;
mod factory;
mod followers;
mod http;
mod json;
pub mod layer;
pub mod oauth;
mod outward;
mod provider;
mod push;
mod pushed;
mod settings;
mod shared_token;
mod token;

pub use domain::login::Proof;
pub use domain::{AppId, OpenId, OpenKey, PhoneNumber, Profile, Timestamp, UnionId, UnionKey, UnionScope};

pub use abilities::{Abilities, PhoneCheck, Start, UnionIds};
pub use code::{BadCode, BadEncryptedData, EncryptedData, LoginCode, PhoneCode};
pub use error::{ErrorKind, ProviderError, without_profile};
pub use factory::{Built, Factory};
pub use followers::{ChangedOpenId, Follower, FollowerPage, Followers, MOST_AT_ONCE, ToldOf};
pub use http::{Http, HttpLimits, bad_status};
pub use json::JsonAnswer;
pub use outward::{Outward, PostError};
pub use provider::{AuthorizeRequest, BegunLogin, Exchange, IdentityProvider, KeptSecrets, LoginScope, ShownPhone};
pub use push::crypt::{EncodingAesKey, NotAnAesKey};
pub use push::gate::{PushGate, PushQuery, PushRefusal};
pub use push::message::{BadMessage, PushMessage};
pub use push::{PersonPush, PersonPushed, PushReader, Pushed};
pub use pushed::PushedSecret;
pub use settings::{Checks, Problem, Settings, is_own_network, is_this_machine, read_table, without_value};
pub use shared_token::{AHEAD, CallError, SharedToken};
pub use token::{KeptToken, LEASE, Lease, TokenKeeper, TokensInMemory};

/// The libraries whose types are in the signatures of this crate, in the versions that it uses. A provider in a crate of its
/// own takes them from here and has no second version of them.
pub mod deps {
    pub use {async_trait, http, ipnet, secrecy, serde_json, toml, url};
}

/// The README, whose provider is compiled and tested against the contract.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
