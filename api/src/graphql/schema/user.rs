//! A person's account.
//! Who may see it is asked where it is found: in the query and in `usecase::node`.

use async_graphql::{ComplexObject, Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};

use super::history::LinkHistoryConnection;
use super::merge::Merge;
use super::order::{OrderConnection, OrderFilter, PageArguments};
use crate::error::{ApiError, ErrorCode};
use crate::graphql::{Alone, alone, alone_or_null, caller, cursor, service};
use crate::usecase::{self, Caller, FrontRequest};

/// One person's account, whatever the number of apps they log in through.
#[derive(Debug)]
pub(in crate::graphql) struct User(pub(in crate::graphql) store::user::User);

/// One person's account, whatever the number of apps they log in through.
#[Object]
impl User {
    /// The account's id: `usr_…`. The id of an account that was joined into this one keeps finding it.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// What the person is called in WeChat.
    async fn nickname(&self) -> Option<&str> {
        self.0.nickname.as_deref()
    }

    /// The person's picture. WeChat's addresses die when the person changes the picture.
    async fn avatar_url(&self) -> Option<&str> {
        self.0.avatar_url.as_deref()
    }

    /// The bound phone in E.164: `+8613800000001`.
    async fn phone(&self) -> Option<&str> {
        self.0.phone.as_ref().map(domain::PhoneNumber::e164)
    }

    /// Whether a phone is bound.
    async fn phone_bound(&self) -> bool {
        self.0.phone.is_some()
    }

    /// The company's own id of this person, if the account came from the company.
    async fn external_id(&self) -> Option<&str> {
        self.0.external_id.as_ref().map(domain::ExternalId::as_str)
    }

    /// What the apps call this person, oldest first.
    async fn open_ids(&self, ctx: &Context<'_>) -> Alone<Vec<LinkedOpenId>> {
        let known = usecase::user::open_ids(service(ctx), self.0.id).await;
        alone(known.map(|known| known.into_iter().map(LinkedOpenId::from).collect()))
    }

    /// What the union scopes call this person.
    async fn union_ids(&self, ctx: &Context<'_>) -> Alone<Vec<LinkedUnionId>> {
        let known = usecase::user::union_ids(service(ctx), self.0.id).await;
        alone(known.map(|known| known.into_iter().map(LinkedUnionId::from).collect()))
    }

    /// The person's orders in all apps, newest first.
    #[expect(clippy::too_many_arguments, reason = "Relay's four arguments and the filter are the field")]
    async fn orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the front: 1 to 100; 20 when neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "Only orders after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the back: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only orders before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only orders like this.")] filter: Option<OrderFilter>,
    ) -> Alone<OrderConnection> {
        let page = PageArguments { first, after, last, before };
        let orders = async {
            usecase::caller::may_read_orders_of(service(ctx), caller(ctx), self.0.id).await?;
            OrderConnection::load(service(ctx), self.0.id, filter, page).await
        };
        alone(orders.await)
    }

    /// The merges into this account that can still be undone, the oldest first; of more than 100 the newest.
    async fn merges(&self, ctx: &Context<'_>) -> Alone<Vec<Merge>> {
        let merges = usecase::merge::list(service(ctx), self.0.id).await;
        alone(merges.map(|merges| merges.into_iter().map(Merge::from).collect()))
    }

    /// Why these keys are one person's: what was decided about this account and those that went into it, newest first.
    /// For the person, or a service token with the scope `users:read`.
    async fn link_history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many: 1 to 100; 20 when it is left out.")] first: Option<i32>,
        #[graphql(desc = "Only entries after this cursor.")] after: Option<String>,
    ) -> Alone<LinkHistoryConnection> {
        let history = async {
            let page = FrontRequest { first, after: cursor::read_place(after.as_deref())? };
            usecase::history::page(service(ctx), caller(ctx), self.0.id, page).await.map(LinkHistoryConnection)
        };
        alone(history.await)
    }

    /// When the account was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at.into()
    }
}

/// What one app calls a person.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub(in crate::graphql) struct LinkedOpenId {
    /// The link's id: `oid_…`.
    id: ID,
    #[graphql(skip)]
    app_id: domain::AppId,
    /// What the app calls the person.
    open_id: String,
    /// The unionId that belongs to the app's Open Platform account, where it is known.
    union_id: Option<String>,
    /// What the person is called in this app.
    nickname: Option<String>,
    /// The person's picture in this app.
    avatar_url: Option<String>,
    /// When the openId was linked to this account.
    linked_at: DateTime<Utc>,
    /// When the person last logged in through this app.
    last_login_at: Option<DateTime<Utc>>,
    /// Whether the person follows the official account; null until WeChat has told.
    follows: Option<bool>,
    /// When the person's WeChat account was closed, if WeChat has told so and nobody has logged in with it since.
    cancelled_at: Option<DateTime<Utc>>,
}

