//! Every way a person can prove who they are: the [`IdentityProvider`] trait and the providers built in.
//! Who the proved person is to us is decided in `domain`; nothing here stores anything.
//!
//! A provider is one file: its settings, its calls, how its upstream's errors map to [`ErrorKind`], and its tape.
//! Registering a [`Factory`] is all it takes to offer it to the configuration. How to write one: the README beside
//! this folder.

mod abilities;
pub mod builtin;
mod code;
#[cfg(feature = "contract")]
pub mod contract;
mod error;
mod factory;
mod http;
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
pub use provider::{AuthorizeRequest, BegunLogin, Exchange, IdentityProvider, KeptSecrets, LoginScope, ShownPhone};
pub use settings::{Checks, Problem, Settings, is_this_machine, read_table, without_value};
pub use shared_token::{AHEAD, CallError, SharedToken};
pub use token::{KeptToken, LEASE, Lease, TokenKeeper, TokensInMemory};

/// The README, whose provider is compiled and put under the contract.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
