//! An app's credentials in its calls: appid, secret and grant type. See `global_token`, `sns` and `wecom` for tokens.

use std::sync::Arc;

use crate::company::App;
use crate::state::World;

use super::Params;
use super::errcode::Errcode;

/// Returns the calling app, authenticated by appid and secret. The presence of the code's parameter is checked before the
/// secret, since WeChat reports missing parameters first.
pub(super) fn authenticated(world: &World, params: &Params, code: &str) -> Result<Arc<App>, Errcode> {
    let app_id = params.filled("appid").ok_or(Errcode::APPID_MISSING)?;
    let secret = params.filled("secret").ok_or(Errcode::APPSECRET_MISSING)?;
    params.filled(code).ok_or(Errcode::MISSING_CODE)?;
    let app = world.company.app_by_id(app_id).ok_or(Errcode::INVALID_APPID)?;
    if app.strict && !["appid", "secret", code].iter().all(|name| params.in_query(name)) {
        return Err(Errcode::APPID_MISSING);
    }
    with_secret(app, secret)
}

/// Returns the app if the secret matches and is usable. In WeChat, freezing a secret takes ten minutes.
pub(super) fn with_secret(app: Arc<App>, secret: &str) -> Result<Arc<App>, Errcode> {
    match () {
        () if app.secret != secret => Err(Errcode::INVALID_APPSECRET),
        () if app.frozen => Err(Errcode::FROZEN_APPSECRET),
        () => Ok(app),
    }
}

/// Requires a grant type.
pub(super) fn insist_on_grant_type(params: &Params, grant_type: &str) -> Result<(), Errcode> {
    if params.get("grant_type") == Some(grant_type) { Ok(()) } else { Err(Errcode::INVALID_GRANT_TYPE) }
}
