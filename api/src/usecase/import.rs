//! Imports the company's existing accounts and orders in batches. See `cli::import` for reading files and showing
//! progress.

use chrono::{SecondsFormat, TimeDelta};
use data_encoding::HEXLOWER;
use domain::import::Clash;
use domain::order::{Effect, Report};
use domain::phone::LineType;
use domain::{AppName, AuditAction, BadKey, OpenKey, PhoneNumber, Timestamp, UnionKey, UnionScope, UserId};
use serde_json::json;
use std::str::FromStr;
use std::sync::Arc;
use store::audit::AuditEvent;
use store::import::{Forecast, Imported, ImportedUser, Named};
use store::{Actor, Tx, Write};

use crate::error::ApiError;
use crate::service::Service;
use crate::text::{Text, text};

/// How far the clock of another system may be ahead.
const CLOCK_DIFFERENCE: TimeDelta = TimeDelta::minutes(5);

/// The reason why a row cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportError {
    /// The column, if the reason lies in one.
    pub column: Option<String>,
    /// The value as a message may show it: a phone number is masked.
    pub value: Option<String>,
    /// What is wrong with it.
    pub reason: Text,
}

impl ImportError {
    /// Creates the reason for one column.
    pub fn new(column: impl Into<String>, value: Option<String>, reason: impl Into<Text>) -> Self {
        Self { column: Some(column.into()), value, reason: reason.into() }
    }

    /// Creates the reason for the row as a whole.
    pub fn of_row(reason: impl Into<Text>) -> Self {
        Self { column: None, value: None, reason: reason.into() }
    }
}

/// The outcome of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A record was created.
    Created,
    /// A record was extended.
    Updated,
    /// The record was already complete.
    Unchanged,
    /// Accounts created by a first login were merged into the company's account.
    Joined {
        /// The company's account.
        into: UserId,
        /// The merged accounts.
        from: Vec<UserId>,
    },
    /// Nothing was written because the row contradicts recorded data.
    Conflict {
        /// The column of the conflicting key.
        key: String,
        /// The reason for the conflict.
        reason: Text,
        /// The other account concerned: its external id if it has one, otherwise its id.
        other: Option<String>,
    },
}

/// An account from the company's file, unchecked.
#[derive(Clone, Default)]
pub struct UserText {
    /// The company's id of the person.
    pub external_id: String,
    /// The phone, as people write it.
    pub phone: Option<String>,
    /// The nickname.
    pub nickname: Option<String>,
    /// When the account was created.
    pub created_at: Option<Timestamp>,
    /// The time of the phone's last proof: the last login in the old system.
    pub last_proof_at: Option<Timestamp>,
    /// The openIds, each with the name of its app.
    pub open_ids: Vec<(String, String)>,
    /// The unionIds, each with its union scope.
    pub union_ids: Vec<(String, String)>,
}

impl std::fmt::Debug for UserText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserText").field("external_id", &self.external_id).finish_non_exhaustive()
    }
}

/// Checks one account. Its times must not be in the future: such a proof would never become too old.
pub fn read_user(service: &Service, text: &UserText) -> Result<ImportedUser, ImportError> {
    let open_ids = text.open_ids.iter().map(|(app, id)| read_open_id(service, app, id));
    let union_ids = text.union_ids.iter().map(|(scope, id)| read_union_id(service, scope, id));
    Ok(ImportedUser {
        external_id: read_key("externalId".to_owned(), &text.external_id)?,
        phone: text
            .phone
            .as_deref()
            .filter(|phone| !phone.trim().is_empty())
            .map(|phone| read_phone(service, phone))
            .transpose()?,
        nickname: domain::Profile::new(text.nickname.as_deref().unwrap_or_default(), "").nickname,
        created_at: past(service, "createdAt", text.created_at)?,
        last_proof_at: past(service, "lastProofAt", text.last_proof_at)?,
        open_ids: open_ids.collect::<Result<_, _>>()?,
        union_ids: union_ids.collect::<Result<_, _>>()?,
    })
}

/// Returns whether a time is in the future, by more than two clocks may differ.
pub fn is_future(service: &Service, time: Timestamp) -> bool {
    time > service.clock.now().plus(CLOCK_DIFFERENCE)
}

/// Refuses a time in the future. One that another clock was ahead with counts as now.
fn past(service: &Service, column: &str, time: Option<Timestamp>) -> Result<Option<Timestamp>, ImportError> {
    match time {
        Some(time) if is_future(service, time) => {
            let shown = chrono::DateTime::from(time).to_rfc3339_opts(SecondsFormat::Secs, true);
            Err(ImportError::new(column, Some(shown), text!("in the future", "晚于当前时间")))
        }
        time => Ok(time.map(|time| time.min(service.clock.now()))),
    }
}

