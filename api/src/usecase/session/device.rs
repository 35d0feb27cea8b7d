//! The device of a login: the one of its device token, or a new one. See `sms` and `phone` for the trust in known
//! devices.

use domain::DeviceId;
use store::session::Session;
use store::{Tx, View};

use crate::error::ApiError;
use crate::service::Service;
use crate::token::{CodeVerifier, DeviceToken};

/// What a login brings about its device.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Brought<'a> {
    /// The device token of an earlier login.
    pub(crate) device: Option<&'a DeviceToken>,
    /// The client's verifier.
    pub(crate) verifier: Option<&'a CodeVerifier>,
    /// The hash of the login's proof. With the verifier, it makes the token of a new device.
    pub(crate) seed: &'a [u8; 32],
}

/// Returns the device of a login, with its token. A login whose token is not that of a known device gets a new one.
pub(crate) async fn device_of_login(
    service: &Service,
    tx: &Tx,
    (brought, known): (Brought<'_>, Option<DeviceId>),
) -> Result<(DeviceId, DeviceToken), ApiError> {
    let now = service.clock.now();
    if let Some((token, id)) = brought.device.zip(known) {
        store::session::touch_device(tx, id, now).await?;
        return Ok((id, token.clone()));
    }
    let token = match brought.verifier {
        Some(verifier) => service.keys.first_device_token(brought.seed, verifier),
        None => DeviceToken::random(),
    };
    Ok((store::session::add_device(tx, &token.hash(), now).await?, token))
}

/// Returns the device token of the first login, for its retry, which has brought the same verifier.
pub(crate) async fn device_token_again(
    service: &Service,
    view: &View<'_>,
    brought: Brought<'_>,
    session: &Session,
) -> Result<DeviceToken, ApiError> {
    let known = match brought.device {
        Some(token) => store::session::find_device(view, &token.hash()).await?.map(|id| (token, id)),
        None => None,
    };
    if let Some((token, _)) = known.filter(|(_, id)| session.device == Some(*id)) {
        return Ok(token.clone());
    }
    let verifier = brought.verifier.ok_or(ApiError::Internal("only a login with a verifier is repeated"))?;
    Ok(service.keys.first_device_token(brought.seed, verifier))
}
