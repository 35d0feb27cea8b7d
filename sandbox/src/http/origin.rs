//! The origin under which the sandbox was called, and the addresses built from it.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;

use crate::company::{Person, ids};
use crate::net::Peer;

/// The origin by which the caller reached the sandbox: `https://api.weixin.qq.com`.
pub(super) struct Origin(pub(super) String);

impl Origin {
    /// Returns the address of a path, as the caller can open it.
    pub(super) fn with(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// Returns the address of a person's picture, if they have one. As in WeChat, the last segment is a size, and the
    /// address is valid until the picture changes.
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
