//! Links without an account: of orders and of followers whose person has not logged in yet.

use domain::{LinkId, OpenKey, Timestamp};
use entities::open_id;
use sea_orm::{EntityTrait, IntoActiveModel};

use crate::{StoreError, Tx};

/// Makes an openId known, unless it is already.
pub(crate) async fn note(tx: &Tx, key: &OpenKey, now: Timestamp) -> Result<(), StoreError> {
    note_all(tx, vec![unclaimed(key, now)]).await
}

/// Inserts links that are not there yet. A concurrent login may insert the same row: the insert then waits for it, and the
/// row is left as it is.
pub(crate) async fn note_all(tx: &Tx, links: Vec<open_id::Model>) -> Result<(), StoreError> {
    open_id::Entity::insert_many(links.into_iter().map(IntoActiveModel::into_active_model))
        .on_conflict_do_nothing_on([open_id::Column::App, open_id::Column::OpenId])
        .exec_without_returning(&tx.db)
        .await?;
    Ok(())
}

/// Returns the row of an openId that no account has.
pub(crate) fn unclaimed(key: &OpenKey, now: Timestamp) -> open_id::Model {
    open_id::Model {
        id: LinkId::new(now),
        app: key.app.clone(),
        open_id: key.open_id.clone(),
        user_id: None,
        nickname: None,
        avatar_url: None,
        nickname_at: None,
        avatar_url_at: None,
        created_at: now,
        linked_at: None,
        last_login_at: None,
        follows: None,
        follows_since: None,
        cancelled_at: None,
    }
}
