//! QQ (QQ互联), a website: a redirect, a code, a token, the ids of the person, and a profile.
//!
//! <https://wiki.connect.qq.com/使用authorization_code获取access_token> (login and token),
//! <https://wiki.connect.qq.com/unionid介绍> (ids), <https://wiki.connect.qq.com/get_user_info> (profile) and
//! <https://wiki.connect.qq.com/公共返回码说明> (numbers).
//!
//! - Every request is a GET, also the one with the secret.
//! - Answers are forms or `callback( {…} );` unless a request has `fmt=json`, and some refusals are so even then; content
//!   types are `text/html`. A refusal has status 200.
//! - The words of a refusal are a description of their own, not those of the table.
//! - A rate limit has no number in the table. Status 429 is understood.
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

/// Builds QQ providers.
pub(in crate::builtin) const FACTORY: Factory = Factory { kind: "qq", build: |settings| built(Qq::read(settings)) };

/// The host of the login page and of the API.
const GRAPH: &str = "https://graph.qq.com";
const TOKEN: &str = "/oauth2.0/token";
const IDS: &str = "/oauth2.0/me";
const PROFILE: &str = "/user/get_user_info";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    app_id: Option<String>,
    app_key: Option<SecretString>,
    union_scope: Option<String>,
    login_url: Option<String>,
    api_url: Option<String>,
}

#[derive(Debug)]
struct Qq(App);

impl Qq {
    fn read(settings: Settings) -> Result<Self, Vec<Problem>> {
        let table: Table = read_table(settings.table)?;
        let given = Given {
            app_id: ("app_id", table.app_id),
            secret: ("app_key", table.app_key),
            union_scope: table.union_scope,
            login_url: (table.login_url, GRAPH),
            api_url: (table.api_url, GRAPH),
        };
        let mut checks = Checks::default();
        let app = App::read(&mut checks, given, ("QQ", settings.http));
        checks.finish(app.map(Self))
    }

    /// Exchanges the code for an access token. This is the one request that spends the code.
    async fn redeem(&self, login: &Exchange<'_>) -> Result<SecretString, ProviderError> {
        let query = [
            ("grant_type", "authorization_code"),
            ("client_id", self.0.id.as_str()),
            ("client_secret", self.0.secret.expose_secret()),
            ("code", login.code.expose()),
            ("redirect_uri", &login.needed_begun()?.redirect_uri),
            ("fmt", "json"),
        ];
        self.get(TOKEN, &query).await?.needed_secret("access_token")
    }

    /// Requests the ids of the person. Without the permission to read union ids, asking for one is refused.
    async fn ids(&self, token: &SecretString) -> Result<JsonAnswer, ProviderError> {
        let mut query = vec![("access_token", token.expose_secret()), ("fmt", "json")];
        if self.0.union_scope.is_some() {
            query.push(("unionid", "1"));
        }
        self.get(IDS, &query).await
    }

    async fn profile(&self, token: &SecretString, open_id: &OpenId) -> Result<Profile, ProviderError> {
        let query = [
            ("access_token", token.expose_secret()),
            ("oauth_consumer_key", self.0.id.as_str()),
            ("openid", open_id.as_str()),
        ];
        let user = self.0.api.get(PROFILE, &query).await?.stripped(without_callback).object(refused_profile)?;
        // The second is absent for a person without a picture of this size.
        let picture = ["figureurl_qq_2", "figureurl_qq_1"].into_iter().find_map(|size| user.text(size));
        Ok(Profile::new(&user.text("nickname").unwrap_or_default(), &picture.unwrap_or_default()))
    }

    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<JsonAnswer, ProviderError> {
        self.0.api.get(path, query).await?.stripped(without_callback).object(refusal)
    }
}

#[async_trait]
impl Vendor for Qq {
    // The page shows a QR code, and fields for number and password.
    const START: Start = Start::QrPage;

    fn app(&self) -> &App {
        &self.0
    }

    fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> String {
        let parameters = [
            ("response_type", "code"),
            ("client_id", self.0.id.as_str()),
            ("redirect_uri", request.redirect_uri),
            ("state", request.state),
            ("scope", "get_user_info"),
        ];
        self.0.page("/oauth2.0/authorize", &parameters)
    }

