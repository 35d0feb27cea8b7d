//! How a session's refresh token travels: in the JSON, or in a cookie that no script can read.
//! Which way a client wants is read from its headers, in `http`.

use std::fmt;

use async_graphql::Context;

use crate::usecase::SessionTokens;

/// The cookie. Browsers refuse a name that begins so unless it is secure, of this host alone and for all paths: no other
/// host of the domain can plant one.
pub const COOKIE: &str = "__Host-guiyi-refresh";

/// What stands with the cookie beside its value. It is sent to `fetch` from pages of the same site only, and nothing that
/// begins on another site needs it: hence `Strict`.
const ATTRIBUTES: &str = "Path=/; Secure; HttpOnly; SameSite=Strict";

/// How the refresh token of a request travels.
#[derive(Clone, Default)]
pub enum Carriage {
    /// In the JSON, as mobile apps and servers have it. Cookies are not looked at.
    #[default]
    Json,
    /// In a cookie: this one came with the request, if any.
    Cookie(Option<String>),
}

impl fmt::Debug for Carriage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Json => "Json",
            Self::Cookie(_) => "Cookie(…)",
        })
    }
}

impl Carriage {
    /// The refresh token of the cookie.
    pub(super) fn refresh_token(&self) -> Option<&str> {
        match self {
            Self::Json => None,
            Self::Cookie(token) => token.as_deref(),
        }
    }

    /// Puts refresh tokens into the cookie, where the client wants it so; then they are absent from the JSON.
    pub(super) fn load<'a>(&self, ctx: &Context<'_>, tokens: impl IntoIterator<Item = &'a mut SessionTokens>) {
        let Self::Cookie(_) = self else { return };
        for tokens in tokens {
            if let Some(token) = tokens.refresh_token.take() {
                let seconds = tokens.refresh_life.num_seconds();
                ctx.insert_http_header(
                    "set-cookie",
                    format!("{COOKIE}={}; Max-Age={seconds}; {ATTRIBUTES}", token.text()),
                );
            }
        }
    }

    /// Takes the cookie away, where the client has one.
    pub(super) fn unload(&self, ctx: &Context<'_>) {
        if let Self::Cookie(_) = self {
            ctx.insert_http_header("set-cookie", format!("{COOKIE}=; Max-Age=0; {ATTRIBUTES}"));
        }
    }
}
