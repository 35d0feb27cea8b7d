//! The three formats of answers: `/sns`, the rest of WeChat, WeCom. They differ in content type and error text.

use std::borrow::Cow;
use std::net::IpAddr;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::clock::Seconds;
use crate::dice;
use crate::paths::wecom;
use crate::state::quotas::QuotaReached;

use super::errcode::Errcode;
use super::wecom_errors;

/// An error answer: a number, with its usual text or one specific to this call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Complaint {
    errcode: Errcode,
    words: Cow<'static, str>,
}

impl Complaint {
    /// 40164 with the address that is not on the list, twice: IPv4 is shown in its IPv6 form too.
    pub(crate) fn not_in_whitelist(caller: IpAddr) -> Self {
        let mapped = match caller {
            IpAddr::V4(ip) => ip.to_ipv6_mapped(),
            IpAddr::V6(ip) => ip,
        };
        let words = format!("invalid ip {caller} ipv6 {mapped}, not in whitelist");
        Self { errcode: Errcode::NOT_IN_WHITELIST, words: words.into() }
    }

    fn answer(&self, manner: Manner, now: Seconds) -> Response {
        let words = &self.words;
        let rid = || format!("{now:08x}-{}-{}", dice::hex::<4>(), dice::hex::<4>());
        let errmsg = match manner {
            // A comma on `/sns` and none elsewhere; 40014 never has one.
            Manner::Plain if self.errcode != Errcode::INVALID_ACCESS_TOKEN => format!("{words}, rid: {}", rid()),
            Manner::Plain | Manner::Json => format!("{words} rid: {}", rid()),
            Manner::WeCom => wecom_errors::errmsg(self.errcode, words, now),
        };
        manner.json(&Failure { errcode: self.errcode.0, errmsg })
    }
}

impl From<Errcode> for Complaint {
    fn from(errcode: Errcode) -> Self {
        Self { errcode, words: errcode.words().into() }
    }
}

impl From<QuotaReached> for Complaint {
    fn from(reached: QuotaReached) -> Self {
        Errcode::from(reached).into()
    }
}

#[derive(Serialize)]
struct Failure {
    errcode: i64,
    errmsg: String,
}

/// A success with `errcode` 0 and other fields. WeCom always sends it, WeChat only at some endpoints.
#[derive(Serialize)]
pub(super) struct Success<T> {
    errcode: i64,
    errmsg: &'static str,
    #[serde(flatten)]
    rest: T,
}

impl<T> Success<T> {
    pub(super) fn with(rest: T) -> Self {
        Self { errcode: 0, errmsg: "ok", rest }
    }
}

/// The formats in which WeChat and WeCom send JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// `/sns/*`: JSON as `text/plain`, never with a charset: two widely used Python libraries garble nicknames because of
    /// it.
    Plain,
    /// `/cgi-bin/*` and `/wxa/*`: with `encoding` in place of `charset`.
    Json,
    /// WeCom: with `charset`, as is standard.
    WeCom,
}

impl Manner {
    pub(crate) fn of(path: &str) -> Self {
        if wecom::ALL.contains(&path) { Self::WeCom } else { Self::of_wechat(path) }
    }

    /// Returns the format of `api.weixin.qq.com`, for existing and unknown paths.
    pub(crate) fn of_wechat(path: &str) -> Self {
        if path.starts_with("/sns/") { Self::Plain } else { Self::Json }
    }

    pub(crate) fn json(self, answer: &impl Serialize) -> Response {
        let text = serde_json::to_string(answer).expect("answers are plain structs with text keys");
        let content_type = match self {
            Self::Plain => "text/plain",
            Self::Json => "application/json; encoding=utf-8",
            Self::WeCom => "application/json; charset=UTF-8",
        };
        ([(header::CONTENT_TYPE, HeaderValue::from_static(content_type))], text).into_response()
    }

    /// Returns the answer of a failed call: HTTP 200, as always in WeChat.
    pub(crate) fn failure(self, errcode: Errcode, now: Seconds) -> Response {
        Complaint::from(errcode).answer(self, now)
    }

    /// Returns the answer of a call, success or failure.
    pub(crate) fn either(self, result: Result<impl Serialize, impl Into<Complaint>>, now: Seconds) -> Response {
        match result {
            Ok(answer) => self.json(&answer),
            Err(complaint) => complaint.into().answer(self, now),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Complaint, Success};

    #[test]
    fn a_success_says_so_before_anything_else() {
        let successes = [
            serde_json::to_string(&Success::with(())).unwrap(),
            serde_json::to_string(&Success::with(json!({ "a": 1 }))).unwrap(),
        ];

        assert_eq!(successes, [r#"{"errcode":0,"errmsg":"ok"}"#, r#"{"errcode":0,"errmsg":"ok","a":1}"#]);
    }

    #[test]
    fn an_unlisted_address_is_told_in_both_forms() {
        let words = ["203.0.113.7", "2001:db8::7"].map(|ip| Complaint::not_in_whitelist(ip.parse().unwrap()).words);

        assert_eq!(
            words,
            [
                "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist",
                "invalid ip 2001:db8::7 ipv6 2001:db8::7, not in whitelist",
            ]
        );
    }
}
