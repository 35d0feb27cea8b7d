//! Decrypts the phone numbers of rows.

use domain::{PhoneId, PhoneNumber};
use entities::phone;
use sea_orm::{FromQueryResult, QuerySelect};

use crate::{StoreError, View};

/// The columns of a joined phone, if there is one.
#[derive(Debug, FromQueryResult)]
pub(crate) struct JoinedPhone {
    phone_row: Option<PhoneId>,
    sealed_number: Option<Vec<u8>>,
}

/// Adds the columns of [`JoinedPhone`] to a query.
pub(crate) fn select_number<Q: QuerySelect>(query: Q) -> Q {
    query.column_as(phone::Column::Id, "phone_row").column(phone::Column::SealedNumber)
}

/// Returns the number of the joined phone, if there is one.
pub(crate) async fn read_number(view: &View<'_>, joined: JoinedPhone) -> Result<Option<PhoneNumber>, StoreError> {
    match joined.phone_row.zip(joined.sealed_number) {
        Some((id, sealed)) => open_number(view, id, &sealed).await.map(Some),
        None => Ok(None),
    }
}

/// Decrypts the number of a phone. If the key is unknown, another replica has created it, so the keys are reloaded.
pub(crate) async fn open_number(view: &View<'_>, id: PhoneId, sealed: &[u8]) -> Result<PhoneNumber, StoreError> {
    if let Some(number) = view.vault.open(id, sealed)? {
        return Ok(number);
    }
    crate::key::load_keys(view).await?;
    let number = view.vault.open(id, sealed)?;
    number.ok_or_else(|| StoreError::corrupt("phones", format!("the data key of the number of {id} is missing")))
}
