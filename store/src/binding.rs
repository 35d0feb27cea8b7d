//! Writes what a proven phone number led to.
//! What it leads to is decided in `domain::binding`.

use domain::binding::{Binding, Request};
use domain::{PhoneId, PhoneNumber, Rule, Timestamp, UserId};
use entities::phone::{self, Proof};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use crate::journal::{Actor, Entry};
use crate::merge::Merged;
use crate::sql::taken_unless;
use crate::{StoreError, Tx};

impl Tx {
    /// Does what was decided about a proven number, and answers the account that goes on.
    ///
    /// A refusal writes its conflict and nothing else. [`StoreError::Taken`] when what was decided on is no longer so.
    pub async fn apply_binding(
        &self,
        binding: &Binding,
        request: &Request,
        now: Timestamp,
    ) -> Result<UserId, StoreError> {
        let caller = request.caller.id;
        match binding {
            Binding::Renew => {
                self.renew_proof(caller, &request.number, now).await?;
                Ok(caller)
            }
            Binding::Bind => {
                self.bind(caller, &request.number, now).await?;
                Ok(caller)
            }
            Binding::Join { from, into } => {
                let merged = self.merge(*from, *into, now).await?;
                self.renew_proof(*into, &request.number, now).await?;
                self.journal(joined(*from, merged, &request.number), now).await?;
                Ok(*into)
            }
            Binding::Refuse { conflict, .. } => {
                if let Some(conflict) = conflict {
                    self.open_conflict(caller, conflict, now).await?;
                }
                Ok(caller)
            }
        }
    }

    async fn bind(&self, user: UserId, number: &PhoneNumber, now: Timestamp) -> Result<(), StoreError> {
        self.lock_one(user).await?;
        let row = phone::Model {
            proof: Proof::Code,
            verified_at: Some(now),
            last_proof_at: Some(now),
            ..new_phone(user, number, now)
        };
        let after = json!({ "phone": row.id.to_string() });
        self.insert(row).await?;
        let evidence = json!({ "phone": number.masked() });
        let entry =
            Entry { user, other: None, rule: Rule::R4a, actor: Actor::Person, evidence, before: json!({}), after };
        self.journal(entry, now).await
    }

    async fn renew_proof(&self, user: UserId, number: &PhoneNumber, now: Timestamp) -> Result<(), StoreError> {
        let change = phone::ActiveModel { last_proof_at: Set(Some(now)), ..Default::default() };
        let renewed = phone::Entity::update_many()
            .set(change)
            .col_expr(phone::Column::VerifiedAt, Expr::col(phone::Column::VerifiedAt).if_null(Expr::val(now)))
            .filter(phone::Column::ActiveUser.eq(user))
            .filter(phone::Column::ActiveNumber.eq(number.clone()));
        taken_unless(renewed.exec(&self.db).await?.rows_affected)
    }
}

fn joined(from: UserId, merged: Merged, number: &PhoneNumber) -> Entry {
    Entry {
        user: merged.survivor.id,
        other: Some(from),
        rule: Rule::R4c,
        actor: Actor::Person,
        evidence: json!({ "phone": number.masked() }),
        before: merged.before,
        after: merged.after,
    }
}

/// An active phone that nobody has proved to us yet.
pub(crate) fn new_phone(user: UserId, number: &PhoneNumber, now: Timestamp) -> phone::Model {
    phone::Model {
        id: PhoneId::new(now),
        user_id: user,
        number: number.clone(),
        active_number: Some(number.clone()),
        active_user: Some(user),
        proof: Proof::Import,
        verified_at: None,
        last_proof_at: None,
        created_at: now,
    }
}
