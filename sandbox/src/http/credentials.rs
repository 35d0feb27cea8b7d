//! What an app shows when it calls for itself: its appid, its secret, and the grant type it asks by.
//! The tokens that later stand for them are read in `global_token`, `sns` and `wecom`.

use std::sync::Arc;

use crate::company::App;
use crate::state::World;

use super::Params;
use super::errcode::Errcode;

/// The app that calls, after its appid and secret. The name of the code's parameter is asked for before the secret is
/// compared, since WeChat names what is missing first.
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

/// The app, if this is its secret and may be used. At WeChat it takes ten minutes until a frozen secret is one.
pub(super) fn with_secret(app: Arc<App>, secret: &str) -> Result<Arc<App>, Errcode> {
    match () {
        () if app.secret != secret => Err(Errcode::INVALID_APPSECRET),
        () if app.frozen => Err(Errcode::FROZEN_APPSECRET),
        () => Ok(app),
    }
}

/// Insists on a grant type.
pub(super) fn insist_on_grant_type(params: &Params, grant_type: &str) -> Result<(), Errcode> {
    if params.get("grant_type") == Some(grant_type) { Ok(()) } else { Err(Errcode::INVALID_GRANT_TYPE) }
}
