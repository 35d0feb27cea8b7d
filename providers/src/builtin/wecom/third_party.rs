//! A third-party app of a service provider (服务商的第三方应用, "suite"), for members of every company that has installed it.
//!
//! <https://developer.work.weixin.qq.com/document/path/91120> (login inside `WeCom`), …/98179 (login in a browser, and
//! exchange of the code), and …/90600 (the app's token).
//!
//! - The app's token needs a ticket that `WeCom` pushes every ten minutes to the app's address for commands: see
//!   [`PushedSecret`]. Without one no login succeeds, and the error says so.
//! - A `userid` is unique only within its company, and is another text before and after the company authorizes the app. So a
//!   member's open id is the `open_userid`, which is documented to be the same in all apps of one service provider. It is the
//!   union id as well, of the service provider. Any other person has an `openid` of the service provider, and no union id.
//! - An older call, `/cgi-bin/service/getuserinfo3rd`, answers `CorpId` and `UserId`, without an `open_userid`.
//! - 40082 is answered for a token that has ended as well as for a company that has not installed the app.

use std::sync::Arc;

use async_trait::async_trait;
use domain::login::Proof;
use domain::{AppId, OpenId, OpenKey, Profile, UnionId, UnionKey, UnionScope};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use super::errcode::{kind_of, with_token};
use super::{AHEAD, API, LOGIN, Login, OPEN};
use crate::builtin::tencent::{Api, granted, page};
use crate::{
    Abilities, AuthorizeRequest, CallError, Checks, Exchange, Factory, IdentityProvider, JsonAnswer, KeptToken,
    LoginCode, LoginScope, Problem, ProviderError, PushMessage, PushReader, Pushed, PushedSecret, Settings,
    SharedToken, Start, UnionIds, read_table,
};

/// Builds third-party apps.
pub(in crate::builtin) const FACTORY: Factory =
    Factory { kind: "wecom-third-party", build: |settings| Ok(Arc::new(ThirdParty::read(settings)?)) };

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    suite_id: Option<String>,
    suite_secret: Option<SecretString>,
    login: Option<String>,
    union_scope: Option<String>,
    api_url: Option<String>,
    open_url: Option<String>,
    login_url: Option<String>,
}

#[derive(Debug)]
struct ThirdParty {
    /// The suite's id.
    app_id: AppId,
    union_scope: Option<UnionScope>,
    login: Login,
    /// The address of the login page.
    pages: Url,
    api: Api,
    ticket: PushedSecret,
    token: SharedToken,
}

impl ThirdParty {
    fn read(settings: Settings) -> Result<Self, Vec<Problem>> {
        let Settings { table, http, tokens, sandbox } = settings;
        let table: Table = read_table(table)?;
        let mut checks = Checks::default();
        let suite_id: Option<AppId> = checks.required("suite_id", table.suite_id.as_deref());
        let secret = checks.secret("suite_secret", table.suite_secret);
        let login: Option<Login> = checks.optional("login", table.login.as_deref().or(Some("web")));
        let union_scope = checks.optional("union_scope", table.union_scope.as_deref());
        let sandbox = sandbox.as_ref().map(Url::as_str);
        let mut upstream = |path, given: Option<&str>, usual| checks.upstream(path, given.or(sandbox).unwrap_or(usual));
        let base = upstream("api_url", table.api_url.as_deref(), API);
        let in_app = upstream("open_url", table.open_url.as_deref(), OPEN);
        let web = upstream("login_url", table.login_url.as_deref(), LOGIN);
        let made = suite_id.zip(secret).zip(login).zip(base.zip(in_app.zip(web)));
        checks.finish(made.map(|(((app_id, secret), login), (base, (in_app, web)))| Self {
            ticket: PushedSecret::suite_ticket(tokens.clone(), app_id.as_str()),
            token: SharedToken::new(tokens, format!("wecom-third-party/{app_id}/suite_access_token"), AHEAD),
            api: Api { http, base, secret },
            pages: match login {
                Login::Web => web,
                Login::InApp => in_app,
            },
            app_id,
            union_scope,
            login,
        }))
    }

