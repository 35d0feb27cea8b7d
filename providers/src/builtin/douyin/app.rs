//! Website and mobile apps of Douyin (抖音网站应用, 移动应用).
//!
//! <https://developer.open-douyin.com/docs/resource/zh-CN/dop/develop/openapi/account-permission/douyin-get-permission-code>
//! (login), …/account-permission/get-access-token (exchange of the code), and …/account-management/get-account-open-info
//! (profile).
//!
//! - A refusal has status 200; its number is `data.error_code`, in the same object as the fields of a success, and a text in
//!   some samples.
//! - The union id comes only with the profile, and only if the app belongs to a developer account.
//! - The documents ask for a POST of a form at `/oauth/userinfo/`, older ones for a GET. `JustAuth` sends a GET, and reads the
//!   fields beside `data` and not in it. The provider follows the documents, which keep the token out of the address.
//! - Neither `redirect_uri` nor PKCE is a parameter of the exchange: only the state ties the code to the login.

use std::str::FromStr;
use std::sync::Arc;

use async_trait::async_trait;
use domain::login::Proof;
use domain::{AppId, OpenId, OpenKey, Profile, UnionId, UnionKey, UnionScope};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use super::{kind_of, refused};
use crate::oauth::{self, below};
use crate::{
    Abilities, AuthorizeRequest, Checks, Exchange, Factory, Http, IdentityProvider, JsonAnswer, Problem, ProviderError,
    Settings, Start, UnionIds, bad_status, read_table, without_profile,
};

/// Builds website and mobile apps.
pub(in crate::builtin) const FACTORY: Factory =
    Factory { kind: "douyin", build: |settings| Ok(Arc::new(Douyin::read(settings)?)) };

const OPEN: &str = "https://open.douyin.com";

/// The scope that shows open id, union id, nickname and picture; each login has it ("用户授权时必选权限").
const SCOPE: &str = "user_info";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    client_key: Option<String>,
    client_secret: Option<SecretString>,
    union_scope: Option<String>,
    login: Option<String>,
    url: Option<String>,
}

/// Where logins of the app begin.
#[derive(Debug, Clone, Copy)]
enum Login {
    /// In any browser, with a QR code.
    Web,
    /// In a mobile app, with Douyin's SDK.
    App,
}

impl FromStr for Login {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "web" => Ok(Self::Web),
            "app" => Ok(Self::App),
            _ => Err("is neither \"web\" nor \"app\""),
        }
    }
}

/// One website or mobile app.
#[derive(Debug)]
struct Douyin {
    app_id: AppId,
    secret: SecretString,
    union_scope: Option<UnionScope>,
    login: Login,
    http: Http,
    open: Url,
}

impl Douyin {
    /// Reads the app's table and reports every mistake in it.
    fn read(settings: Settings) -> Result<Self, Vec<Problem>> {
        let Settings { table, http, .. } = settings;
        let table: Table = read_table(table)?;
        let mut checks = Checks::default();
        let app_id = checks.required("client_key", table.client_key.as_deref());
        let secret = checks.secret("client_secret", table.client_secret);
        let union_scope = checks.optional("union_scope", table.union_scope.as_deref());
        let login = checks.optional("login", table.login.as_deref().or(Some("web")));
        let open = checks.upstream("url", table.url.as_deref().unwrap_or(OPEN));
        let made = app_id.zip(secret).zip(login.zip(open));
        checks.finish(made.map(|((app_id, secret), (login, open))| Self {
            app_id,
            secret,
            union_scope,
            login,
            http,
            open,
        }))
    }

    /// Sends a POST with a form, of which every value may be secret, and returns `data` of a success.
    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Result<JsonAnswer, ProviderError> {
        let url = below(&self.open, path);
        let answer = self.http.post_form_response(&url, form).await?;
        if !answer.status().is_success() {
            return Err(bad_status(url.path(), &answer));
        }
        let answer = JsonAnswer::read(format!("the answer of {}", url.path()), answer.body())?;
        let data = answer.needed_object("data")?;
        match data.whole_number("error_code")? {
            None | Some(0) => Ok(data),
            Some(number) => {
                let words = data.text("description").unwrap_or_default();
                Err(refused(kind_of(number), (number, &words), form.iter().map(|(_, value)| *value)))
            }
        }
    }

