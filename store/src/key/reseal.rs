//! Rotates the sealing key: creates a new one and seals all phone numbers with it, in batches, while the service
//! runs.

use domain::{PhoneId, Timestamp};
use entities::data_key::{self, KeyPurpose};
use entities::phone;
use sea_orm::sea_query::{CaseStatement, Expr};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::database::CHUNK;
use crate::key::new_row;
use crate::{Store, StoreError, Tx, View};

/// Creates a sealing key. Of two concurrent calls the second fails with [`StoreError::Contended`]. Commit, and [load
/// it](Store::refresh_keys), before sealing anything with it.
pub async fn add_sealing_key(tx: &Tx, now: Timestamp) -> Result<(), StoreError> {
    let last: Option<i64> = data_key::Entity::find()
        .select_only()
        .column(data_key::Column::Ordinal)
        .filter(data_key::Column::Purpose.eq(KeyPurpose::Sealing))
        .order_by_desc(data_key::Column::Ordinal)
        .limit(1)
        .into_tuple()
        .one(&tx.db)
        .await?;
    let ordinal = last.unwrap_or(0) + 1;
    tx.insert(new_row((KeyPurpose::Sealing, ordinal), &tx.vault.wrapping, now)).await
}

async fn reseal(tx: &Tx, rows: &[(PhoneId, Vec<u8>)]) -> Result<(), StoreError> {
    let mut sealed = CaseStatement::new();
    for (id, old) in rows {
        let number = crate::phone::open_number(&tx.look(), *id, old).await?;
        sealed = sealed.case(phone::Column::Id.eq(*id), Expr::val(tx.vault.seal(*id, &number)));
    }
    // The number of a row never changes, so this update does not conflict with others of the row.
    phone::Entity::update_many()
        .col_expr(phone::Column::SealedNumber, sealed.into())
        .filter(phone::Column::Id.is_in(rows.iter().map(|(id, _)| *id)))
        .exec(&tx.db)
        .await?;
    Ok(())
}

/// Counts all stored phone numbers, including former ones.
pub async fn count_numbers(view: &View<'_>) -> Result<u64, StoreError> {
    Ok(phone::Entity::find().count(&view.db).await?)
}

/// Returns the next batch of numbers in the order of their ids.
async fn sealed_after(view: &View<'_>, after: Option<PhoneId>) -> Result<Vec<(PhoneId, Vec<u8>)>, StoreError> {
    let mut rows = phone::Entity::find()
        .select_only()
        .columns([phone::Column::Id, phone::Column::SealedNumber])
        .order_by_asc(phone::Column::Id)
        .limit(CHUNK as u64);
    if let Some(after) = after {
        rows = rows.filter(phone::Column::Id.gt(after));
    }
    Ok(rows.into_tuple().all(&view.db).await?)
}

impl Store {
    /// Returns whether any number is sealed with an older key.
    pub async fn has_older_seals(&self) -> Result<bool, StoreError> {
        let mut after = None;
        loop {
            let rows = sealed_after(&self.view(), after).await?;
            let Some((last, _)) = rows.last() else { return Ok(false) };
            after = Some(*last);
            if rows.iter().any(|(_, sealed)| self.is_older(sealed)) {
                return Ok(true);
            }
        }
    }

    /// Seals every number that an older key sealed with the newest key and returns their count. Each batch is a short
    /// transaction. After an interruption, a new run skips the finished ones.
    ///
    /// Calls `told` after each batch with the number of numbers examined so far.
    pub async fn reseal_numbers(&self, mut told: impl FnMut(u64)) -> Result<u64, StoreError> {
        let (mut after, mut seen, mut resealed) = (None, 0, 0);
        loop {
            let rows = sealed_after(&self.view(), after).await?;
            let Some((last, _)) = rows.last() else { return Ok(resealed) };
            after = Some(*last);
            seen += rows.len() as u64;
            let older: Vec<_> = rows.into_iter().filter(|(_, sealed)| self.is_older(sealed)).collect();
            self.reseal_a_batch(&older).await?;
            resealed += older.len() as u64;
            told(seen);
        }
    }

    async fn reseal_a_batch(&self, rows: &[(PhoneId, Vec<u8>)]) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        self.write("reseal_numbers", |tx| async move { reseal(&tx, rows).await }).await
    }

    fn is_older(&self, sealed: &[u8]) -> bool {
        !self.vault.ring().sealer.is_current(sealed)
    }
}
