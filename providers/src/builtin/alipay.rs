//! Alipay (支付宝): a redirect, a code, and two calls of one gateway, which are signed in both directions.
//!
//! <https://opendocs.alipay.com/open/284/web> (login), <https://opendocs.alipay.com/apis/api_9/alipay.system.oauth.token>
//! (token with the ids), <https://opendocs.alipay.com/apis/api_2/alipay.user.info.share> (profile) and
//! <https://opendocs.alipay.com/common/02km9f> (numbers). See `keys` for the keys and
//! certificates, `sign` for signatures.
//!
//! - The browser returns with the code as `auth_code`; the gateway takes it as `code`.
//! - The app has no secret: it signs requests with its private key. Alipay signs the text of the object in an answer, to
//!   the letter, and a refusal perhaps not at all.
//! - The object of an answer is named after the method, or `error_response`. A refusal has status 200, a number as text for
//!   its class, and a word for itself.
//! - A used code is `isv.code-invalid`, as a forged or expired one is.
//! - A person has an `open_id`, or at older apps a `user_id`, which begins with 2088: never both, and an app changes from
//!   the one to the other only where its operator says so at Alipay.
//! - PKCE is not documented.

mod certificate;
#[cfg(any(test, feature = "contract"))]
mod example_keys;
mod keys;
mod sign;
#[cfg(feature = "contract")]
mod tape;

use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta};
use domain::Profile;
use domain::login::Proof;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use self::keys::{Keys, Texts};
use super::vendor::{App, Given, Refusal, Vendor, built, or_none};
use crate::{
    AuthorizeRequest, Checks, ErrorKind, Exchange, Factory, JsonAnswer, LoginScope, Problem, ProviderError, Settings,
    Start, read_table,
};

#[cfg(feature = "contract")]
pub(in crate::builtin) use example_keys::APP_PRIVATE;
#[cfg(feature = "contract")]
pub(in crate::builtin) use tape::{TAPE, WITH_CERTIFICATES};

/// Builds Alipay providers.
pub(in crate::builtin) const FACTORY: Factory =
    Factory { kind: "alipay", build: |settings| built(Alipay::read(settings)) };

const LOGIN: &str = "https://openauth.alipay.com";
const API: &str = "https://openapi.alipay.com";
const GATEWAY: &str = "/gateway.do";
const TOKEN: &str = "alipay.system.oauth.token";
const PROFILE: &str = "alipay.user.info.share";
/// The object of a refusal that the gateway itself answers.
const REFUSED: &str = "error_response";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    app_id: Option<String>,
    private_key: Option<SecretString>,
    alipay_public_key: Option<String>,
    app_cert: Option<String>,
    alipay_cert: Option<String>,
    alipay_root_cert: Option<String>,
    identity: Option<String>,
    union_scope: Option<String>,
    login_url: Option<String>,
    api_url: Option<String>,
}

/// The field that identifies a person.
#[derive(Debug, Clone, Copy)]
struct Identity(&'static str);

impl FromStr for Identity {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "open_id" => Ok(Self("open_id")),
            "user_id" => Ok(Self("user_id")),
            _ => Err("is neither \"open_id\" nor \"user_id\""),
        }
    }
}

#[derive(Debug)]
struct Alipay {
    app: App,
    keys: Keys,
    identity: Identity,
}

impl Alipay {
    fn read(settings: Settings) -> Result<Self, Vec<Problem>> {
        let table: Table = read_table(settings.table)?;
        let mut checks = Checks::default();
        let texts = Texts {
            private_key: table.private_key.as_ref().map(ExposeSecret::expose_secret),
            alipay_public_key: table.alipay_public_key.as_deref(),
            app_cert: table.app_cert.as_deref(),
            alipay_cert: table.alipay_cert.as_deref(),
            alipay_root_cert: table.alipay_root_cert.as_deref(),
        };
        let keys = Keys::read(&mut checks, &texts);
        let identity = checks.optional("identity", table.identity.as_deref()).unwrap_or(Identity("open_id"));
        let given = Given {
            app_id: ("app_id", table.app_id),
            secret: ("private_key", table.private_key),
            union_scope: table.union_scope,
            login_url: (table.login_url, LOGIN),
            api_url: (table.api_url, API),
        };
        let made = App::read(&mut checks, given, ("Alipay", settings.http)).zip(keys);
        checks.finish(made.map(|(app, keys)| Self { app, keys, identity }))
    }

