//! The name and the picture that a person chooses.

use std::sync::Arc;

use domain::session::{Step, may};
use store::user::{ProfileChange, User};
use store::{Tx, Write};

use crate::error::{ApiError, ErrorCode};
use crate::service::Service;
use crate::usecase::{SignedIn, not_now};

/// Changes the name and the picture that the person chose. Requires a bound login (R15).
pub async fn update_profile(service: &Service, caller: &SignedIn, change: &ProfileChange) -> Result<User, ApiError> {
    let now = service.clock.now();
    may(Step::ChooseProfile, &caller.session.standing(None, now), &service.config.phone.policy())
        .map_err(|reason| not_now(reason, now))?;
    let session = caller.session.id;
    let update = |tx: Arc<Tx>| async move {
        let user = store::user::change_profile(&tx, session, change, service.clock.now()).await?;
        let user = user.ok_or_else(|| ApiError::refused(ErrorCode::Unauthenticated))?;
        let found = store::user::find(&tx.look(), user).await?;
        found.ok_or(ApiError::Internal("an account with a session does not exist"))
    };
    service.store.write(Write::new("update_profile").in_session(session), update).await
}
