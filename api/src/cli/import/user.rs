//! An account of an import file: from the cells of a row to the input of the use case.

use store::import::ImportedUser;

use super::field::{Field, Name};
use super::rows::Row;
use super::value::key;
use super::value::time::Clock;
use super::{bad, cell::Cell, time};
use crate::service::Service;
use crate::text::text;
use crate::usecase;
use crate::usecase::import::{ImportError, UserText};

/// Reads an account. With `by_phone`, an external id is derived from its phone.
pub(super) fn read(row: &Row, service: &Service, clock: &Clock, by_phone: bool) -> Result<ImportedUser, ImportError> {
    let phone = id(row, Name::Phone)?;
    let external_id = match id(row, Name::ExternalId)? {
        None if by_phone => Some(usecase::import::external_id_by_phone(service, phone.as_deref())?),
        external_id => external_id,
    };
    let text = UserText {
        external_id: external_id.unwrap_or_default(),
        phone,
        nickname: row.cell(Name::Nickname).map(nickname).transpose()?,
        created_at: time(row, Name::CreatedAt, (service, clock))?,
        last_proof_at: time(row, Name::LastProofAt, (service, clock))?,
        open_ids: placed(row, Name::OpenId)?,
        union_ids: placed(row, Name::UnionId)?,
    };
    usecase::import::read_user(service, &text)
}

fn nickname(cell: &Cell) -> Result<String, ImportError> {
    match cell {
        Cell::Broken(_) | Cell::Json(_) => Err(bad(&Field::of(Name::Nickname), cell, text!("no value", "没有值"))),
        // A quotation mark that is not closed makes one value of several rows.
        Cell::Text(name) if name.trim().contains(['\n', '\r']) => {
            let reason = text!("has a line break: is a quotation mark not closed?", "含有换行：是否有引号没有闭合？");
            Err(bad(&Field::of(Name::Nickname), cell, reason))
        }
        Cell::Empty | Cell::Text(_) | Cell::Number(_) | Cell::Date(_) => Ok(cell.text()),
    }
}

fn id(row: &Row, name: Name) -> Result<Option<String>, ImportError> {
    let read = |cell| key::read(cell).map_err(|reason| bad(&Field::of(name), cell, reason));
    Ok(row.cell(name).map(read).transpose()?.flatten())
}

/// Returns the ids of a field, each with its place.
fn placed(row: &Row, name: Name) -> Result<Vec<(String, String)>, ImportError> {
    let mut ids = Vec::new();
    for (field, cell) in row.cells(name) {
        let id = key::read(cell).map_err(|reason| bad(field, cell, reason))?;
        ids.extend(id.map(|id| (field.place.clone().unwrap_or_default(), id)));
    }
    Ok(ids)
}
