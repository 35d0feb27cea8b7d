//! Seals phone numbers that an older version stored in clear, in batches. The migrations add and drop the clear
//! columns.

use domain::{PhoneId, PhoneNumber};
use entities::phone;
use sea_orm::sea_query::{Alias, CaseStatement, Expr, ExprTrait, Order, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, FromQueryResult};

use crate::database::CHUNK;
use crate::key::HashOf;
use crate::{Store, StoreError, Tx};

/// A phone number in clear.
struct Clear {
    id: PhoneId,
    number: PhoneNumber,
    is_active: bool,
}

/// Columns of an older version, which no entity has.
#[derive(FromQueryResult)]
struct ClearRow {
    id: PhoneId,
    clear_number: String,
    clear_active_number: Option<String>,
}

impl Store {
    /// Seals every number in clear and returns their count. Each batch is a transaction, so an interrupted run can be
    /// continued and several replicas can run at once.
    pub async fn seal_clear_numbers(&self, mut told: impl FnMut(u64)) -> Result<u64, StoreError> {
        let mut sealed = 0;
        loop {
            match self.write("seal_numbers", |tx| async move { seal_batch(&tx).await }).await? {
                0 => return Ok(sealed),
                count => sealed += count,
            }
            told(sealed);
        }
    }
}

async fn clear_numbers(tx: &Tx) -> Result<Vec<Clear>, StoreError> {
    let query = Query::select()
        .column(phone::Column::Id)
        .column(Alias::new("clear_number"))
        .column(Alias::new("clear_active_number"))
        .from(phone::Entity)
        .and_where(is_clear())
        .order_by(phone::Column::Id, Order::Asc)
        .limit(CHUNK as u64)
        .take();
    let mut clear = Vec::new();
    for row in tx.db.query_all(&query).await? {
        let ClearRow { id, clear_number, clear_active_number } = ClearRow::from_query_result(&row, "")?;
        let corrupt = || StoreError::corrupt("phones", format!("{id} has an invalid number"));
        let number = PhoneNumber::from_e164(clear_number).ok_or_else(corrupt)?;
        clear.push(Clear { id, number, is_active: clear_active_number.is_some() });
    }
    Ok(clear)
}

/// Seals a batch in one statement.
async fn seal_numbers(tx: &Tx, clear: &[Clear]) -> Result<(), StoreError> {
    let (mut sealed, mut hashes) = (CaseStatement::new(), CaseStatement::new());
    for Clear { id, number, is_active } in clear {
        sealed = sealed.case(phone::Column::Id.eq(*id), Expr::val(tx.vault.seal(*id, number)));
        if *is_active {
            hashes = hashes.case(phone::Column::Id.eq(*id), Expr::val(tx.vault.hash(HashOf::ActivePhone, number)));
        }
    }
    let mut update = Query::update();
    update.table(phone::Entity).value(phone::Column::SealedNumber, sealed);
    if clear.iter().any(|clear| clear.is_active) {
        update.value(phone::Column::ActiveHash, hashes);
    }
    update
        .value(Alias::new("clear_number"), "")
        .value(Alias::new("clear_active_number"), Option::<String>::None)
        .and_where(phone::Column::Id.is_in(clear.iter().map(|clear| clear.id)))
        // Another replica may have sealed some of them meanwhile.
        .and_where(is_clear());
    tx.db.execute(&update).await?;
    Ok(())
}

fn is_clear() -> Expr {
    Expr::col(Alias::new("clear_number")).ne("")
}

async fn seal_batch(tx: &Tx) -> Result<u64, StoreError> {
    let clear = clear_numbers(tx).await?;
    if !clear.is_empty() {
        seal_numbers(tx, &clear).await?;
    }
    Ok(clear.len() as u64)
}
