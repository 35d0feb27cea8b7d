//! What the APIs of WeChat and WeCom have in common: pages with parameters in order, answers with `errcode` and `errmsg`.
//! What a number means to us stands with each of them, in `wechat::errcode` and `wecom`.

use std::collections::BTreeMap;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use crate::{CallError, ErrorKind, Http, KeptToken, ProviderError};

/// Everything but the unreserved characters of RFC 3986 section 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The most of an upstream's own words that we repeat in an error: the longest known ones with their request id.
const MAX_WORDS: usize = 240;

/// What says that a shared token has to be fetched anew. A token can end early, when somebody else makes a new one.
const BAD_TOKEN: [i64; 3] = [
    40001, // invalid credential, access_token is invalid or not latest
    40014, // invalid access_token
    42001, // access_token expired
];

/// A page below `base`, with the parameters in the order given: the documents say that WeChat checks it.
pub(super) fn page(base: &Url, path: &str, parameters: &[(&str, &str)]) -> String {
    let query: Vec<String> =
        parameters.iter().map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, RESERVED))).collect();
    format!("{}{path}?{}", base.as_str().trim_end_matches('/'), query.join("&"))
}

/// Where an app's server calls, and as whom.
#[derive(Debug, Clone)]
pub(super) struct Api {
    pub(super) http: Http,
    pub(super) base: Url,
    pub(super) secret: SecretString,
}

/// Why a call failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// The upstream answered a number other than 0, and words free of what we had sent.
    Refused { number: i64, words: String },
    /// There was no such answer.
    Failed(ProviderError),
}

/// A token or a ticket, as every endpoint gives them.
#[derive(Deserialize)]
pub(super) struct Granted {
    #[serde(rename = "access_token", alias = "ticket")]
    secret: SecretString,
    /// Seconds.
    expires_in: u64,
}

impl From<Granted> for KeptToken {
    fn from(granted: Granted) -> Self {
        Self { secret: granted.secret, remaining: Duration::from_secs(granted.expires_in) }
    }
}

impl Api {
    /// Which upstream it is: the host that the calls go to.
    pub(super) fn host(&self) -> &str {
        self.base.host_str().unwrap_or_default()
    }

    /// Calls by GET. Every value may be secret: none is repeated in a failure.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> Result<T, Failure> {
        let url = self.url(path);
        let body = self.http.get(&url, query).await.map_err(Failure::Failed)?;
        self.read(&url, &body, query)
    }

    /// Calls by POST with a JSON object of texts. Every value may be secret: none is repeated in a failure.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
        object: &[(&str, &str)],
    ) -> Result<T, Failure> {
        let url = self.url(path);
        let json: BTreeMap<_, _> = object.iter().copied().collect();
        let body = self.http.post_json(&url, query, &json).await.map_err(Failure::Failed)?;
        self.read(&url, &body, &[query, object].concat())
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        url
    }

    fn read<T: DeserializeOwned>(&self, url: &Url, body: &[u8], sent: &[(&str, &str)]) -> Result<T, Failure> {
        let answer = read_json(url, body).map_err(Failure::Failed)?;
        if let Some(number) = error_number(&answer) {
            let words = answer.get("errmsg").and_then(Value::as_str).unwrap_or_default();
            let secrets = sent.iter().map(|(_, value)| *value).chain([self.secret.expose_secret()]);
            return Err(Failure::Refused { number, words: without(words, secrets) });
        }
        // The serde error names a field and its type, never a value that we would have to hide.
        serde_json::from_value(answer)
            .map_err(|_| Failure::Failed(unexpected(url, "lacks what its documentation promises")))
    }
}

impl Failure {
    /// As an error, given who refused and what their numbers mean.
    pub(super) fn explained(self, upstream: &str, kind_of: impl FnOnce(i64) -> ErrorKind) -> ProviderError {
        let (number, words) = match self {
            Self::Refused { number, words } => (number, words),
            Self::Failed(error) => return error,
        };
        let error = ProviderError::new(kind_of(number), format!("{upstream} answered {number}: {words}"));
        match number {
            // Minute quota: the words say "retry next minute".
            45011 => error.retry_after(Duration::from_mins(1)),
            _ => error,
        }
    }

    /// The same for a call that carried a shared token, which may be what was refused.
    pub(super) fn with_token(self, upstream: &str, kind_of: impl FnOnce(i64) -> ErrorKind) -> CallError {
        let of_token = matches!(&self, Self::Refused { number, .. } if BAD_TOKEN.contains(number));
        let error = self.explained(upstream, kind_of);
        if of_token { CallError::BadToken(error) } else { CallError::Failed(error) }
    }
}

/// WeChat has sent raw control characters and broken UTF-8 inside nicknames: such a body gets a second, lenient reading.
fn read_json(url: &Url, body: &[u8]) -> Result<Value, ProviderError> {
    if body.is_empty() {
        // Seen in the field; never a success, and the next call is usually answered.
        return Err(ProviderError::new(ErrorKind::Unavailable, format!("{} answered nothing", url.path())));
    }
    let lenient = || {
        let text: String = String::from_utf8_lossy(body).chars().filter(|c| !c.is_control()).collect();
        serde_json::from_str(&text)
    };
    let answer: Value =
        serde_json::from_slice(body).or_else(|_| lenient()).map_err(|_| unexpected(url, "is not JSON"))?;
    if answer.is_object() { Ok(answer) } else { Err(unexpected(url, "is not a JSON object")) }
}

fn unexpected(url: &Url, what: &str) -> ProviderError {
    ProviderError::new(ErrorKind::UnexpectedAnswer, format!("the answer of {} {what}", url.path()))
}

/// The number of a failure; numbers have come as text too.
fn error_number(answer: &Value) -> Option<i64> {
    let number = match answer.get("errcode")? {
        Value::String(text) => text.parse().ok()?,
        other => other.as_i64()?,
    };
    (number != 0).then_some(number)
}

/// The upstream's words, short, without line breaks, and without anything secret that we sent.
fn without<'a>(words: &str, secrets: impl Iterator<Item = &'a str>) -> String {
    let clean: String = words.chars().filter(|c| !c.is_control()).collect();
    let clean = secrets.filter(|secret| secret.len() > 5).fold(clean, |text, secret| text.replace(secret, "…"));
    clean.chars().take(MAX_WORDS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_may_come_as_text_and_zero_is_success() {
        let number = |json: &str| error_number(&serde_json::from_str(json).expect("JSON"));

        assert_eq!(number(r#"{"errcode":40029}"#), Some(40029));
        assert_eq!(number(r#"{"errcode":"40029"}"#), Some(40029));
        assert_eq!(number(r#"{"errcode":0}"#), None);
        assert_eq!(number("{}"), None);
    }

    #[test]
    fn a_body_with_control_characters_and_broken_utf8_is_read() {
        let url: Url = "https://api.example.test/sns/userinfo".parse().expect("an address");

        let answer = read_json(&url, b"{\"nickname\":\"a\x08\xffb\"}").expect("a lenient reading");

        assert_eq!(answer["nickname"], "a\u{fffd}b");
    }

    #[test]
    fn what_we_sent_is_not_repeated() {
        assert_eq!(without("invalid code 0a1b2c3d hint", ["0a1b2c3d"].into_iter()), "invalid code … hint");
    }

    #[test]
    fn the_longest_words_keep_their_request_id() {
        let words = "invalid credential, access_token is invalid or not latest, could get access_token by \
                     getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r rid: 68e77801-1a2b3c4d-5e6f7081";

        assert_eq!(without(words, std::iter::empty()), words);
    }
}
