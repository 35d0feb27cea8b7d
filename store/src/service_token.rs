//! Tokens of back-office systems, of which only hashes are kept.
//! What a scope allows is decided in `api`.

use domain::{ServiceScope, ServiceTokenId, Timestamp};
use entities::service_token::{self, Model as ServiceTokenRow};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};

use crate::{StoreError, Tx, View};

/// A back-office system's token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceToken {
    /// Its id.
    pub id: ServiceTokenId,
    /// What the operator calls it.
    pub name: String,
    /// What it allows.
    pub scopes: Vec<ServiceScope>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
}

impl View<'_> {
    /// The token with that hash, unless it has expired.
    pub async fn service_token(&self, hash: &[u8; 32], now: Timestamp) -> Result<Option<ServiceToken>, StoreError> {
        let not_expired = Condition::any()
            .add(service_token::Column::ExpiresAt.is_null())
            .add(service_token::Column::ExpiresAt.gt(now));
        let row = service_token::Entity::find()
            .filter(service_token::Column::Hash.eq(hash.to_vec()))
            .filter(not_expired)
            .one(&self.db)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let scopes: Result<_, _> = row.scopes.split_whitespace().map(str::parse).collect();
        let scopes =
            scopes.map_err(|_| StoreError::corrupt("service_tokens", format!("{} has no such scope", row.id)))?;
        let ServiceTokenRow { id, name, created_at, expires_at, .. } = row;
        Ok(Some(ServiceToken { id, name, scopes, created_at, expires_at }))
    }
}

impl Tx {
    /// Keeps a token's hash.
    pub async fn add_service_token(&self, token: &ServiceToken, hash: &[u8; 32]) -> Result<(), StoreError> {
        let scopes: Vec<_> = token.scopes.iter().map(|scope| scope.as_str()).collect();
        let row = service_token::Model {
            id: token.id,
            hash: hash.to_vec(),
            name: token.name.clone(),
            scopes: scopes.join(" "),
            created_at: token.created_at,
            expires_at: token.expires_at,
        };
        self.insert(row).await
    }
}
