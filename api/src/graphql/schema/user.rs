//! A person's account. The queries and [`crate::usecase::node`] check who may read it.

use async_graphql::{ComplexObject, Context, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};

use super::conflict::ConflictConnection;
use super::desk::{FormerAccount, Notice, SentPhoneCode};
use super::erasure::Erasure;
use super::history::LinkHistoryConnection;
use super::merge::Merge;
use super::order::{OrderArguments, OrderConnection, OrderFilter, OrderSort};
use super::search::full_number;
use super::session::OpenSession;
use crate::error::{ApiError, ErrorCode};
use crate::graphql::{Alone, alone, alone_or_null, caller, cursor, service};
use crate::usecase::{self, Caller, FrontRequest, Reader, WindowRequest};

/// Whether an account can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(in crate::graphql) enum UserStatus {
    /// It is in use.
    Active,
    /// An operator has disabled it: see `disableUser`.
    Disabled,
}

/// One person's account, whatever the number of apps they sign in through.
#[derive(Debug)]
pub(in crate::graphql) struct User {
    account: store::user::User,
    /// Whether the request itself has signed the reader in to the account.
    is_signed_in: bool,
}

impl User {
    /// Returns an account as the caller reads it.
    pub(in crate::graphql) fn for_caller(account: store::user::User) -> Self {
        Self { account, is_signed_in: false }
    }

    /// Returns the account of a mutation's payload: its person reads it. The caller, who was identified before the
    /// mutation, may have had no session then, or one of another account.
    pub(in crate::graphql) fn signed_in(account: store::user::User) -> Self {
        Self { account, is_signed_in: true }
    }

    fn reader<'a>(&self, ctx: &Context<'a>) -> Reader<'a> {
        if self.is_signed_in { Reader::Owner } else { Reader::Caller(caller(ctx)) }
    }
}