    /// Calls a method of the gateway and returns the object of the answer, which Alipay has signed.
    async fn call(&self, method: &str, parameters: &[(&str, &str)]) -> Result<JsonAnswer, ProviderError> {
        let timestamp = timestamp();
        let mut form = vec![
            ("app_id", self.app.id.as_str()),
            ("method", method),
            ("format", "JSON"),
            ("charset", "utf-8"),
            ("sign_type", "RSA2"),
            ("timestamp", &timestamp),
            ("version", "1.0"),
        ];
        form.extend(self.keys.named());
        form.extend(parameters);
        form.sort_unstable();
        let message: Vec<String> = form.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let signature = self.keys.private.sign(&message.join("&"))?;
        form.push(("sign", &signature));
        let name = format!("{}_response", method.replace('.', "_"));
        let answer = self.app.api.post_form(GATEWAY, &form).await?.object(|answer| refusal(answer, &name))?;
        let object = answer.needed_object(&name)?;
        if !self.keys.public.verifies(answer.needed_json(&name)?, &answer.needed_text("sign")?) {
            let check = self.keys.advice(answer.text("alipay_cert_sn").as_deref());
            return Err(answer.wrong("sign", format!("is not Alipay's signature of `{name}`; {check}")));
        }
        Ok(object)
    }

    /// Reads the profile. It is empty for a login with the base scope, which the grant does not tell: Alipay refuses the
    /// token that it has issued a moment ago.
    async fn profile(&self, grant: &JsonAnswer) -> Result<Profile, ProviderError> {
        let token = grant.needed_secret("access_token")?;
        let user = match self.call(PROFILE, &[("auth_token", token.expose_secret())]).await {
            Err(error) if error.kind == ErrorKind::ConsentRequired => {
                tracing::debug!("signs a person in without a profile, which the base scope does not include: {error}");
                return Ok(Profile::default());
            }
            answered => answered?,
        };
        let [name, picture] = ["nick_name", "avatar"].map(|name| user.text(name).unwrap_or_default());
        Ok(Profile::new(&name, &picture))
    }
}

#[async_trait]
impl Vendor for Alipay {
    // Inside Alipay the page asks at once; in any other browser it shows a QR code.
    const START: Start = Start::Redirect;

    fn app(&self) -> &App {
        &self.app
    }

    fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> String {
        let scope = match request.scope {
            LoginScope::Base => "auth_base",
            LoginScope::UserInfo => "auth_user",
        };
        let parameters = [
            ("app_id", self.app.id.as_str()),
            ("scope", scope),
            ("redirect_uri", request.redirect_uri),
            ("state", request.state),
        ];
        self.app.page("/oauth2/publicAppAuthorize.htm", &parameters)
    }

    async fn exchange(&self, login: &Exchange<'_>) -> Result<Proof, ProviderError> {
        let parameters = [("grant_type", "authorization_code"), ("code", login.code.expose())];
        let grant = self.call(TOKEN, &parameters).await?;
        let open_id = grant.needed(self.identity.0)?;
        let union_id = self.app.union_id(&grant, "union_id")?;
        let profile = or_none(self.profile(&grant).await)?;
        Ok(self.app.proof(open_id, union_id, profile))
    }
}

/// Returns the time in Beijing, as the gateway wants it.
fn timestamp() -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "a request is dated with the time of the world, which Alipay has too"
    )]
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    in_beijing(i64::try_from(now.as_secs()).unwrap_or_default())
}

