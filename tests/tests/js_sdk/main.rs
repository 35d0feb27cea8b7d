//! `jsSdkConfig` and its tickets, which all replicas share through the database. See `providers` for a provider's
//! calls.

mod acme;
mod pages;
mod sharing;
mod wechat;
