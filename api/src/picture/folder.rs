//! Pictures as files of one folder, which all replicas share.
//!
//! A file is written under another name, and gets its own when it is whole: a reader never sees a part of it.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use domain::PictureId;

use super::{MAX_STORED, PictureError, PictureStore};
use crate::random;

/// A folder.
#[derive(Debug, Clone)]
pub(super) struct InFolder(PathBuf);

impl InFolder {
    pub(super) fn new(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    /// Returns the file of a picture. Its name is made of the id's own digits, never of a client's text. The last digits of
    /// the id are random, so that they divide the files into 256 folders.
    fn path(&self, id: PictureId) -> PathBuf {
        let name = id.to_string();
        self.0.join(&name[name.len() - 2..]).join(name)
    }
}

#[async_trait]
impl PictureStore for InFolder {
    async fn put(&self, id: PictureId, content: &[u8]) -> Result<(), PictureError> {
        let (path, content) = (self.path(id), content.to_vec());
        aside(move || put(&path, &content)).await
    }

    async fn get(&self, id: PictureId) -> Result<Option<Vec<u8>>, PictureError> {
        let path = self.path(id);
        aside(move || get(&path)).await
    }

    async fn remove(&self, id: PictureId) -> Result<(), PictureError> {
        let path = self.path(id);
        aside(move || or_none(fs::remove_file(&path)).map(drop)).await
    }
}

fn put(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    // Only the folder of the first digits is made here: the folder of the setting may be one that is not mounted.
    match fs::create_dir(folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let unfinished = folder.join(format!("unfinished-{}", random::hex()));
    let written = File::create_new(&unfinished).and_then(|mut file| {
        file.write_all(content)?;
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&unfinished, path)).inspect_err(|_| {
        if let Err(error) = or_none(fs::remove_file(&unfinished)) {
            tracing::warn!("an unfinished picture stays in the folder: {error}");
        }
    })
}

fn get(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let Some(file) = or_none(File::open(path))? else { return Ok(None) };
    let mut content = Vec::new();
    file.take(MAX_STORED as u64 + 1).read_to_end(&mut content)?;
    if content.len() > MAX_STORED { Err(io::Error::from(ErrorKind::FileTooLarge)) } else { Ok(Some(content)) }
}

/// What is not there is no error.
fn or_none<T>(done: io::Result<T>) -> io::Result<Option<T>> {
    match done {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        done => done.map(Some),
    }
}

/// Runs work that waits for the disk on a thread of its own.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, PictureError> {
    let done = tokio::task::spawn_blocking(work).await;
    let done = done.map_err(|_| PictureError::Unavailable("the work on a file ended early".to_owned()))?;
    done.map_err(|error| match error.kind() {
        ErrorKind::NotFound
        | ErrorKind::NotADirectory
        | ErrorKind::PermissionDenied
        | ErrorKind::ReadOnlyFilesystem => {
            PictureError::Misconfigured(format!("the folder of pictures.folder: {error}"))
        }
        ErrorKind::FileTooLarge => PictureError::UnexpectedAnswer("a file is larger than any picture".to_owned()),
        _ => PictureError::Unavailable(error.to_string()),
    })
}
