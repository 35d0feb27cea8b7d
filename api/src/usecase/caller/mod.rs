//! The caller of a request: identification by bearer token, and the checks of what a caller may do.

mod address;
mod limits;
mod staying;

use domain::{Boundness, PhoneNumber, Principal, ServiceScope, UserId};
use store::Actor;
use store::operator::OperatorSession;
use store::service_token::ServiceToken;
use store::session::Session;
use store::user::{Links, User};

use crate::error::{ApiError, ErrorCode};
use crate::service::Service;
use crate::token;
use crate::usecase::{operator, service_token};

pub use address::ClientAddress;
pub use limits::within_limits;
pub(crate) use limits::{
    asker, enter, go_on, place_of_strangers, spend_exchange, within_limits_of_person, within_limits_unless,
};
pub(crate) use staying::{Left, Staying};

/// A signed-in person with an open session.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The session.
    pub session: Session,
    /// The person's account.
    pub user: User,
    /// Its openIds and unionIds, if the request was expected to ask for them and changes nothing.
    pub links: Option<Links>,
}

/// The caller of a request.
#[derive(Debug, Clone)]
pub enum Caller {
    /// A request without a token.
    Anonymous,
    /// A request with an invalid or expired token.
    Rejected,
    /// A person whose account is disabled.
    Closed,
    /// A signed-in person.
    Person(Box<SignedIn>),
    /// A back-office system.
    System(ServiceToken),
    /// A person who is signed in as an operator.
    Operator(Box<OperatorSession>),
}

impl SignedIn {
    /// Returns whether the number is the account's own and the session is bound (R15). If so, codes and tries of other
    /// callers at the number do not count.
    #[must_use]
    pub fn owns(&self, number: &PhoneNumber) -> bool {
        self.session.bound == Boundness::Bound && self.user.phone.as_ref() == Some(number)
    }
}

impl Caller {
    /// Returns the signed-in person.
    pub fn person(&self) -> Result<&SignedIn, ApiError> {
        match self {
            Self::Person(signed_in) => Ok(signed_in),
            Self::System(_) => Err(ApiError::detailed(ErrorCode::Forbidden, "a service token is not a person")),
            Self::Operator(_) => Err(ApiError::detailed(ErrorCode::Forbidden, "an operator has no account here")),
            Self::Anonymous | Self::Rejected => Err(ApiError::refused(ErrorCode::Unauthenticated)),
            Self::Closed => Err(ApiError::refused(ErrorCode::AccountClosed)),
        }
    }

    /// Returns the openIds and unionIds of this account, if they were read together with the caller.
    pub(crate) fn links_of(&self, user: UserId) -> Option<&Links> {
        match self {
            Self::Person(signed_in) if signed_in.user.id == user => signed_in.links.as_ref(),
            _ => None,
        }
    }

    /// Returns the permissions: those of a system's token, or of an operator's role.
    #[must_use]
    pub fn scopes(&self) -> &[ServiceScope] {
        match self {
            Self::System(token) => &token.scopes,
            Self::Operator(session) => session.operator.role.scopes(),
            Self::Anonymous | Self::Rejected | Self::Closed | Self::Person(_) => &[],
        }
    }

    /// Returns whether the caller is a system or an operator with this scope.
    #[must_use]
    pub fn may(&self, scope: ServiceScope) -> bool {
        self.scopes().contains(&scope)
    }

    /// Rejects callers other than systems and operators with this scope.
    pub fn require(&self, scope: ServiceScope) -> Result<(), ApiError> {
        match self {
            _ if self.may(scope) => Ok(()),
            Self::Anonymous | Self::Rejected => Err(ApiError::refused(ErrorCode::Unauthenticated)),
            Self::Closed => Err(ApiError::refused(ErrorCode::AccountClosed)),
            Self::Operator(session) => {
                let role = session.operator.role;
                Err(ApiError::detailed(ErrorCode::Forbidden, format!("the role {role} lacks the scope {scope}")))
            }
            Self::Person(_) | Self::System(_) => {
                Err(ApiError::detailed(ErrorCode::Forbidden, format!("needs a service token with the scope {scope}")))
            }
        }
    }

    /// Returns who acts for the company, as the journal and the audit log name it.
    #[must_use]
    pub fn acts_as(&self) -> Option<Principal> {
        match self {
            Self::System(token) => Some(token.id.into()),
            Self::Operator(session) => Some(session.operator.id.into()),
            Self::Anonymous | Self::Rejected | Self::Closed | Self::Person(_) => None,
        }
    }

