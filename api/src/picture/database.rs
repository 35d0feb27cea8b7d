//! Pictures in the database, in a table of their own.

use std::sync::Arc;

use async_trait::async_trait;
use domain::PictureId;
use store::{Store, StoreError, Tx};

use super::{PictureError, PictureStore};

/// The store of the service's own database.
#[derive(Debug)]
pub(super) struct InDatabase(Store);

impl InDatabase {
    pub(super) const fn new(store: Store) -> Self {
        Self(store)
    }
}

#[async_trait]
impl PictureStore for InDatabase {
    async fn put(&self, id: PictureId, content: &[u8]) -> Result<(), PictureError> {
        let put = |tx: Arc<Tx>| async move { store::picture::put_content(&tx, id, content.to_vec()).await };
        Ok(self.0.write("put_picture", put).await?)
    }

    async fn get(&self, id: PictureId) -> Result<Option<Vec<u8>>, PictureError> {
        Ok(store::picture::content(&self.0.view(), id).await?)
    }

    async fn remove(&self, id: PictureId) -> Result<(), PictureError> {
        let remove = |tx: Arc<Tx>| async move { store::picture::remove_content(&tx, id).await };
        self.0.write("remove_picture", remove).await.map_err(|error: StoreError| error.into())
    }
}
