//! The address the sandbox was called by, and the addresses made with it.
//! What is found there is up to the endpoints.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;

use crate::company::{Person, ids};
use crate::net::Peer;

/// The address the caller knows the sandbox by: `https://api.weixin.qq.com`.
pub(super) struct Origin(pub(super) String);

impl Origin {
    /// A path here, as the caller can open it.
    pub(super) fn with(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// Where a person's picture is, if they have one. As at WeChat, the last part is a size, and the address is good for
    /// as long as the picture stays the same.
    pub(super) fn picture_of(&self, person: &Person) -> Option<String> {
        let picture = || self.with(&format!("/_sandbox/avatars/{}.{}/132", person.id, ids::picture(person)));
        person.has_picture().then(picture)
    }
}

impl<S: Sync> FromRequestParts<S> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let scheme = if Peer::of(&parts.extensions).secure { "https" } else { "http" };
        let host = parts.headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte);
        let host = if !host.is_empty() && host.bytes().all(plain) { host } else { "localhost" };
        Ok(Self(format!("{scheme}://{host}")))
    }
}
