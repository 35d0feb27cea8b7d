//! `WeCom` (企业微信), a self-built app: members of a company, and outsiders who open its pages.
//!
//! <https://developer.work.weixin.qq.com/document/path/98177> (login) and /96442 (exchange of the code).
//!
//! - A refusal has status 200; numbers are in `errcode`, and words end in a hint with the address of the caller.
//! - A used, expired and forged code are alike.
//! - The company's token is refused before the code is looked at, so that the code is not spent.

pub(super) mod customer;
mod errcode;
pub(super) mod third_party;

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::login::Proof;
use domain::{AppId, OpenId, OpenKey, Profile, UnionId, UnionKey, UnionScope};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use self::errcode::{kind_of, with_token};
use super::tencent::{Api, granted, page};
use crate::{
    Abilities, AuthorizeRequest, CallError, Checks, Exchange, Factory, IdentityProvider, JsonAnswer, KeptToken,
    LoginCode, LoginScope, Problem, ProviderError, Settings, SharedToken, Start, UnionIds, read_table,
};

/// Builds `WeCom` providers.
pub(in crate::builtin) const FACTORY: Factory =
    Factory { kind: "wecom", build: |settings| Ok(Arc::new(WeCom::read(settings, People::Members)?)) };

const LOGIN: &str = "https://login.work.weixin.qq.com";
const OPEN: &str = "https://open.weixin.qq.com";
const API: &str = "https://qyapi.weixin.qq.com";

/// `WeCom` returns the same token and ticket until they end, so fetching earlier would return the old one.
const AHEAD: Duration = Duration::ZERO;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    corp_id: Option<String>,
    agent_id: Option<u32>,
    app_secret: Option<SecretString>,
    union_scope: Option<String>,
    login: Option<String>,
    login_url: Option<String>,
    open_url: Option<String>,
    api_url: Option<String>,
}

/// The company's id.
#[derive(Debug)]
struct CorpId(String);

impl FromStr for CorpId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
        if fits { Ok(Self(text.to_owned())) } else { Err("is not a corp id: letters and digits, at most 64") }
    }
}

/// Where logins of the app begin.
#[derive(Debug, Clone, Copy)]
enum Login {
    /// In any browser, with a QR code.
    Web,
    /// On a page inside `WeCom`.
    InApp,
}

impl Login {
    const fn start(self) -> Start {
        match self {
            Self::Web => Start::QrPage,
            Self::InApp => Start::Redirect,
        }
    }
}

impl FromStr for Login {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "web" => Ok(Self::Web),
            "in_app" => Ok(Self::InApp),
            _ => Err("is neither \"web\" nor \"in_app\""),
        }
    }
}

/// Whose union ids are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum People {
    /// The company's members, by their `userid`.
    Members,
    /// The company's customers, by their union id at WeChat: see `customer`.
    Customers,
}

#[derive(Debug)]
struct WeCom {
    people: People,
    /// Company and app: a company has several apps, and each has its own codes.
    app_id: AppId,
    corp_id: CorpId,
    agent_id: String,
    union_scope: Option<UnionScope>,
    login: Login,
    /// The address of the login page.
    pages: Url,
    api: Api,
    token: SharedToken,
    ticket: SharedToken,
}

impl WeCom {
    fn read(settings: Settings, people: People) -> Result<Self, Vec<Problem>> {
        let Settings { table, http, tokens, sandbox } = settings;
        let table: Table = read_table(table)?;
        let mut checks = Checks::default();
        let corp_id: Option<CorpId> = checks.required("corp_id", table.corp_id.as_deref());
        let agent_id: Option<String> = checks.required("agent_id", table.agent_id.map(|id| id.to_string()).as_deref());
        let secret = checks.secret("app_secret", table.app_secret);
        let union_scope = checks.optional("union_scope", table.union_scope.as_deref());
        if people == People::Customers && table.union_scope.is_none() {
            checks.note("union_scope", "is missing: your name for the Open Platform account of WeChat");
        }
        let login: Option<Login> = checks.optional("login", table.login.as_deref().or(Some("web")));
        let sandbox = sandbox.as_ref().map(Url::as_str);
        let mut upstream = |path, given: Option<&str>, usual| checks.upstream(path, given.or(sandbox).unwrap_or(usual));
        let web = upstream("login_url", table.login_url.as_deref(), LOGIN);
        let in_app = upstream("open_url", table.open_url.as_deref(), OPEN);
        let base = upstream("api_url", table.api_url.as_deref(), API);
        let app_id = corp_id.as_ref().zip(agent_id.as_ref());
        let app_id = app_id.map(|(corp_id, agent_id)| format!("{}:{agent_id}", corp_id.0));
        let app_id: Option<AppId> = checks.optional("corp_id", app_id.as_deref());
        let made = app_id.zip(corp_id).zip(agent_id.zip(login)).zip(secret.zip(web.zip(in_app).zip(base)));
        checks.finish(made.map(|(((app_id, corp_id), (agent_id, login)), (secret, ((web, in_app), base)))| Self {
            token: SharedToken::new(tokens.clone(), format!("wecom/{app_id}/access_token"), AHEAD),
            ticket: SharedToken::new(tokens, format!("wecom/{app_id}/jsapi_ticket"), AHEAD),
            pages: match login {
                Login::Web => web,
                Login::InApp => in_app,
            },
            api: Api { http, base, secret },
            people,
            app_id,
            corp_id,
            agent_id,
            union_scope,
            login,
        }))
    }

