//! Pictures that people upload: the [`PictureStore`] trait with its implementations, and how a picture is drawn anew. See
//! `usecase::picture` for uploads, and `docs/plugins.md` for how to write a store.

mod database;
mod folder;
mod redraw;
mod s3;

use std::sync::Arc;

use async_trait::async_trait;
use domain::PictureId;
use providers::{ErrorKind, Http, ProviderError};
use store::{Store, StoreError};

use crate::config::{Config, PictureStoreKind};
use crate::error::chain;

pub(crate) use redraw::{BadPicture, redraw};

/// The largest picture that is stored, in bytes. Larger ones are drawn smaller.
pub const MAX_STORED: usize = 192 * 1024;

/// Why a store failed. Contains neither secrets nor addresses with a signature.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The account, the bucket or the folder is wrong: the operator has to act.
    #[error("the picture store cannot be used: {0}")]
    Misconfigured(String),
    /// The store is down, slow or overloaded.
    #[error("the picture store failed: {0}")]
    Unavailable(String),
    /// The store answered what its documentation does not explain.
    #[error("the answer of the picture store is not as documented: {0}")]
    UnexpectedAnswer(String),
}

impl PictureError {
    /// Returns the name of the kind, for counters.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Misconfigured(_) => "misconfigured",
            Self::Unavailable(_) => "unavailable",
            Self::UnexpectedAnswer(_) => "unexpected_answer",
        }
    }
}

/// The tape of each store with an upstream.
#[cfg(feature = "contract")]
pub const TAPES: &[crate::contract::picture::Tape] = &[s3::tape::TAPE];

/// Stores the contents of pictures by their ids.
///
/// An id is given to one picture only, so contents never change, and a store may cache them. A content has at most
/// [`MAX_STORED`] bytes and is PNG or JPEG, drawn by this service: a store need not look into it.
#[async_trait]
pub trait PictureStore: Send + Sync + std::fmt::Debug {
    /// Stores a content. A repeat with the same id and content changes nothing.
    async fn put(&self, id: PictureId, content: &[u8]) -> Result<(), PictureError>;

    /// Returns a content; `None` if none is stored under this id.
    async fn get(&self, id: PictureId) -> Result<Option<Vec<u8>>, PictureError>;

    /// Removes a content. One that is not there is no error: a removal may be repeated.
    async fn remove(&self, id: PictureId) -> Result<(), PictureError>;
}

/// Returns the store that the configuration names; `None` if pictures cannot be uploaded.
#[must_use]
pub(crate) fn keeper(config: &Config, http: &Http, store: &Store) -> Option<Arc<dyn PictureStore>> {
    match config.pictures.store {
        PictureStoreKind::None => None,
        PictureStoreKind::Database => Some(Arc::new(database::InDatabase::new(store.clone()))),
        PictureStoreKind::Folder => Some(Arc::new(folder::InFolder::new(&config.pictures.folder))),
        PictureStoreKind::S3 => s3::InBucket::new(&config.pictures.s3, http).map(|bucket| Arc::new(bucket) as _),
    }
}

/// A call that failed without an answer of the store.
impl From<ProviderError> for PictureError {
    fn from(error: ProviderError) -> Self {
        match error.kind {
            ErrorKind::Misconfigured => Self::Misconfigured(error.detail),
            ErrorKind::RateLimited | ErrorKind::Unavailable => Self::Unavailable(error.detail),
            ErrorKind::UnexpectedAnswer
            | ErrorKind::CodeRejected
            | ErrorKind::CodeUsed
            | ErrorKind::Snapshot
            | ErrorKind::ConsentRequired
            | ErrorKind::StaleData
            | ErrorKind::PersonBlocked => Self::UnexpectedAnswer(error.detail),
        }
    }
}

impl From<StoreError> for PictureError {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(chain(&error))
    }
}