/// Derives an external id from a phone number, for a company that has no ids of its own. It is the same in every import, does not
/// tell the number, and belongs to the deployment's secret: after a change of the secret a second import meets the number.
pub fn external_id_by_phone(service: &Service, phone: Option<&str>) -> Result<String, ImportError> {
    let phone = phone.ok_or_else(|| {
        ImportError::new("phone", None, text!("empty, and the row has no other id", "为空，且此行没有其他 ID"))
    })?;
    let mac = service.keys.mac("import/external-id-by-phone", &[read_phone(service, phone)?.e164().as_bytes()]);
    Ok(format!("phone-{}", HEXLOWER.encode(&mac[..16])))
}

/// Reads a phone. A company's own line would make one account of all the people who are called through it.
fn read_phone(service: &Service, text: &str) -> Result<PhoneNumber, ImportError> {
    let bad = |reason: Text| ImportError::new("phone", Some(masked(text)), reason);
    let number =
        service.config.phone.parse(text).map_err(|_| bad(text!("not a valid phone number", "不是有效的手机号")))?;
    match number.line_type() {
        LineType::Service => Err(bad(text!(
            "the number of a company (400, 800 or premium), not the phone of a person",
            "是企业号码（400、800 或付费号码），不是个人手机号"
        ))),
        LineType::Mobile | LineType::FixedLine | LineType::FixedLineOrMobile | LineType::Other => Ok(number),
    }
}

/// Returns a value of a phone column for a message: of what has the length of a number, only the first and the last digits.
#[must_use]
pub fn masked(text: &str) -> String {
    let digits = text.chars().filter(|c| c.is_numeric()).count();
    let mut at = 0;
    let hide = |c: char| {
        at += usize::from(c.is_numeric());
        if c.is_numeric() && at > 3 && at + 2 <= digits { '*' } else { c }
    };
    if digits > 5 { text.chars().map(hide).take(40).collect() } else { text.chars().take(40).collect() }
}

fn read_key<T: FromStr<Err = BadKey>>(column: String, text: &str) -> Result<T, ImportError> {
    text.parse().map_err(|error: BadKey| {
        let shown: String = text.chars().take(40).collect();
        ImportError::new(column, Some(shown).filter(|shown| !shown.trim().is_empty()), error)
    })
}

fn read_open_id(service: &Service, app: &str, open_id: &str) -> Result<OpenKey, ImportError> {
    let name: Option<AppName> = app.parse().ok();
    let app_id = name.and_then(|name| service.apps.named(&name)).map(|app| app.provider.app_id().clone());
    let column = format!("openId:{app}");
    let app_id = app_id.ok_or_else(|| ImportError::new(&*column, None, text!("unknown app", "没有此应用")))?;
    Ok(OpenKey { app: app_id, open_id: read_key(column, open_id)? })
}

/// Reads a unionId. A union scope without apps is an error, since no login could ever match it.
fn read_union_id(service: &Service, scope: &str, union_id: &str) -> Result<UnionKey, ImportError> {
    let mut scopes = service.apps.all().iter().filter_map(|app| app.provider.union_scope());
    let found: Option<&UnionScope> = scopes.find(|known| known.as_str() == scope);
    let column = format!("unionId:{scope}");
    let unknown = || {
        let reason = text!("no app has this union scope", "没有应用属于此 union_scope");
        ImportError::new(&*column, None, reason)
    };
    let found = found.ok_or_else(unknown)?;
    Ok(UnionKey { scope: found.clone(), union_id: read_key(column, union_id)? })
}

/// Imports a batch of accounts in one transaction.
pub async fn import_users(service: &Service, users: &[ImportedUser]) -> Result<Vec<Outcome>, ApiError> {
    let import = |tx: Arc<Tx>| async move {
        let imported = store::import::import_users(&tx, users, service.clock.now()).await?;
        let outcomes: Vec<_> = imported.into_iter().map(|imported| outcome_of(service, imported)).collect();
        audit_import(service, &tx, AuditAction::UsersImported, &outcomes).await?;
        Ok(outcomes)
    };
    service.store.write(Write::new("import_users").without_events(), import).await
}

/// Starts a dry run of a file of accounts, which only reads the database.
pub async fn forecast(service: &Service) -> Result<Forecast, ApiError> {
    Ok(service.store.forecast().await?)
}

