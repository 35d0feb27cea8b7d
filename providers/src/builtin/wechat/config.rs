//! The settings that every WeChat app has.
//! What is done with them stands in the file of each kind.

use domain::{AppId, UnionId, UnionKey, UnionScope};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use crate::{Http, Problem, Settings, read_table};

/// Everything but the unreserved characters of RFC 3986 section 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

const OPEN: &str = "https://open.weixin.qq.com";
const API: &str = "https://api.weixin.qq.com";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    app_id: Option<String>,
    app_secret: Option<SecretString>,
    union_scope: Option<String>,
    open_url: Option<String>,
    api_url: Option<String>,
}

/// One WeChat app: who it is, and where WeChat is.
#[derive(Debug, Clone)]
pub(super) struct WeChatApp {
    pub(super) app_id: AppId,
    pub(super) secret: SecretString,
    pub(super) union_scope: Option<UnionScope>,
    pub(super) http: Http,
    open: Url,
    api: Url,
}

impl WeChatApp {
    /// Reads the app's table and names every mistake in it.
    pub(super) fn read(settings: Settings) -> Result<Self, Vec<Problem>> {
        let Settings { table, http, sandbox } = settings;
        let table: Table = read_table(table)?;
        let mut problems = Vec::new();
        let mut note = |path: &str, reason: String| problems.push(Problem::new(path, reason));

        let app_id =
            required("app_id", table.app_id.as_deref(), &mut note).and_then(|text| parse(text, "app_id", &mut note));
        let secret = table.app_secret;
        if secret.as_ref().is_none_or(|secret| secret.expose_secret().trim().is_empty()) {
            note("app_secret", "is missing".to_owned());
        }
        let union_scope = table.union_scope.as_deref().and_then(|text| parse(text, "union_scope", &mut note));
        let base = |given: Option<&str>, usual: &str| {
            given
                .map(str::to_owned)
                .or_else(|| sandbox.as_ref().map(Url::to_string))
                .unwrap_or_else(|| usual.to_owned())
        };
        let open = upstream(&base(table.open_url.as_deref(), OPEN), "open_url", &mut note);
        let api = upstream(&base(table.api_url.as_deref(), API), "api_url", &mut note);

        match (app_id, secret, open, api) {
            (Some(app_id), Some(secret), Some(open), Some(api)) if problems.is_empty() => {
                Ok(Self { app_id, secret, union_scope, http, open, api })
            }
            _ => Err(problems),
        }
    }

    /// An address of WeChat's API.
    pub(super) fn api(&self, path: &str) -> Url {
        let mut url = self.api.clone();
        url.set_path(&format!("{}{path}", self.api.path().trim_end_matches('/')));
        url
    }

    /// A page of WeChat's, with the parameters in the order given: the documents say that WeChat checks it.
    pub(super) fn page(&self, path: &str, parameters: &[(&str, &str)]) -> String {
        let query: Vec<String> =
            parameters.iter().map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, RESERVED))).collect();
        let base = self.open.as_str().trim_end_matches('/');
        format!("{base}{path}?{}#wechat_redirect", query.join("&"))
    }

    /// The union key of a union id that WeChat told; empty means absent, and without a scope it means nothing.
    pub(super) fn union(&self, told: Option<&str>) -> Option<UnionKey> {
        let union_id: UnionId = told?.parse().ok()?;
        Some(UnionKey { scope: self.union_scope.clone()?, union_id })
    }
}

fn required<'a>(path: &str, value: Option<&'a str>, note: &mut impl FnMut(&str, String)) -> Option<&'a str> {
    if value.is_none() {
        note(path, "is missing".to_owned());
    }
    value
}

fn parse<T>(text: &str, path: &str, note: &mut impl FnMut(&str, String)) -> Option<T>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    text.parse().map_err(|error: T::Err| note(path, error.to_string())).ok()
}

/// Upstream addresses are https; plain http is possible only to this machine, for the sandbox.
fn upstream(text: &str, path: &str, note: &mut impl FnMut(&str, String)) -> Option<Url> {
    let url: Url = parse(text, path, note)?;
    let loopback = match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    };
    if url.query().is_some() || url.fragment().is_some() {
        note(path, "must have neither a query nor a fragment".to_owned());
        return None;
    }
    if url.scheme() == "https" || (url.scheme() == "http" && loopback) {
        return Some(url);
    }
    note(path, "must be https; plain http is possible only to this machine".to_owned());
    None
}
