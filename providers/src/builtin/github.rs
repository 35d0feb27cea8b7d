//! GitHub: plain OAuth 2 with a redirect, a code and an access token, followed by a request for the user.
//!
//! <https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps>
//!
//! - A refused code has status 200 and the word `error`.
//! - A used, expired and forged code are alike.
//! - A rate limit has status 403, as a forbidden call has, and is known by its headers.
//! - The id is a number; the name that looks like one may be given to another person.

#[cfg(feature = "contract")]
mod tape;

use std::sync::Arc;

use async_trait::async_trait;
use domain::login::Proof;
use domain::{AppId, OpenId, OpenKey, Profile, UnionKey, UnionScope};
use http::header::{ACCEPT, AUTHORIZATION, RETRY_AFTER};
use http::{Request, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use super::oauth::{self, below};
use crate::{
    Abilities, AuthorizeRequest, Checks, ErrorKind, Exchange, Factory, Http, IdentityProvider, JsonAnswer, Problem,
    ProviderError, Settings, Start, UnionIds, bad_status, read_table,
};

#[cfg(feature = "contract")]
pub(in crate::builtin) use tape::TAPE;

/// Builds GitHub providers.
pub(in crate::builtin) const FACTORY: Factory =
    Factory { kind: "github", build: |settings| Ok(Arc::new(GitHub::read(settings)?)) };

const WEB: &str = "https://github.com";
const API: &str = "https://api.github.com";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    client_id: Option<String>,
    client_secret: Option<SecretString>,
    union_scope: Option<String>,
    web_url: Option<String>,
    api_url: Option<String>,
}

/// One OAuth app.
#[derive(Debug)]
struct GitHub {
    app_id: AppId,
    secret: SecretString,
    union_scope: Option<UnionScope>,
    http: Http,
    web: Url,
    api: Url,
}

#[async_trait]
impl IdentityProvider for GitHub {
    /// The client id, which is unique within GitHub.
    fn app_id(&self) -> &AppId {
        &self.app_id
    }

    fn union_scope(&self) -> Option<&UnionScope> {
        self.union_scope.as_ref()
    }

    fn upstream(&self) -> &str {
        self.api.host_str().unwrap_or_default()
    }

    fn start(&self) -> Start {
        Start::Redirect
    }

    fn abilities(&self) -> Abilities {
        let union_ids = if self.union_scope.is_some() { UnionIds::Always } else { UnionIds::Never };
        Abilities { union_ids, profile: true, ..Abilities::OPEN_ID_ONLY }
    }

    async fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> Result<String, ProviderError> {
        // Without a scope GitHub grants access to public data, which includes all of the profile that is needed.
        let parameters = [
            ("client_id", self.app_id.as_str()),
            ("redirect_uri", request.redirect_uri),
            ("state", request.state),
            ("code_challenge", &oauth::code_challenge(request.kept)),
            ("code_challenge_method", "S256"),
        ];
        Ok(oauth::address(&below(&self.web, "/login/oauth/authorize"), &parameters))
    }

    async fn exchange(&self, login: &Exchange<'_>) -> Result<Proof, ProviderError> {
        let token = self.redeem(login).await?;
        let user = self.user(&token).await.map_err(ProviderError::spent)?;
        let told = u64::try_from(user.needed_number("id")?).map_err(|_| user.wrong("id", "is negative"))?.to_string();
        let open_id: OpenId = told.parse().map_err(|e| user.wrong("id", "is not a usable open id").caused_by(e))?;
        let union = self.union_scope.clone().zip(told.parse().ok());
        let name = user.text("name").or_else(|| user.text("login")).unwrap_or_default();
        Ok(Proof {
            key: OpenKey { app: self.app_id.clone(), open_id },
            union: union.map(|(scope, union_id)| UnionKey { scope, union_id }),
            profile: Profile::new(&name, &user.text("avatar_url").unwrap_or_default()),
        })
    }
}

impl GitHub {
    /// Reads the app's table and reports every mistake in it.
    fn read(settings: Settings) -> Result<Self, Vec<Problem>> {
        let Settings { table, http, .. } = settings;
        let table: Table = read_table(table)?;
        let mut checks = Checks::default();
        let app_id = checks.required("client_id", table.client_id.as_deref());
        let secret = checks.secret("client_secret", table.client_secret);
        let union_scope = checks.optional("union_scope", table.union_scope.as_deref());
        let web = checks.upstream("web_url", table.web_url.as_deref().unwrap_or(WEB));
        let api = checks.upstream("api_url", table.api_url.as_deref().unwrap_or(API));
        let made = app_id.zip(secret).zip(web.zip(api));
        checks.finish(made.map(|((app_id, secret), (web, api))| Self { app_id, secret, union_scope, http, web, api }))
    }

