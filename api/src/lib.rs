//! The service: configuration, HTTP, GraphQL, use cases, tokens and the command line.
//! The rules live in `domain`, the upstreams in `providers`, the SQL in `store`.
//!
//! The layers are `http → graphql → usecase`; each uses only the ones after it. Terms: `docs/glossary.md`.

mod aliyun;
pub mod app;
pub mod apps;
pub mod cli;
pub mod clock;
pub mod config;
#[cfg(feature = "contract")]
pub mod contract;
mod database;
pub mod error;
mod gate;
pub mod graphql;
mod http;
pub mod human_check;
mod key_file;
pub mod line_check;
pub mod notify;
pub mod picture;
mod private_file;
mod push_relay;
mod random;
pub mod service;
mod signing;
pub mod sms;
mod sockets;
pub mod text;
pub mod token;
mod upstream_tokens;
pub mod usecase;
mod vendor_code;
mod version;
pub mod webhook;

pub use app::App;
pub use clock::Clock;

/// The page on plug-in points, whose examples are compiled and tested against the contracts.
#[cfg(doctest)]
#[doc = include_str!("../../docs/plugins.md")]
pub struct Plugins;
