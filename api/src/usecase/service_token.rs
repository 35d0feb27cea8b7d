//! Tokens for the company's own systems.
//! What each scope allows is asked where it is done.

use domain::{ServiceScope, ServiceTokenId, Timestamp};
use store::ServiceToken;

use crate::error::ApiError;
use crate::service::Service;
use crate::{random, token};

/// A token that was made just now: the only time that it is shown.
pub struct NewServiceToken {
    /// Its id, by which it can be spoken of.
    pub id: ServiceTokenId,
    /// The token.
    pub token: String,
}

impl std::fmt::Debug for NewServiceToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewServiceToken").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Service {
    /// Makes a token with these scopes. Only its hash is kept.
    pub async fn create_service_token(
        &self,
        name: &str,
        scopes: Vec<ServiceScope>,
        expires_at: Option<Timestamp>,
    ) -> Result<NewServiceToken, ApiError> {
        let now = self.clock.now();
        let id = ServiceTokenId::new(now);
        let token = format!("{}{}", token::SERVICE_PREFIX, random::token());
        let tx = self.store.begin().await?;
        let kept = ServiceToken { id, name: name.to_owned(), scopes, created_at: now, expires_at };
        tx.add_service_token(&kept, &token::hash(&token)).await?;
        tx.commit().await?;
        Ok(NewServiceToken { id, token })
    }
}
