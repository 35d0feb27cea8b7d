//! The layers around calls about followers, which background tasks make.

use async_trait::async_trait;
use domain::OpenId;

use super::{Layered, Outcome};
use crate::{ChangedOpenId, Follower, FollowerPage, Followers, ProviderError, ToldOf};

impl Layered {
    fn offered(&self) -> Outcome<&dyn Followers> {
        self.inner.followers().ok_or_else(|| ProviderError::unsupported("this app has no list of followers"))
    }
}

#[async_trait]
impl Followers for Layered {
    async fn page(&self, at: Option<&str>) -> Outcome<FollowerPage> {
        self.run_apart("followers", self.offered()?.page(at)).await
    }

    async fn about(&self, open_ids: &[OpenId]) -> Outcome<ToldOf<Follower>> {
        self.run_apart("about_followers", self.offered()?.about(open_ids)).await
    }

    async fn new_open_ids(&self, from: &str, old: &[OpenId]) -> Outcome<ToldOf<ChangedOpenId>> {
        self.run_apart("new_open_ids", self.offered()?.new_open_ids(from, old)).await
    }
}
