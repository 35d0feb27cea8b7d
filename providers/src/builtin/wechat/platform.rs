//! A third-party platform (第三方平台), which calls WeChat for official accounts and mini programs that authorized it, without
//! their secrets.
//!
//! - Official accounts: <https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/Before_Develop/Official_Accounts/official_account_website_authorization.html>
//! - Mini programs: <https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/others/WeChat_login.html>
//! - Tokens: <https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/ThirdParty/token/component_access_token.html>
//!
//! The open ids are those of the account, as if it called WeChat by itself, and so is the app id: an account that joins or
//! leaves a platform keeps its people.
//!
//! - The platform's own token needs a ticket that WeChat pushes every ten minutes to the platform's address for authorization
//!   events: see [`PushedSecret`](crate::PushedSecret). Without one no login succeeds, and the error says so.
//! - The token of an account, for the JS-SDK and for phone numbers, needs the account's refresh token. It comes with the
//!   authorization, and `api_get_authorizer_info` returns it too, so that nothing else needs to be stored.
//! - The newest documents name the parameter of that call `access_token`, older ones and all libraries
//!   `component_access_token`, as in the other calls of a platform.

#[cfg(feature = "contract")]
pub(in crate::builtin) mod tape;

use std::sync::Arc;

use domain::AppId;
use secrecy::SecretString;
use serde::Deserialize;

use super::config::{Given, Platform, WeChatApp};
use super::mini_program::MiniProgram;
use super::sns_app::{Kind, SnsApp};
use crate::{Checks, Factory, Problem, Settings, read_table};

/// Builds official accounts of a platform.
pub(in crate::builtin) const OFFICIAL_ACCOUNT: Factory = Factory {
    kind: "wechat-platform-official-account",
    build: |settings| Ok(Arc::new(SnsApp { kind: Kind::OfficialAccount, app: read(settings)? })),
};
/// Builds mini programs of a platform.
pub(in crate::builtin) const MINI_PROGRAM: Factory =
    Factory { kind: "wechat-platform-mini-program", build: |settings| Ok(Arc::new(MiniProgram(read(settings)?))) };

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    app_id: Option<String>,
    component_app_id: Option<String>,
    component_app_secret: Option<SecretString>,
    union_scope: Option<String>,
    api_url: Option<String>,
    open_url: Option<String>,
}

/// Reads the app's table and reports every mistake in it.
fn read(settings: Settings) -> Result<WeChatApp, Vec<Problem>> {
    let Settings { table, http, tokens, sandbox } = settings;
    let table: Table = read_table(table)?;
    let mut checks = Checks::default();
    let app_id = checks.required("app_id", table.app_id.as_deref());
    let component: Option<AppId> = checks.required("component_app_id", table.component_app_id.as_deref());
    let secret = checks.secret("component_app_secret", table.component_app_secret);
    // An app without a platform is reported, and never used.
    let app_id = app_id.filter(|_| component.is_some());
    let Table { union_scope, api_url, open_url, .. } = table;
    let given = Given { app_id, secret, union_scope, open_url, api_url };
    let app = given.checked(checks, (http, tokens.clone()), sandbox.as_ref())?;
    Ok(match component {
        Some(app_id) => app.by(Platform::new(app_id, &tokens), tokens),
        None => app,
    })
}
