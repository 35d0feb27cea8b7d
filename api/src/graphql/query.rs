//! What can be asked.
//! What follows from an answer is decided in the use cases.

use async_graphql::{Context, ID, Object};
use domain::UnionId;

use super::types::{
    App, ConflictConnection, ConflictFilter, JsSdkConfig, MergePreview, Node, OrderConnection, OrderFilter,
    PageArguments, User,
};
use super::{Alone, alone, alone_or_null, caller, client_address, cursor, service};
use crate::error::{ApiError, ErrorCode};
use crate::usecase::{Caller, FrontRequest, Work};

/// What can be asked.
#[derive(Debug, Default)]
pub(super) struct Query;

/// What can be asked.
#[Object(name = "IdentityQuery")]
impl Query {
    /// The person who is signed in; null when nobody is.
    async fn me(&self, ctx: &Context<'_>) -> Alone<User> {
        alone_or_null(match caller(ctx) {
            Caller::Person(signed_in) => Ok(Some(User(signed_in.user.clone()))),
            Caller::Anonymous | Caller::System(_) => Ok(None),
            Caller::Rejected => Err(ApiError::refused(ErrorCode::Unauthenticated)),
            Caller::Closed => Err(ApiError::refused(ErrorCode::AccountClosed)),
        })
    }

    /// The apps that people log in through: what sign-in buttons to show.
    async fn apps(&self, ctx: &Context<'_>) -> Vec<App> {
        service(ctx).apps().iter().map(App::from).collect()
    }

    /// What a page needs to call `wx.config`, and so to use WeChat's own script (JS-SDK). Ask anew for every page, and
    /// whenever a single-page app changes its address.
    async fn js_sdk_config(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Through which app.")] app: String,
        #[graphql(desc = "The page: `location.href`, as it is. It must be on the app's `js_pages` list.")] url: String,
    ) -> Alone<JsSdkConfig> {
        let config = async {
            let app = app.parse().map_err(|_| ApiError::refused(ErrorCode::UnknownApp))?;
            let service = service(ctx);
            let work = (Work::Sign, client_address(ctx));
            service.within_limits(work, service.js_sdk_config(&app, &url)).await.map(JsSdkConfig::from)
        };
        alone(config.await)
    }

    /// Anything by its id; null when it does not exist or is somebody else's.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of a user (`usr_…`) or an order (`ord_…`).")] id: ID,
    ) -> Alone<Node> {
        alone_or_null(service(ctx).node(caller(ctx), &id).await.map(|found| found.map(Node::from)))
    }

    /// What a merge that was offered would come to. Looking does not use the token up.
    async fn merge_preview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token of the offer.")] token: String,
        #[graphql(desc = "A live access token of the other account. Needed where the offer came with \
            SECOND_PROOF_REQUIRED: until then the other account is shown to nobody.")]
        other_access_token: Option<String>,
    ) -> Alone<MergePreview> {
        let preview = async {
            let caller = caller(ctx).person()?;
            let preview = service(ctx).merge_preview(caller, &token, other_access_token.as_deref()).await;
            preview.map(MergePreview::from)
        };
        alone(preview.await)
    }

    /// Anybody's account, for a service token with the scope `users:read`; null when there is none. The id of an account
    /// that was joined into another finds that one.
    async fn user(&self, ctx: &Context<'_>, #[graphql(desc = "The account's id: `usr_…`.")] id: ID) -> Alone<User> {
        alone_or_null(service(ctx).user(caller(ctx), &id).await.map(|found| found.map(User)))
    }

    /// Links that were refused or are doubtful, the oldest first, for a service token with the scope `conflicts:read`.
    #[expect(clippy::too_many_arguments, reason = "the filter and the page are the field")]
    async fn conflicts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only cases like this.", default)] filter: ConflictFilter,
        #[graphql(desc = "How many: 1 to 100; 20 when it is left out.")] first: Option<i32>,
        #[graphql(desc = "Only cases after this cursor.")] after: Option<String>,
    ) -> Alone<ConflictConnection> {
        let cases = async {
            let page = FrontRequest { first, after: cursor::read_place(after.as_deref())? };
            service(ctx).cases(caller(ctx), filter.try_into()?, page).await.map(ConflictConnection)
        };
        alone(cases.await)
    }

    /// The orders of the person of this unionId in all apps, newest first: for the person, or a service token with the
    /// scope `orders:read`. A unionId that is unknown or somebody else's is `NOT_FOUND`.
    #[expect(clippy::too_many_arguments, reason = "Relay's four arguments, the unionId and the filter are the field")]
    async fn orders_by_union_id(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the Open Platform account calls the person.")] union_id: String,
        #[graphql(desc = "How many from the front: 1 to 100; 20 when neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "Only orders after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the back: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only orders before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only orders like this.")] filter: Option<OrderFilter>,
    ) -> Alone<OrderConnection> {
        let page = PageArguments { first, after, last, before };
        let orders = async {
            // Text that cannot be a unionId is nobody's, and says no more than that.
            let union_id: UnionId = union_id.parse().map_err(|_| ApiError::refused(ErrorCode::NotFound))?;
            let user = service(ctx).owner_of_union_id(caller(ctx), &union_id).await?;
            OrderConnection::load(service(ctx), user, filter, page).await
        };
        alone(orders.await)
    }
}