    /// Calls `POST /cgi-bin/service/get_suite_token` with the ticket that was pushed last.
    async fn fetch_token(&self) -> Result<KeptToken, ProviderError> {
        let ticket = self.ticket.get().await?;
        let object = [
            ("suite_id", self.app_id.as_str()),
            ("suite_secret", self.api.secret.expose_secret()),
            ("suite_ticket", ticket.expose_secret()),
        ];
        let answer = self.api.post("/cgi-bin/service/get_suite_token", &[], &object).await;
        granted(&answer.map_err(|failure| failure.explained("WeCom", kind_of))?, "suite_access_token")
    }

    /// Calls `GET /cgi-bin/service/auth/getuserinfo3rd`, which spends the code.
    async fn visitor(&self, token: SecretString, code: &LoginCode) -> Result<JsonAnswer, CallError> {
        let query = [("suite_access_token", token.expose_secret()), ("code", code.expose())];
        self.api.get("/cgi-bin/service/auth/getuserinfo3rd", &query).await.map_err(with_token)
    }

    fn proof(&self, visitor: &JsonAnswer) -> Result<Proof, ProviderError> {
        let member: Option<UnionId> = visitor.maybe_text("open_userid")?.and_then(|told| told.parse().ok());
        let open_id: OpenId = match &member {
            Some(_) => visitor.needed("open_userid")?,
            // A member without an `open_userid` must not become another person by another id.
            None if visitor.maybe_text("userid")?.is_some() => {
                return Err(visitor.wrong("open_userid", "is missing or not usable"));
            }
            None if visitor.has("openid") => visitor.needed("openid")?,
            None => return Err(visitor.wrong("open_userid", "is missing or not usable, and so is `openid`")),
        };
        let union = self.union_scope.clone().zip(member);
        let union = union.map(|(scope, union_id)| UnionKey { scope, union_id });
        Ok(Proof { key: OpenKey { app: self.app_id.clone(), open_id }, union, profile: Profile::default() })
    }
}

/// Commands of `WeCom` (指令回调): <https://developer.work.weixin.qq.com/document/path/90628>.
#[async_trait]
impl PushReader for ThirdParty {
    fn receiver(&self) -> &str {
        self.app_id.as_str()
    }

    fn read(&self, message: &PushMessage) -> Pushed {
        match message.get("SuiteTicket") {
            Some(ticket) if message.name() == "suite_ticket" => Pushed::Secret(ticket.into()),
            Some(_) | None => Pushed::Other,
        }
    }

    async fn keep(&self, secret: SecretString) -> Result<(), ProviderError> {
        self.ticket.put(secret).await
    }
}

#[async_trait]
impl IdentityProvider for ThirdParty {
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
        Abilities { union_ids, ..Abilities::OPEN_ID_ONLY }
    }

    async fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> Result<String, ProviderError> {
        let AuthorizeRequest { redirect_uri, state, scope, .. } = *request;
        let (suite_id, back) = (("appid", self.app_id.as_str()), ("redirect_uri", redirect_uri));
        Ok(match self.login {
            Login::Web => page(
                &self.pages,
                "/wwlogin/sso/login",
                &[("login_type", "ServiceApp"), suite_id, back, ("state", state)],
            ),
            Login::InApp => {
                let scope = match scope {
                    LoginScope::Base => "snsapi_base",
                    LoginScope::UserInfo => "snsapi_privateinfo",
                };
                let parameters = [suite_id, back, ("response_type", "code"), ("scope", scope), ("state", state)];
                page(&self.pages, "/connect/oauth2/authorize", &parameters) + "#wechat_redirect"
            }
        })
    }

    fn push_reader(&self) -> Option<&dyn PushReader> {
        Some(self)
    }

    async fn exchange(&self, login: &Exchange<'_>) -> Result<Proof, ProviderError> {
        let visitor = self.token.call(|| self.fetch_token(), |token| self.visitor(token, login.code)).await?;
        self.proof(&visitor)
    }
}

