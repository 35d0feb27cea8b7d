//! The [`Followers`] trait: what an app's server reads about the people who follow it, without a login of theirs.

use async_trait::async_trait;
use domain::{OpenId, Timestamp, UnionKey};

use crate::ProviderError;

/// The most openIds in one request to [`about`](Followers::about) or [`new_open_ids`](Followers::new_open_ids).
pub const MOST_AT_ONCE: usize = 100;

/// A page of the list of followers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FollowerPage {
    /// The openIds, in the upstream's order.
    pub open_ids: Vec<OpenId>,
    /// How many entries are not usable as an openId.
    pub unusable: u64,
    /// The number of followers, if the upstream told it.
    pub total: Option<u64>,
    /// The position of the next page; `None` after the last one.
    pub next: Option<String>,
}

/// What the upstream told about a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Follower {
    /// The openId.
    pub open_id: OpenId,
    /// The union key, if the upstream told a unionId and the app has a union scope.
    pub union: Option<UnionKey>,
    /// Whether the person follows the app now.
    pub follows: bool,
    /// Since when, if the upstream told it.
    pub since: Option<Timestamp>,
}

/// An openId of an account that was migrated to this app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedOpenId {
    /// The openId in the old account.
    pub old: OpenId,
    /// The openId in this app; `None` if the upstream does not convert it.
    pub new: Option<OpenId>,
}

/// The answer to a request about several openIds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToldOf<T> {
    /// What the upstream told. An openId that is missing here was not in the answer, or not in a usable way.
    Each(Vec<T>),
    /// The upstream refused the whole list, because it does not accept one of its openIds. A shorter list may be
    /// accepted.
    RefusedList,
}

/// Reads the followers of an app, with the app's own credentials.
///
/// Nothing here is a login: the answers come from the upstream's server, and no client takes part.
///
/// # Errors
///
/// All methods return [`RateLimited`](crate::ErrorKind::RateLimited) for a quota, with the time to wait if waiting
/// for minutes helps, and [`Misconfigured`](crate::ErrorKind::Misconfigured) if the upstream does not allow the call
/// to this app.
#[async_trait]
pub trait Followers: Send + Sync {
    /// Returns the first page of followers, or the page at a position that an earlier page returned.
    async fn page(&self, at: Option<&str>) -> Result<FollowerPage, ProviderError>;

    /// Returns what the upstream knows about up to [`MOST_AT_ONCE`] people.
    async fn about(&self, open_ids: &[OpenId]) -> Result<ToldOf<Follower>, ProviderError>;

    /// Returns the openIds in this app of up to [`MOST_AT_ONCE`] people of another account that was migrated to it.
    /// `from` is the other account's id at the upstream.
    async fn new_open_ids(&self, from: &str, old: &[OpenId]) -> Result<ToldOf<ChangedOpenId>, ProviderError>;
}
