//! Takes over what the company had before: its accounts and its orders, in batches.
//! How a file is read, and how progress is shown, is `cli::import`'s business.

use domain::import::Clash;
use domain::order::{Effect, Report};
use domain::{AppName, AuditAction, BadKey, ExternalId, OpenKey, PhoneNumber, Timestamp, UnionKey, UnionScope, UserId};
use serde_json::json;
use std::sync::Arc;
use store::audit::AuditEvent;
use store::import::{Forecast, Imported, ImportedUser, Named};
use store::{Actor, Tx};

use crate::error::ApiError;
use crate::service::Service;

/// Why a row cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ImportError(pub String);

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Something new.
    Created,
    /// It had less before.
    Updated,
    /// It had all of it.
    Unchanged,
    /// Accounts made by a first login went into the company's account.
    Joined {
        /// The company's account.
        into: UserId,
        /// Those that ended as aliases.
        from: Vec<UserId>,
    },
    /// Nothing was written, because it says what cannot be so.
    Conflict {
        /// The column of the key in the way.
        key: String,
        /// What is in the way.
        reason: String,
        /// The other account concerned: the company's own id where it has one, else ours.
        other: Option<String>,
    },
}

/// An account of the company's, before it is checked.
#[derive(Clone, Default)]
pub struct UserText {
    /// The company's own id.
    pub external_id: String,
    /// The phone, as a person writes it.
    pub phone: Option<String>,
    /// What the person is called.
    pub nickname: Option<String>,
    /// When the account was made.
    pub created_at: Option<Timestamp>,
    /// When somebody last proved to have the phone: the old system's last login.
    pub last_proof_at: Option<Timestamp>,
    /// The person's open ids, each with the name of its app.
    pub open_ids: Vec<(String, String)>,
    /// The person's union ids, each with its scope.
    pub union_ids: Vec<(String, String)>,
}

impl std::fmt::Debug for UserText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserText").field("external_id", &self.external_id).finish_non_exhaustive()
    }
}

/// Checks one account. Its times must not lie in the future: a proof of the future would never be too old.
pub fn read_user(service: &Service, text: &UserText) -> Result<ImportedUser, ImportError> {
    let now = service.clock.now();
    for (what, time) in [("createdAt", text.created_at), ("lastProofAt", text.last_proof_at)] {
        if time.is_some_and(|time| time > now) {
            return Err(ImportError(format!("{what}: lies in the future")));
        }
    }
    let external_id: ExternalId = text.external_id.parse().map_err(|e: BadKey| ImportError(e.to_string()))?;
    let phone = text.phone.as_deref().filter(|phone| !phone.trim().is_empty()).map(PhoneNumber::parse).transpose();
    let open_ids = text.open_ids.iter().map(|(app, id)| read_open_id(service, app, id));
    let union_ids = text.union_ids.iter().map(|(scope, id)| read_union_id(service, scope, id));
    Ok(ImportedUser {
        external_id,
        phone: phone.map_err(|e| ImportError(format!("phone: {e}")))?,
        nickname: domain::Profile::new(text.nickname.as_deref().unwrap_or_default(), "").nickname,
        created_at: text.created_at,
        last_proof_at: text.last_proof_at,
        open_ids: open_ids.collect::<Result<_, _>>()?,
        union_ids: union_ids.collect::<Result<_, _>>()?,
    })
}

fn read_open_id(service: &Service, app: &str, open_id: &str) -> Result<OpenKey, ImportError> {
    let name: Option<AppName> = app.parse().ok();
    let app_id = name.and_then(|name| service.apps.named(&name)).map(|app| app.provider.app_id().clone());
    let app_id = app_id.ok_or_else(|| ImportError(format!("openId:{app}: there is no such app")))?;
    let open_id = open_id.parse().map_err(|e: BadKey| ImportError(format!("openId:{app}: {e}")))?;
    Ok(OpenKey { app: app_id, open_id })
}

/// A scope that no app is of would never meet a login, so it is a mistake.
fn read_union_id(service: &Service, scope: &str, union_id: &str) -> Result<UnionKey, ImportError> {
    let mut scopes = service.apps.all().iter().filter_map(|app| app.provider.union_scope());
    let found: Option<&UnionScope> = scopes.find(|known| known.as_str() == scope);
    let found = found.ok_or_else(|| ImportError(format!("unionId:{scope}: no app is of this scope")))?;
    let union_id = union_id.parse().map_err(|e: BadKey| ImportError(format!("unionId:{scope}: {e}")))?;
    Ok(UnionKey { scope: found.clone(), union_id })
}

/// Takes over a batch of accounts in one transaction.
pub async fn import_users(service: &Service, users: &[ImportedUser]) -> Result<Vec<Outcome>, ApiError> {
    let import = |tx: Arc<Tx>| async move {
        let imported = store::import::import_users(&tx, users, service.clock.now()).await?;
        let outcomes: Vec<_> = imported.into_iter().map(|imported| outcome_of(service, imported)).collect();
        audit_import(service, &tx, AuditAction::UsersImported, &outcomes).await?;
        Ok(outcomes)
    };
    service.store.write("import_users", import).await
}

/// Begins a dry run of a file of accounts, which only reads the database.
pub async fn forecast(service: &Service) -> Result<Forecast, ApiError> {
    Ok(service.store.forecast().await?)
}

/// Says what would become of a batch after all batches before it.
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
            Outcome::Conflict { key: column(service, &clash), reason: clash.to_string(), other: other.map(name) }
        }
    }
}

/// The column of the file that is in the way.
fn column(service: &Service, clash: &Clash) -> String {
    match clash {
        Clash::PhoneOwned | Clash::PhoneDiffers => "phone".to_owned(),
        Clash::OpenIdOwned(key) | Clash::OpenIdDiffers(key) => format!("openId:{}", service.apps.name_of(&key.app)),
        Clash::UnionIdOwned(key) | Clash::UnionIdDiffers(key) => format!("unionId:{}", key.scope),
        Clash::ExternalIdDiffers | Clash::KeyOfClosed => "externalId".to_owned(),
    }
}

/// Takes over a batch of orders in one transaction; a dry run does the same and then undoes it. An order that
/// contradicts what is recorded does not stop the rest.
pub async fn import_orders(service: &Service, reports: &[Report], dry_run: bool) -> Result<Vec<Outcome>, ApiError> {
    let import = |tx: Arc<Tx>| async move { import_orders_in(service, &tx, reports).await };
    if dry_run {
        service.store.rehearse("import_orders", import).await
    } else {
        service.store.write("import_orders", import).await
    }
}

async fn import_orders_in(service: &Service, tx: &Tx, reports: &[Report]) -> Result<Vec<Outcome>, ApiError> {
    let entered = store::order::import(tx, reports, service.clock.now()).await?;
    let outcome = |entered: Result<store::order::Recorded, domain::order::Clash>| match entered.map(|done| done.effect)
    {
        Ok(Effect::Created) => Outcome::Created,
        Ok(Effect::Updated) => Outcome::Updated,
        Ok(Effect::Unchanged) => Outcome::Unchanged,
        Err(clash) => Outcome::Conflict { key: "orderNo".to_owned(), reason: clash.to_string(), other: None },
    };
    let outcomes: Vec<_> = entered.into_iter().map(outcome).collect();
    audit_import(service, tx, AuditAction::OrdersImported, &outcomes).await?;
    Ok(outcomes)
}

/// One entry a batch: what each row came to is the import's report to tell.
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