/// One person's account, whatever the number of apps they sign in through.
#[Object]
impl User {
    /// The account's id: `usr_…`. The id of an account that was merged into this one finds it, too.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.account.id.to_string().into()
    }

    /// The person's nickname: the one that they chose with `updateProfile`, else the one at the provider.
    async fn nickname(&self) -> Option<&str> {
        self.account.nickname.as_deref()
    }

    /// The address of the person's picture: the one that they chose with `updateProfile`, else the one at the provider.
    /// WeChat's addresses become invalid when the person changes the picture.
    async fn avatar_url(&self) -> Option<&str> {
        self.account.avatar_url.as_deref()
    }

    /// Whether the account can be used.
    async fn status(&self) -> UserStatus {
        if self.account.is_disabled { UserStatus::Disabled } else { UserStatus::Active }
    }

    /// The bound phone in E.164: `+8613800000001`. For the person, or a service token with the scope `users:read:phone`; the audit
    /// records each reading by a token. See `maskedPhone`.
    async fn phone(&self, ctx: &Context<'_>) -> Alone<String> {
        match &self.account.phone {
            Some(number) => Some(full_number(ctx, self.reader(ctx), (self.account.id, number)).await),
            None => alone_or_null(self.reader(ctx).may_read_phone(self.account.id).map(|_| None)),
        }
    }

    /// The bound phone with its first and last digits only: `+86*******0001`.
    async fn masked_phone(&self) -> Option<String> {
        self.account.phone.as_ref().map(domain::PhoneNumber::masked)
    }

    /// Whether a phone is bound.
    async fn phone_bound(&self) -> bool {
        self.account.phone.is_some()
    }

    /// The company's id of the person, if the company imported the account.
    async fn external_id(&self) -> Option<&str> {
        self.account.external_id.as_ref().map(domain::ExternalId::as_str)
    }

    /// The person's openIds, oldest first.
    async fn open_ids(&self, ctx: &Context<'_>) -> Alone<Vec<LinkedOpenId>> {
        let known = usecase::user::open_ids(service(ctx), caller(ctx), self.account.id).await;
        alone(known.map(|known| known.into_iter().map(LinkedOpenId::from).collect()))
    }

    /// The person's unionIds.
    async fn union_ids(&self, ctx: &Context<'_>) -> Alone<Vec<LinkedUnionId>> {
        let known = usecase::user::union_ids(service(ctx), caller(ctx), self.account.id).await;
        alone(known.map(|known| known.into_iter().map(LinkedUnionId::from).collect()))
    }

    /// The person's orders in all apps.
    #[expect(clippy::too_many_arguments, reason = "Relay's four arguments, the filter and the order are the field")]
    async fn orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The page size from the start: 1 to 100. Defaults to 20 if `last` is not given either.")]
        first: Option<i32>,
        #[graphql(desc = "Only orders after this cursor.")] after: Option<String>,
        #[graphql(desc = "The page size from the end: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only orders before this cursor.")] before: Option<String>,
        #[graphql(desc = "Conditions that the orders must meet.")] filter: Option<OrderFilter>,
        #[graphql(desc = "The order of the list. Defaults to `NEWEST_FIRST`.")] sort: Option<OrderSort>,
    ) -> Alone<OrderConnection> {
        let orders = async {
            self.reader(ctx).may_read_orders(self.account.id)?;
            let arguments = OrderArguments { first, after, last, before, filter, sort };
            OrderConnection::load((service(ctx), caller(ctx)), self.account.id, arguments).await
        };
        alone(orders.await)
    }

    /// The merges into this account that can still be undone, oldest first. If there are more than 50, the newest 50.
    async fn merges(&self, ctx: &Context<'_>) -> Alone<Vec<Merge>> {
        let merges = usecase::merge::list(service(ctx), self.account.id).await;
        alone(merges.map(|merges| merges.into_iter().map(Merge::from).collect()))
    }

    /// The journal of this account and of those merged into it, newest first: why these keys belong to one person. For
    /// the person, or a service token with the scope `users:read`.
    #[expect(clippy::too_many_arguments, reason = "Relay's four arguments are the field")]
    async fn link_history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The page size from the start: 1 to 100. Defaults to 20 if `last` is not given either.")]
        first: Option<i32>,
        #[graphql(desc = "Only entries after this cursor.")] after: Option<String>,
        #[graphql(desc = "The page size from the end, which is the oldest entry: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only entries before this cursor.")] before: Option<String>,
    ) -> Alone<LinkHistoryConnection> {
        let history = async {
            let [after, before] = [cursor::read_place(after.as_deref())?, cursor::read_place(before.as_deref())?];
            let page = WindowRequest { first, after, last, before };
            usecase::history::page(service(ctx), self.reader(ctx), self.account.id, page)
                .await
                .map(LinkHistoryConnection)
        };
        alone(history.await)
    }

    /// The erasure that is scheduled, if one is. For the person, or a service token with the scope `users:read`.
    async fn erasure(&self, ctx: &Context<'_>) -> Alone<Erasure> {
        let erasure = usecase::erasure::find(service(ctx), self.reader(ctx), self.account.id).await;
        alone_or_null(erasure.map(|erasure| erasure.map(Erasure::from)))
    }

    /// The accounts that were merged into this one, the newest first: at most fifty. For the person, or a service token with the
    /// scope `users:read`, like `sessions`, `notices` and `phoneCodes`.
    async fn aliases(&self, ctx: &Context<'_>) -> Alone<Vec<FormerAccount>> {
        let aliases = usecase::user::aliases(service(ctx), self.reader(ctx), self.account.id).await;
        alone(aliases.map(|aliases| aliases.into_iter().map(Into::into).collect()))
    }

    /// Where the person is signed in, the session that was used last first: at most fifty.
    async fn sessions(&self, ctx: &Context<'_>) -> Alone<Vec<OpenSession>> {
        let sessions = usecase::session::of_user(service(ctx), self.reader(ctx), self.account.id).await;
        alone(sessions.map(|sessions| sessions.into_iter().map(Into::into).collect()))
    }

    /// The cases that concern this account or one that was merged into it, oldest first. Requires the scope
    /// `conflicts:read`.
    async fn conflicts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The page size: 1 to 100. Defaults to 20.")] first: Option<i32>,
        #[graphql(desc = "Only cases after this cursor.")] after: Option<String>,
    ) -> Alone<ConflictConnection> {
        let cases = async {
            let page = FrontRequest { first, after: cursor::read_place(after.as_deref())? };
            usecase::conflict::of_user(service(ctx), caller(ctx), self.account.id, page).await.map(ConflictConnection)
        };
        alone(cases.await)
    }

    /// The newest notices that were sent to the person about changes of the account, the newest first: at most fifty.
    async fn notices(&self, ctx: &Context<'_>) -> Alone<Vec<Notice>> {
        let notices = usecase::user::notices(service(ctx), self.reader(ctx), self.account.id).await;
        alone(notices.map(|notices| notices.into_iter().map(Into::into).collect()))
    }

    /// The newest SMS codes that the person requested, the newest first: at most fifty. Expired codes are deleted after a time.
    async fn phone_codes(&self, ctx: &Context<'_>) -> Alone<Vec<SentPhoneCode>> {
        let codes = usecase::user::phone_codes(service(ctx), self.reader(ctx), self.account.id).await;
        alone(codes.map(|codes| codes.into_iter().map(Into::into).collect()))
    }

    /// When the account was created.
    async fn created_at(&self) -> DateTime<Utc> {
        self.account.created_at.into()
    }
}

