//! The sessions of a person.
//! What ends one is `usecase::sessions`' business.

use async_graphql::{ComplexObject, Context, ID, SimpleObject};
use chrono::{DateTime, Utc};

use crate::graphql::service;
use crate::usecase::ListedSession;

/// A place where the person is signed in.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub(in crate::graphql) struct OpenSession {
    #[graphql(skip)]
    app_id: Option<domain::AppId>,
    /// The session's id: `ses_…`, for `endSession`.
    id: ID,
    /// The device, by an id of ours that is the same for all sessions on it: `dev_…`. Null for sessions from before devices
    /// were told apart.
    device_id: Option<ID>,
    /// What the person signed in with, such as `WeChat on iPhone`; null when it cannot be told.
    device: Option<String>,
    /// The block of addresses that the person signed in from: `/24` of IPv4, `/64` of IPv6.
    address_block: Option<String>,
    /// When the person signed in.
    signed_in_at: DateTime<Utc>,
    /// When the session was last carried on: by its login or by `refreshSession`. A client in use refreshes at least every
    /// fifteen minutes.
    last_used_at: DateTime<Utc>,
    /// When it ends by itself.
    expires_at: DateTime<Utc>,
    /// Whether it is the session of this request.
    is_current: bool,
}

#[ComplexObject]
impl OpenSession {
    /// The name of the app that the person signed in through; its upstream id when it is no longer configured.
    async fn app<'a>(&'a self, ctx: &Context<'a>) -> Option<&'a str> {
        self.app_id.as_ref().map(|id| service(ctx).app_name(id))
    }
}

impl From<ListedSession> for OpenSession {
    fn from(listed: ListedSession) -> Self {
        let session = listed.session;
        Self {
            app_id: session.app,
            id: session.id.to_string().into(),
            device_id: session.device_id.map(|id| id.to_string().into()),
            device: session.device,
            address_block: session.address_block,
            signed_in_at: session.signed_in_at.into(),
            last_used_at: session.last_used_at.into(),
            expires_at: session.expires_at.into(),
            is_current: listed.is_current,
        }
    }
}
