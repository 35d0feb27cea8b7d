//! Sends SMS codes to sign in with. The request is anonymous: neither its answer nor its statements depend on whether the number
//! belongs to an account. See [`crate::usecase::phone`] for the login.

use domain::phone::NumberLogins;
use domain::{AppName, PhoneNumber, SessionId};

use crate::error::{ApiError, ErrorCode};
use crate::gate::Work;
use crate::human_check::HumanToken;
use crate::random;
use crate::service::Service;
use crate::token::{CodeChallenge, DeviceToken};
use crate::usecase::sms::code::{Asked, By, CodeSent, deliver};
use crate::usecase::sms::is_known;
use crate::usecase::{ClientAddress, app, caller, phone};

/// The input of [`send_for_login`].
#[derive(Debug)]
pub struct SendLoginCode {
    /// The number.
    pub number: PhoneNumber,
    /// The app that the person signs in through. Optional if there is a default app.
    pub app: Option<AppName>,
    /// The hash of the verifier that the browser keeps.
    pub challenge: CodeChallenge,
    /// The device token of an earlier login on the device.
    pub device: Option<DeviceToken>,
    /// The client's address.
    pub from: ClientAddress,
    /// The captcha service's token for a solved challenge.
    pub human: Option<HumanToken>,
}

/// Sends a code to sign in with, which only the browser that has the verifier can use.
///
/// # Errors
/// `PHONE_LOGIN_OFF`, `UNKNOWN_APP`, `APP_REQUIRED`, `INVALID_PHONE`, `HUMAN_CHECK_REQUIRED`, `TOO_MANY_CODES`, `RATE_LIMITED` or
/// `SMS_UNAVAILABLE`.
pub async fn send_for_login(service: &Service, input: SendLoginCode) -> Result<CodeSent, ApiError> {
    let SendLoginCode { number, app, challenge, device, from, human } = input;
    if service.config.phone.logins() == NumberLogins::Off {
        return Err(ApiError::refused(ErrorCode::PhoneLoginOff));
    }
    let app = match &app {
        Some(name) => app::find(service, name)?,
        None => service.apps.default_app().ok_or_else(|| ApiError::refused(ErrorCode::AppRequired))?,
    };
    service.config.phone.takes_sms(&number)?;
    // Counted until the login has ended well.
    let mut pass = caller::enter(service, Work::BeginLogin, from)?;
    caller::go_on(&mut pass, app.provider.app_id())?;
    let code = random::six_digits();
    let view = service.store.view();
    let device = match device {
        Some(token) => store::session::find_device(&view, &token.hash()).await?,
        None => None,
    };
    let own = match device {
        Some(device) => store::phone::has_signed_in_on(&view, &number, device).await?,
        None => false,
    };
    let asked = Asked {
        number: &number,
        session: SessionId::new(service.clock.now()),
        code_hash: phone::login_code_hash(service, challenge, &number, &code),
        block: from.block(),
        app: Some(app.provider.app_id().clone()),
        link: None,
        device,
        by: By::Browser(challenge),
        known: is_known(&view, device).await?,
        own,
        human: None,
    };
    deliver(service, asked, &code, (human.as_ref(), from)).await
}
