//! The settings that every WeChat app has.

use std::sync::Arc;
use std::time::Duration;

use domain::{AppId, UnionId, UnionKey, UnionScope};
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use crate::builtin::tencent::{self, Api};
use crate::{
    AHEAD, Abilities, Checks, Http, JsonAnswer, Problem, ProviderError, PushedSecret, Settings, SharedToken,
    TokenKeeper, UnionIds, read_table,
};

const OPEN: &str = "https://open.weixin.qq.com";
const API: &str = "https://api.weixin.qq.com";

/// Returns whether WeChat can have issued this code.
///
/// Observed codes have 32 characters (logins: letters and digits) or 64 (phone buttons: hex digits). WeChat documents
/// neither, so the check leaves a margin.
pub(super) fn could_issue(code: &str) -> bool {
    let is_of_codes = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (16..=128).contains(&code.len()) && code.bytes().all(is_of_codes)
}

/// How long before its end a ticket is replaced: long enough for the page that is being signed. Tickets are limited to a
/// few a day, and WeChat does not document that it issues a new one before the old one has ended.
const TICKET_AHEAD: Duration = Duration::from_secs(30);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    app_id: Option<String>,
    app_secret: Option<SecretString>,
    union_scope: Option<String>,
    open_url: Option<String>,
    api_url: Option<String>,
}

/// The settings of an app. The first two are checked, with `None` for a mistake.
pub(super) struct Given {
    pub(super) app_id: Option<AppId>,
    pub(super) secret: Option<SecretString>,
    pub(super) union_scope: Option<String>,
    pub(super) open_url: Option<String>,
    pub(super) api_url: Option<String>,
}

impl Given {
    /// Checks the other settings and reports the mistakes in all.
    pub(super) fn checked(
        self,
        mut checks: Checks,
        (http, tokens): (Http, Arc<dyn TokenKeeper>),
        sandbox: Option<&Url>,
    ) -> Result<WeChatApp, Vec<Problem>> {
        let union_scope = checks.optional("union_scope", self.union_scope.as_deref());
        let sandbox = sandbox.map(Url::as_str);
        let mut upstream = |path, given: Option<&str>, usual| checks.upstream(path, given.or(sandbox).unwrap_or(usual));
        let open = upstream("open_url", self.open_url.as_deref(), OPEN);
        let base = upstream("api_url", self.api_url.as_deref(), API);
        let made = self.app_id.zip(self.secret).zip(open.zip(base));
        checks.finish(made.map(|((app_id, secret), (open, base))| WeChatApp {
            token: SharedToken::new(tokens.clone(), format!("wechat/{app_id}/access_token"), AHEAD),
            ticket: SharedToken::new(tokens, format!("wechat/{app_id}/jsapi_ticket"), TICKET_AHEAD),
            api: Api { http, base, secret: secret.clone() },
            platform: None,
            app_id,
            secret,
            union_scope,
            open,
        }))
    }
}

/// One WeChat app and its API.
#[derive(Debug, Clone)]
pub(super) struct WeChatApp {
    pub(super) app_id: AppId,
    pub(super) secret: SecretString,
    pub(super) union_scope: Option<UnionScope>,
    pub(super) api: Api,
    /// The platform that calls WeChat for the app; then `secret` is the platform's.
    pub(super) platform: Option<Platform>,
    /// The global access token, which is not the web token of a login.
    pub(super) token: SharedToken,
    /// The JS-SDK ticket.
    pub(super) ticket: SharedToken,
    open: Url,
}

/// A third-party platform. The API of an app has its secret.
#[derive(Debug, Clone)]
pub(super) struct Platform {
    pub(super) app_id: AppId,
    pub(super) verify_ticket: PushedSecret,
    pub(super) token: SharedToken,
}

impl Platform {
    pub(super) fn new(app_id: AppId, tokens: &Arc<dyn TokenKeeper>) -> Self {
        let name = format!("wechat-platform/{app_id}/component_access_token");
        Self {
            verify_ticket: PushedSecret::component_verify_ticket(tokens.clone(), app_id.as_str()),
            token: SharedToken::new(tokens.clone(), name, AHEAD),
            app_id,
        }
    }
}

impl WeChatApp {
    /// Reads the app's table and reports every mistake in it.
    pub(super) fn read(settings: Settings) -> Result<Self, Vec<Problem>> {
        let Settings { table, http, tokens, sandbox } = settings;
        let Table { app_id, app_secret, union_scope, open_url, api_url } = read_table(table)?;
        let mut checks = Checks::default();
        let app_id = checks.required("app_id", app_id.as_deref());
        let secret = checks.secret("app_secret", app_secret);
        let given = Given { app_id, secret, union_scope, open_url, api_url };
        given.checked(checks, (http, tokens), sandbox.as_ref())
    }

    /// Lets a platform call WeChat for the app.
    pub(super) fn by(self, platform: Platform, tokens: Arc<dyn TokenKeeper>) -> Self {
        let name = format!("wechat-platform/{}/{}/authorizer_access_token", platform.app_id, self.app_id);
        Self { token: SharedToken::new(tokens, name, AHEAD), platform: Some(platform), ..self }
    }

    /// Returns the abilities of the kind, with union ids only if the app is bound to an Open Platform account.
    pub(super) fn abilities(&self, kind: Abilities) -> Abilities {
        match &self.union_scope {
            Some(_) => kind,
            None => Abilities { union_ids: UnionIds::Never, ..kind },
        }
    }

    /// Builds the address of a WeChat page, keeping the order of the parameters.
    pub(super) fn page(&self, path: &str, parameters: &[(&str, &str)]) -> String {
        format!("{}#wechat_redirect", tencent::page(&self.open, path, parameters))
    }

    /// Returns the union key in an answer of WeChat; `None` if it has none, or if the app has no union scope and so reads
    /// none. A union id of another type is an error: ignoring it would make a second account of the person.
    pub(super) fn union(&self, answer: &JsonAnswer) -> Result<Option<UnionKey>, ProviderError> {
        let Some(scope) = self.union_scope.clone() else { return Ok(None) };
        let union_id: Option<UnionId> = answer.maybe_text("unionid")?.and_then(|told| told.parse().ok());
        Ok(union_id.map(|union_id| UnionKey { scope, union_id }))
    }
}
