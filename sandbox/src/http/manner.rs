//! The three manners of answering: `/sns`, the rest of WeChat, WeCom. Each labels JSON and words a failure its own way.
//! The numbers of failures are in `errcode`.

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

/// What a caller is told: an error number, and its usual words or words that only this call deserves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Complaint {
    errcode: Errcode,
    words: Cow<'static, str>,
}

impl Complaint {
    /// 40164 with the address that is missing in the list, twice: IPv4 shows its IPv6 form too.
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
            // A comma on `/sns` and none elsewhere; 40014 has none anywhere.
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

/// A success that says so, and what else there is to say. WeCom does it every time, WeChat only at some endpoints.
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

/// The ways in which WeChat and WeCom label the JSON they send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// `/sns/*`: JSON under `text/plain`. Never with a charset: two widely used Python libraries then garble nicknames.
    Plain,
    /// `/cgi-bin/*` and `/wxa/*`: `encoding`, where anybody else writes `charset`.
    Json,
    /// What WeCom calls its own: `charset`, as anybody else.
    WeCom,
}

impl Manner {
    pub(crate) fn of(path: &str) -> Self {
        if wecom::ALL.contains(&path) { Self::WeCom } else { Self::of_wechat(path) }
    }

    /// How `api.weixin.qq.com` answers, whether it has the path or not.
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

    /// The answer to a call that failed: HTTP 200, as everything at WeChat.
    pub(crate) fn failure(self, errcode: Errcode, now: Seconds) -> Response {
        Complaint::from(errcode).answer(self, now)
    }

    /// Either answer of a call.
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
