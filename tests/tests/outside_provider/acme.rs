//! A provider for Acme, a fictional company with its own ID server, outside of Guiyi's source.
//! Its documentation is <https://acme.example/docs/sign-in>.

use std::sync::Arc;

use providers::deps::async_trait::async_trait;
use providers::deps::http::Response;
use providers::deps::secrecy::{ExposeSecret, SecretString};
use providers::deps::serde_json::json;
use providers::deps::url::Url;
use providers::{
    Abilities, AppId, AuthorizeRequest, Built, Checks, ErrorKind, Exchange, Factory, Http, IdentityProvider,
    JsonAnswer, OpenKey, Profile, Proof, ProviderError, Settings, Start, UnionScope, bad_status, oauth, read_table,
};
use serde::Deserialize;

/// Builds providers of this kind.
pub(crate) const FACTORY: Factory = Factory { kind: "acme", build };

/// The settings.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    client_id: Option<String>,
    client_secret: Option<SecretString>,
    server: Option<String>,
}

#[derive(Debug)]
struct Acme {
    client_id: AppId,
    secret: SecretString,
    server: Url,
    http: Http,
}

fn build(settings: Settings) -> Built {
    let table: Table = read_table(settings.table)?;
    let mut checks = Checks::default();
    let client_id = checks.required("client_id", table.client_id.as_deref());
    let secret = checks.secret("client_secret", table.client_secret);
    let server = checks.upstream("server", table.server.as_deref().unwrap_or("https://id.acme.example"));
    let made = client_id.zip(secret).zip(server);
    let made = made.map(|((client_id, secret), server)| Acme { client_id, secret, server, http: settings.http });
    Ok(Arc::new(checks.finish(made)?))
}

#[async_trait]
impl IdentityProvider for Acme {
    fn app_id(&self) -> &AppId {
        &self.client_id
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
        let parameters =
            [("client_id", self.client_id.as_str()), ("redirect_uri", request.redirect_uri), ("state", request.state)];
        Ok(oauth::address(&oauth::below(&self.server, "/authorize"), &parameters))
    }

    async fn exchange(&self, login: &Exchange<'_>) -> Result<Proof, ProviderError> {
        let (client_id, secret) = (self.client_id.as_str(), self.secret.expose_secret());
        let body = json!({ "client_id": client_id, "client_secret": secret, "code": login.code.expose() });
        let answer = self.http.post_json_response(&oauth::below(&self.server, "/token"), &body).await?;
        if !answer.status().is_success() {
            return Err(refused(&answer));
        }
        let employee = JsonAnswer::read("the answer of /token", answer.body())?;
        let key = OpenKey { app: self.client_id.clone(), open_id: employee.needed("subject")? };
        let name = employee.text("name").unwrap_or_default();
        Ok(Proof { key, union: None, profile: Profile::new(&name, "") })
    }
}

/// The error codes of `/token` are a closed list, so that none of them can repeat the request. A failing server says nothing
/// about the login.
fn refused(answer: &Response<Vec<u8>>) -> ProviderError {
    let said =
        JsonAnswer::read("the answer of /token", answer.body()).ok().filter(|_| answer.status().is_client_error());
    let told = said.and_then(|refusal| refusal.text("error"));
    let (kind, words) = match told.as_deref() {
        Some("code_unknown") => (ErrorKind::CodeRejected, "code_unknown"), // "no such code, or it is too old"
        Some("code_spent") => (ErrorKind::CodeUsed, "code_spent"),         // "the code was exchanged before"
        Some("bad_client") => (ErrorKind::Misconfigured, "bad_client"),    // "client id and secret do not match"
        Some("slow_down") => (ErrorKind::RateLimited, "slow_down"),        // "more than 100 exchanges in a minute"
        Some(_) | None => return bad_status("/token", answer),
    };
    ProviderError::new(kind, format!("Acme answered {words}"))
}

/// Acme's answers.
pub(crate) mod tape {
    use providers::contract::{Answer, BeyondLogins, CODE, Person, SECRET, Tape};
    use providers::deps::http::StatusCode;
    use providers::deps::serde_json::json;

    pub(crate) const TAPE: Tape = Tape {
        factory: super::FACTORY,
        settings: |upstream| {
            toml::toml! {
                client_id = "guiyi-at-acme"
                client_secret = SECRET
                server = (upstream.as_str())
            }
        },
        spends_code: |call| call.path == "/token",
        redirect_uri: None,
        reads_profile: |_| false,
        needed: |_| &["subject"],
        person: Person { open_id: "employee-4711", union_id: None },
        good_code: |scene| {
            let is = |name: &str, value: &str| scene.call.value(name).as_deref() == Some(value);
            match scene.call.path.as_str() {
                "/token" if !(is("client_id", "guiyi-at-acme") && is("client_secret", SECRET)) => {
                    refusal(401, "bad_client")
                }
                "/token" if !is("code", CODE) => refusal(400, "code_unknown"),
                "/token" => Answer::json(&json!({ "subject": "employee-4711", "name": "阿木" })),
                _ => refusal(404, "nothing_here"),
            }
        },
        without_union_id: None,
        used_code: |_| refusal(400, "code_spent"),
        forged_code: |_| refusal(400, "code_unknown"),
        expired_code: |_| refusal(400, "code_unknown"),
        quota: |_| refusal(429, "slow_down"),
        wrong_secret: |_| refusal(401, "bad_client"),
        unknown_error: |_| refusal(400, "bad_moon"),
        beyond_logins: BeyondLogins::NOTHING,
    };

    fn refusal(status: u16, error: &str) -> Answer {
        let status = StatusCode::from_u16(status).expect("a status");
        Answer::json(&json!({ "error": error })).status(status)
    }
}