    async fn exchange(&self, login: &Exchange<'_>) -> Result<Proof, ProviderError> {
        let token = self.redeem(login).await?;
        let ids = self.ids(&token).await.map_err(ProviderError::spent)?;
        let open_id: OpenId = ids.needed("openid")?;
        let union_id = self.0.union_id(&ids, "unionid")?;
        let profile = or_none(self.profile(&token, &open_id).await)?;
        Ok(self.0.proof(open_id, union_id, profile))
    }
}

/// Removes the call around an object: `callback( {…} );`.
fn without_callback(body: &[u8]) -> &[u8] {
    let inner = || body.trim_ascii().strip_prefix(b"callback")?.trim_ascii_start().strip_prefix(b"(");
    let end = |inner: &[u8]| inner.iter().rposition(|byte| *byte == b')');
    inner().and_then(|inner| inner.get(..end(inner)?)).unwrap_or(body)
}

/// Reads a refusal of the token and of the ids: `error`, which no other answer of a login has.
fn refusal(answer: &JsonAnswer) -> Result<Option<Refusal>, ProviderError> {
    let number = answer.whole_number("error")?.filter(|number| *number != 0);
    Ok(number.map(|number| Refusal::new(kind_of(number), number, answer.text("error_description"))))
}

/// Reads a refusal of the profile: `ret`.
fn refused_profile(answer: &JsonAnswer) -> Result<Option<Refusal>, ProviderError> {
    let number = answer.whole_number("ret")?.filter(|number| *number != 0);
    Ok(number.map(|number| Refusal::new(kind_of(number), number, answer.text("msg"))))
}

/// Maps a number to its kind, with QQ's own words beside it.
fn kind_of(number: i64) -> ErrorKind {
    match number {
        100_019     // 用code换取access token值失败 (code to access token error)
        | 100_005   // 缺少参数code
        | 100_018   // 获取code值失败
        | 100_013   // access token失效（用户取消授权或过期被回收）
        | 100_014   // access token过期
        | 100_015   // access token废除
        | 100_016   // access token验证失败 (of one that was issued this moment: access token check failed)
        => ErrorKind::CodeRejected,
        100_020     // code被重复使用 (code is reused error)
        => ErrorKind::CodeUsed,
        100_030     // 用户没有对该api进行授权，或用户在腾讯侧删除了该api的权限
        => ErrorKind::ConsentRequired,
        100_001     // 缺少参数client_id
        | 100_002   // 缺少参数client_secret
        | 100_004   // 缺少参数grant_type或grant_type非法
        | 100_008   // 该appid不存在
        | 100_009   // client_secret（即appkey）非法 (client secret is illegal)
        | 100_010   // 回调地址不合法
        | 100_011   // APP不处于上线状态
        | 100_017   // 获取appid失败
        | 100_031   // 第三方应用没有对该api操作的权限
        | 100_048   // 未申请unionID接口调用权限 (companyid not set)
        => ErrorKind::Misconfigured,
        _ => ErrorKind::UnexpectedAnswer,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_call_around_an_object_is_removed() {
        for (body, inner) in [
            ("callback( {\"error\":100016} );", " {\"error\":100016} "),
            ("callback(\n{\"a\":\")\"}\n);\n", "\n{\"a\":\")\"}\n"),
            ("callback({})", "{}"),
            ("{\"a\":\"callback( );\"}", "{\"a\":\"callback( );\"}"),
            ("callback(", "callback("),
            ("access_token=1&expires_in=7776000", "access_token=1&expires_in=7776000"),
            ("", ""),
        ] {
            assert_eq!(String::from_utf8_lossy(without_callback(body.as_bytes())), inner, "{body}");
        }
    }

    proptest! {
        #[test]
        fn an_object_in_a_call_is_found_whatever_is_in_it(object in any::<Vec<u8>>(), after in "[; \r\n]{0,3}") {
            let body = [b" callback (".as_slice(), &object, b")", after.as_bytes()].concat();

            prop_assert_eq!(without_callback(&body), object);
        }
    }
}