/// Returns the outcomes that a batch would have after all batches before it.
pub async fn predict_users(
    service: &Service,
    forecast: &Forecast,
    users: &[ImportedUser],
) -> Result<Vec<Outcome>, ApiError> {
    let predicted = forecast.import_users(users, service.clock.now()).await?;
    Ok(predicted.into_iter().map(|imported| outcome_of(service, imported)).collect())
}

fn outcome_of(service: &Service, imported: Imported) -> Outcome {
    match imported {
        Imported::Created(_) => Outcome::Created,
        Imported::Updated(_) => Outcome::Updated,
        Imported::Unchanged(_) => Outcome::Unchanged,
        Imported::Joined { into, from } => Outcome::Joined { into, from },
        Imported::Refused { clash, other } => {
            let name = |Named { user, external_id }| external_id.map_or_else(|| user.to_string(), Into::into);
            Outcome::Conflict { key: column(service, &clash), reason: (&clash).into(), other: other.map(name) }
        }
    }
}

/// Returns the file's column for a conflicting key.
fn column(service: &Service, clash: &Clash) -> String {
    match clash {
        Clash::PhoneOwned | Clash::PhoneDiffers => "phone".to_owned(),
        Clash::OpenIdOwned(key) | Clash::OpenIdDiffers(key) => format!("openId:{}", service.apps.name_of(&key.app)),
        Clash::UnionIdOwned(key) | Clash::UnionIdDiffers(key) => format!("unionId:{}", key.scope),
        Clash::ExternalIdDiffers | Clash::KeyOfClosed => "externalId".to_owned(),
    }
}

/// Imports a batch of orders in one transaction; a dry run does the same and rolls back. An order that contradicts the
/// recorded one does not stop the rest.
pub async fn import_orders(service: &Service, reports: &[Report], dry_run: bool) -> Result<Vec<Outcome>, ApiError> {
    let import = |tx: Arc<Tx>| async move { import_orders_in(service, &tx, reports).await };
    if dry_run {
        service.store.rehearse("import_orders", import).await
    } else {
        service.store.write(Write::new("import_orders").without_events(), import).await
    }
}

async fn import_orders_in(service: &Service, tx: &Tx, reports: &[Report]) -> Result<Vec<Outcome>, ApiError> {
    let entered = store::order::record_each(tx, reports, service.clock.now()).await?;
    let outcome = |entered: Result<store::order::Recorded, domain::order::Clash>| match entered.map(|done| done.effect)
    {
        Ok(Effect::Created) => Outcome::Created,
        Ok(Effect::Updated) => Outcome::Updated,
        Ok(Effect::Unchanged | Effect::Outdated) => Outcome::Unchanged,
        Err(clash) => Outcome::Conflict { key: "orderNo".to_owned(), reason: clash.into(), other: None },
    };
    let outcomes: Vec<_> = entered.into_iter().map(outcome).collect();
    audit_import(service, tx, AuditAction::OrdersImported, &outcomes).await?;
    Ok(outcomes)
}

/// Writes one audit entry for a batch. The import's report has the outcome of each row.
async fn audit_import(service: &Service, tx: &Tx, action: AuditAction, outcomes: &[Outcome]) -> Result<(), ApiError> {
    let count = |is: fn(&Outcome) -> bool| outcomes.iter().filter(|outcome| is(outcome)).count();
    let detail = json!({
        "created": count(|outcome| matches!(outcome, Outcome::Created)),
        "updated": count(|outcome| matches!(outcome, Outcome::Updated)),
        "unchanged": count(|outcome| matches!(outcome, Outcome::Unchanged)),
        "joined": count(|outcome| matches!(outcome, Outcome::Joined { .. })),
        "conflicts": count(|outcome| matches!(outcome, Outcome::Conflict { .. })),
    });
    let event = AuditEvent::new(action, Actor::Command, service.clock.now()).saying(detail);
    Ok(store::audit::add(tx, &event).await?)
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn a_message_shows_of_a_number_only_its_first_and_last_digits() {
        for (text, shown) in [
            ("138-0013-80", "138-****-80"),
            ("1380001380012", "138********12"),
            ("１３８００１３８０００", "１３８******００"),
            ("186******05", "186******05"),
            ("1.38001E+10", "1.38***E+10"),
            ("12", "12"),
            ("unknown", "unknown"),
        ] {
            assert_eq!(masked(text), shown, "{text}");
        }
    }
}
