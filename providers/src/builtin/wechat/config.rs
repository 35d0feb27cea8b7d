//! The settings that every WeChat app has.
//! What is done with them stands in the file of each kind.

use std::sync::Arc;

use domain::{AppId, UnionId, UnionKey, UnionScope};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use crate::{Abilities, Checks, Http, Problem, Settings, TokenKeeper, UnionIds, read_table};

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
    pub(super) tokens: Arc<dyn TokenKeeper>,
    open: Url,
    api: Url,
}

impl WeChatApp {
    /// Reads the app's table and names every mistake in it.
    pub(super) fn read(settings: Settings) -> Result<Self, Vec<Problem>> {
        let Settings { table, http, tokens, sandbox } = settings;
        let table: Table = read_table(table)?;
        let mut checks = Checks::default();
        let app_id = checks.required("app_id", table.app_id.as_deref());
        let secret = checks.secret("app_secret", table.app_secret);
        let union_scope = checks.optional("union_scope", table.union_scope.as_deref());
        let sandbox = sandbox.as_ref().map(Url::as_str);
        let mut upstream = |path, given: Option<&str>, usual| checks.upstream(path, given.or(sandbox).unwrap_or(usual));
        let open = upstream("open_url", table.open_url.as_deref(), OPEN);
        let api = upstream("api_url", table.api_url.as_deref(), API);
        let made = app_id.zip(secret).zip(open.zip(api));
        checks.finish(made.map(|((app_id, secret), (open, api))| Self {
            app_id,
            secret,
            union_scope,
            http,
            tokens,
            open,
            api,
        }))
    }

    /// Which upstream it is: the host that the calls go to.
    pub(super) fn upstream(&self) -> &str {
        self.api.host_str().unwrap_or_default()
    }

    /// What an app of its kind can do, with union ids only where the app is bound to an Open Platform account.
    pub(super) fn abilities(&self, kind: Abilities) -> Abilities {
        match &self.union_scope {
            Some(_) => kind,
            None => Abilities { union_ids: UnionIds::Never, ..kind },
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
