//! The human check before a code is sent from a device on which no phone was proved. See `human_check` for the captcha
//! services.

use ::metrics::counter;
use domain::DeviceId;
use store::View;

use crate::error::{ApiError, ErrorCode};
use crate::human_check::{HumanCheckError, HumanToken};
use crate::service::Service;
use crate::token;
use crate::usecase::ClientAddress;

/// Checks the token of a solved challenge, and returns its hash; a token is valid for one code. No transaction is open.
/// If the captcha service does not answer, the request is refused.
pub(crate) async fn require_human(
    service: &Service,
    token: Option<&HumanToken>,
    from: ClientAddress,
) -> Result<[u8; 32], ApiError> {
    let required = || ApiError::refused(ErrorCode::HumanCheckRequired);
    let check =
        service.human_check.as_ref().ok_or(ApiError::Internal("a human check is required and none is configured"))?;
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
                    ApiError::detailed(ErrorCode::UpstreamUnavailable, "the captcha service does not answer")
                }
                HumanCheckError::Misconfigured(_) => {
                    ApiError::detailed(ErrorCode::UpstreamFault, "the captcha service refuses the request")
                }
                HumanCheckError::UnexpectedAnswer(_) => {
                    ApiError::detailed(ErrorCode::UpstreamFault, "the captcha service's answer is not as documented")
                }
            })
        }
    }
}

fn outcome(said: &Result<bool, HumanCheckError>) -> &'static str {
    match said {
        Ok(true) => "human",
        Ok(false) => "refused",
        Err(error) => error.name(),
    }
}

/// Returns whether a phone was ever proved on the device. Sessions from before devices were recorded have none.
pub(crate) async fn is_known(view: &View<'_>, device: Option<DeviceId>) -> Result<bool, ApiError> {
    match device {
        Some(device) => Ok(store::session::is_known_device(view, device).await?),
        None => Ok(false),
    }
}
