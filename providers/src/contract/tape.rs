//! How an upstream behaves when it is played to a provider: one field a scenario, and none of them can be left out.
//! What a provider has to make of it is written in `promises`.

use http::{HeaderMap, StatusCode};
use serde_json::Value;
use url::Url;

use crate::{Factory, KeptSecrets};

/// The secret that a tape's settings hold. Nothing that the provider says may repeat it.
pub const SECRET: &str = "pl4nted-s3cret-0123456789abcdef0";
/// The code that is exchanged. Nothing that the provider says may repeat it.
pub const CODE: &str = "pl4nted-c0de-091eXm0w3pLeC0de";
/// The access token that a tape's upstream gives. Nothing that the provider says may repeat it.
pub const TOKEN: &str = "pl4nted-t0ken-86_eXampleWebT0ken";

/// How the upstream of one provider behaves.
///
/// A struct without a default, on purpose: a scenario that is added here keeps every provider from compiling until it
/// says how its upstream behaves.
#[derive(Debug, Clone, Copy)]
pub struct Tape {
    /// Makes the provider.
    pub factory: Factory,
    /// Sound settings for an upstream at this address, with [`SECRET`] as the app's secret.
    pub settings: fn(upstream: &Url) -> toml::Table,
    /// The request that spends the code; every other is only on the way to it or from it.
    pub spends_code: fn(&Call) -> bool,
    /// Whom [`good_code`](Self::good_code) names.
    pub person: Person,
    /// A good code: the answers to every request of an exchange.
    pub good_code: Play,
    /// The same without a union id; `None` when the provider declares them never or always.
    pub without_union_id: Option<Play>,
    /// The code was exchanged before.
    pub used_code: Play,
    /// Nobody ever gave out the code.
    pub forged_code: Play,
    /// The code is too old.
    pub expired_code: Play,
    /// We have called too often.
    pub quota: Play,
    /// The app's secret is wrong.
    pub wrong_secret: Play,
}

/// What the upstream answers to each request of a scenario.
pub type Play = fn(&Scene<'_>) -> Answer;

/// The person whom a good code names.
#[derive(Debug, Clone, Copy)]
pub struct Person {
    /// What the app calls the person.
    pub open_id: &'static str,
    /// What the union scope calls the person.
    pub union_id: Option<&'static str>,
}

/// One request to the upstream, with what an answer may depend on.
#[derive(Debug)]
pub struct Scene<'a> {
    /// The request.
    pub call: &'a Call,
    /// Where the upstream is.
    pub upstream: &'a Url,
    /// What was made up when the login began.
    pub kept: &'a KeptSecrets,
}

/// A request as the upstream got it.
#[derive(Debug, Clone)]
pub struct Call {
    /// The method, in capitals.
    pub method: String,
    /// The path, which begins with a slash.
    pub path: String,
    /// The query string, without the question mark.
    pub query: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Call {
    /// A parameter by its name: of the query, of a form, or of a JSON object.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<String> {
        let of = |text: &[u8]| {
            url::form_urlencoded::parse(text).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
        };
        let json = || match serde_json::from_slice::<Value>(&self.body).ok()?.get(name)? {
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        };
        of(self.query.as_bytes()).or_else(json).or_else(|| of(&self.body))
    }
}

/// What the upstream answers.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The content type, as the upstream sends it, right or wrong.
    pub content_type: &'static str,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// JSON with status 200.
    #[must_use]
    pub fn json(body: &Value) -> Self {
        Self { status: StatusCode::OK, content_type: "application/json", body: body.to_string().into_bytes() }
    }

    /// The same with another status.
    #[must_use]
    pub fn status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// The same with another content type.
    #[must_use]
    pub fn content_type(self, content_type: &'static str) -> Self {
        Self { content_type, ..self }
    }
}
