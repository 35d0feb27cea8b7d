//! Takeovers of accounts at the control API: the followers of one account become those of another.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use crate::company::{App, AppKind};
use crate::state::World;
use crate::state::migrations::{AlreadyMigrated, Migration};

use super::super::Shared;
use super::{ControlRefusal, app_named, either, read};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    from: String,
    to: String,
}

/// A takeover, as it is listed.
#[derive(Serialize)]
struct Takeover {
    from: String,
    to: String,
    at: i64,
    followers: usize,
}

/// `GET /_sandbox/migrations`: lists all takeovers.
pub(super) async fn list(State(world): Shared) -> Response {
    let takeovers = world.migrations.all().iter().map(|migration| Takeover::of(&world, migration)).collect();
    either(Ok::<Vec<_>, ControlRefusal>(takeovers))
}

/// `POST /_sandbox/migrations`: a new account takes over an old one.
pub(super) async fn carry_out(State(world): Shared, body: Bytes) -> Response {
    either(migrated(&world, &body).map(|migration| Takeover::of(&world, &migration)))
}

impl Takeover {
    fn of(world: &World, migration: &Migration) -> Self {
        let name = |index| world.company.app_at(index).map(|app| app.name.clone()).unwrap_or_default();
        let (from, to) = (name(migration.from), name(migration.to));
        Self { from, to, at: migration.at, followers: migration.followers.len() }
    }
}

fn migrated(world: &World, body: &[u8]) -> Result<Arc<Migration>, ControlRefusal> {
    let order: Order = read(body)?;
    let (from, to) = (account(world, &order.from)?, account(world, &order.to)?);
    if from.index == to.index {
        return Err(ControlRefusal::bad("an account cannot take over itself"));
    }
    let migration = world.migrations.carry_out(&world.company, (&from, &to), world.clock.now());
    migration
        .map_err(|AlreadyMigrated| ControlRefusal::new(StatusCode::CONFLICT, "this account was taken over already"))
}

fn account(world: &World, name: &str) -> Result<Arc<App>, ControlRefusal> {
    let app = app_named(world, name)?;
    if app.kind == AppKind::OfficialAccount {
        Ok(app)
    } else {
        Err(ControlRefusal::bad("only official accounts take each other over"))
    }
}
