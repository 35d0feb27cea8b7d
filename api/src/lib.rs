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
mod database;
pub mod error;
mod gate;
pub mod graphql;
mod http;
pub mod human_check;
mod key_file;
pub mod line_check;
pub mod notify;
mod private_file;
mod random;
pub mod service;
mod signing;
pub mod sms;
pub mod text;
pub mod token;
mod upstream_tokens;
pub mod usecase;

pub use app::App;
pub use clock::Clock;