    /// Exchanges the code for an access token. This is the one request that spends the code.
    async fn redeem(&self, login: &Exchange<'_>) -> Result<JsonAnswer, ProviderError> {
        let form = [
            ("client_key", self.app_id.as_str()),
            ("client_secret", self.secret.expose_secret()),
            ("code", login.code.expose()),
            ("grant_type", "authorization_code"),
        ];
        self.post("/oauth/access_token/", &form).await
    }

    /// Returns the union id and the profile of the person that a token was issued for.
    async fn user_info(
        &self,
        token: &SecretString,
        open_id: &OpenId,
    ) -> Result<(Option<UnionId>, Profile), ProviderError> {
        let form = [("access_token", token.expose_secret()), ("open_id", open_id.as_str())];
        let info = self.post("/oauth/userinfo/", &form).await?;
        if info.maybe_text("open_id")?.is_some_and(|told| told != open_id.as_str()) {
            return Err(info.wrong("open_id", "is another person than the token's"));
        }
        let union_id = match self.union_scope {
            Some(_) => info.maybe_text("union_id")?.and_then(|told| told.parse().ok()),
            None => None,
        };
        let [nickname, picture] = ["nickname", "avatar"].map(|name| info.text(name).unwrap_or_default());
        Ok((union_id, Profile::new(&nickname, &picture)))
    }
}

#[async_trait]
impl IdentityProvider for Douyin {
    /// The client key, which is unique within Douyin.
    fn app_id(&self) -> &AppId {
        &self.app_id
    }

    fn union_scope(&self) -> Option<&UnionScope> {
        self.union_scope.as_ref()
    }

    fn upstream(&self) -> &str {
        self.open.host_str().unwrap_or_default()
    }

    fn start(&self) -> Start {
        match self.login {
            Login::Web => Start::QrPage,
            Login::App => Start::NativeSdk,
        }
    }

    fn abilities(&self) -> Abilities {
        let union_ids = if self.union_scope.is_some() { UnionIds::Sometimes } else { UnionIds::Never };
        Abilities { union_ids, profile: true, ..Abilities::OPEN_ID_ONLY }
    }

    async fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> Result<String, ProviderError> {
        match self.login {
            Login::App => Err(ProviderError::unsupported("a mobile app's login has no web page")),
            Login::Web => {
                let parameters = [
                    ("client_key", self.app_id.as_str()),
                    ("response_type", "code"),
                    ("scope", SCOPE),
                    ("redirect_uri", request.redirect_uri),
                    ("state", request.state),
                ];
                Ok(oauth::address(&below(&self.open, "/platform/oauth/connect/"), &parameters))
            }
        }
    }

    async fn exchange(&self, login: &Exchange<'_>) -> Result<Proof, ProviderError> {
        let grant = self.redeem(login).await?;
        let open_id: OpenId = grant.needed("open_id")?;
        let info = match grant.needed_secret("access_token") {
            Ok(token) => self.user_info(&token, &open_id).await.map_err(ProviderError::spent),
            Err(error) => Err(error),
        };
        let (union_id, profile) = match info {
            Ok(told) => told,
            // The open id is known, and the app reads no union ids: only the profile is missing.
            Err(error) if self.union_scope.is_none() && !error.kind.is_about_the_login() => {
                (None, without_profile(&error))
            }
            Err(error) => return Err(error),
        };
        let union = self.union_scope.clone().zip(union_id);
        Ok(Proof {
            key: OpenKey { app: self.app_id.clone(), open_id },
            union: union.map(|(scope, union_id)| UnionKey { scope, union_id }),
            profile,
        })
    }
}

