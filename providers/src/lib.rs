//! Identity providers: the [`IdentityProvider`] trait and the built-in implementations. The crate stores nothing;
//! `domain` maps proofs to accounts. Terms: `docs/glossary.md`.
//!
//! A provider is one file: its settings, its calls, the mapping of its upstream's errors to [`ErrorKind`], and its tape.
//! Registering its [`Factory`] makes it available to the configuration. The crate's README explains how to write one.

mod abilities;
pub mod builtin;
mod code;
#[cfg(feature = "contract")]
pub mod contract;
mod error;
mod factory;
mod http;
mod json;
pub mod layer;
mod provider;
mod settings;
mod shared_token;
mod token;

pub use abilities::{Abilities, PhoneCheck, Start, UnionIds};
pub use code::{BadCode, BadEncryptedData, EncryptedData, LoginCode, PhoneCode};
pub use error::{ErrorKind, ProviderError};
pub use factory::{Built, Factory};
pub use http::{Http, HttpLimits, bad_status};
pub use json::JsonAnswer;
pub use provider::{AuthorizeRequest, BegunLogin, Exchange, IdentityProvider, KeptSecrets, LoginScope, ShownPhone};
pub use settings::{Checks, Problem, Settings, is_this_machine, read_table, without_value};
pub use shared_token::{AHEAD, CallError, SharedToken};
pub use token::{KeptToken, LEASE, Lease, TokenKeeper, TokensInMemory};

/// The README, whose provider is compiled and tested against the contract.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
