//! Conventions shared by the APIs of WeChat and WeCom: pages with ordered parameters, answers with `errcode` and `errmsg`.
//! See `wechat::errcode` and `wecom` for the meaning of the numbers.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::OpenId;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::oauth::below;
use crate::{CallError, ErrorKind, Http, JsonAnswer, KeptToken, ProviderError};

/// All characters except the unreserved ones of RFC 3986 section 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The longest excerpt of an upstream's own words in an error: the longest known ones with their request id.
const MAX_WORDS: usize = 240;

/// The numbers that mean a shared token must be fetched again. A token ends early when another system fetches a new one.
const BAD_TOKEN: [i64; 5] = [
    40001, // invalid credential, access_token is invalid or not latest
    40014, // invalid access_token
    42001, // access_token expired
    40082, // invalid suite_acccess_token or provider_access_token (of WeCom, which spells it so)
    42009, // suite_access_token已过期 (of WeCom)
];

/// Builds a page address below `base`, keeping the order of the parameters: WeChat is documented to check it.
pub(super) fn page(base: &Url, path: &str, parameters: &[(&str, &str)]) -> String {
    let query: Vec<String> =
        parameters.iter().map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, RESERVED))).collect();
    format!("{}{path}?{}", base.as_str().trim_end_matches('/'), query.join("&"))
}

/// The server API of one app, with the app's secret.
#[derive(Debug, Clone)]
pub(super) struct Api {
    pub(super) http: Http,
    pub(super) base: Url,
    pub(super) secret: SecretString,
}

/// Why a call failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// The upstream answered a number other than 0; `words` is free of the secrets that were sent.
    Refused { number: i64, words: String },
    /// The upstream answered something that is not a JSON object.
    Unreadable(ProviderError),
    /// There was no answer.
    Failed(ProviderError),
}

/// Reads a token or a ticket, which is in the field `name`, with its lifetime.
pub(super) fn granted(answer: &JsonAnswer, name: &str) -> Result<KeptToken, ProviderError> {
    let remaining = Duration::from_secs(answer.needed_seconds("expires_in")?);
    if remaining.is_zero() {
        return Err(answer.wrong("expires_in", "is zero"));
    }
    Ok(KeptToken { secret: answer.needed_secret(name)?, remaining })
}

impl Api {
    /// The host that calls go to, which identifies the upstream.
    pub(super) fn host(&self) -> &str {
        self.base.host_str().unwrap_or_default()
    }

    /// Sends a GET request. Every value may be secret: no failure repeats one.
    pub(super) async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<JsonAnswer, Failure> {
        let url = below(&self.base, path);
        let body = self.http.get(&url, query).await.map_err(Failure::Failed)?;
        self.read(&url, &body, query)
    }

    /// Sends a POST request with a JSON object of strings. Every value may be secret: no failure repeats one.
    pub(super) async fn post(
        &self,
        path: &str,
        query: &[(&str, &str)],
        object: &[(&str, &str)],
    ) -> Result<JsonAnswer, Failure> {
        let url = below(&self.base, path);
        let json: BTreeMap<_, _> = object.iter().copied().collect();
        let body = self.http.post_json(&url, query, &json).await.map_err(Failure::Failed)?;
        self.read(&url, &body, &[query, object].concat())
    }

    /// Sends a POST request with any JSON about these openIds. No failure repeats one of them.
    pub(super) async fn post_body(
        &self,
        path: &str,
        query: &[(&str, &str)],
        (body, open_ids): (&serde_json::Value, &[OpenId]),
    ) -> Result<JsonAnswer, Failure> {
        let url = below(&self.base, path);
        let answer = self.http.post_json(&url, query, body).await.map_err(Failure::Failed)?;
        let named = open_ids.iter().map(|open_id| ("openid", open_id.as_str()));
        self.read(&url, &answer, &query.iter().copied().chain(named).collect::<Vec<_>>())
    }

    fn read(&self, url: &Url, body: &[u8], sent: &[(&str, &str)]) -> Result<JsonAnswer, Failure> {
        if body.is_empty() {
            // Observed in production; never a success, and the next call is usually answered.
            let detail = format!("{} answered with an empty body", url.path());
            return Err(Failure::Failed(ProviderError::new(ErrorKind::Unavailable, detail)));
        }
        // Parsed whatever its content type is, which for WeChat is text.
        let answer = JsonAnswer::read(format!("the answer of {}", url.path()), body).map_err(Failure::Unreadable)?;
        let Some(number) = error_number(&answer).map_err(Failure::Failed)? else { return Ok(answer) };
        let words = answer.text("errmsg").unwrap_or_default();
        let secrets = sent.iter().map(|(_, value)| *value).chain([self.secret.expose_secret()]);
        Err(Failure::Refused { number, words: without(&words, secrets) })
    }
}

impl Failure {
    /// Converts the failure to an error, given the upstream's name and the meaning of its numbers.
    pub(super) fn explained(self, upstream: &str, kind_of: impl FnOnce(i64) -> ErrorKind) -> ProviderError {
        let (number, words) = match self {
            Self::Refused { number, words } => (number, words),
            Self::Unreadable(error) | Self::Failed(error) => return error,
        };
        let error = ProviderError::new(kind_of(number), format!("{upstream} answered {number}: {words}"));
        match number {
            // Minute quota: the words say "retry next minute".
            45011 => error.retry_after(Duration::from_mins(1)),
            _ => error,
        }
    }

    /// Converts the failure of a call that carried a shared token, which may be what was refused.
    pub(super) fn with_token(self, upstream: &str, kind_of: impl FnOnce(i64) -> ErrorKind) -> CallError {
        let of_token = matches!(&self, Self::Refused { number, .. } if BAD_TOKEN.contains(number));
        let error = self.explained(upstream, kind_of);
        if of_token { CallError::BadToken(error) } else { CallError::Failed(error) }
    }
}

/// Returns the number of a failure; upstreams have sent numbers as strings too, and 0 is a success.
fn error_number(answer: &JsonAnswer) -> Result<Option<i64>, ProviderError> {
    Ok(answer.whole_number("errcode")?.filter(|number| *number != 0))
}

/// Shortens the upstream's words and removes line breaks and every secret that was sent.
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
        let number = |json: &str| {
            let answer = JsonAnswer::read("the answer", json.as_bytes()).expect("an object");
            error_number(&answer).map_err(|error| error.detail)
        };

        for failure in [r#"{"errcode":40029}"#, r#"{"errcode":"40029"}"#, r#"{"errcode":40029.0}"#] {
            assert_eq!(number(failure), Ok(Some(40029)), "{failure}");
        }
        for success in [r#"{"errcode":0}"#, r#"{"errcode":"0"}"#, r#"{"errcode":0.0}"#, r#"{"errcode":null}"#, "{}"] {
            assert_eq!(number(success), Ok(None), "{success}");
        }
        assert_eq!(number(r#"{"errcode":[]}"#), Err("the answer: `errcode` is a list, not a number".to_owned()));
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
