//! The identity provider of the benchmark, inside the process: the time of an upstream is not measured. A code is an
//! openId, a dot, and a suffix that makes the code unique.

use std::sync::Arc;

use async_trait::async_trait;
use domain::login::Proof;
use domain::{AppId, OpenKey, Profile, UnionKey, UnionScope};
use providers::{
    Abilities, Built, Checks, ErrorKind, Exchange, Factory, IdentityProvider, ProviderError, Settings, Start, UnionIds,
    read_table,
};
use serde::Deserialize;

use crate::people::{SCOPE, union_id};

/// Builds the provider.
pub(crate) const FACTORY: Factory = Factory { kind: "benchmark", build };

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    app_id: Option<String>,
}

#[derive(Debug)]
struct Stub {
    app: AppId,
    scope: UnionScope,
}

fn build(settings: Settings) -> Built {
    let table: Table = read_table(settings.table)?;
    let mut checks = Checks::default();
    let app = checks.required("app_id", table.app_id.as_deref());
    let made = app.map(|app| Stub { app, scope: SCOPE.parse().expect("a union scope") });
    Ok(Arc::new(checks.finish(made)?))
}

#[async_trait]
impl IdentityProvider for Stub {
    fn app_id(&self) -> &AppId {
        &self.app
    }

    fn union_scope(&self) -> Option<&UnionScope> {
        Some(&self.scope)
    }

    fn upstream(&self) -> &'static str {
        "benchmark"
    }

    fn start(&self) -> Start {
        Start::HostApp
    }

    fn abilities(&self) -> Abilities {
        Abilities { union_ids: UnionIds::Always, ..Abilities::OPEN_ID_ONLY }
    }

    async fn exchange(&self, login: &Exchange<'_>) -> Result<Proof, ProviderError> {
        let rejected = || ProviderError::new(ErrorKind::CodeRejected, "not a code of the benchmark");
        let (open_id, _) = login.code.expose().split_once('.').ok_or_else(rejected)?;
        let person = open_id.split_once('_').and_then(|(_, person)| person.parse().ok()).ok_or_else(rejected)?;
        let key = OpenKey { app: self.app.clone(), open_id: open_id.parse().map_err(|_| rejected())? };
        let union_id = union_id(person).parse().map_err(|_| rejected())?;
        Ok(Proof { key, union: Some(UnionKey { scope: self.scope.clone(), union_id }), profile: Profile::default() })
    }
}
