//! A mini program of Douyin (抖音小程序): `tt.login()` returns the code without asking the person.
//!
//! <https://developer.open-douyin.com/docs/resource/zh-CN/mini-app/develop/server/log-in/code-2-session>
//!
//! - The upstream is the host `developer.toutiao.com`, not `open.douyin.com`. A refusal has status 200; its number is
//!   `err_no`, and its `data` has the fields of a success, empty.
//! - `tt.login()` also returns an `anonymous_code`, for which the upstream has an `anonymous_openid`: an id of a device
//!   without a signed-in person. It proves nothing about a person, so that only `code` is sent and only `openid` is read.
//! - The union id comes without a question to the person, for a mini program that belongs to a developer account.
//! - The page names no number for too many calls; the general numbers of the platform are accepted here as well.

use std::sync::Arc;

use async_trait::async_trait;
use domain::login::Proof;
use domain::{AppId, OpenKey, Profile, UnionKey, UnionScope};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::{kind_of, refused};
use crate::oauth::below;
use crate::{
    Abilities, Checks, ErrorKind, Exchange, Factory, Http, IdentityProvider, JsonAnswer, Problem, ProviderError,
    Settings, Start, UnionIds, read_table,
};

/// Builds mini programs.
pub(in crate::builtin) const FACTORY: Factory =
    Factory { kind: "douyin-mini-program", build: |settings| Ok(Arc::new(MiniProgram::read(settings)?)) };

const API: &str = "https://developer.toutiao.com";
const PATH: &str = "/api/apps/v2/jscode2session";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    app_id: Option<String>,
    union_scope: Option<String>,
    app_secret: Option<SecretString>,
    api_url: Option<String>,
}

#[derive(Debug)]
struct MiniProgram {
    app_id: AppId,
    secret: SecretString,
    union_scope: Option<UnionScope>,
    http: Http,
    api: Url,
}

impl MiniProgram {
    /// Reads the app's table and reports every mistake in it.
    fn read(settings: Settings) -> Result<Self, Vec<Problem>> {
        let Settings { table, http, .. } = settings;
        let table: Table = read_table(table)?;
        let mut checks = Checks::default();
        let app_id = checks.required("app_id", table.app_id.as_deref());
        let secret = checks.secret("app_secret", table.app_secret);
        let api = checks.upstream("api_url", table.api_url.as_deref().unwrap_or(API));
        let union_scope = checks.optional("union_scope", table.union_scope.as_deref());
        let made = app_id.zip(secret).zip(api);
        checks.finish(made.map(|((app_id, secret), api)| Self { app_id, secret, union_scope, http, api }))
    }

    /// Exchanges the code for a session, whose key is not read. This spends the code.
    async fn session(&self, login: &Exchange<'_>) -> Result<JsonAnswer, ProviderError> {
        let url = below(&self.api, PATH);
        let (secret, code) = (self.secret.expose_secret(), login.code.expose());
        let body = json!({ "appid": self.app_id.as_str(), "secret": secret, "code": code, "anonymous_code": "" });
        let answer = self.http.post_json(&url, &[], &body).await?;
        let answer = JsonAnswer::read(format!("the answer of {}", url.path()), &answer)?;
        match answer.whole_number("err_no")? {
            None | Some(0) => answer.needed_object("data"),
            Some(number) => {
                let words = answer.text("err_tips").unwrap_or_default();
                Err(refused(login_kind_of(number), (number, &words), [secret, code]))
            }
        }
    }
}

#[async_trait]
impl IdentityProvider for MiniProgram {
    fn app_id(&self) -> &AppId {
        &self.app_id
    }

    fn union_scope(&self) -> Option<&UnionScope> {
        self.union_scope.as_ref()
    }

    fn upstream(&self) -> &str {
        self.api.host_str().unwrap_or_default()
    }

    fn start(&self) -> Start {
        Start::HostApp
    }

    fn abilities(&self) -> Abilities {
        let union_ids = if self.union_scope.is_some() { UnionIds::Sometimes } else { UnionIds::Never };
        Abilities { union_ids, ..Abilities::OPEN_ID_ONLY }
    }

