//! LINE Login v2.1: OAuth 2 with PKCE, followed by a request for the profile, which names the person.
//!
//! <https://developers.line.biz/en/reference/line-login/>
//!
//! - The words of a refused code are those of RFC 6749 without their explanation; a used, expired and forged code are alike.
//! - A refusal of the profile has a status and a `message`, and no word that a program can read.
//! - A rate limit is a status 429 with such a message.
//! - A person without a picture has no `pictureUrl`.

#[cfg(feature = "contract")]
mod tape;

use async_trait::async_trait;
use domain::login::Proof;
use domain::{OpenId, Profile};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::oauth;
use super::vendor::{App, Given, Refusal, Vendor, built};
use crate::{
    AuthorizeRequest, BegunLogin, Checks, ErrorKind, Exchange, Factory, JsonAnswer, LoginCode, Problem, ProviderError,
    Settings, Start, read_table,
};

#[cfg(feature = "contract")]
pub(in crate::builtin) use tape::TAPE;

/// Builds LINE providers.
pub(in crate::builtin) const FACTORY: Factory = Factory { kind: "line", build: |settings| built(Line::read(settings)) };

const LOGIN: &str = "https://access.line.me";
const API: &str = "https://api.line.me";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    channel_id: Option<String>,
    channel_secret: Option<SecretString>,
    union_scope: Option<String>,
    login_url: Option<String>,
    api_url: Option<String>,
}

/// One LINE Login channel.
#[derive(Debug)]
struct Line(App);

#[async_trait]
impl Vendor for Line {
    const START: Start = Start::Redirect;

    fn app(&self) -> &App {
        &self.0
    }

    fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> String {
        // LINE asks for consent to every scope, and this one includes the user id.
        let parameters = [
            ("response_type", "code"),
            ("client_id", self.0.id.as_str()),
            ("redirect_uri", request.redirect_uri),
            ("state", request.state),
            ("scope", "profile"),
            ("code_challenge", &oauth::code_challenge(request.kept)),
            ("code_challenge_method", "S256"),
        ];
        self.0.page("/oauth2/v2.1/authorize", &parameters)
    }

    async fn exchange(&self, login: &Exchange<'_>) -> Result<Proof, ProviderError> {
        let token = self.redeem(login.code, login.needed_begun()?).await?;
        // From here on the code is spent, even if the next request is not sent.
        self.person(&token).await.map_err(ProviderError::spent)
    }
}

impl Line {
    /// Reads the app's table and reports every mistake in it.
    fn read(settings: Settings) -> Result<Self, Vec<Problem>> {
        let table: Table = read_table(settings.table)?;
        let mut checks = Checks::default();
        let given = Given {
            app_id: ("channel_id", table.channel_id),
            secret: ("channel_secret", table.channel_secret),
            union_scope: table.union_scope,
            login_url: (table.login_url, LOGIN),
            api_url: (table.api_url, API),
        };
        let app = App::read(&mut checks, given, ("LINE", settings.http));
        checks.finish(app.map(Self))
    }

    /// Exchanges the code for an access token. This is the one request that spends the code.
    async fn redeem(&self, code: &LoginCode, begun: &BegunLogin) -> Result<SecretString, ProviderError> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("redirect_uri", &begun.redirect_uri),
            ("client_id", self.0.id.as_str()),
            ("client_secret", self.0.secret.expose_secret()),
            ("code_verifier", begun.kept.code_verifier.expose_secret()),
        ];
        let answer = self.0.api.post_form("/oauth2/v2.1/token", &form).await?;
        answer.object(|said| Ok(refusal(said)))?.needed_secret("access_token")
    }

    /// Reads who the person is. The user id is the same in all channels of one provider, as LINE calls a company.
    async fn person(&self, token: &SecretString) -> Result<Proof, ProviderError> {
        let person = self.0.api.get_with_token("/v2/profile", token).await?.object(|_| Ok(None))?;
        let open_id: OpenId = person.needed("userId")?;
        let union_id = self.0.union_id(&person, "userId")?;
        let [name, picture] = ["displayName", "pictureUrl"].map(|field| person.text(field).unwrap_or_default());
        Ok(self.0.proof(open_id, union_id, Profile::new(&name, &picture)))
    }
}

fn refusal(said: &JsonAnswer) -> Option<Refusal> {
    let error = said.text("error")?;
    Some(Refusal::new(kind_of(&error), &error, said.text("error_description")))
}

/// Maps an error of the token endpoint to its kind. LINE answers the words of RFC 6749 section 5.2 and explains none; the RFC's
/// explanations are beside them.
fn kind_of(error: &str) -> ErrorKind {
    match error {
        // "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the
        // authorization request, or was issued to another client."
        "invalid_grant" => ErrorKind::CodeRejected,
        // "Client authentication failed."
        "invalid_client"
        // "The authenticated client is not authorized to use this authorization grant type."
        | "unauthorized_client" => ErrorKind::Misconfigured,
        _ => ErrorKind::UnexpectedAnswer,
    }
}
