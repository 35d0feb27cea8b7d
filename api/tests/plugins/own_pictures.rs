//! The tapes of the picture stores that call no service: a whole Guiyi with a throw-away database, and with a
//! throw-away folder.

use std::sync::Arc;

use api::App;
use api::config::{self, Source};
use api::contract::Given;
use api::contract::picture::Tape;
use api::picture::{PictureError, PictureStore};
use async_trait::async_trait;
use domain::PictureId;
use migration::throwaway::{Database, Server};
use tempfile::TempDir;

pub(crate) const DATABASE: Tape = Tape { name: "database", open: |given| open(given, "database"), upstream: None };
pub(crate) const FOLDER: Tape = Tape { name: "folder", open: |given| open(given, "folder"), upstream: None };

/// The store, with the database and the folder that are removed after it.
#[derive(Debug)]
struct Held {
    store: Arc<dyn PictureStore>,
    _database: Database,
    _folder: TempDir,
}

fn open(given: &Given<'_>, store: &str) -> Arc<dyn PictureStore> {
    let folder = tempfile::tempdir().expect("a folder");
    given.wait(async {
        let database = Database::create(Server::Sqlite).await;
        let (url, path) = (database.url().to_owned(), folder.path().to_str().expect("text").to_owned());
        let overrides = toml::toml! {
            database = { url = url, migrate_on_start = false }
            pictures = { store = store, folder = path }
        };
        let config = config::load(&Source { demo: true, overrides, ..Source::default() }).expect("sound settings");
        let app = App::builder(config).build().await.expect("the service starts");
        let store = app.service().pictures().expect("there is a store").clone();
        Arc::new(Held { store, _database: database, _folder: folder }) as Arc<dyn PictureStore>
    })
}

#[async_trait]
impl PictureStore for Held {
    async fn put(&self, id: PictureId, content: &[u8]) -> Result<(), PictureError> {
        self.store.put(id, content).await
    }

    async fn get(&self, id: PictureId) -> Result<Option<Vec<u8>>, PictureError> {
        self.store.get(id).await
    }

    async fn remove(&self, id: PictureId) -> Result<(), PictureError> {
        self.store.remove(id).await
    }
}