    /// Exchanges the code for an access token. This is the one request that spends the code.
    async fn redeem(&self, login: &Exchange<'_>) -> Result<SecretString, ProviderError> {
        let mut form = vec![
            ("client_id", self.app_id.as_str()),
            ("client_secret", self.secret.expose_secret()),
            ("code", login.code.expose()),
        ];
        // A code without a state was requested elsewhere, without a challenge.
        if let Some(begun) = login.begun {
            form.push(("redirect_uri", &begun.redirect_uri));
            form.push(("code_verifier", begun.kept.code_verifier.expose_secret()));
        }
        let url = below(&self.web, "/login/oauth/access_token");
        let answer = self.http.post_form_response(&url, &form).await?;
        // A refusal has the same status as a success, and other fields.
        let grant = JsonAnswer::read(format!("the answer of {}", url.path()), answer.body());
        let error = grant.as_ref().ok().and_then(|grant| Some((grant.text("error")?, grant.text("error_description"))));
        match error {
            Some((error, description)) if is_not_a_status_of_trouble(answer.status()) => {
                let said = format!("{error}: {}", description.unwrap_or_default());
                let said = oauth::words(&said, form.iter().skip(1).map(|(_, value)| *value));
                Err(ProviderError::new(kind_of(&error), format!("GitHub answered {said}")))
            }
            _ if answer.status().is_success() => grant?.needed_secret("access_token"),
            _ => Err(refusal(url.path(), &answer)),
        }
    }

    async fn user(&self, token: &SecretString) -> Result<JsonAnswer, ProviderError> {
        let url = below(&self.api, "/user");
        let request = Request::get(url.as_str())
            .header(ACCEPT, "application/vnd.github+json")
            .header(AUTHORIZATION, format!("Bearer {}", token.expose_secret()))
            .body(Vec::new())
            .map_err(|_| unexpected("the access token is malformed"))?;
        let answer = self.http.execute(request).await?;
        if !answer.status().is_success() {
            return Err(refusal(url.path(), &answer));
        }
        JsonAnswer::read("the answer of /user", answer.body())
    }
}

/// Returns whether an answer can refuse the login: other failures have one of these statuses and no error word.
fn is_not_a_status_of_trouble(status: StatusCode) -> bool {
    status != StatusCode::TOO_MANY_REQUESTS && !status.is_server_error()
}

/// Maps an error of the token endpoint to its kind, with GitHub's own words beside it.
/// <https://docs.github.com/en/apps/oauth-apps/maintaining-oauth-apps/troubleshooting-oauth-app-access-token-request-errors>
fn kind_of(error: &str) -> ErrorKind {
    match error {
        // The code passed is incorrect or expired.
        "bad_verification_code" => ErrorKind::CodeRejected,
        // The client_id and/or client_secret passed are incorrect.
        "incorrect_client_credentials"
        // The redirect_uri MUST match the registered callback URL for this application.
        | "redirect_uri_mismatch" => ErrorKind::Misconfigured,
        // The user must have a verified primary email.
        "unverified_user_email" => ErrorKind::PersonBlocked,
        _ => ErrorKind::UnexpectedAnswer,
    }
}

/// Maps a status without an error word to an error. GitHub uses 403 for rate limits as well: "If you exceed your primary
/// rate limit, you will receive a 403 or 429 response, and the x-ratelimit-remaining header will be 0"; a secondary limit
/// has `retry-after` instead.
/// <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api>
fn refusal(path: &str, answer: &Response<Vec<u8>>) -> ProviderError {
    let headers = answer.headers();
    let is_spent = headers.get("x-ratelimit-remaining").is_some_and(|left| left == "0");
    let mut error = bad_status(path, answer);
    if answer.status() == StatusCode::FORBIDDEN && (is_spent || headers.contains_key(RETRY_AFTER)) {
        error.kind = ErrorKind::RateLimited;
    }
    error
}

fn unexpected(detail: &'static str) -> ProviderError {
    ProviderError::new(ErrorKind::UnexpectedAnswer, detail)
}
