//! Apps and people at the control API: listed, added and changed, with the fields of a seed.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};
use toml::Table;

use crate::company::{App, AppIndex, Person, PersonIndex};
use crate::fields::{self, SeedProblem};
use crate::seed::{self, MOST_APPS, MOST_PEOPLE};
use crate::state::World;

use super::super::{Params, Shared};
use super::{ControlRefusal, app_named, either, person_named, read};

/// The default number of entries in a list.
const LISTED: usize = 1_000;

/// `GET /_sandbox/apps`
pub(super) async fn apps(State(world): Shared) -> Response {
    listed(&world.company.apps.all())
}

/// `GET /_sandbox/apps/{name}`: by name or appid, a WeCom app also by `corpid/agent_id`.
pub(super) async fn app(State(world): Shared, Path(name): Path<String>) -> Response {
    shown(app_named(&world, &name))
}

/// `GET /_sandbox/people?from=0&most=1000`: in the order in which they were added.
pub(super) async fn people(State(world): Shared, params: Params) -> Response {
    let number = |name, usual| params.filled(name).and_then(|text| text.parse().ok()).unwrap_or(usual);
    listed(&world.company.people.from(number("from", 0), number("most", LISTED)))
}

/// `GET /_sandbox/people/{id}`
pub(super) async fn person(State(world): Shared, Path(id): Path<String>) -> Response {
    shown(person_named(&world, &id))
}

/// `POST /_sandbox/apps`: adds an app, with the fields of a seed.
pub(super) async fn add_app(State(world): Shared, body: Bytes) -> Response {
    shown(read(&body).and_then(|table| {
        world.company.apps.add(|place, taken| {
            let index = u16::try_from(place).ok().filter(|_| place < MOST_APPS).map(AppIndex).ok_or_else(full)?;
            let app = sound(|problems| seed::app(index, &table, problems))?;
            if taken(&app.name) || taken(&app.key()) { Err(twice()) } else { Ok(app) }
        })
    }))
}

/// `POST /_sandbox/people`: adds a person, with the fields of a seed.
pub(super) async fn add_person(State(world): Shared, body: Bytes) -> Response {
    shown(read(&body).and_then(|table| {
        world.company.people.add(|place, taken| {
            let index = u32::try_from(place).ok().filter(|_| place < MOST_PEOPLE).map(PersonIndex).ok_or_else(full)?;
            let person = sound(|problems| seed::person(index, &table, problems))?;
            followed_apps_exist(&world, &person)?;
            if taken(&person.id) { Err(twice()) } else { Ok(person) }
        })
    }))
}

/// `PATCH /_sandbox/apps/{name}`: a merge patch, in which `null` removes a field (RFC 7396); ids cannot change.
pub(super) async fn change_app(State(world): Shared, Path(name): Path<String>, body: Bytes) -> Response {
    shown(read(&body).and_then(|patch| changed_app(&world, &name, &patch)))
}

/// `PATCH /_sandbox/people/{id}`: as with apps.
pub(super) async fn change_person(State(world): Shared, Path(id): Path<String>, body: Bytes) -> Response {
    shown(read(&body).and_then(|patch| changed_person(&world, &id, &patch)))
}

fn changed_app(world: &World, name: &str, patch: &Map<String, Value>) -> Result<Arc<App>, ControlRefusal> {
    let changed = world.company.apps.change(&app_named(world, name)?.name, |app| {
        let changed = sound_after(patch, app, |table, problems| seed::app(app.index, table, problems))?;
        if (&changed.name, changed.key(), changed.kind) != (&app.name, app.key(), app.kind) {
            return Err(ControlRefusal::bad("name, kind, app_id and agent_id cannot change"));
        }
        if changed.secret != app.secret {
            // The effect on existing tokens is not documented: here global tokens are revoked, those of logins stay valid.
            world.global_tokens.revoke(app.index);
            world.wecom.revoke(app.index);
        }
        Ok(changed)
    });
    changed.expect("apps are never removed")
}

fn changed_person(world: &World, id: &str, patch: &Map<String, Value>) -> Result<Arc<Person>, ControlRefusal> {
    let changed = world.company.people.change(&person_named(world, id)?.id, |person| {
        let mut changed = sound_after(patch, person, |table, problems| seed::person(person.index, table, problems))?;
        followed_apps_exist(world, &changed)?;
        // Existing follows keep their dates; new ones begin now.
        for (app, follow) in &mut changed.follows {
            match person.follows.get(app) {
                Some(before) => follow.clone_from(before),
                None => follow.since = world.clock.now(),
            }
        }
        if changed.id == person.id { Ok(changed) } else { Err(ControlRefusal::bad("the id cannot change")) }
    });
    changed.expect("people are never removed")
}

fn listed<T: Serialize>(entries: &[Arc<T>]) -> Response {
    either(Ok(entries.iter().map(AsRef::as_ref).collect::<Vec<&T>>()))
}

fn shown<T: Serialize>(entry: Result<Arc<T>, ControlRefusal>) -> Response {
    match entry {
        Ok(entry) => either(Ok(&*entry)),
        Err(refusal) => refusal.into_response(),
    }
}

/// Returns the result of `read`, unless it reports a problem.
fn sound<T>(read: impl FnOnce(&mut Vec<SeedProblem>) -> T) -> Result<T, ControlRefusal> {
    let mut problems = Vec::new();
    let value = read(&mut problems);
    if problems.is_empty() { Ok(value) } else { Err(ControlRefusal::bad(fields::list(&problems))) }
}

/// Applies a merge patch to an entry and parses the result with `read`.
fn sound_after<T: Serialize>(
    patch: &Map<String, Value>,
    entry: &T,
    read: impl FnOnce(&Table, &mut Vec<SeedProblem>) -> T,
) -> Result<T, ControlRefusal> {
    let mut table = Table::try_from(entry).expect("apps and people are tables of plain values");
    merge(&mut table, patch)?;
    sound(|problems| read(&table, problems))
}

/// Applies a merge patch (RFC 7396): `null` removes, nested tables are merged, everything else is replaced.
fn merge(table: &mut Table, patch: &Map<String, Value>) -> Result<(), ControlRefusal> {
    for (field, value) in patch {
        match value {
            Value::Null => drop(table.remove(field)),
            Value::Object(inner) => {
                let place = table.entry(field).or_insert_with(|| Table::new().into());
                match place.as_table_mut() {
                    Some(place) => merge(place, inner)?,
                    None => return Err(ControlRefusal::bad(format!("{field} is not a table"))),
                }
            }
            value => {
                let value = toml::Value::try_from(value)
                    .map_err(|_| ControlRefusal::bad(format!("{field} contains a null")))?;
                table.insert(field.clone(), value);
            }
        }
    }
    Ok(())
}

fn followed_apps_exist(world: &World, person: &Person) -> Result<(), ControlRefusal> {
    // By name only: the appid would find the app too, and be stored as written.
    let known = |name: &String| world.company.app(name).is_some_and(|app: Arc<App>| app.name == *name);
    match person.follows.keys().find(|name| !known(name)) {
        Some(stranger) => Err(ControlRefusal::bad(format!("follows names `{stranger}`, which is not an app"))),
        None => Ok(()),
    }
}

fn full() -> ControlRefusal {
    ControlRefusal::new(StatusCode::TOO_MANY_REQUESTS, "the limit is reached")
}

fn twice() -> ControlRefusal {
    ControlRefusal::new(StatusCode::CONFLICT, "this name or id is already in use")
}
