//! Logins with {{project-name}}, for Guiyi: the settings, the provider, the upstream's errors. The tests have the tape.

use std::sync::Arc;

use providers::deps::async_trait::async_trait;
use providers::deps::http::Response;
use providers::deps::secrecy::{ExposeSecret, SecretString};
use providers::deps::url::Url;
use providers::{
    Abilities, AppId, AuthorizeRequest, BegunLogin, Built, Checks, ErrorKind, Exchange, Factory, Http,
    IdentityProvider, JsonAnswer, LoginCode, OpenKey, Profile, Proof, ProviderError, Settings, Start, UnionScope,
    bad_status, oauth, read_table,
};
use serde::Deserialize;

/// Builds the providers of the kind `{{project-name}}`.
pub const FACTORY: Factory = Factory { kind: "{{project-name}}", build };

// 1. The settings. Every field is an `Option`, so that all mistakes are reported at once.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    client_id: Option<String>,
    client_secret: Option<SecretString>,
    server: Option<String>,
}

fn build(settings: Settings) -> Built {
    let table: Table = read_table(settings.table)?;
    let mut checks = Checks::default();
    let app = checks.required("client_id", table.client_id.as_deref());
    let secret = checks.secret("client_secret", table.client_secret);
    let server = checks.upstream("server", table.server.as_deref().unwrap_or("https://{{project-name}}.example"));
    let made = app.zip(secret).zip(server);
    let made = made.map(|((app, secret), server)| Provider { app, secret, server, http: settings.http });
    Ok(Arc::new(checks.finish(made)?))
}

#[derive(Debug)]
struct Provider {
    app: AppId,
    secret: SecretString,
    server: Url,
    http: Http,
}

// 2. The provider.
#[async_trait]
impl IdentityProvider for Provider {
    fn app_id(&self) -> &AppId {
        &self.app
    }

    fn union_scope(&self) -> Option<&UnionScope> {
        None
    }

    fn upstream(&self) -> &str {
        self.server.host_str().unwrap_or_default()
    }

    fn start(&self) -> Start {
        Start::Redirect
    }

    fn abilities(&self) -> Abilities {
        Abilities { profile: true, ..Abilities::OPEN_ID_ONLY }
    }

    async fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> Result<String, ProviderError> {
        let parameters = [
            ("response_type", "code"),
            ("client_id", self.app.as_str()),
            ("redirect_uri", request.redirect_uri),
            ("state", request.state),
            ("code_challenge", &oauth::code_challenge(request.kept)),
            ("code_challenge_method", "S256"),
        ];
        Ok(oauth::address(&oauth::below(&self.server, "/authorize"), &parameters))
    }

    async fn exchange(&self, login: &Exchange<'_>) -> Result<Proof, ProviderError> {
        let token = self.redeem(login.code, login.needed_begun()?).await?;
        // From here on the code is spent, even if the next request is not sent.
        self.person(&token).await.map_err(ProviderError::spent)
    }
}

impl Provider {
    /// Exchanges the code for an access token. This is the one request that spends the code.
    async fn redeem(&self, code: &LoginCode, begun: &BegunLogin) -> Result<SecretString, ProviderError> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("redirect_uri", &begun.redirect_uri),
            ("code_verifier", begun.kept.code_verifier.expose_secret()),
            ("client_id", self.app.as_str()),
            ("client_secret", self.secret.expose_secret()),
        ];
        let answer = self.http.post_form_response(&oauth::below(&self.server, "/token"), &form).await?;
        if !answer.status().is_success() {
            return Err(refused(&answer, form.map(|(_, value)| value)));
        }
        JsonAnswer::read("the answer of /token", answer.body())?.needed_secret("access_token")
    }

    /// Reads who the person is.
    async fn person(&self, token: &SecretString) -> Result<Proof, ProviderError> {
        let answer = self.http.get_with_token(&oauth::below(&self.server, "/person"), token).await?;
        if !answer.status().is_success() {
            return Err(bad_status("/person", &answer));
        }
        let person = JsonAnswer::read("the answer of /person", answer.body())?;
        let key = OpenKey { app: self.app.clone(), open_id: person.needed("id")? };
        let [name, picture] = ["name", "picture"].map(|field| person.text(field).unwrap_or_default());
        Ok(Proof { key, union: None, profile: Profile::new(&name, &picture) })
    }
}

// 3. The upstream's errors, with its own words beside each. None of `sent` is repeated.
fn refused<'a>(answer: &Response<Vec<u8>>, sent: impl IntoIterator<Item = &'a str>) -> ProviderError {
    let said = JsonAnswer::read("the refusal", answer.body()).ok().filter(|_| answer.status().is_client_error());
    // A status of 5xx says nothing about the login, whatever its words are.
    let Some(error) = said.as_ref().and_then(|said| said.text("error")) else { return bad_status("/token", answer) };
    let kind = match error.as_str() {
        "code_unknown" => ErrorKind::CodeRejected, // "the code is unknown or has expired"
        "code_used" => ErrorKind::CodeUsed,        // "the code was exchanged before"
        "too_many" => ErrorKind::RateLimited,      // "more than 100 requests in a minute"
        "bad_client" => ErrorKind::Misconfigured,  // "client id and secret do not match"
        _ => ErrorKind::UnexpectedAnswer,
    };
    ProviderError::new(kind, format!("the upstream answered {}", oauth::words(&error, sent)))
}
