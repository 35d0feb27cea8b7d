//! Brings in the company's own accounts, from before Guiyi.
//! How an import file is read is `api`'s business.

use domain::{ExternalId, PhoneNumber, Rule, Timestamp, UserId};
use entities::phone;
use entities::user::{self, Status};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use crate::binding::new_phone;
use crate::journal::{Actor, Entry};
use crate::{StoreError, Tx, User};

/// One of the company's accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedUser {
    /// The company's own id.
    pub external_id: ExternalId,
    /// The person's phone.
    pub phone: Option<PhoneNumber>,
    /// What the person is called.
    pub nickname: Option<String>,
    /// When the company made the account.
    pub created_at: Option<Timestamp>,
    /// When somebody last proved to have the phone.
    pub last_proof_at: Option<Timestamp>,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Imported {
    /// A new account.
    Created(UserId),
    /// An account that had less before.
    Updated(UserId),
    /// An account that had all of it.
    Unchanged(UserId),
    /// Nothing was written: another active account has the phone.
    PhoneOwned,
    /// Nothing was written: the account has another phone.
    PhoneDiffers,
}

impl Tx {
    /// Brings in one account, matched by the company's own id. It never takes a phone from anybody.
    pub async fn import_user(&self, user: &ImportedUser, now: Timestamp) -> Result<Imported, StoreError> {
        let known =
            user::Entity::find().filter(user::Column::ExternalId.eq(user.external_id.clone())).one(&self.db).await?;
        let Some(known) = known else { return self.import_new(user, now).await };
        match self.look().user(known.id).await? {
            Some(survivor) => self.import_known(user, &survivor, now).await,
            // Closed or forgotten: an import does not bring anybody back.
            None => Ok(Imported::Unchanged(known.id)),
        }
    }

    async fn import_new(&self, user: &ImportedUser, now: Timestamp) -> Result<Imported, StoreError> {
        if self.is_owned(user.phone.as_ref()).await? {
            return Ok(Imported::PhoneOwned);
        }
        let created_at = user.created_at.unwrap_or(now);
        let row = user::Model {
            id: UserId::new(created_at),
            status: Status::Active,
            merged_into: None,
            nickname: user.nickname.clone(),
            avatar_url: None,
            external_id: Some(user.external_id.clone()),
            cooling_until: None,
            created_at,
            updated_at: now,
        };
        let id = row.id;
        self.insert(row).await?;
        self.import_phone(id, user, now).await?;
        self.journal_import(id, user, now).await?;
        Ok(Imported::Created(id))
    }

    async fn import_known(&self, user: &ImportedUser, known: &User, now: Timestamp) -> Result<Imported, StoreError> {
        let brings_phone = match (&known.phone, &user.phone) {
            (Some(known), Some(told)) if known != told => return Ok(Imported::PhoneDiffers),
            (Some(_), _) | (None, None) => false,
            (None, Some(_)) => true,
        };
        if brings_phone && self.is_owned(user.phone.as_ref()).await? {
            return Ok(Imported::PhoneOwned);
        }
        let row = self.lock_one(known.id).await?;
        if brings_phone {
            self.import_phone(known.id, user, now).await?;
        }
        // What people call themselves since is theirs: an import fills gaps only.
        let brings_name = row.nickname.is_none() && user.nickname.is_some();
        if brings_name {
            let change =
                user::ActiveModel { nickname: Set(user.nickname.clone()), updated_at: Set(now), ..Default::default() };
            user::Entity::update_many().set(change).filter(user::Column::Id.eq(known.id)).exec(&self.db).await?;
        }
        let brings_proof = !brings_phone && self.import_proof(known.id, user).await?;
        if !(brings_phone || brings_name || brings_proof) {
            return Ok(Imported::Unchanged(known.id));
        }
        self.journal_import(known.id, user, now).await?;
        Ok(Imported::Updated(known.id))
    }

    async fn is_owned(&self, number: Option<&PhoneNumber>) -> Result<bool, StoreError> {
        let Some(number) = number else { return Ok(false) };
        let owner = phone::Entity::find().filter(phone::Column::ActiveNumber.eq(number.clone())).one(&self.db).await?;
        Ok(owner.is_some())
    }

    async fn import_phone(&self, id: UserId, user: &ImportedUser, now: Timestamp) -> Result<(), StoreError> {
        let Some(number) = &user.phone else { return Ok(()) };
        let row = phone::Model { last_proof_at: user.last_proof_at, ..new_phone(id, number, now) };
        self.insert(row).await
    }

    /// A proof that is younger than the one we know of; answers whether it was.
    async fn import_proof(&self, id: UserId, user: &ImportedUser) -> Result<bool, StoreError> {
        let (Some(number), Some(proof_at)) = (&user.phone, user.last_proof_at) else { return Ok(false) };
        let older = phone::Column::LastProofAt.is_null().or(phone::Column::LastProofAt.lt(proof_at));
        let update = phone::Entity::update_many()
            .set(phone::ActiveModel { last_proof_at: Set(Some(proof_at)), ..Default::default() })
            .filter(phone::Column::ActiveUser.eq(id))
            .filter(phone::Column::ActiveNumber.eq(number.clone()))
            .filter(older);
        Ok(update.exec(&self.db).await?.rows_affected > 0)
    }

    async fn journal_import(&self, id: UserId, user: &ImportedUser, now: Timestamp) -> Result<(), StoreError> {
        let evidence = json!({
            "externalId": user.external_id.as_str(),
            "phone": user.phone.as_ref().map(PhoneNumber::masked),
        });
        let entry = Entry {
            user: id,
            other: None,
            rule: Rule::Import,
            actor: Actor::Import,
            evidence,
            before: json!({}),
            after: json!({}),
        };
        self.journal(entry, now).await?;
        Ok(())
    }
}
