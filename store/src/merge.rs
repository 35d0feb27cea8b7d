//! Makes two accounts one: what belonged to the one belongs to the other, and the journal knows all that moved.
//! Whether they may become one is decided in `domain`. Orders stay where they are, with their open ids.

use domain::{Timestamp, UnionKey, UserId};
use entities::user::{self, Status};
use entities::{open_id, phone, union_id};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use crate::linking::union_json;
use crate::{StoreError, Tx};

/// The account that stayed, and what an undo needs.
pub(crate) struct Merged {
    pub(crate) survivor: user::Model,
    pub(crate) before: Value,
    pub(crate) after: Value,
}

impl Tx {
    /// Moves everything of `from` to `into`. A limit of R9 that has come to stand between them is `Taken`.
    pub(crate) async fn merge(&self, from: UserId, into: UserId, now: Timestamp) -> Result<Merged, StoreError> {
        let mut users = self.lock_active(&[from, into]).await?;
        users.sort_by_key(|user| user.id != from);
        let [gone, kept]: [user::Model; 2] = users.try_into().map_err(|_| StoreError::Taken)?;
        let moved = json!({
            "links": self.move_open_ids(from, into).await?,
            "unions": self.move_union_ids(from, into).await?,
            "phone": self.move_phone(from, into).await?,
        });
        let before = json!({ "from": user_json(&gone), "into": user_json(&kept) });
        let survivor = self.join_rows(gone, kept, now).await?;
        let after = json!({ "moved": moved, "into": user_json(&survivor) });
        Ok(Merged { survivor, before, after })
    }

    async fn move_open_ids(&self, from: UserId, into: UserId) -> Result<Vec<String>, StoreError> {
        let of_from = open_id::Column::UserId.eq(from);
        let links =
            open_id::Entity::find().filter(of_from.clone()).order_by_asc(open_id::Column::Id).all(&self.db).await?;
        let change = open_id::ActiveModel { user_id: Set(Some(into)), ..Default::default() };
        open_id::Entity::update_many().set(change).filter(of_from).exec(&self.db).await?;
        Ok(links.iter().map(|link| link.id.to_string()).collect())
    }

    async fn move_union_ids(&self, from: UserId, into: UserId) -> Result<Vec<Value>, StoreError> {
        let of_from = union_id::Column::UserId.eq(from);
        let unions =
            union_id::Entity::find().filter(of_from.clone()).order_by_asc(union_id::Column::Id).all(&self.db).await?;
        let change = union_id::ActiveModel { user_id: Set(into), ..Default::default() };
        union_id::Entity::update_many().set(change).filter(of_from).exec(&self.db).await?;
        let key = |row: union_id::Model| union_json(&UnionKey { scope: row.scope, union_id: row.union_id });
        Ok(unions.into_iter().map(key).collect())
    }

    async fn move_phone(&self, from: UserId, into: UserId) -> Result<Option<String>, StoreError> {
        let of_from = phone::Column::ActiveUser.eq(from);
        let Some(phone) = phone::Entity::find().filter(of_from.clone()).one(&self.db).await? else {
            return Ok(None);
        };
        let change = phone::ActiveModel { user_id: Set(into), active_user: Set(Some(into)), ..Default::default() };
        phone::Entity::update_many().set(change).filter(of_from).exec(&self.db).await?;
        Ok(Some(phone.id.to_string()))
    }

    async fn join_rows(&self, gone: user::Model, kept: user::Model, now: Timestamp) -> Result<user::Model, StoreError> {
        let gives_external_id = kept.external_id.is_none() && gone.external_id.is_some();
        let mut alias = user::ActiveModel {
            status: Set(Status::Merged),
            merged_into: Set(Some(kept.id)),
            updated_at: Set(now),
            ..Default::default()
        };
        if gives_external_id {
            alias.external_id = Set(None);
        }
        user::Entity::update_many().set(alias).filter(user::Column::Id.eq(gone.id)).exec(&self.db).await?;
        let survivor = user::Model {
            nickname: kept.nickname.or(gone.nickname),
            avatar_url: kept.avatar_url.or(gone.avatar_url),
            external_id: if gives_external_id { gone.external_id } else { kept.external_id },
            updated_at: now,
            ..kept
        };
        let change = user::ActiveModel {
            nickname: Set(survivor.nickname.clone()),
            avatar_url: Set(survivor.avatar_url.clone()),
            external_id: Set(survivor.external_id.clone()),
            updated_at: Set(now),
            ..Default::default()
        };
        user::Entity::update_many().set(change).filter(user::Column::Id.eq(survivor.id)).exec(&self.db).await?;
        Ok(survivor)
    }
}

fn user_json(user: &user::Model) -> Value {
    json!({
        "id": user.id.to_string(),
        "nickname": user.nickname,
        "avatarUrl": user.avatar_url,
        "externalId": user.external_id.as_ref().map(domain::ExternalId::as_str),
    })
}
