//! Reads what is known about openIds before the upstream is asked about them.

use std::collections::HashMap;

use domain::{AppId, OpenId, UnionId, UnionScope, UserId};
use entities::{open_id, union_id};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use crate::database::{CHUNK, has_key, is_one_of};
use crate::{StoreError, View};

/// What is known about an openId.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Knowledge {
    /// The openId belongs to no account. It is known from orders.
    Unclaimed,
    /// Its account has no unionId in the scope.
    WithoutUnionId,
    /// Its account has a unionId in the scope.
    Complete,
}

/// Returns what is known about these openIds of an app. Those that are missing in the answer are unknown.
pub async fn knowledge(
    view: &View<'_>,
    (app, scope): (&AppId, &UnionScope),
    open_ids: &[OpenId],
) -> Result<HashMap<OpenId, Knowledge>, StoreError> {
    let mut known = HashMap::with_capacity(open_ids.len());
    for chunk in open_ids.chunks(CHUNK) {
        let owned = owners(view, app, chunk).await?;
        let users: Vec<UserId> = owned.iter().filter_map(|(_, user)| *user).collect();
        let complete = holders(view, scope, &users).await?;
        known.extend(owned.into_iter().map(|(open_id, user)| {
            let what = match user {
                None => Knowledge::Unclaimed,
                Some(user) if complete.contains_key(&user) => Knowledge::Complete,
                Some(_) => Knowledge::WithoutUnionId,
            };
            (open_id, what)
        }));
    }
    Ok(known)
}

async fn owners(
    view: &View<'_>,
    app: &AppId,
    open_ids: &[OpenId],
) -> Result<Vec<(OpenId, Option<UserId>)>, StoreError> {
    use open_id::Column::{App, Id, OpenId, UserId};
    let rows = open_id::Entity::find().select_only().columns([OpenId, UserId]).filter(has_key::<open_id::Entity>(
        view.db.get_database_backend(),
        [Id, App, OpenId],
        app.clone(),
        open_ids.iter().cloned(),
    ));
    Ok(rows.into_tuple().all(&view.db).await?)
}

/// Returns the unionIds of these accounts in the scope.
pub(super) async fn holders(
    view: &View<'_>,
    scope: &UnionScope,
    users: &[UserId],
) -> Result<HashMap<UserId, UnionId>, StoreError> {
    if users.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = union_id::Entity::find()
        .select_only()
        .columns([union_id::Column::UserId, union_id::Column::UnionId])
        .filter(is_one_of(view.db.get_database_backend(), union_id::Column::UserId, users.iter().copied()))
        .filter(union_id::Column::Scope.eq(scope.clone()));
    Ok(rows.into_tuple::<(UserId, UnionId)>().all(&view.db).await?.into_iter().collect())
}
