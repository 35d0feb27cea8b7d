//! The device of a login: the one of its device token, or a new one. See `sms` and `phone` for the trust in known
//! devices.

use domain::DeviceId;
use store::session::Session;
use store::{Tx, View};

use crate::error::ApiError;
use crate::service::Service;
use crate::token::{CodeVerifier, DeviceToken};
use crate::usecase::login::Checked;

/// Returns the device of a login, with its token. A login whose token is not that of a known device gets a new one.
pub(crate) async fn device_of_login(
    service: &Service,
    tx: &Tx,
    (login, known): (&Checked, Option<DeviceId>),
) -> Result<(DeviceId, DeviceToken), ApiError> {
    let now = service.clock.now();
    if let Some((token, id)) = login.device.as_ref().zip(known) {
        store::session::touch_device(tx, id, now).await?;
        return Ok((id, token.clone()));
    }
    let token = match &login.verifier {
        Some(verifier) => service.keys.first_device_token(&login.code_hash, verifier),
        None => DeviceToken::random(),
    };
    Ok((store::session::add_device(tx, &token.hash(), now).await?, token))
}

/// Returns the device token of the first login, for its retry.
pub(crate) async fn device_token_again(
    service: &Service,
    view: &View<'_>,
    login: &Checked,
    (session, verifier): (&Session, &CodeVerifier),
) -> Result<DeviceToken, ApiError> {
    let brought = match &login.device {
        Some(token) => store::session::find_device(view, &token.hash()).await?.map(|id| (token, id)),
        None => None,
    };
    let same = brought.filter(|(_, id)| session.device == Some(*id));
    Ok(same.map_or_else(|| service.keys.first_device_token(&login.code_hash, verifier), |(token, _)| token.clone()))
}