fn in_beijing(seconds: i64) -> String {
    let now = DateTime::from_timestamp(seconds, 0).unwrap_or_default() + TimeDelta::hours(8);
    now.format("%Y-%m-%d %H:%M:%S").to_string()
}

/// Reads a refusal, from the object of the method or from one of the gateway.
fn refusal(answer: &JsonAnswer, name: &str) -> Result<Option<Refusal>, ProviderError> {
    let is_of_gateway = answer.has(REFUSED);
    // What is no object is refused where it is read.
    let Ok(object) = answer.needed_object(if is_of_gateway { REFUSED } else { name }) else { return Ok(None) };
    let number = object.whole_number("code")?.filter(|number| *number != 10_000);
    let word = object.text("sub_code");
    if !is_of_gateway && number.is_none() && word.is_none() {
        return Ok(None);
    }
    let (number, word) = (number.unwrap_or_default(), word.unwrap_or_default());
    let words = object.text("sub_msg").or_else(|| object.text("msg"));
    Ok(Some(Refusal::new(kind_of(number, &word), format!("{number} {word}"), words)))
}

/// Maps a refusal to its kind, with Alipay's own words beside it: first the word, then the number of its class.
fn kind_of(number: i64, word: &str) -> ErrorKind {
    match (number, word) {
        // 授权码(auth_code) 错误、状态不对或过期
        (_, "isv.code-invalid"
        // 调用接口的应用标识(app_id)与令牌授权的应用不相符
        | "isv.unmatched-app-id"
        // 访问令牌已过期
        | "aop.auth-token-time-out") => ErrorKind::CodeRejected,
        // 无效的访问令牌, of one that was issued this moment: its scope is auth_base
        // (https://opendocs.alipay.com/support/01rg6c)
        (_, "aop.invalid-auth-token"
        // 用户权限不足
        | "isv.insufficient-user-permissions") => ErrorKind::ConsentRequired,
        // 服务不可用: isp.unknow-error 服务暂不可用（业务系统不可用）, aop.unknow-error 服务暂不可用（网关自身的未知错误）
        (20_000, _) | (_, "isp.unknow-error" | "aop.unknow-error") => ErrorKind::Unavailable,
        // 调用频次超限: isv.app-call-limited 应用调用次数超限，包含调用频率超限, isv.method-call-limited API调用次数超限
        (40_005, _) => ErrorKind::RateLimited,
        // 缺少必选参数: isv.missing-…
        // 权限不足: isv.insufficient-isv-permissions ISV权限不足
        (40_001 | 40_006, _) => ErrorKind::Misconfigured,
        (_, word) if is_setting(word) => ErrorKind::Misconfigured,
        _ => ErrorKind::UnexpectedAnswer,
    }
}

/// Words that the operator can act on: the app's id, keys and registration, our address.
fn is_setting(word: &str) -> bool {
    matches!(
        word,
        "isv.invalid-app-id"              // 无效的appId参数
        | "isv.invalid-signature"         // 无效签名
        | "isv.invalid-signature-type"    // 无效的签名类型
        | "isv.missing-signature-config"  // 验签出错, 未配置对应签名算法的公钥或者证书
        | "isv.invalid-timestamp"         // 非法的时间戳参数
        | "isv.grant-type-invalid"        // grant_type参数不正确
        | "isv.forbidden-api"             // 接口被禁用
        | "isv.suspected-attack"          // 可疑的攻击请求
        | "isv.ip-forbidden"              // 禁止IP访问
        | "app-cert-expired"              // 应用公钥证书已经不在有效期内
        | "isv.invalid-app-cert-sn"       // 无效应用公钥证书序列号
        | "isv.missing-app-cert-sn"       // 缺少应用公钥证书序列号
        | "isv.invalid-alipay-root-cert-sn" // 无效支付宝根证书序列号
        | "isv.missing-alipay-root-cert-sn" // 缺少支付宝根证书序列号
        | "not-online-app" // 应用未上线
    )
}

#[cfg(test)]
mod tests;
