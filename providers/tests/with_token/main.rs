//! Providers that call with a token that all replicas share, against an upstream that answers what each test wants.
//! The sharing itself is tested beside `shared_token`.

mod upstream;
mod wechat;
mod wecom;
