//! How a session's refresh token, and what binds a login to its browser, travel: in the JSON, or in cookies that no script can
//! read.
//! Which way a client wants is read from its headers, in `http`.

use std::fmt;

use async_graphql::Context;

use crate::token::CodeVerifier;
use crate::usecase::session::SessionTokens;

/// The cookie of the refresh token. Browsers refuse a name that begins so unless it is secure, of this host alone and for all paths: no other
/// host of the domain can plant one.
pub const COOKIE: &str = "__Host-guiyi-refresh";

/// The cookie of a verifier (RFC 7636), which shows that the browser that ends a login is the one that began it.
pub const LOGIN_COOKIE: &str = "__Host-guiyi-login";

/// How long a browser keeps a verifier, in seconds: as long as a state, which each beginning makes anew.
const LOGIN_SECONDS: u32 = 600;

/// What stands with the cookie beside its value. It is sent to `fetch` from pages of the same site only, and nothing that
/// begins on another site needs it: hence `Strict`.
const ATTRIBUTES: &str = "Path=/; Secure; HttpOnly; SameSite=Strict";

/// How the secrets of a request travel.
#[derive(Clone, Default)]
pub enum Carriage {
    /// In the JSON, as mobile apps and servers have it. Cookies are not looked at.
    #[default]
    Json,
    /// In cookies.
    Cookie(Cookies),
}

/// The cookies that came with a request.
#[derive(Clone, Default)]
pub struct Cookies {
    /// The refresh token.
    pub refresh: Option<String>,
    /// The verifier of the logins that began in this browser.
    pub login: Option<String>,
}

impl fmt::Debug for Cookies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cookies(…)")
    }
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
            Self::Cookie(cookies) => cookies.refresh.as_deref(),
        }
    }

    /// The verifier of the cookie, for a login that ends.
    pub(super) fn verifier(&self) -> Option<CodeVerifier> {
        match self {
            Self::Json => None,
            Self::Cookie(cookies) => cookies.login.as_deref().and_then(|text| CodeVerifier::parse(text).ok()),
        }
    }

    /// The verifier of a login that begins, kept in the cookie. The same for all that begin in this browser meanwhile, so
    /// that a second tab does not spoil the login of the first.
    pub(super) fn bind(&self) -> Option<CodeVerifier> {
        match self {
            Self::Json => None,
            Self::Cookie(_) => Some(self.verifier().unwrap_or_else(CodeVerifier::random)),
        }
    }

    /// Gives the browser the verifier to keep.
    pub(super) fn keep(ctx: &Context<'_>, verifier: &CodeVerifier) {
        let value = verifier.expose();
        ctx.insert_http_header("set-cookie", format!("{LOGIN_COOKIE}={value}; Max-Age={LOGIN_SECONDS}; {ATTRIBUTES}"));
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

    /// Removes both cookies, where the client has them: the next person in this browser begins with a verifier of their own.
    pub(super) fn unload(&self, ctx: &Context<'_>) {
        if let Self::Cookie(_) = self {
            for name in [COOKIE, LOGIN_COOKIE] {
                ctx.append_http_header("set-cookie", format!("{name}=; Max-Age=0; {ATTRIBUTES}"));
            }
        }
    }
}
