//! Baidu (百度帐号), a website: a redirect, a code, a token, and the person with both ids and a profile.
//!
//! <https://openauth.baidu.com/doc/doc.html> (login, token, person and refusals) and
//! <https://openauth.baidu.com/doc/openid.html> (ids).
//!
//! - Every request is a GET, also the one with the secret.
//! - A refusal of the token has a word, `error`; a refusal of the person has a number, `error_code`, which its own example
//!   writes as a text. The documents name no status for either.
//! - The words of a refused code repeat it.
//! - The union id is there only if `get_unionid=1` asks for it.
//! - The name has asterisks in it (`t***e`), and the picture is a part of an address.
//! - `userid`, the id of earlier years, is still in some answers. It is not read.
//! - The person may take back a permission on the page of consent.
//! - PKCE is not documented, and the redirect address is required again for the token.

#[cfg(feature = "contract")]
mod tape;

use async_trait::async_trait;
use domain::login::Proof;
use domain::{OpenId, Profile};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::vendor::{App, Given, Refusal, Vendor, built};
use crate::{
    AuthorizeRequest, Checks, ErrorKind, Exchange, Factory, JsonAnswer, Problem, ProviderError, Settings, Start,
    read_table,
};

#[cfg(feature = "contract")]
pub(in crate::builtin) use tape::TAPE;

/// Builds Baidu providers.
pub(in crate::builtin) const FACTORY: Factory =
    Factory { kind: "baidu", build: |settings| built(Baidu::read(settings)) };

/// The host of the login page and of the API.
const API: &str = "https://openapi.baidu.com";
const TOKEN: &str = "/oauth/2.0/token";
const PERSON: &str = "/rest/2.0/passport/users/getInfo";
/// The address of a person's picture, without its last part.
const PICTURES: &str = "https://himg.bdimg.com/sys/portrait/item/";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    api_key: Option<String>,
    secret_key: Option<SecretString>,
    union_scope: Option<String>,
    login_url: Option<String>,
    api_url: Option<String>,
}

#[derive(Debug)]
struct Baidu(App);

impl Baidu {
    fn read(settings: Settings) -> Result<Self, Vec<Problem>> {
        let table: Table = read_table(settings.table)?;
        let given = Given {
            app_id: ("api_key", table.api_key),
            secret: ("secret_key", table.secret_key),
            union_scope: table.union_scope,
            login_url: (table.login_url, API),
            api_url: (table.api_url, API),
        };
        let mut checks = Checks::default();
        let app = App::read(&mut checks, given, ("Baidu", settings.http));
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
        ];
        self.0.api.get(TOKEN, &query).await?.object(refusal)?.needed_secret("access_token")
    }

    /// Reads who the person is.
    async fn person(&self, token: &SecretString) -> Result<Proof, ProviderError> {
        let mut query = vec![("access_token", token.expose_secret())];
        if self.0.union_scope.is_some() {
            query.push(("get_unionid", "1"));
        }
        let person = self.0.api.get(PERSON, &query).await?.object(refusal)?;
        let open_id: OpenId = person.needed("openid")?;
        let union_id = self.0.union_id(&person, "unionid")?;
        let picture = person.text("portrait").and_then(|portrait| picture(&portrait));
        let profile = Profile::new(&person.text("username").unwrap_or_default(), &picture.unwrap_or_default());
        Ok(self.0.proof(open_id, union_id, profile))
    }
}

#[async_trait]
impl Vendor for Baidu {
    const START: Start = Start::Redirect;

    fn app(&self) -> &App {
        &self.0
    }

    fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> String {
        // Baidu asks for consent to every scope, and this one is the least.
        let parameters = [
            ("response_type", "code"),
            ("client_id", self.0.id.as_str()),
            ("redirect_uri", request.redirect_uri),
            ("scope", "basic"),
            ("state", request.state),
        ];
        self.0.page("/oauth/2.0/authorize", &parameters)
    }

    async fn exchange(&self, login: &Exchange<'_>) -> Result<Proof, ProviderError> {
        let token = self.redeem(login).await?;
        // From here on the code is spent, even if the next request is not sent.
        self.person(&token).await.map_err(ProviderError::spent)
    }
}

/// Returns the address of a picture: of `portrait` as documented, without what may follow a question mark; `None` if it could
/// lead elsewhere.
fn picture(portrait: &str) -> Option<String> {
    let name = portrait.split('?').next().filter(|name| !name.is_empty())?;
    let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)) && !name.contains("..");
    is_plain.then(|| format!("{PICTURES}{name}"))
}

/// Reads a refusal: `error` of the token, or `error_code` of the person. No other answer of a login has one of them.
fn refusal(answer: &JsonAnswer) -> Result<Option<Refusal>, ProviderError> {
    if let Some(word) = answer.text("error") {
        return Ok(Some(Refusal::new(kind_of_word(&word), &word, answer.text("error_description"))));
    }
    let number = answer.whole_number("error_code")?.filter(|number| *number != 0);
    Ok(number.map(|number| Refusal::new(kind_of(number), number, answer.text("error_msg"))))
}

/// Maps a word to its kind, with Baidu's own words beside it.
fn kind_of_word(word: &str) -> ErrorKind {
    match word {
        // 提供的Access Grant是无效的、过期的或已撤销的 (The provided authorization grant is revoked; a used code too)
        "invalid_grant" => ErrorKind::CodeRejected,
        "invalid_client"            // “client_id”、“client_secret”参数无效 (unknown client id)
        | "unauthorized_client"     // 应用没有被授权，无法使用所指定的grant_type
        | "invalid_scope"           // 请求的“scope”参数是无效的、未知的、格式不正确的
        | "redirect_uri_mismatch"   // “redirect_uri”所在的根域与开发者注册应用时所填写的根域名不匹配
        => ErrorKind::Misconfigured,
        _ => ErrorKind::UnexpectedAnswer,
    }
}

/// Maps a number to its kind, with Baidu's own words beside it.
fn kind_of(number: i64) -> ErrorKind {
    match number {
        110         // Access token invalid or no longer valid (of one that was issued this moment)
        | 111       // Access token expired
        => ErrorKind::CodeRejected,
        6           // No permission to access user data: 没有权限访问用户数据
        => ErrorKind::ConsentRequired,
        4           // Open api request limit reached: 接口调用次数已达到设定的上限
        | 17        // Open api daily request limit reached
        | 18        // Open api qps request limit reached
        | 19        // Open api total request limit reached
        => ErrorKind::RateLimited,
        1           // Unknown error: 未知错误，如果频繁发生此错误，请联系
        | 2         // Service temporarily unavailable: 服务暂不可用
        => ErrorKind::Unavailable,
        5           // Unauthorized client IP address: 请求来自未经授权的IP地址
        | 101       // Invalid API key: api key无效
        => ErrorKind::Misconfigured,
        _ => ErrorKind::UnexpectedAnswer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_portrait_is_a_part_of_an_address_and_leads_nowhere_else() {
        for (portrait, expected) in [
            ("e2c1776c31393837313031319605", Some("e2c1776c31393837313031319605")),
            ("tb.1.a-b_c.D9?t=1292922000", Some("tb.1.a-b_c.D9")),
            ("", None),
            ("?t=1", None),
            ("..", None),
            ("../../x", None),
            ("https://evil.example/a.png", None),
            ("a\"onerror=1", None),
            ("a%2f..", None),
            ("头像", None),
        ] {
            assert_eq!(picture(portrait), expected.map(|name| format!("{PICTURES}{name}")), "{portrait}");
        }
    }
}
