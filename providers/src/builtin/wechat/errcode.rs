//! How WeChat's API answers, and what its error numbers mean to us.
//! Source: the pages "Global return codes" and "Web page authorization" of developers.weixin.qq.com.

use std::time::Duration;

use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::config::WeChatApp;
use crate::{ErrorKind, ProviderError};

/// The most of WeChat's own words that we repeat in an error.
const MAX_WORDS: usize = 160;

/// Calls an endpoint and reads its answer; an `errcode` other than 0 is an error.
///
/// Every value of `query` may be secret: none is repeated in an error.
pub(super) async fn get<T: DeserializeOwned>(
    app: &WeChatApp,
    path: &str,
    query: &[(&str, &str)],
) -> Result<T, ProviderError> {
    let url = app.api(path);
    let body = app.http.get(&url, query).await?;
    let answer = read_json(&url, &body)?;
    if let Some(number) = error_number(&answer) {
        let words = answer.get("errmsg").and_then(Value::as_str).unwrap_or_default();
        let secrets = query.iter().map(|(_, value)| *value).chain([app.secret.expose_secret()]);
        return Err(refusal(number, &without(words, secrets)));
    }
    // The serde error names a field and its type, never a value that we would have to hide.
    serde_json::from_value(answer).map_err(|_| unexpected(&url, "lacks what its documentation promises"))
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

fn refusal(number: i64, words: &str) -> ProviderError {
    let error = ProviderError::new(kind_of(number), format!("WeChat answered {number}: {words}"));
    match number {
        // Minute quota: the words say "retry next minute".
        45011 => error.retry_after(Duration::from_mins(1)),
        _ => error,
    }
}

/// Which kind a number of WeChat's is, with WeChat's own words beside it.
fn kind_of(number: i64) -> ErrorKind {
    match number {
        40029      // invalid code
        | 41008    // missing code
        | 42003    // code expired
        | 40003    // invalid openid
        | 40014    // invalid access_token (the web token that the code gave)
        | 42001    // access_token expired
        | 42007    // the person changed the password; tokens are dead
        | 50001    // user unauthorized
        => ErrorKind::CodeRejected,
        40163      // code been used
        => ErrorKind::CodeUsed,
        40226      // code blocked (high-risk person)
        | 50002    // user limited
        => ErrorKind::PersonBlocked,
        45009      // reach max api daily quota limit
        | 45011    // api minute-quota reach limit  mustslower  retry next minute
        => ErrorKind::RateLimited,
        40001      // invalid credential
        | 40002    // invalid grant_type
        | 40013    // invalid appid
        | 40125    // invalid appsecret
        | 40164    // invalid ip …, not in whitelist
        | 40243    // the app secret is frozen
        | 41002    // appid missing
        | 41004    // appsecret missing
        | 43003    // require https
        | 48001    // api unauthorized
        | 48004    // api forbidden for irregularities
        | 50004    // the account is forbidden
        | 50007    // the account is frozen
        | 61004    // access clientip is not registered
        | 89503    // the administrator has to confirm this IP
        => ErrorKind::Misconfigured,
        -1         // system error
        => ErrorKind::Unavailable,
        _ => ErrorKind::UnexpectedAnswer,
    }
}

/// WeChat's words, short, without line breaks, and without anything secret that we sent.
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
}