/// Douyin's answers, for the provider contract.
#[cfg(feature = "contract")]
pub(in crate::builtin) const TAPE: crate::contract::Tape = {
    use http::StatusCode;
    use serde_json::{Value, json};

    use crate::contract::{Answer, BeyondLogins, CODE, Person, SECRET, Scene, TOKEN, Tape};

    const CLIENT: &str = "aw7example0client";
    const PERSON: Person = Person {
        open_id: "b9b71865-7fea-44cc-0000-b9b71865example",
        union_id: Some("1ad4e099-4a0c-47d1-0000-1ad4e099example"),
    };

    fn douyin(scene: &Scene<'_>, union_id: Option<&str>) -> Answer {
        let is = |name: &str, value: &str| scene.call.value(name).as_deref() == Some(value);
        match scene.call.path.as_str() {
            "/oauth/access_token/" if !is("client_key", CLIENT) => refusal(10003, "client_key 错误"),
            "/oauth/access_token/" if !is("client_secret", SECRET) => wrong_secret(),
            "/oauth/access_token/" if !is("code", CODE) => bad_code(scene),
            "/oauth/access_token/" if !is("grant_type", "authorization_code") => refusal(10002, "参数错误"),
            "/oauth/access_token/" => success(&json!({ "access_token": TOKEN, "expires_in": "1296000",
                "open_id": PERSON.open_id, "refresh_expires_in": 2_592_000, "refresh_token": "rft.example",
                "scope": "user_info" })),
            "/oauth/userinfo/" if is("access_token", TOKEN) && is("open_id", PERSON.open_id) => {
                let mut told = json!({ "open_id": PERSON.open_id, "nickname": "张伟", "gender": 0,
                    "avatar": "https://p3.douyinpic.com/aweme/example.jpeg", "e_account_role": "" });
                if let Some(union_id) = union_id {
                    told["union_id"] = union_id.into();
                }
                success(&told)
            }
            "/oauth/userinfo/" => refusal(2_190_008, "access_token 过期,请刷新或重新授权"),
            _ => Answer::json(&json!({})).status(StatusCode::NOT_FOUND),
        }
    }

    fn success(told: &Value) -> Answer {
        let mut data = told.clone();
        // A number in the current documents, and a text in older ones.
        data["error_code"] = "0".into();
        data["description"] = "".into();
        Answer::json(&json!({ "data": data, "message": "success" }))
    }

    fn refusal(number: i64, words: &str) -> Answer {
        let data = json!({ "captcha": "", "desc_url": "", "description": words, "error_code": number });
        Answer::json(&json!({ "data": data, "message": "error" }))
    }

    fn bad_code(_: &Scene<'_>) -> Answer {
        refusal(10007, "授权码过期")
    }

    fn wrong_secret() -> Answer {
        refusal(10013, "client_key 或者 client_secret 报错")
    }

    Tape {
        factory: FACTORY,
        settings: |upstream| {
            let mut table = toml::toml! { union_scope = "douyin" };
            for (key, value) in [("client_key", CLIENT), ("client_secret", SECRET), ("url", upstream.as_str())] {
                table.insert(key.into(), value.into());
            }
            table
        },
        spends_code: |call| call.path == "/oauth/access_token/",
        redirect_uri: None,
        reads_profile: |_| false,
        needed: |call| match call.path.as_str() {
            "/oauth/access_token/" => &["data.error_code", "data.open_id", "data.access_token"],
            _ => &["data.error_code", "data.open_id", "data.union_id"],
        },
        person: PERSON,
        good_code: |scene| douyin(scene, PERSON.union_id),
        without_union_id: Some(|scene| douyin(scene, None)),
        used_code: bad_code,
        forged_code: bad_code,
        expired_code: bad_code,
        quota: |_| refusal(2_190_001, "quota 已用完"),
        wrong_secret: |_| wrong_secret(),
        unknown_error: |_| refusal(10999, "另一年的话"),
        beyond_logins: BeyondLogins::NOTHING,
    }
};
