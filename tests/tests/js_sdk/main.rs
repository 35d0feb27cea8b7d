//! `jsSdkConfig`, and the tickets behind it, which all replicas share through the database.
//! How a provider of WeChat's fetches its tickets is tested with the provider.

mod acme;
mod pages;
mod sharing;
