//! Documents that clients may send, where only listed ones are executed.
//! Whether that is so, and whose request it is, is decided in `api`.

use domain::{AppId, DocumentId, SessionId, Timestamp};
use entities::document::{self, Model as DocumentRow};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::{StoreError, Tx, View};

/// What stands for every app. No app has this id: upstream ids are letters and digits.
const EVERY_APP: &str = "*";

/// A document that clients of an app may send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// SHA-256 of its text.
    pub hash: [u8; 32],
    /// The app; `None` for every app.
    pub app: Option<AppId>,
    /// The text, exactly as it is.
    pub text: String,
    /// When it was added.
    pub added_at: Timestamp,
}

/// The text of a listed document. A session may send what is listed for the app it was opened through, or for every
/// app; a request without a session what is listed for any.
pub async fn find(view: &View<'_>, hash: &[u8; 32], session: Option<SessionId>) -> Result<Option<String>, StoreError> {
    let listed = document::Entity::find().filter(document::Column::Hash.eq(hash.to_vec()));
    let listed = listed.all(&view.db).await?;
    let whose = match session {
        Some(session) if !listed.is_empty() => Some(crate::session::app_of(view, session).await?),
        Some(_) | None => None,
    };
    let may_send = |row: &DocumentRow| match &whose {
        Some(app) => row.app == EVERY_APP || app.as_ref().is_some_and(|app| app.as_str() == row.app),
        None => true,
    };
    Ok(listed.into_iter().find(may_send).map(|row| row.text))
}

/// What is listed, of one app or of all, in the order in which it was added.
pub async fn list(view: &View<'_>, app: Option<&AppId>) -> Result<Vec<Document>, StoreError> {
    let all = document::Entity::find().order_by_asc(document::Column::AddedAt).order_by_asc(document::Column::Id);
    let listed = match app {
        Some(app) => all.filter(document::Column::App.eq(app.as_str())),
        None => all,
    };
    listed.all(&view.db).await?.into_iter().map(read).collect()
}

/// Lists a document; answers whether it was not listed before.
pub async fn add(tx: &Tx, document: &Document) -> Result<bool, StoreError> {
    let app = stored(document.app.as_ref());
    if find_document(tx, &document.hash, app).await?.is_some() {
        return Ok(false);
    }
    let row = DocumentRow {
        id: DocumentId::new(document.added_at),
        hash: document.hash.to_vec(),
        app: app.to_owned(),
        text: document.text.clone(),
        added_at: document.added_at,
    };
    tx.insert(row).await?;
    Ok(true)
}

/// Takes a document of one app, or one for every app, off the list; answers whether it was on it.
pub async fn remove(tx: &Tx, hash: &[u8; 32], app: Option<&AppId>) -> Result<bool, StoreError> {
    let removed = document::Entity::delete_many()
        .filter(document::Column::Hash.eq(hash.to_vec()))
        .filter(document::Column::App.eq(stored(app)));
    Ok(removed.exec(&tx.db).await?.rows_affected > 0)
}

async fn find_document(tx: &Tx, hash: &[u8; 32], app: &str) -> Result<Option<DocumentRow>, StoreError> {
    let listed =
        document::Entity::find().filter(document::Column::Hash.eq(hash.to_vec())).filter(document::Column::App.eq(app));
    Ok(listed.one(&tx.db).await?)
}

fn stored(app: Option<&AppId>) -> &str {
    app.map_or(EVERY_APP, AppId::as_str)
}

fn read(row: DocumentRow) -> Result<Document, StoreError> {
    let corrupt = |what: &str| StoreError::corrupt("documents", format!("{} has no {what}", row.id));
    let app = (row.app != EVERY_APP).then(|| row.app.parse::<AppId>()).transpose().map_err(|_| corrupt("such app"))?;
    let hash: [u8; 32] = row.hash.as_slice().try_into().map_err(|_| corrupt("whole hash"))?;
    Ok(Document { hash, app, text: row.text, added_at: row.added_at })
}