    /// Calls `GET /cgi-bin/gettoken` with the app's secret.
    async fn fetch_token(&self) -> Result<KeptToken, ProviderError> {
        let query = [("corpid", self.corp_id.0.as_str()), ("corpsecret", self.api.secret.expose_secret())];
        let answer = self.api.get("/cgi-bin/gettoken", &query).await;
        granted(&answer.map_err(|failure| failure.explained("WeCom", kind_of))?, "access_token")
    }

    /// Calls `GET /cgi-bin/get_jsapi_ticket`, which is limited to 100 times an hour for one app.
    async fn fetch_ticket(&self, token: SecretString) -> Result<KeptToken, CallError> {
        let query = [("access_token", token.expose_secret())];
        let answer = self.api.get("/cgi-bin/get_jsapi_ticket", &query).await.map_err(with_token)?;
        Ok(granted(&answer, "ticket")?)
    }

    /// Calls `GET /cgi-bin/auth/getuserinfo`, which spends the code.
    async fn visitor(&self, token: SecretString, code: &LoginCode) -> Result<JsonAnswer, CallError> {
        let query = [("access_token", token.expose_secret()), ("code", code.expose())];
        self.api.get("/cgi-bin/auth/getuserinfo", &query).await.map_err(with_token)
    }

    /// Builds the proof. A member has a `userid`, the same in all apps of a company; an outsider has an `openid`.
    fn proof(&self, visitor: &JsonAnswer) -> Result<Proof, ProviderError> {
        let member: Option<UnionId> = visitor.maybe_text("userid")?.and_then(|userid| userid.parse().ok());
        let open_id: OpenId = match &member {
            Some(member) => member.as_str().parse().map_err(|_| visitor.wrong("userid", "is not a usable open id"))?,
            None if visitor.has("openid") => visitor.needed("openid")?,
            None => return Err(visitor.wrong("userid", "is missing or not usable, and so is `openid`")),
        };
        let member = member.filter(|_| self.people == People::Members);
        let union = self.union_scope.clone().zip(member).map(|(scope, union_id)| UnionKey { scope, union_id });
        Ok(Proof { key: OpenKey { app: self.app_id.clone(), open_id }, union, profile: Profile::default() })
    }
}

#[async_trait]
impl IdentityProvider for WeCom {
    fn app_id(&self) -> &AppId {
        &self.app_id
    }

    fn union_scope(&self) -> Option<&UnionScope> {
        self.union_scope.as_ref()
    }

    fn upstream(&self) -> &str {
        self.api.host()
    }

    fn start(&self) -> Start {
        self.login.start()
    }

    fn abilities(&self) -> Abilities {
        let union_ids = if self.union_scope.is_some() { UnionIds::Sometimes } else { UnionIds::Never };
        Abilities { union_ids, js_sdk: true, profile: self.people == People::Customers, ..Abilities::OPEN_ID_ONLY }
    }

    async fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> Result<String, ProviderError> {
        let (corp_id, agent_id) = (self.corp_id.0.as_str(), self.agent_id.as_str());
        let AuthorizeRequest { redirect_uri, state, .. } = *request;
        let scope = match request.scope {
            LoginScope::Base => "snsapi_base",
            LoginScope::UserInfo => "snsapi_privateinfo",
        };
        Ok(match self.login {
            // This page has no scopes.
            Login::Web => page(
                &self.pages,
                "/wwlogin/sso/login",
                &[
                    ("login_type", "CorpApp"),
                    ("appid", corp_id),
                    ("agentid", agent_id),
                    ("redirect_uri", redirect_uri),
                    ("state", state),
                ],
            ),
            Login::InApp => {
                let parameters = [
                    ("appid", corp_id),
                    ("redirect_uri", redirect_uri),
                    ("response_type", "code"),
                    ("scope", scope),
                    ("state", state),
                    ("agentid", agent_id),
                ];
                page(&self.pages, "/connect/oauth2/authorize", &parameters) + "#wechat_redirect"
            }
        })
    }

