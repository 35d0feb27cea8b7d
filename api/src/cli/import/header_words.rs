//! What the operator is told of a header as a whole. See `columns` for the mistakes.

use std::sync::Arc;

use super::field::Field;
use crate::cli::Failure;
use crate::text::{Text, text};

/// Makes one failure of all mistakes of a header.
pub(super) fn list(what: Text, mistakes: &[Text]) -> Failure {
    let what = what.then(&text!("; no row was read:", "；未读取任何数据行："));
    mistakes.iter().fold(what, |all, mistake| all.then(&text!("\n  ", "\n  ")).then(mistake)).into()
}

/// Says which columns are read as which field, if a header is not the field's own name, and which are skipped.
pub(super) fn note(names: &[String], columns: &[Vec<(Field, Arc<str>)>]) -> Option<Text> {
    let other = |(field, header): &&(Field, Arc<str>)| field.to_string() != **header;
    let read: Vec<String> =
        columns.iter().flatten().filter(other).map(|(field, header)| format!("{header} → {field}")).collect();
    let skipped: Vec<&str> = names
        .iter()
        .zip(columns)
        .filter(|(name, fields)| fields.is_empty() && !name.is_empty())
        .map(|(name, _)| name.as_str())
        .collect();
    let read = (!read.is_empty()).then(|| text!("columns read: {all}", "读取的列：{all}", all = read.join(", ")));
    let skipped =
        (!skipped.is_empty()).then(|| text!("columns skipped: {all}", "忽略的列：{all}", all = skipped.join(", ")));
    read.into_iter().chain(skipped).reduce(|read, skipped| read.then(&text!("\n", "\n")).then(&skipped))
}