/// A person's openId in one app.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub(in crate::graphql) struct LinkedOpenId {
    /// The link's id: `oid_…`.
    id: ID,
    #[graphql(skip)]
    app_id: domain::AppId,
    /// The person's openId in the app.
    open_id: String,
    /// The person's unionId in the app's union scope, if known.
    union_id: Option<String>,
    /// The person's nickname in this app.
    nickname: Option<String>,
    /// The person's picture in this app.
    avatar_url: Option<String>,
    /// When the openId was linked to this account.
    linked_at: DateTime<Utc>,
    /// When the person last signed in through this app.
    last_login_at: Option<DateTime<Utc>>,
    /// Whether the person follows the official account. Null until WeChat reports it.
    follows: Option<bool>,
    /// When the person's WeChat account was closed. Null if WeChat has not reported it, or if there was a later login
    /// with it.
    cancelled_at: Option<DateTime<Utc>>,
}

#[ComplexObject]
impl LinkedOpenId {
    /// The app's name; the provider's app id if the app is no longer configured.
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

/// A person's unionId in one union scope.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct LinkedUnionId {
    /// The union scope: the operator's name for the Open Platform account.
    scope: String,
    /// The person's unionId in all apps of the union scope.
    union_id: String,
}

impl From<domain::UnionKey> for LinkedUnionId {
    fn from(key: domain::UnionKey) -> Self {
        Self { scope: key.scope.into(), union_id: key.union_id.into() }
    }
}

/// The result of `disableUser` or `enableUser`.
#[derive(Debug, SimpleObject)]
pub(super) struct StatusChangePayload {
    /// The account. If the given account was merged into another, the surviving one.
    user_id: ID,
    /// Whether the status changed.
    changed: bool,
    /// The number of ended sessions.
    ended_sessions: u64,
}

/// The result of `endSessions`.
#[derive(Debug, SimpleObject)]
pub(super) struct EndSessionsPayload {
    /// The account. If the given account was merged into another, the surviving one.
    user_id: ID,
    /// The number of ended sessions.
    ended_sessions: u64,
}

#[derive(Debug, Default)]
pub(crate) struct UserQueries;

#[Object]
impl UserQueries {
    /// The signed-in person. Null for an anonymous request, a service token or an operator.
    async fn me(&self, ctx: &Context<'_>) -> Alone<User> {
        alone_or_null(match caller(ctx) {
            Caller::Person(signed_in) => Ok(Some(User::for_caller(signed_in.user.clone()))),
            Caller::Anonymous | Caller::System(_) | Caller::Operator(_) => Ok(None),
            Caller::Rejected => Err(ApiError::refused(ErrorCode::Unauthenticated)),
            Caller::Closed => Err(ApiError::refused(ErrorCode::AccountClosed)),
        })
    }

    /// Any person's account. Requires the scope `users:read`. Null if the account does not exist.
    /// The id of an account that was merged into another finds the surviving account. A disabled account is found, an erased one is
    /// not.
    async fn user(&self, ctx: &Context<'_>, #[graphql(desc = "The account's id: `usr_…`.")] id: ID) -> Alone<User> {
        alone_or_null(
            usecase::user::find(service(ctx), caller(ctx), &id).await.map(|found| found.map(User::for_caller)),
        )
    }
}

#[derive(Debug, Default)]
pub(crate) struct UserMutations;

#[Object]
impl UserMutations {
    /// Disables a person's account until it is enabled. Requires the scope `users:disable`. All
    /// its sessions end immediately. Requests that would open it, merge it or remove something from it fail with
    /// `ACCOUNT_CLOSED`.
    async fn disable_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account: `usr_…`.")] id: ID,
        #[graphql(desc = "The reason: 1 to 500 characters.")] reason: String,
    ) -> Result<StatusChangePayload, ApiError> {
        set_status(ctx, (&id, true), &reason).await
    }

    /// Enables a disabled account. Requires the scope `users:disable`. Its keys, orders and phone
    /// are unchanged; the person has to sign in again.
    async fn enable_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account: `usr_…`.")] id: ID,
        #[graphql(desc = "The reason: 1 to 500 characters.")] reason: String,
    ) -> Result<StatusChangePayload, ApiError> {
        set_status(ctx, (&id, false), &reason).await
    }

    /// Ends all sessions of a person: they are signed out everywhere, and can sign in again. Requires the scope `users:disable`.
    async fn end_sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account: `usr_…`.")] id: ID,
        #[graphql(desc = "The reason: 1 to 500 characters.")] reason: String,
    ) -> Result<EndSessionsPayload, ApiError> {
        caller(ctx).require(domain::ServiceScope::UsersDisable)?;
        let id = id.parse().map_err(|_| ApiError::refused(ErrorCode::NotFound))?;
        let (user, ended_sessions) = usecase::session::end_all_as(service(ctx), caller(ctx), id, &reason).await?;
        Ok(EndSessionsPayload { user_id: user.to_string().into(), ended_sessions })
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