    async fn exchange(&self, login: &Exchange<'_>) -> Result<Proof, ProviderError> {
        let visitor = self.token.call(|| self.fetch_token(), |token| self.visitor(token, login.code)).await?;
        let proof = self.proof(&visitor)?;
        match self.people {
            People::Members => Ok(proof),
            People::Customers => {
                let (union, profile) = customer::about(self, &visitor).await.map_err(ProviderError::spent)?;
                Ok(Proof { union, profile, ..proof })
            }
        }
    }

    /// The `appId` of `wx.config` is the company's id, for all of its apps.
    /// <https://developer.work.weixin.qq.com/document/path/90514>
    fn js_app_id(&self) -> &str {
        &self.corp_id.0
    }

    async fn js_ticket(&self) -> Result<SecretString, ProviderError> {
        let fetch = || self.token.call(|| self.fetch_token(), |token| self.fetch_ticket(token));
        self.ticket.get(fetch).await
    }
}

/// Returns the token, then answers the code with `answer`.
#[cfg(feature = "contract")]
fn after_the_token(scene: &crate::contract::Scene<'_>, answer: &serde_json::Value) -> crate::contract::Answer {
    use serde_json::json;

    use crate::contract::{Answer, SECRET, TOKEN};

    match scene.call.path.as_str() {
        "/cgi-bin/gettoken" if scene.call.value("corpsecret").as_deref() == Some(SECRET) => {
            Answer::json(&json!({ "errcode": 0, "errmsg": "ok", "access_token": TOKEN, "expires_in": 7200 }))
        }
        "/cgi-bin/auth/getuserinfo" if scene.call.value("access_token").as_deref() == Some(TOKEN) => {
            Answer::json(answer)
        }
        _ => Answer::json(&json!({ "errcode": 404, "errmsg": "not a call of a login" })),
    }
}

/// `WeCom`'s answers, for the provider contract.
#[cfg(feature = "contract")]
pub(in crate::builtin) const TAPE: crate::contract::Tape = {
    use serde_json::json;

    use crate::contract::{Answer, BeyondLogins, Person, SECRET, Scene, Tape};

    const REFUSED: &str = ", hint: [1760000000123456789012345], from ip: 203.0.113.7, more info at \
                           https://open.work.weixin.qq.com/devtool/query?e=0";

    fn refused(number: i64, words: &str) -> Answer {
        Answer::json(&json!({ "errcode": number, "errmsg": format!("{words}{REFUSED}") }))
    }

    fn bad_code(scene: &Scene<'_>) -> Answer {
        let words = format!("invalid code{REFUSED}");
        after_the_token(scene, &json!({ "errcode": 40029, "errmsg": words }))
    }

    Tape {
        factory: FACTORY,
        settings: |upstream| {
            let mut table = toml::Table::new();
            table.insert("corp_id".into(), "ww0123456789abcdef".into());
            table.insert("agent_id".into(), 1_000_002.into());
            table.insert("app_secret".into(), SECRET.into());
            table.insert("union_scope".into(), "hemu-staff".into());
            for key in ["login_url", "open_url", "api_url"] {
                table.insert(key.into(), upstream.as_str().into());
            }
            table
        },
        spends_code: |call| call.path == "/cgi-bin/auth/getuserinfo",
        redirect_uri: None,
        reads_profile: |_| false,
        needed: |call| match call.path.as_str() {
            "/cgi-bin/gettoken" => &["errcode", "access_token", "expires_in"],
            _ => &["errcode", "userid", "openid"],
        },
        person: Person { open_id: "lan", union_id: Some("lan") },
        good_code: |scene| after_the_token(scene, &json!({ "errcode": 0, "errmsg": "ok", "userid": "lan" })),
        // An outsider, whose id in the app happens to be that of the member.
        without_union_id: Some(|scene| {
            after_the_token(scene, &json!({ "errcode": 0, "errmsg": "ok", "openid": "lan" }))
        }),
        used_code: bad_code,
        forged_code: bad_code,
        expired_code: bad_code,
        quota: |scene| {
            let words = format!("api freq out of limit{REFUSED}");
            after_the_token(scene, &json!({ "errcode": 45009, "errmsg": words }))
        },
        wrong_secret: |_| refused(40001, "invalid credential"),
        unknown_error: |scene| {
            let words = format!("words of another year{REFUSED}");
            after_the_token(scene, &json!({ "errcode": 999_999, "errmsg": words }))
        },
        beyond_logins: BeyondLogins::NOTHING,
    }
};
