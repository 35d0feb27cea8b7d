//! The operators of the demo company, who sign in without a provider. See [`Config::has_demo_operators`](crate::config::Config).

use domain::{OpenKey, OperatorRole};
use store::Actor;

use super::login::{Cookie, open};
use super::{DEMO_APP, put};
use crate::error::{ApiError, ErrorCode};
use crate::service::Service;

/// An operator of the demo company.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DemoOperator {
    /// The openId.
    pub open_id: &'static str,
    /// The name.
    pub name: &'static str,
    /// The role.
    pub role: OperatorRole,
}

impl DemoOperator {
    /// All of them: two who can approve what the other asks for, and one who only looks.
    pub const ALL: [Self; 3] = [
        Self { open_id: "anna", name: "Anna 安娜", role: OperatorRole::Admin },
        Self { open_id: "bo", name: "Bo 柏", role: OperatorRole::Agent },
        Self { open_id: "chen", name: "Chen 陈", role: OperatorRole::Viewer },
    ];
}

/// Signs an operator of the demo company in.
///
/// # Errors
/// `NOT_FOUND` if there is none of this name, if the demo has no operators, or if the operator was removed.
pub async fn sign_in_demo(service: &Service, open_id: &str) -> Result<Cookie, ApiError> {
    let not_found = || ApiError::refused(ErrorCode::NotFound);
    let known = DemoOperator::ALL.into_iter().find(|operator| operator.open_id == open_id);
    let wanted = known.filter(|_| service.config.has_demo_operators()).ok_or_else(not_found)?;
    let key = OpenKey {
        app: DEMO_APP.parse().map_err(|_| ApiError::Internal("the app of the demo is no app"))?,
        open_id: open_id.parse().map_err(|_| ApiError::Internal("the openId of the demo is none"))?,
    };
    let view = service.store.view();
    // One who was removed stays removed, as in production.
    let id = match store::operator::id_of(&view, &key).await? {
        Some(id) => id,
        None => put(service, (key, wanted.name, wanted.role), Actor::System).await?.0,
    };
    open(service, id).await?.ok_or_else(not_found)
}
