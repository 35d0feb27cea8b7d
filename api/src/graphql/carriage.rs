//! Transport of refresh tokens and login verifiers: in the JSON, or in cookies that scripts cannot read. `http` reads
//! the client's choice from the request headers.

use std::fmt;

use async_graphql::Context;

use crate::token::CodeVerifier;
use crate::usecase::session::SessionTokens;

/// The cookie of the refresh token. Browsers accept the prefix `__Host-` only for a secure cookie of this host and all
/// paths, so no other host of the domain can set it.
pub const COOKIE: &str = "__Host-guiyi-refresh";

/// The cookie of a verifier (RFC 7636), which proves that the browser that completes a login also started it.
pub const LOGIN_COOKIE: &str = "__Host-guiyi-login";

/// The cookie of an operator's session. Unlike the others it authenticates requests: see `http`.
pub const OPERATOR_COOKIE: &str = "__Host-guiyi-operator";

/// The lifetime of a verifier's cookie in seconds: that of a state. Each start of a login extends it.
const LOGIN_SECONDS: u32 = 600;

/// The cookie attributes. Only `fetch` requests from pages of the same site need the cookie: hence `Strict`.
const ATTRIBUTES: &str = "Path=/; Secure; HttpOnly; SameSite=Strict";

/// How a client sends and receives its secrets.
#[derive(Clone, Default)]
pub enum Carriage {
    /// In the JSON, for mobile apps and servers. Cookies are ignored.
    #[default]
    Json,
    /// In cookies.
    Cookie(Cookies),
}

/// The cookies of a request.
#[derive(Clone, Default)]
pub struct Cookies {
    /// The refresh token.
    pub refresh: Option<String>,
    /// The verifier of the logins that started in this browser.
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
    /// Returns the refresh token of the cookie.
    pub(super) fn refresh_token(&self) -> Option<&str> {
        match self {
            Self::Json => None,
            Self::Cookie(cookies) => cookies.refresh.as_deref(),
        }
    }

    /// Returns the verifier of the cookie, to complete a login.
    pub(super) fn verifier(&self) -> Option<CodeVerifier> {
        match self {
            Self::Json => None,
            Self::Cookie(cookies) => cookies.login.as_deref().and_then(|text| CodeVerifier::parse(text).ok()),
        }
    }

    /// Returns the verifier to start a login with. An existing cookie is reused, so that a second tab does not break
    /// the login of the first.
    pub(super) fn bind(&self) -> Option<CodeVerifier> {
        match self {
            Self::Json => None,
            Self::Cookie(_) => Some(self.verifier().unwrap_or_else(CodeVerifier::random)),
        }
    }

    /// Sets the verifier's cookie.
    pub(super) fn keep(ctx: &Context<'_>, verifier: &CodeVerifier) {
        let value = verifier.expose();
        ctx.insert_http_header("set-cookie", format!("{LOGIN_COOKIE}={value}; Max-Age={LOGIN_SECONDS}; {ATTRIBUTES}"));
    }

    /// Moves refresh tokens from the JSON to the cookie if the client uses cookies.
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

    /// Removes the cookie of an operator who has signed out.
    pub(super) fn unload_operator(ctx: &Context<'_>) {
        ctx.append_http_header("set-cookie", format!("{OPERATOR_COOKIE}=; Max-Age=0; {ATTRIBUTES}"));
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
