//! Feishu (飞书) and Lark: OAuth 2 with PKCE, followed by a request for the user.
//!
//! <https://open.feishu.cn/document/authentication-management/access-token/obtain-oauth-code> (login),
//! <https://open.feishu.cn/document/authentication-management/access-token/get-user-access-token> (token) and
//! <https://open.feishu.cn/document/server-docs/authentication-management/login-state-management/get> (user); for Lark the
//! same pages below <https://open.larksuite.com/document>.
//!
//! - The pages call the token's `code` a text; it is a number in their examples and in practice.
//! - A refusal has status 400 at the token endpoint, as OAuth 2 requires, and any status, also 200, elsewhere.
//! - A rate limit has status 429, or 400 at older endpoints, with the number 99991400:
//!   <https://open.feishu.cn/document/server-docs/api-call-guide/frequency-control>

#[cfg(feature = "contract")]
mod tape;

use std::str::FromStr;

use async_trait::async_trait;
use domain::Profile;
use domain::login::Proof;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::oauth;
use super::vendor::{App, Given, Refusal, Vendor, built};
use crate::{
    AuthorizeRequest, Checks, ErrorKind, Exchange, Factory, JsonAnswer, Problem, ProviderError, Settings, Start,
    read_table,
};

#[cfg(feature = "contract")]
pub(in crate::builtin) use tape::TAPE;

/// Builds Feishu and Lark providers.
pub(in crate::builtin) const FACTORY: Factory =
    Factory { kind: "feishu", build: |settings| built(Feishu::read(settings)) };

const TOKEN: &str = "/open-apis/authen/v2/oauth/token";
const USER: &str = "/open-apis/authen/v1/user_info";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    app_id: Option<String>,
    app_secret: Option<SecretString>,
    union_scope: Option<String>,
    domain: Option<String>,
    login_url: Option<String>,
    api_url: Option<String>,
}

/// Which of the two services an app belongs to. They share an API and no accounts.
#[derive(Debug, Clone, Copy)]
enum Domain {
    Feishu,
    Lark,
}

impl Domain {
    /// Returns the addresses of the login page and of the API.
    const fn addresses(self) -> (&'static str, &'static str) {
        match self {
            Self::Feishu => ("https://accounts.feishu.cn", "https://open.feishu.cn"),
            Self::Lark => ("https://accounts.larksuite.com", "https://open.larksuite.com"),
        }
    }
}

impl FromStr for Domain {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "feishu" => Ok(Self::Feishu),
            "lark" => Ok(Self::Lark),
            _ => Err("is neither \"feishu\" nor \"lark\""),
        }
    }
}

#[derive(Debug)]
struct Feishu(App);

impl Feishu {
    fn read(settings: Settings) -> Result<Self, Vec<Problem>> {
        let table: Table = read_table(settings.table)?;
        let mut checks = Checks::default();
        let domain: Option<Domain> = checks.optional("domain", table.domain.as_deref());
        let (login, api) = domain.unwrap_or(Domain::Feishu).addresses();
        let given = Given {
            app_id: ("app_id", table.app_id),
            secret: ("app_secret", table.app_secret),
            union_scope: table.union_scope,
            login_url: (table.login_url, login),
            api_url: (table.api_url, api),
        };
        let app = App::read(&mut checks, given, ("Feishu", settings.http));
        checks.finish(app.map(Self))
    }

    /// Exchanges the code for an access token. This is the one request that spends the code.
    async fn redeem(&self, login: &Exchange<'_>) -> Result<SecretString, ProviderError> {
        let mut body = vec![
            ("grant_type", "authorization_code"),
            ("client_id", self.0.id.as_str()),
            ("client_secret", self.0.secret.expose_secret()),
            ("code", login.code.expose()),
        ];
        // A code without a state was requested elsewhere, without a challenge.
        if let Some(begun) = login.begun {
            body.push(("redirect_uri", &begun.redirect_uri));
            body.push(("code_verifier", begun.kept.code_verifier.expose_secret()));
        }
        self.0.api.post_json(TOKEN, &body).await?.object(refusal)?.needed_secret("access_token")
    }

    async fn user(&self, token: &SecretString) -> Result<JsonAnswer, ProviderError> {
        let answer = self.0.api.get_with_token(USER, token).await?;
        answer.object(refusal)?.needed_object("data")
    }
}

#[async_trait]
impl Vendor for Feishu {
    const START: Start = Start::Redirect;

    fn app(&self) -> &App {
        &self.0
    }

    fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> String {
        // Without a scope the token reads name, picture and both ids, which is all that is needed.
        let parameters = [
            ("client_id", self.0.id.as_str()),
            ("response_type", "code"),
            ("redirect_uri", request.redirect_uri),
            ("state", request.state),
            ("code_challenge", &oauth::code_challenge(request.kept)),
            ("code_challenge_method", "S256"),
        ];
        self.0.page("/open-apis/authen/v1/authorize", &parameters)
    }

    async fn exchange(&self, login: &Exchange<'_>) -> Result<Proof, ProviderError> {
        let token = self.redeem(login).await?;
        let user = self.user(&token).await.map_err(ProviderError::spent)?;
        let [name, picture] = ["name", "avatar_url"].map(|name| user.text(name).unwrap_or_default());
        let union_id = self.0.union_id(&user, "union_id")?;
        Ok(self.0.proof(user.needed("open_id")?, union_id, Profile::new(&name, &picture)))
    }
}

/// Reads a refusal: a number other than 0, with words in a field of either endpoint.
fn refusal(answer: &JsonAnswer) -> Result<Option<Refusal>, ProviderError> {
    let number = answer.whole_number("code")?.filter(|number| *number != 0);
    let words = || answer.text("error_description").or_else(|| answer.text("msg"));
    Ok(number.map(|number| Refusal::new(kind_of(number), number, words())))
}

/// Maps a number to its kind, with Feishu's own words beside it.
fn kind_of(number: i64) -> ErrorKind {
    match number {
        20003       // The authorization code is not found. Please note that an authorization code can only be used once.
        | 20004     // The authorization code has expired.
        | 20024     // The provided authorization code or refresh token does not match the provided client ID.
        | 20049     // PKCE code challenge failed.
        | 20005     // The user access token passed is invalid. (one that was issued this moment)
        | 99_991_668 // Invalid access token for authorization.
        => ErrorKind::CodeRejected,
        20065       // The authorization code has been used.
        => ErrorKind::CodeUsed,
        20008       // The user does not exist.
        | 20010     // The user does not have permission to use this app.
        | 20021     // User resigned
        | 20022     // User frozen
        | 20023     // User not registered
        | 20066     // The user status is invalid.
        => ErrorKind::PersonBlocked,
        99_991_400    // request trigger frequency limit
        => ErrorKind::RateLimited,
        20050       // An unexpected server error occurred. Please retry your request.
        | 20072     // The server is temporarily unavailable. Please retry your request.
        => ErrorKind::Unavailable,
        20001       // The request is missing a required parameter.
        | 20002     // The client secret is invalid.
        | 20009     // The specified app is not installed.
        | 20036     // The specified grant_type is not supported.
        | 20048     // The specified app does not exist.
        | 20063     // The request is malformed. Please check your request.
        | 20067     // The provided scope list contains duplicate scopes.
        | 20068     // The provided scope list contains scopes that are not permitted.
        | 20069     // The specified app is not enabled.
        | 20070     // Multiple authentication methods were provided.
        | 20071     // The provided redirect URI does not match the one used during authorization.
        => ErrorKind::Misconfigured,
        _ => ErrorKind::UnexpectedAnswer,
    }
}
