//! Tests of the `OpenID` Connect provider against a scripted issuer. The package `tests/oidc` tests it against a real one.

mod groups;
mod issuer;
mod keys;
mod login;
mod odd;
mod second_opinion;
mod shapes;
mod signatures;
mod vendors;
