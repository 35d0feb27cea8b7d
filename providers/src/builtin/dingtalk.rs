//! DingTalk (钉钉): a redirect, a code and an access token, followed by a request for the user.
//!
//! <https://open.dingtalk.com/document/orgapp/obtain-identity-credentials> (login),
//! <https://open.dingtalk.com/document/orgapp/obtain-user-token> (token) and
//! <https://open.dingtalk.com/document/orgapp/dingtalk-retrieve-user-information> (user).
//!
//! - Names are in camel case, in the request for a token too, and the token goes into a header of DingTalk's own.
//! - The browser returns with the code as `authCode`, and as `code` too by what SDKs read; the pages name the former alone.
//! - `invalidParameter.authCode.notFound` stands for a code that is used, expired, forged, or of another kind: a code of
//!   `requestAuthCode` inside DingTalk's app is none of this login.
//! - A rate limit has status 403 and the word of a forbidden call:
//!   <https://open.dingtalk.com/document/development/how-to-process-api-throttling-on-the-dingtalk-server>
//! - An address that calls too often gets a page of HTML for five minutes.
//! - PKCE is not documented.

#[cfg(feature = "contract")]
mod tape;

use async_trait::async_trait;
use domain::Profile;
use domain::login::Proof;
use http::header::HeaderName;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::vendor::{App, Given, Refusal, Vendor, built};
use crate::{
    AuthorizeRequest, Checks, ErrorKind, Exchange, Factory, JsonAnswer, LoginCode, Problem, ProviderError, Settings,
    Start, read_table,
};

#[cfg(feature = "contract")]
pub(in crate::builtin) use tape::TAPE;

/// Builds DingTalk providers.
pub(in crate::builtin) const FACTORY: Factory =
    Factory { kind: "dingtalk", build: |settings| built(DingTalk::read(settings)) };

const LOGIN: &str = "https://login.dingtalk.com";
const API: &str = "https://api.dingtalk.com";
const TOKEN: &str = "/v1.0/oauth2/userAccessToken";
const USER: &str = "/v1.0/contact/users/me";
/// The header with the access token.
const TOKEN_HEADER: HeaderName = HeaderName::from_static("x-acs-dingtalk-access-token");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    client_id: Option<String>,
    client_secret: Option<SecretString>,
    union_scope: Option<String>,
    login_url: Option<String>,
    api_url: Option<String>,
}

#[derive(Debug)]
struct DingTalk(App);

impl DingTalk {
    fn read(settings: Settings) -> Result<Self, Vec<Problem>> {
        let table: Table = read_table(settings.table)?;
        let given = Given {
            app_id: ("client_id", table.client_id),
            secret: ("client_secret", table.client_secret),
            union_scope: table.union_scope,
            login_url: (table.login_url, LOGIN),
            api_url: (table.api_url, API),
        };
        let mut checks = Checks::default();
        let app = App::read(&mut checks, given, ("DingTalk", settings.http));
        checks.finish(app.map(Self))
    }

    /// Exchanges the code for an access token. This is the one request that spends the code.
    async fn redeem(&self, code: &LoginCode) -> Result<SecretString, ProviderError> {
        let body = [
            ("clientId", self.0.id.as_str()),
            ("clientSecret", self.0.secret.expose_secret()),
            ("code", code.expose()),
            ("grantType", "authorization_code"),
        ];
        self.0.api.post_json(TOKEN, &body).await?.object(|answer| Ok(refusal(answer)))?.needed_secret("accessToken")
    }

    async fn user(&self, token: &SecretString) -> Result<JsonAnswer, ProviderError> {
        self.0.api.get_with(USER, TOKEN_HEADER, token).await?.object(|answer| Ok(refusal(answer)))
    }
}

#[async_trait]
impl Vendor for DingTalk {
    // The page shows a QR code, and fields for number and password.
    const START: Start = Start::QrPage;

    fn app(&self) -> &App {
        &self.0
    }

    fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> String {
        let parameters = [
            ("client_id", self.0.id.as_str()),
            ("response_type", "code"),
            ("scope", "openid"),
            ("prompt", "consent"),
            ("redirect_uri", request.redirect_uri),
            ("state", request.state),
        ];
        self.0.page("/oauth2/auth", &parameters)
    }

    async fn exchange(&self, login: &Exchange<'_>) -> Result<Proof, ProviderError> {
        let token = self.redeem(login.code).await?;
        let user = self.user(&token).await.map_err(ProviderError::spent)?;
        let [name, picture] = ["nick", "avatarUrl"].map(|name| user.text(name).unwrap_or_default());
        let union_id = self.0.union_id(&user, "unionId")?;
        Ok(self.0.proof(user.needed("openId")?, union_id, Profile::new(&name, &picture)))
    }
}

/// Reads a refusal: a word in `code`, which no other answer of a login has.
fn refusal(answer: &JsonAnswer) -> Option<Refusal> {
    answer.text("code").map(|word| Refusal::new(kind_of(&word), &word, answer.text("message")))
}

/// Maps a word to its kind, with DingTalk's own explanation beside it.
fn kind_of(word: &str) -> ErrorKind {
    match word {
        // 不合法的临时授权码
        "invalidParameter.authCode.notFound"
        // 不合法的access_token (one that was issued this moment)
        | "InvalidAuthentication" => ErrorKind::CodeRejected,
        // 无效的clientId或者clientSecret
        "invalidClientIdOrSecret"
        // 没有调用该接口的权限 (`Contact.User.Read`, or a person who agreed before the app asked for it)
        | "Forbidden.AccessDenied.AccessTokenPermissionDenied"
        // 访问ip不在白名单之中
        | "Forbidden.AccessDenied.IpNotInWhiteList"
        // Specified api is not found, please check your url and method.
        | "InvalidAction.NotFound" => ErrorKind::Misconfigured,
        // 每个应用，调用每个接口，超过最高频率
        "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"
        // 钉钉所有企业的所有应用调用同一个接口超过最高频率
        | "Forbidden.AccessDenied.QpsLimitForApi"
        // 超出每月调用次数限制
        | "Forbidden.AccessDenied.ApiCountLimitForOrg" => ErrorKind::RateLimited,
        _ => ErrorKind::UnexpectedAnswer,
    }
}
