//! The list of GraphQL documents that clients may send, for deployments that execute only listed ones.

use domain::{AppId, DocumentId, SessionId, Timestamp};
use entities::document::{self, Model as DocumentRow};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::{StoreError, Tx, View};

/// Marks a document as listed for every app. Upstream ids are letters and digits, so no app has this id.
const EVERY_APP: &str = "*";

/// A document that clients of an app may send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The SHA-256 hash of its text.
    pub hash: [u8; 32],
    /// The app, or `None` for every app.
    pub app: Option<AppId>,
    /// The text, unchanged.
    pub text: String,
    /// When it was added.
    pub added_at: Timestamp,
}

/// Returns the text of a listed document. A session may send documents listed for its app or for every app; a request
/// without a session may send those listed for any app.
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

/// Returns the documents of one app or of all, in the order in which they were added.
pub async fn list(view: &View<'_>, app: Option<&AppId>) -> Result<Vec<Document>, StoreError> {
    let all = document::Entity::find().order_by_asc(document::Column::AddedAt).order_by_asc(document::Column::Id);
    let listed = match app {
        Some(app) => all.filter(document::Column::App.eq(app.as_str())),
        None => all,
    };
    listed.all(&view.db).await?.into_iter().map(read).collect()
}

/// Adds a document to the list. Returns false if it was listed before.
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

/// Removes a document of one app, or one for every app, from the list. Returns whether it was listed.
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
    let corrupt = |what: &str| StoreError::corrupt("documents", format!("{} has an invalid {what}", row.id));
    let app = (row.app != EVERY_APP).then(|| row.app.parse::<AppId>()).transpose().map_err(|_| corrupt("app"))?;
    let hash: [u8; 32] = row.hash.as_slice().try_into().map_err(|_| corrupt("hash"))?;
    Ok(Document { hash, app, text: row.text, added_at: row.added_at })
}
