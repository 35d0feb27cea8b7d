//! The search for people. See [`crate::usecase::search`].

use std::sync::Arc;

use async_graphql::connection::PageInfo;
use async_graphql::{ComplexObject, Context, Enum, ID, Object, SimpleObject};
use domain::{PhoneNumber, ServiceScope, UserId};

use super::user::User;
use crate::error::ApiError;
use crate::graphql::loader::PhoneBatches;
use crate::graphql::{Alone, alone, caller, cursor, service};
use crate::usecase::search::{FoundPerson as Found, MatchedKey, PersonMatch as Match, SearchRequest};
use crate::usecase::{self, Page, Reader};

/// What a search has found a person by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::search::SearchKey")]
pub(in crate::graphql) enum PersonMatchKind {
    /// The id of the account.
    UserId,
    /// The id of an account that was merged into it.
    FormerId,
    /// The bound phone.
    Phone,
    /// A number that the person changed away from, and that is still reserved for them.
    KeptPhone,
    /// An openId.
    OpenId,
    /// A unionId.
    UnionId,
    /// The company's id of the person.
    ExternalId,
    /// The number of an order of the person.
    OrderNo,
    /// The beginning of the nickname.
    Nickname,
}

/// What a search has found of a person.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub(in crate::graphql) struct PersonMatch {
    #[graphql(skip)]
    app_id: Option<domain::AppId>,
    #[graphql(skip)]
    user: UserId,
    #[graphql(skip)]
    found: MatchedKey,
    /// What was found.
    kind: PersonMatchKind,
    /// The union scope of a unionId: the operator's name for the Open Platform account.
    union_scope: Option<String>,
    /// The account that has the key, if it was merged into this one.
    former_id: Option<ID>,
}

#[ComplexObject]
impl PersonMatch {
    /// The key, as it is stored. A phone number is masked, unless the service token has the scope `users:read:phone`: then the
    /// audit records that it was read.
    async fn key(&self, ctx: &Context<'_>) -> Alone<String> {
        match &self.found {
            MatchedKey::Text(text) => Some(Ok(text.clone())),
            MatchedKey::Phone(number) if caller(ctx).may(ServiceScope::UsersReadPhone) => {
                Some(full_number(ctx, Reader::Caller(caller(ctx)), (self.user, number)).await)
            }
            MatchedKey::Phone(number) => Some(Ok(number.masked())),
        }
    }

    /// The app of an openId or of an order, by name; the provider's app id if the app is no longer configured.
    async fn app<'a>(&'a self, ctx: &Context<'a>) -> Option<&'a str> {
        self.app_id.as_ref().map(|id| usecase::app::name_of(service(ctx), id))
    }
}

/// Returns a number in full to a reader who may see it. The reading of an operator is audited first.
pub(super) async fn full_number(
    ctx: &Context<'_>,
    reader: Reader<'_>,
    (user, number): (UserId, &PhoneNumber),
) -> Result<String, Arc<ApiError>> {
    if let Some(token) = reader.may_read_phone(user)? {
        let audited = ctx.data_unchecked::<PhoneBatches>().load((token, user)).await?;
        audited.ok_or(ApiError::Internal("the reading of a phone number was not audited"))?;
    }
    Ok(number.e164().to_owned())
}

/// A person whom a search has found.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct FoundPerson {
    /// The person's account. It may be disabled: see `User.status`.
    user: User,
    /// What the text has found of the person: at least one key, or the nickname.
    matches: Vec<PersonMatch>,
}

impl From<&Found> for FoundPerson {
    fn from(found: &Found) -> Self {
        let of = |matched: &Match| PersonMatch {
            app_id: matched.app.clone(),
            user: found.user.id,
            found: matched.key.clone(),
            kind: matched.kind.into(),
            union_scope: matched.scope.clone().map(Into::into),
            former_id: matched.former.map(|id| id.to_string().into()),
        };
        Self { user: User::for_caller(found.user.clone()), matches: found.matches.iter().map(of).collect() }
    }
}

/// A page of people whom a search has found (Relay connection).
#[derive(Debug)]
pub(in crate::graphql) struct FoundPersonConnection(Page<Found>);

/// A page of people whom a search has found (Relay connection).
#[Object]
impl FoundPersonConnection {
    /// The people with their cursors.
    async fn edges(&self) -> Vec<FoundPersonEdge> {
        let edge = |found: &Found| FoundPersonEdge { cursor: cursor::in_search(&found.place), node: found.into() };
        self.0.items.iter().map(edge).collect()
    }

    /// The people without cursors.
    async fn nodes(&self) -> Vec<FoundPerson> {
        self.0.items.iter().map(FoundPerson::from).collect()
    }

    /// The position of the page in the list.
    async fn page_info(&self) -> PageInfo {
        cursor::page_info(&self.0, |found| cursor::in_search(&found.place))
    }
}

/// A person with a cursor.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct FoundPersonEdge {
    /// The person's position in the list, for `after`.
    cursor: String,
    /// The person.
    node: FoundPerson,
}

#[derive(Debug, Default)]
pub(crate) struct SearchQueries;

#[Object]
impl SearchQueries {
    /// The people whom a text can mean: first those who have it as a key, then those whose nickname begins with it, in the order of
    /// the nicknames. Requires the scope `users:read`.
    ///
    /// The text is a phone number in any spelling, an openId, a unionId, the company's id of a person, an order number, the id of an
    /// account, or the beginning of a nickname. Spaces, full-width characters and Chinese words around a key are ignored. A nickname
    /// is found in capitals and small letters. The `openId`s and order numbers of the configured apps are found.
    ///
    /// The id of an account that was merged finds the one that remains, with `FORMER_ID`. Disabled accounts are found, erased ones
    /// are not.
    #[expect(clippy::too_many_arguments, reason = "the text and the page are the field")]
    async fn people(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The text: 1 to 300 characters.")] search: String,
        #[graphql(desc = "The page size: 1 to 50. Defaults to 20.")] first: Option<i32>,
        #[graphql(desc = "Only people after this cursor.")] after: Option<String>,
    ) -> Alone<FoundPersonConnection> {
        let people = async {
            let page = SearchRequest { first, after: cursor::read_search_place(after.as_deref())? };
            usecase::search::people(service(ctx), caller(ctx), &search, page).await.map(FoundPersonConnection)
        };
        alone(people.await)
    }
}