#[ComplexObject]
impl LinkedOpenId {
    /// The app's name; its upstream id when it is no longer configured.
    async fn app<'a>(&'a self, ctx: &Context<'a>) -> &'a str {
        usecase::app::name_of(service(ctx), &self.app_id)
    }
}

impl From<crate::usecase::user::OpenIdOfUser> for LinkedOpenId {
    fn from(known: crate::usecase::user::OpenIdOfUser) -> Self {
        let crate::usecase::user::OpenIdOfUser { link, union_id } = known;
        Self {
            id: link.id.to_string().into(),
            app_id: link.key.app,
            open_id: link.key.open_id.into(),
            union_id: union_id.map(Into::into),
            nickname: link.nickname,
            avatar_url: link.avatar_url,
            linked_at: link.linked_at.into(),
            last_login_at: link.last_login_at.map(Into::into),
            follows: link.follows,
            cancelled_at: link.cancelled_at.map(Into::into),
        }
    }
}

/// What one union scope calls a person.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct LinkedUnionId {
    /// The operator's name for the Open Platform account.
    scope: String,
    /// What it calls the person in all its apps.
    union_id: String,
}

impl From<domain::UnionKey> for LinkedUnionId {
    fn from(key: domain::UnionKey) -> Self {
        Self { scope: key.scope.into(), union_id: key.union_id.into() }
    }
}

/// An account that is as the operator wants it.
#[derive(Debug, SimpleObject)]
pub(super) struct StatusChangePayload {
    /// The account: the one that went on, if the one that was named had been joined into another.
    user_id: ID,
    /// Whether it was not so before.
    changed: bool,
    /// How many sessions ended.
    ended_sessions: u64,
}

#[derive(Debug, Default)]
pub(crate) struct UserQueries;

#[Object]
impl UserQueries {
    /// The person who is signed in; null when nobody is.
    async fn me(&self, ctx: &Context<'_>) -> Alone<User> {
        alone_or_null(match caller(ctx) {
            Caller::Person(signed_in) => Ok(Some(User(signed_in.user.clone()))),
            Caller::Anonymous | Caller::System(_) => Ok(None),
            Caller::Rejected => Err(ApiError::refused(ErrorCode::Unauthenticated)),
            Caller::Closed => Err(ApiError::refused(ErrorCode::AccountClosed)),
        })
    }

    /// Anybody's account, for a service token with the scope `users:read`; null when there is none. The id of an account
    /// that was joined into another finds that one.
    async fn user(&self, ctx: &Context<'_>, #[graphql(desc = "The account's id: `usr_…`.")] id: ID) -> Alone<User> {
        alone_or_null(usecase::user::find(service(ctx), caller(ctx), &id).await.map(|found| found.map(User)))
    }
}

#[derive(Debug, Default)]
pub(crate) struct UserMutations;

#[Object]
impl UserMutations {
    /// Disables a person's account, for a service token with the scope `users:disable`. All its sessions end at once, and
    /// whatever would open it, join it or take something from it answers `ACCOUNT_CLOSED`, until it is enabled.
    async fn disable_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account: `usr_…`.")] id: ID,
        #[graphql(desc = "Why: 1 to 500 characters.")] reason: String,
    ) -> Result<StatusChangePayload, ApiError> {
        set_status(ctx, (&id, true), &reason).await
    }

    /// Enables an account that was disabled, for a service token with the scope `users:disable`. Its keys, orders and phone
    /// are as before; the person signs in anew.
    async fn enable_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account: `usr_…`.")] id: ID,
        #[graphql(desc = "Why: 1 to 500 characters.")] reason: String,
    ) -> Result<StatusChangePayload, ApiError> {
        set_status(ctx, (&id, false), &reason).await
    }
}

async fn set_status(
    ctx: &Context<'_>,
    (id, disable): (&ID, bool),
    reason: &str,
) -> Result<StatusChangePayload, ApiError> {
    caller(ctx).require(domain::ServiceScope::UsersDisable)?;
    let id = id.parse().map_err(|_| ApiError::refused(ErrorCode::NotFound))?;
    let changed = usecase::user::set_status_as(service(ctx), caller(ctx), (id, disable), reason).await?;
    Ok(StatusChangePayload {
        user_id: changed.user.to_string().into(),
        changed: changed.changed,
        ended_sessions: changed.ended_sessions,
    })
}
