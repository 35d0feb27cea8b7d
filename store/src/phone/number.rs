//! Opens the phone numbers of rows.
//! With which keys is told in `vault`.

use domain::{PhoneId, PhoneNumber};
use entities::phone;
use sea_orm::sea_query::{Expr, SelectStatement};
use sea_orm::{ColumnTrait, QueryResult};

use crate::{StoreError, View};

/// The column in which [`select_number`] has the phone's id.
const ROW: &str = "phone_row";

/// Adds the columns of the phone that is joined, which [`View::number_of`] reads.
pub(crate) fn select_number(query: &mut SelectStatement) -> &mut SelectStatement {
    query.expr_as(Expr::col(phone::Column::Id.as_column_ref()), ROW).column(phone::Column::SealedNumber.as_column_ref())
}

/// The number of the phone that was joined, if there is one.
pub(crate) async fn read_number(view: &View<'_>, row: &QueryResult) -> Result<Option<PhoneNumber>, StoreError> {
    let id: Option<PhoneId> = row.try_get("", ROW)?;
    let sealed: Option<Vec<u8>> = row.try_get("", "sealed_number")?;
    match id.zip(sealed) {
        Some((id, sealed)) => open_number(view, id, &sealed).await.map(Some),
        None => Ok(None),
    }
}

/// The number of a phone. A key that is not known is one that another replica made since: the keys are loaded anew.
pub(crate) async fn open_number(view: &View<'_>, id: PhoneId, sealed: &[u8]) -> Result<PhoneNumber, StoreError> {
    if let Some(number) = view.vault.open(id, sealed)? {
        return Ok(number);
    }
    crate::key::load_keys(view).await?;
    let number = view.vault.open(id, sealed)?;
    number.ok_or_else(|| StoreError::corrupt("phones", format!("the key of the number of {id} is not there")))
}
