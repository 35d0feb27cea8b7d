//! The changes that steps make to existing rows, and the statements of older versions that they break. Both are
//! deliberate, and both are named in the chapter on upgrades in `docs/operations.md`.

use std::collections::BTreeMap;

use migration::throwaway::Row;

/// What a step does to part of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Becomes {
    /// The table is dropped.
    NoTable,
    /// The rows are deleted.
    NoRows,
    /// The column of this name is dropped.
    NoColumn(&'static str),
    /// The first column is renamed to the second.
    Named(&'static str, &'static str),
}

/// A change of rows that existed before a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) step: &'static str,
    pub(super) table: &'static str,
    pub(super) becomes: Becomes,
    pub(super) reason: &'static str,
}

pub(super) const CHANGES: &[Change] = &[
    Change {
        step: "m0009_refresh_generations",
        table: "refresh_tokens",
        becomes: Becomes::NoTable,
        reason: "the newest token of a session is in the row of the session",
    },
    Change {
        step: "m0010_sealed_phones",
        table: "phones",
        becomes: Becomes::Named("number", "clear_number"),
        reason: "an older version must not write numbers in clear any more; the service seals them and drops the column",
    },
    Change {
        step: "m0010_sealed_phones",
        table: "phones",
        becomes: Becomes::Named("active_number", "clear_active_number"),
        reason: "as of the number",
    },
    Change {
        step: "m0010_sealed_phones",
        table: "phone_codes",
        becomes: Becomes::NoRows,
        reason: "a code lives for minutes, and its row has a number in clear",
    },
    Change {
        step: "m0010_sealed_phones",
        table: "login_states",
        becomes: Becomes::NoColumn("nonce"),
        reason: "it is derived from the state",
    },
    Change {
        step: "m0010_sealed_phones",
        table: "login_states",
        becomes: Becomes::NoColumn("code_verifier"),
        reason: "it is derived from the state",
    },
];

/// Rows of a table that the versions from one step to before another can no longer write.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refusal {
    pub(super) table: &'static str,
    pub(super) from: &'static str,
    pub(super) before: &'static str,
    pub(super) reason: &'static str,
}

pub(super) const REFUSALS: &[Refusal] = &[
    Refusal {
        table: "refresh_tokens",
        from: "m0002_sessions",
        before: "m0009_refresh_generations",
        reason: "a token that an older process issues would be unknown to the new ones",
    },
    Refusal {
        table: "phones",
        from: "m0001_people",
        before: "m0010_sealed_phones",
        reason: "a number would stand in clear, and past the unique index",
    },
    Refusal {
        table: "phone_codes",
        from: "m0002_sessions",
        before: "m0010_sealed_phones",
        reason: "a number would stand in clear",
    },
    Refusal {
        table: "login_states",
        from: "m0004_logins",
        before: "m0010_sealed_phones",
        reason: "secrets of a login would stand in clear",
    },
];

/// Changes the rows of an older version as the later steps do. Returns the changes that had an effect.
pub(super) fn apply(tables: &mut BTreeMap<String, Vec<Row>>, later: &[String]) -> Vec<Change> {
    let mut used = Vec::new();
    for change in CHANGES.iter().filter(|change| later.iter().any(|step| step == change.step)) {
        let Some(rows) = tables.get_mut(change.table).filter(|rows| !rows.is_empty()) else { continue };
        match change.becomes {
            Becomes::NoTable => {
                tables.remove(change.table);
            }
            Becomes::NoRows => rows.clear(),
            Becomes::NoColumn(column) => {
                let removed = rows.iter_mut().filter_map(|row| row.remove(column)).count();
                if removed == 0 {
                    continue;
                }
            }
            Becomes::Named(from, to) => {
                for row in rows {
                    let value = row.remove(from).expect("the column of an older version");
                    row.insert(to.to_owned(), value);
                }
            }
        }
        used.push(*change);
    }
    used
}
