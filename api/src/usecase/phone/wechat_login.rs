//! Signs a person in to a mini program and binds the phone that WeChat tells, in one call: a login, followed by a binding in its
//! session. A number that is not bound loses no login.

use super::{Bound, WechatPhone, bind_with_wechat, wechat};
use crate::error::{ApiError, ErrorCode};
use crate::service::Service;
use crate::token;
use crate::usecase::login::{LoggedIn, Login, Returned, login, signed_in_before};
use crate::usecase::{ClientAddress, SignedIn};

/// The result of [`login_by_wechat_phone`].
#[derive(Debug)]
pub struct LoggedInWithPhone {
    /// The login. Its account and tokens are those after the binding.
    pub login: LoggedIn,
    /// Whether the person's account was merged into the number's account.
    pub merged: bool,
    /// Why the number was not bound.
    pub unbound: Option<ApiError>,
}

/// Signs a person in with a login code, and binds the number of a phone code as `bind_with_wechat` does.
///
/// A retry with the same codes and verifier gets the same answer for five minutes, also after a merge.
///
/// # Errors
/// Those of a login, and `PHONE_CHECK_UNSUPPORTED` or `INVALID_CODE` for a phone code that the app cannot have: then neither code is
/// used up. Later refusals of the phone are part of the result.
pub async fn login_by_wechat_phone(
    service: &Service,
    (input, phone): (Login, &WechatPhone),
    from: ClientAddress,
) -> Result<LoggedInWithPhone, ApiError> {
    let app = wechat::checked(service, phone)?;
    let (verifier, device) = (input.verifier.clone(), input.device.clone());
    let code_hash = match &input.returned {
        Returned::Code(code) => Some(token::code_hash(app.provider.app_id(), code)),
        Returned::Denied => None,
    };
    match login(service, input, from).await {
        Ok(logged_in) => {
            let user = logged_in.user.clone();
            let caller = SignedIn { session: logged_in.session, user, links: None };
            Ok(with_phone(logged_in, bind_with_wechat(service, &caller, phone).await))
        }
        // The session has gone on as the number's account: it is the binding that has the answer.
        Err(error) if error.code() == ErrorCode::CodeUsed => {
            let (Some(code_hash), Some(verifier)) = (code_hash, verifier) else { return Err(error) };
            let first = signed_in_before(service, (&code_hash, &verifier), device.as_ref()).await?;
            let Some((caller, logged_in)) = first else { return Err(error) };
            match wechat::bound_by(service, &caller, phone).await? {
                Some(Ok(bound)) if bound.session.is_some() => Ok(with_phone(logged_in, Ok(bound))),
                Some(_) | None => Err(error),
            }
        }
        Err(error) => Err(error),
    }
}

fn with_phone(login: LoggedIn, bound: Result<Bound, ApiError>) -> LoggedInWithPhone {
    match bound {
        Ok(Bound { user, merged, session }) => {
            let tokens = session.unwrap_or(login.tokens);
            LoggedInWithPhone { login: LoggedIn { tokens, user, ..login }, merged, unbound: None }
        }
        Err(error) => LoggedInWithPhone { login, merged: false, unbound: Some(error) },
    }
}
