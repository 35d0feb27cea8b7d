//! The operator who is signed in. See [`crate::usecase::operator`].

use async_graphql::{Context, Enum, ID, Object, SimpleObject};

use super::service_token::ServiceScope;
use crate::error::ApiError;
use crate::graphql::carriage::Carriage;
use crate::graphql::{caller, service};
use crate::usecase::{self, Caller};

/// The role of an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::OperatorRole")]
pub(in crate::graphql) enum OperatorRole {
    /// Reads accounts, orders, cases and numbers. Phone numbers are masked.
    Viewer,
    /// Does the daily work of a support desk.
    Agent,
    /// Does everything that a service token can.
    Admin,
}

/// A person who is signed in at the support desk.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct Operator {
    /// The operator's id: `opr_…`. The audit names operators by it.
    id: ID,
    /// The name.
    name: String,
    /// The role.
    role: OperatorRole,
    /// The scopes of the role: what the operator may do.
    scopes: Vec<ServiceScope>,
}

/// The result of `endOperatorSession`.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct EndOperatorSessionPayload {
    /// Whether there was a session. Its cookie is refused from now on.
    ended: bool,
}

#[derive(Debug, Default)]
pub(crate) struct OperatorQueries;

#[Object]
impl OperatorQueries {
    /// The operator who is signed in with the cookie of the console. Null for every other request, also after the operator was
    /// removed.
    async fn operator(&self, ctx: &Context<'_>) -> Option<Operator> {
        let Caller::Operator(session) = caller(ctx) else { return None };
        let operator = &session.operator;
        Some(Operator {
            id: operator.id.to_string().into(),
            name: operator.name.clone(),
            role: operator.role.into(),
            scopes: operator.role.scopes().iter().copied().map(Into::into).collect(),
        })
    }
}

#[derive(Debug, Default)]
pub(crate) struct OperatorMutations;

#[Object]
impl OperatorMutations {
    /// Signs the operator out, and removes the cookie.
    async fn end_operator_session(&self, ctx: &Context<'_>) -> Result<EndOperatorSessionPayload, ApiError> {
        let ended = usecase::operator::end_session(service(ctx), caller(ctx)).await?;
        if matches!(caller(ctx), Caller::Operator(_)) {
            Carriage::unload_operator(ctx);
        }
        Ok(EndOperatorSessionPayload { ended })
    }
}