    /// Returns who acts for the company if the caller is a system or an operator with this scope.
    pub(crate) fn principal(&self, scope: ServiceScope) -> Result<Principal, ApiError> {
        self.require(scope)?;
        self.acts_as().ok_or_else(|| ApiError::refused(ErrorCode::Forbidden))
    }

    /// Returns the actor for the journal and the audit log if the caller is a system or an operator with this scope.
    pub(crate) fn operator(&self, scope: ServiceScope) -> Result<Actor, ApiError> {
        self.principal(scope).map(Actor::Operator)
    }
}

/// The reader of an account.
#[derive(Debug, Clone, Copy)]
pub enum Reader<'a> {
    /// The caller, as identified when the request came in.
    Caller(&'a Caller),
    /// The account's person, whom the request itself has signed in, or whose session it has moved to the account.
    Owner,
}

impl Reader<'_> {
    /// Rejects readers other than the person and systems with the scope `users:read`.
    pub fn may_read_user(self, user: UserId) -> Result<(), ApiError> {
        self.may_read(user, ServiceScope::UsersRead)
    }

    /// Rejects readers other than the person and systems with the scope `orders:read`.
    pub fn may_read_orders(self, user: UserId) -> Result<(), ApiError> {
        self.may_read(user, ServiceScope::OrdersRead)
    }

    /// Rejects readers other than the person, systems and operators with the scope `users:read:phone`. Returns who reads for the
    /// company: the reading is audited before the number is shown.
    pub fn may_read_phone(self, user: UserId) -> Result<Option<Principal>, ApiError> {
        self.may_read(user, ServiceScope::UsersReadPhone)?;
        match self {
            Self::Caller(caller) => Ok(caller.acts_as()),
            Self::Owner => Ok(None),
        }
    }

    fn may_read(self, user: UserId, scope: ServiceScope) -> Result<(), ApiError> {
        match self {
            Self::Owner => Ok(()),
            Self::Caller(Caller::Person(signed_in)) if signed_in.user.id == user => Ok(()),
            Self::Caller(caller) => caller.require(scope),
        }
    }

    /// Returns whether the reader is a system with this scope.
    #[must_use]
    pub fn is_system_with(self, scope: ServiceScope) -> bool {
        match self {
            Self::Owner => false,
            Self::Caller(caller) => caller.may(scope),
        }
    }
}

/// Returns whether a text has the form of a token that [`identify`] reads: an access token, or a service token.
#[must_use]
pub fn is_token(text: &str) -> bool {
    // A JWT begins with the base64url of `{"` (RFC 7519).
    text.starts_with(token::SERVICE_PREFIX) || (text.starts_with("eyJ") && text.split('.').count() == 3)
}

/// Identifies the operator of a cookie. Runs one query, and a write once a minute.
///
/// # Errors
/// When the database fails.
pub async fn identify_operator(service: &Service, cookie: Option<&str>) -> Result<Caller, ApiError> {
    let Some(cookie) = cookie else { return Ok(Caller::Anonymous) };
    let session = operator::find_session(service, cookie).await?;
    Ok(session.map_or(Caller::Rejected, |session| Caller::Operator(Box::new(session))))
}

/// Identifies the caller, and reads a person's openIds and unionIds if `with_links`. Runs one query for a person or a
/// system, and none without a token.
pub async fn identify(
    service: &Service,
    (bearer, with_links): (Option<&str>, bool),
    from: ClientAddress,
) -> Result<Caller, ApiError> {
    let Some(bearer) = bearer else { return Ok(Caller::Anonymous) };
    let now = service.clock.now();
    if bearer.starts_with(token::SERVICE_PREFIX) {
        return Ok(service_token::used(service, bearer, from).await?.map_or(Caller::Rejected, Caller::System));
    }
    let Some(token) = service.access.verify(bearer, now) else { return Ok(Caller::Rejected) };
    let view = service.store.view();
    let found = if with_links {
        let found = store::session::find_with_links(&view, token.session).await?;
        found.map(|(session, user, links)| SignedIn { session, user, links: Some(links) })
    } else {
        let found = store::session::find(&view, token.session).await?;
        found.map(|(session, user)| SignedIn { session, user, links: None })
    };
    match found.filter(|signed_in| signed_in.session.expires_at > now) {
        // The session's account counts: a merge or an undo may have moved it since the token was issued.
        Some(signed_in) => Ok(Caller::Person(Box::new(signed_in))),
        None if store::session::is_of_disabled(&service.store.view(), token.session).await? => Ok(Caller::Closed),
        None => Ok(Caller::Rejected),
    }
}
