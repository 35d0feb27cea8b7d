//! What is beyond the service: upstreams, pushes, the outbox, outages, and what a stolen database shows.

mod at_rest;
#[cfg(any(feature = "postgres", feature = "mariadb"))]
mod outage;
mod outbox;
mod push_relay;
mod pushes;
mod shared_tokens;
mod upstream;
