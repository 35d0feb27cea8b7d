//! The behaviour of an upstream, as the contract plays it to a provider: one field per scenario, none optional.

use std::fmt;

use http::{HeaderMap, StatusCode};
use serde_json::Value;
use url::Url;

use crate::{Factory, KeptSecrets, PersonPushed};

/// The app secret in a tape's settings. No output of the provider may contain it.
pub const SECRET: &str = "pl4nted-s3cret-0123456789abcdef0";
/// The code that is exchanged. No output of the provider may contain it.
pub const CODE: &str = "pl4nted-c0de-091eXm0w3pLeC0de";
/// The access token that a tape's upstream returns. No output of the provider may contain it.
pub const TOKEN: &str = "pl4nted-t0ken-86_eXampleWebT0ken";

/// The scene of the QR code that a provider requests.
pub const QR_SCENE: &str = "c0ntract-scene-7";
/// The text of the QR code that a tape's upstream returns.
pub const QR_TEXT: &str = "https://upstream.example/q/02c0ntractQrC0de";
/// The addresses that a tape's upstream pushes from.
pub const SENDERS: [&str; 3] = ["203.0.113.7", "198.51.100.0/24", "2001:db8::7"];
/// The followers that a tape's upstream lists.
pub const FOLLOWERS: [&str; 2] = ["oF1rstFo11owerOfTheC0ntractA", "oSec0ndFo11owerOfTheC0ntract"];
/// The account that was migrated to the app.
pub const OLD_APP: &str = "wx01dacc0unt000000";
/// The openId that the first of the [`FOLLOWERS`] of the old account has in the app.
pub const NEW_OPEN_ID: &str = "oNew0penIdOfTheF1rstF011ower";

/// How the upstream of one provider behaves.
///
/// The struct deliberately has no default: a new scenario keeps every provider from compiling until its tape covers it.
#[derive(Debug, Clone, Copy)]
pub struct Tape {
    /// The factory of the provider.
    pub factory: Factory,
    /// Valid settings for an upstream at this address, with [`SECRET`] as the app's secret.
    pub settings: fn(upstream: &Url) -> toml::Table,
    /// Whether a request spends the code; the others only precede or follow it.
    pub spends_code: fn(&Call) -> bool,
    /// The parameter of that request which repeats the `redirect_uri` of the authorize URL, to the letter (RFC 6749 section
    /// 4.1.3): usually `Some("redirect_uri")`. `None` if the upstream's protocol has none.
    pub redirect_uri: Option<&'static str>,
    /// Whether a request reads only the profile: the answers before it have both keys of the person. Whatever happens to such
    /// a request, the person signs in.
    pub reads_profile: fn(&Call) -> bool,
    /// The fields of an answer to a request that the provider cannot do without, or whose meaning it has to understand. No
    /// other field ever breaks a login, whatever its type. A field of an inner object is `outer.inner`.
    pub needed: fn(&Call) -> &'static [&'static str],
    /// The person that [`good_code`](Self::good_code) identifies.
    pub person: Person,
    /// A good code: the answers to every request of an exchange.
    pub good_code: Play,
    /// A good code without a union id; `None` if the provider declares union ids as never or always present.
    pub without_union_id: Option<Play>,
    /// The code was exchanged before.
    pub used_code: Play,
    /// The upstream never issued the code.
    pub forged_code: Play,
    /// The code has expired.
    pub expired_code: Play,
    /// Too many calls.
    pub quota: Play,
    /// The app's secret is wrong.
    pub wrong_secret: Play,
    /// The code is refused with an error that the upstream does not document: an unused number or word, in the form of the
    /// other refusals.
    pub unknown_error: Play,
    /// What the upstream answers beyond logins: [`BeyondLogins::NOTHING`] if the provider offers only logins.
    pub beyond_logins: BeyondLogins,
}

/// What an upstream answers and pushes beyond logins. The contract requires that a provider refuses without a call what is
/// `None` here.
#[derive(Debug, Clone, Copy)]
pub struct BeyondLogins {
    /// The answers to every request of [`follow_qr`](crate::IdentityProvider::follow_qr): the code's text is [`QR_TEXT`].
    pub follow_qr: Option<Play>,
    /// The answers to every request of [`senders`](crate::PushReader::senders), which are [`SENDERS`], in a list at the top of
    /// the answer.
    pub senders: Option<Play>,
    /// The answers to every request of [`Followers`](crate::Followers). The first page lists [`FOLLOWERS`] and has the position
    /// of a second page, which is empty and the last one. The first of them follows, with the union id of
    /// [`Tape::person`]; the second one does not, and has no union id. Of the account [`OLD_APP`], only the first openId
    /// converts, to [`NEW_OPEN_ID`].
    pub followers: Option<Play>,
    /// Pushes about [`Tape::person`], as JSON, each with its meaning. Empty if the upstream pushes nothing about people.
    pub pushes: fn() -> Vec<(Value, PersonPushed)>,
}

impl BeyondLogins {
    /// A provider that offers only logins.
    pub const NOTHING: Self = Self { follow_qr: None, senders: None, followers: None, pushes: Vec::new };
}

/// The upstream's answer to each request of a scenario.
pub type Play = fn(&Scene<'_>) -> Answer;

/// The person that a good code identifies.
#[derive(Debug, Clone, Copy)]
pub struct Person {
    /// The person's id in the app.
    pub open_id: &'static str,
    /// The person's id in the union scope.
    pub union_id: Option<&'static str>,
}

/// One request to the upstream, with everything that an answer may depend on.
#[derive(Debug)]
pub struct Scene<'a> {
    /// The request.
    pub call: &'a Call,
    /// The address of the upstream.
    pub upstream: &'a Url,
    /// The address that the upstream was told to return the browser to.
    pub redirect_uri: &'a str,
    /// The secrets that were generated when the login began.
    pub kept: &'a KeptSecrets,
}

/// A request as the upstream received it. `Debug` prints the body as text.
#[derive(Clone)]
pub struct Call {
    /// The method, in upper case.
    pub method: String,
    /// The path, with its leading slash.
    pub path: String,
    /// The query string, without the question mark.
    pub query: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Call {
    /// Returns a parameter by name, from the query, a form or a JSON object.
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

/// An answer of the upstream. `Debug` prints the body as text.
#[derive(Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The content type as the upstream sends it, whether correct or not.
    pub content_type: &'static str,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// Returns a JSON answer with status 200.
    #[must_use]
    pub fn json(body: &Value) -> Self {
        Self { status: StatusCode::OK, content_type: "application/json", body: body.to_string().into_bytes() }
    }

    /// Sets the status.
    #[must_use]
    pub fn status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// Sets the content type.
    #[must_use]
    pub fn content_type(self, content_type: &'static str) -> Self {
        Self { content_type, ..self }
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let question = if self.query.is_empty() { "" } else { "?" };
        write!(f, "{} {}{question}{} {}", self.method, self.path, self.query, String::from_utf8_lossy(&self.body))
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.status.as_u16(), self.content_type, String::from_utf8_lossy(&self.body))
    }
}
