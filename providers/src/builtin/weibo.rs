//! Weibo (微博), a website: a redirect, a code, a token with the person's id, and a profile.
//!
//! <https://open.weibo.com/wiki/Oauth2/authorize> (login), <https://open.weibo.com/wiki/Oauth2/access_token> (token),
//! <https://open.weibo.com/wiki/2/users/show> (profile) and <https://open.weibo.com/wiki/Error_code> (numbers).
//!
//! - A refusal has status 400 or 403, its number is a number or a text, and its words repeat the code.
//! - The page of the token says that its `uid` must not identify a person, because clients could send one of their own.
//!   Here it comes from Weibo itself, in the answer to the code and the secret.
//! - `uid` is a text beside the token, and a number in the profile.
//! - The numbers of OAuth are on a page of their own, <https://open.weibo.com/wiki/授权机制>, with an explanation in
//!   `error_description`; the others have it in `error`.
//! - PKCE is not documented, and the redirect address is required again for the token.

#[cfg(feature = "contract")]
mod tape;

use async_trait::async_trait;
use domain::login::Proof;
use domain::{OpenId, Profile};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::vendor::{App, Given, Refusal, Vendor, built, or_none};
use crate::{
    AuthorizeRequest, Checks, ErrorKind, Exchange, Factory, JsonAnswer, Problem, ProviderError, Settings, Start,
    read_table,
};

#[cfg(feature = "contract")]
pub(in crate::builtin) use tape::TAPE;

/// Builds Weibo providers.
pub(in crate::builtin) const FACTORY: Factory =
    Factory { kind: "weibo", build: |settings| built(Weibo::read(settings)) };

/// The host of the login page and of the API.
const API: &str = "https://api.weibo.com";
const TOKEN: &str = "/oauth2/access_token";
const PROFILE: &str = "/2/users/show.json";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    app_key: Option<String>,
    app_secret: Option<SecretString>,
    union_scope: Option<String>,
    login_url: Option<String>,
    api_url: Option<String>,
}

#[derive(Debug)]
struct Weibo(App);

impl Weibo {
    fn read(settings: Settings) -> Result<Self, Vec<Problem>> {
        let table: Table = read_table(settings.table)?;
        let given = Given {
            app_id: ("app_key", table.app_key),
            secret: ("app_secret", table.app_secret),
            union_scope: table.union_scope,
            login_url: (table.login_url, API),
            api_url: (table.api_url, API),
        };
        let mut checks = Checks::default();
        let app = App::read(&mut checks, given, ("Weibo", settings.http));
        checks.finish(app.map(Self))
    }

    /// Exchanges the code for an access token. This is the one request that spends the code.
    async fn redeem(&self, login: &Exchange<'_>) -> Result<JsonAnswer, ProviderError> {
        let form = [
            ("client_id", self.0.id.as_str()),
            ("client_secret", self.0.secret.expose_secret()),
            ("grant_type", "authorization_code"),
            ("code", login.code.expose()),
            ("redirect_uri", &login.needed_begun()?.redirect_uri),
        ];
        self.0.api.post_form(TOKEN, &form).await?.object(refusal)
    }

    async fn profile(&self, grant: &JsonAnswer, uid: &OpenId) -> Result<Profile, ProviderError> {
        let token = grant.needed_secret("access_token")?;
        let query = [("access_token", token.expose_secret()), ("uid", uid.as_str())];
        let user = self.0.api.get(PROFILE, &query).await?.object(refusal)?;
        let picture = user.text("avatar_large").or_else(|| user.text("profile_image_url"));
        Ok(Profile::new(&user.text("screen_name").unwrap_or_default(), &picture.unwrap_or_default()))
    }
}

#[async_trait]
impl Vendor for Weibo {
    const START: Start = Start::Redirect;

    fn app(&self) -> &App {
        &self.0
    }

    fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> String {
        let parameters = [
            ("client_id", self.0.id.as_str()),
            ("response_type", "code"),
            ("redirect_uri", request.redirect_uri),
            ("state", request.state),
        ];
        self.0.page("/oauth2/authorize", &parameters)
    }

    async fn exchange(&self, login: &Exchange<'_>) -> Result<Proof, ProviderError> {
        let grant = self.redeem(login).await?;
        let uid: OpenId = grant.needed("uid")?;
        // The id is the same in all apps, so that it is both.
        let union_id = uid.as_str().parse().ok();
        let profile = or_none(self.profile(&grant, &uid).await)?;
        Ok(self.0.proof(uid, union_id, profile))
    }
}

/// Reads a refusal: `error_code`, which no other answer of a login has.
fn refusal(answer: &JsonAnswer) -> Result<Option<Refusal>, ProviderError> {
    let number = answer.whole_number("error_code")?.filter(|number| *number != 0);
    let words = || {
        let [error, description] = ["error", "error_description"].map(|name| answer.text(name).unwrap_or_default());
        format!("{error} {description}").trim().to_owned()
    };
    Ok(number.map(|number| Refusal::new(kind_of(number), number, Some(words()))))
}

/// Maps a number to its kind, with Weibo's own words beside it.
fn kind_of(number: i64) -> ErrorKind {
    match number {
        21325       // invalid_grant: 提供的Access Grant是无效的、过期的或已撤销的 (a used code too)
        | 21327     // expired_token: token过期
        | 21332     // invalid_access_token
        => ErrorKind::CodeRejected,
        21330       // access_denied: 用户或授权服务器拒绝授予数据访问权限
        => ErrorKind::ConsentRequired,
        10013       // Invalid weibo user: 不合法的微博用户
        => ErrorKind::PersonBlocked,
        // IP requests out of rate limit: IP请求频次超过上限
        // User requests out of rate limit: 用户请求频次超过上限
        // User requests for (%s) out of rate limit: 用户请求特殊接口 (%s) 频次超过上限
        10022..=10024 => ErrorKind::RateLimited,
        10001       // System error: 系统错误
        | 10002     // Service unavailable: 服务暂停
        | 10003     // Remote service error: 远程服务错误
        | 10009     // Too many pending tasks, system is busy: 任务过多，系统繁忙
        | 10010     // Job expired: 任务超时
        | 10011     // RPC error: RPC错误
        | 21331     // temporarily_unavailable: 服务暂时无法访问
        => ErrorKind::Unavailable,
        10004       // IP limit: IP限制不能请求该资源
        | 10005     // Permission denied, need a high level appkey: 该资源需要appkey拥有授权
        | 10006     // Source paramter (appkey) is missing: 缺少source (appkey) 参数
        | 10014     // Insufficient app permissions: 应用的接口访问权限受限
        | 21321     // applications over the unaudited use restrictions: 未审核的应用使用人数超过限制
        | 21322     // redirect_uri_mismatch: 重定向地址不匹配
        | 21323     // invalid_request: 请求不合法
        | 21324     // invalid_client: client_id或client_secret参数无效
        | 21326     // unauthorized_client: 客户端没有权限
        | 21328     // unsupported_grant_type: 不支持的 GrantType
        | 21329     // unsupported_response_type: 不支持的 ResponseType
        => ErrorKind::Misconfigured,
        _ => ErrorKind::UnexpectedAnswer,
    }
}