    async fn exchange(&self, login: &Exchange<'_>) -> Result<Proof, ProviderError> {
        let session = self.session(login).await?;
        let key = OpenKey { app: self.app_id.clone(), open_id: session.needed("openid")? };
        let union = match self.union_scope.clone() {
            Some(scope) => session.maybe_text("unionid")?.and_then(|told| told.parse().ok()).zip(Some(scope)),
            None => None,
        };
        let union = union.map(|(union_id, scope)| UnionKey { scope, union_id });
        Ok(Proof { key, union, profile: Profile::default() })
    }
}

/// Maps a number of the login to its kind, with Douyin's own words beside it.
fn login_kind_of(number: i64) -> ErrorKind {
    match number {
        40018      // code 错误 (bad code: unknown, expired, used; these are not told apart)
        | 40019    // acode 错误
        => ErrorKind::CodeRejected,
        40014      // 未传必要参数,请检查
        | 40015    // appid 错误 (bad appid)
        | 40017    // secret 错误 (bad secret)
        => ErrorKind::Misconfigured,
        -1         // 系统错误
        => ErrorKind::Unavailable,
        _ => kind_of(number),
    }
}

/// Douyin's answers to a mini program login, for the provider contract.
#[cfg(feature = "contract")]
pub(in crate::builtin) const TAPE: crate::contract::Tape = {
    use http::StatusCode;

    use crate::contract::{Answer, BeyondLogins, CODE, Person, SECRET, Scene, TOKEN, Tape};

    const APP_ID: &str = "tt5daf2b12c28f7910";
    const PERSON: Person =
        Person { open_id: "_000example0OpenId0of0Lan", union_id: Some("6bb1example0UnionId0of0Lan") };

    fn session(scene: &Scene<'_>, union_id: &str) -> Answer {
        let is = |name: &str, value: &str| scene.call.value(name).as_deref() == Some(value);
        match scene.call.path.as_str() {
            PATH if !is("appid", APP_ID) => refusal(40015, "bad appid"),
            PATH if !is("secret", SECRET) => refusal(40017, "bad secret"),
            PATH if !is("code", CODE) => bad_code(scene),
            PATH => Answer::json(&json!({ "err_no": 0, "err_tips": "success", "log_id": "2024102117013250E8ABC6F2D",
                // The session key is the token of a mini program login: its holder can forge the person's data.
                "data": { "session_key": TOKEN, "openid": PERSON.open_id, "anonymous_openid": "", "unionid": union_id,
                    "dopenid": "" } })),
            _ => Answer::json(&json!({})).status(StatusCode::NOT_FOUND),
        }
    }

    fn refusal(number: i64, words: &str) -> Answer {
        let data = json!({ "session_key": "", "openid": "", "anonymous_openid": "", "unionid": "", "dopenid": "" });
        Answer::json(
            &json!({ "err_no": number, "err_tips": words, "log_id": "2024102117013250E8ABC6F2D", "data": data }),
        )
    }

    fn bad_code(_: &Scene<'_>) -> Answer {
        refusal(40018, "bad code")
    }

    Tape {
        factory: FACTORY,
        settings: |upstream| {
            let mut table = toml::toml! { union_scope = "douyin" };
            for (key, value) in [("app_id", APP_ID), ("app_secret", SECRET), ("api_url", upstream.as_str())] {
                table.insert(key.into(), value.into());
            }
            table
        },
        spends_code: |call| call.path == PATH,
        redirect_uri: None,
        reads_profile: |_| false,
        needed: |_| &["err_no", "data.openid", "data.unionid"],
        person: PERSON,
        good_code: |scene| session(scene, "6bb1example0UnionId0of0Lan"),
        without_union_id: Some(|scene| session(scene, "")),
        used_code: bad_code,
        forged_code: bad_code,
        expired_code: bad_code,
        quota: |_| refusal(28_003_018, "请求频率过高"),
        wrong_secret: |_| refusal(40017, "bad secret"),
        unknown_error: |_| refusal(49999, "words of another year"),
        beyond_logins: BeyondLogins::NOTHING,
    }
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_the_login_has_its_kind() {
        for (number, kind) in [
            (40018, ErrorKind::CodeRejected),
            (40019, ErrorKind::CodeRejected),
            (40014, ErrorKind::Misconfigured),
            (40015, ErrorKind::Misconfigured),
            (40017, ErrorKind::Misconfigured),
            (-1, ErrorKind::Unavailable),
            (28_003_018, ErrorKind::RateLimited),
            (40016, ErrorKind::UnexpectedAnswer),
        ] {
            assert_eq!(login_kind_of(number), kind, "{number}");
        }
    }
}
