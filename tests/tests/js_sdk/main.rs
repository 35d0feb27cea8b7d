//! `jsSdkConfig`, and the tickets behind it, which all replicas share through the database.
//! Which calls a provider makes for a ticket is tested with the provider.

mod acme;
mod pages;
mod sharing;
mod wechat;
