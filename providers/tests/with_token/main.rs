//! Tests of providers that call with a shared token, against a scripted upstream. See `shared_token` for its own tests.

mod followers;
mod pushed;
mod upstream;
mod wechat;
mod wecom;
