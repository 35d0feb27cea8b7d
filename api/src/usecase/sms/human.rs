//! A person is told from a program before a code is sent from a device on which no phone was proved.
//! Who tells them is `human_check`'s business; how many codes may be sent at all, `phone_code`'s.

use ::metrics::counter;
use domain::DeviceId;
use store::View;

use crate::error::{ApiError, ErrorCode};
use crate::human_check::{HumanCheckError, HumanToken};
use crate::service::Service;
use crate::token;
use crate::usecase::ClientAddress;

/// Asks whether a person solved the challenge, and answers the hash of the token, which is good for one code. No
/// transaction is open. A service that does not answer lets nothing through.
pub(crate) async fn require_human(
    service: &Service,
    token: Option<&HumanToken>,
    from: ClientAddress,
) -> Result<[u8; 32], ApiError> {
    let required = || ApiError::refused(ErrorCode::HumanCheckRequired);
    let check = service.human_check.as_ref().ok_or(ApiError::Internal("a human check is needed and none is there"))?;
    let token = token.ok_or_else(required)?;
    let hash = token::hash(token.expose());
    if store::sms::is_human_token_spent(&service.store.view(), &hash).await? {
        return Err(required());
    }
    let said = check.is_human(token, from.0).await;
    counter!("guiyi_human_checks_total", "outcome" => outcome(&said)).increment(1);
    match said {
        Ok(true) => Ok(hash),
        Ok(false) => Err(required()),
        Err(error) => {
            tracing::error!("no code was sent: {error}");
            Err(match error {
                HumanCheckError::Unavailable(_) => {
                    ApiError::detailed(ErrorCode::UpstreamUnavailable, "the human check does not answer")
                }
                HumanCheckError::Misconfigured(_) => {
                    ApiError::detailed(ErrorCode::UpstreamFault, "the human check refuses us")
                }
            })
        }
    }
}

fn outcome(said: &Result<bool, HumanCheckError>) -> &'static str {
    match said {
        Ok(true) => "human",
        Ok(false) => "refused",
        Err(HumanCheckError::Unavailable(_)) => "unavailable",
        Err(HumanCheckError::Misconfigured(_)) => "misconfigured",
    }
}

/// Was a phone ever proved on the device? A session from before devices were told apart has none.
pub(crate) async fn is_known(view: &View<'_>, device: Option<DeviceId>) -> Result<bool, ApiError> {
    match device {
        Some(device) => Ok(store::session::is_known_device(view, device).await?),
        None => Ok(false),
    }
}