/// `WeCom`'s answers to the login of a third-party app, for the provider contract.
#[cfg(feature = "contract")]
pub(in crate::builtin) const TAPE: crate::contract::Tape = {
    use serde_json::{Value, json};

    use crate::contract::{Answer, BeyondLogins, CODE, Person, SECRET, Scene, TOKEN, Tape};
    use crate::{Built, Settings};

    const SUITE: &str = "ww0123456789abcdef";
    const TICKET: &str = "asdfsadfsuite0ticket";
    const PERSON: &str = "wwAJ2GCAAAexample0of0Lan";

    /// Builds a provider whose app has received a ticket.
    fn build(settings: Settings) -> Built {
        PushedSecret::suite_ticket(settings.tokens.clone(), SUITE).put_at_once(TICKET);
        (FACTORY.build)(settings)
    }

    /// Returns the app's token, then answers a code with `visitor`.
    fn after_the_token(scene: &Scene<'_>, visitor: &Value) -> Answer {
        let is = |name: &str, value: &str| scene.call.value(name).as_deref() == Some(value);
        match scene.call.path.as_str() {
            "/cgi-bin/service/get_suite_token" if !is("suite_id", SUITE) => refused(40083, "invalid suite_id"),
            "/cgi-bin/service/get_suite_token" if !is("suite_secret", SECRET) => wrong_secret(),
            "/cgi-bin/service/get_suite_token" if !is("suite_ticket", TICKET) => refused(40085, "invalid suite ticket"),
            "/cgi-bin/service/get_suite_token" => {
                Answer::json(&json!({ "errcode": 0, "errmsg": "ok", "suite_access_token": TOKEN, "expires_in": 7200 }))
            }
            "/cgi-bin/service/auth/getuserinfo3rd" if !is("suite_access_token", TOKEN) => {
                refused(40082, "invalid suite_acccess_token or provider_access_token")
            }
            "/cgi-bin/service/auth/getuserinfo3rd" if !is("code", CODE) => refused(40029, "invalid code"),
            "/cgi-bin/service/auth/getuserinfo3rd" => Answer::json(visitor),
            _ => refused(404, "not a call of a login"),
        }
    }

    fn refusal(number: i64, words: &str) -> Value {
        let words = format!(
            "{words}, hint: [1760000000123456789012345], from ip: 203.0.113.7, more info at \
             https://open.work.weixin.qq.com/devtool/query?e={number}"
        );
        json!({ "errcode": number, "errmsg": words })
    }

    fn refused(number: i64, words: &str) -> Answer {
        Answer::json(&refusal(number, words))
    }

    fn wrong_secret() -> Answer {
        refused(40080, "invalid suite_secret")
    }

    fn bad_code(scene: &Scene<'_>) -> Answer {
        after_the_token(scene, &refusal(40029, "invalid code"))
    }

    Tape {
        factory: Factory { build, ..FACTORY },
        settings: |upstream| {
            toml::toml! {
                suite_id = SUITE
                suite_secret = SECRET
                union_scope = "hemu-suites"
                login_url = (upstream.as_str())
                api_url = (upstream.as_str())
            }
        },
        spends_code: |call| call.path == "/cgi-bin/service/auth/getuserinfo3rd",
        redirect_uri: None,
        reads_profile: |_| false,
        needed: |call| match call.path.as_str() {
            "/cgi-bin/service/get_suite_token" => &["errcode", "suite_access_token", "expires_in"],
            _ => &["errcode", "open_userid", "openid"],
        },
        person: Person { open_id: PERSON, union_id: Some(PERSON) },
        good_code: |scene| {
            let visitor = json!({ "errcode": 0, "errmsg": "ok", "corpid": "wpAJ2GCAAAcorp", "userid": "woAJ2lan",
                "user_ticket": "t1cket", "expires_in": 7200, "open_userid": PERSON });
            after_the_token(scene, &visitor)
        },
        // An outsider, whose id happens to be that of the member.
        without_union_id: Some(|scene| {
            after_the_token(scene, &json!({ "errcode": 0, "errmsg": "ok", "openid": PERSON }))
        }),
        used_code: bad_code,
        forged_code: bad_code,
        expired_code: bad_code,
        quota: |scene| after_the_token(scene, &refusal(45009, "api freq out of limit")),
        wrong_secret: |_| wrong_secret(),
        unknown_error: |scene| after_the_token(scene, &refusal(999_999, "words of another year")),
        beyond_logins: BeyondLogins::NOTHING,
    }
};
