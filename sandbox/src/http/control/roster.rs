//! Apps and people at the control API: listed, added and changed, in the words of a seed.
//! What a seed may say of them is decided in `seed`.

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
use super::{Refusal, app_named, either, person_named, read};

/// How many are listed at once when nothing is said.
const LISTED: usize = 1_000;

/// `GET /_sandbox/apps`
pub(super) async fn apps(State(world): Shared) -> Response {
    listed(&world.company.apps.all())
}

/// `GET /_sandbox/apps/{name}`: by name or appid, a WeCom app also by `corpid/agent_id`.
pub(super) async fn app(State(world): Shared, Path(name): Path<String>) -> Response {
    shown(app_named(&world, &name))
}

/// `GET /_sandbox/people?from=0&most=1000`: in the order in which they came.
pub(super) async fn people(State(world): Shared, params: Params) -> Response {
    let number = |name, usual| params.filled(name).and_then(|text| text.parse().ok()).unwrap_or(usual);
    listed(&world.company.people.from(number("from", 0), number("most", LISTED)))
}

/// `GET /_sandbox/people/{id}`
pub(super) async fn person(State(world): Shared, Path(id): Path<String>) -> Response {
    shown(person_named(&world, &id))
}

/// `POST /_sandbox/apps`: one more app, as a seed writes it.
pub(super) async fn add_app(State(world): Shared, body: Bytes) -> Response {
    shown(read(&body).and_then(|table| {
        world.company.apps.add(|place, taken| {
            let index = u16::try_from(place).ok().filter(|_| place < MOST_APPS).map(AppIndex).ok_or_else(full)?;
            let app = sound(|problems| seed::app(index, &table, problems))?;
            if taken(&app.name) || taken(&app.key()) { Err(twice()) } else { Ok(app) }
        })
    }))
}

/// `POST /_sandbox/people`: one more person, as a seed writes them.
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

/// `PATCH /_sandbox/apps/{name}`: what the body names changes, `null` takes it away (RFC 7396); who it is stays.
pub(super) async fn change_app(State(world): Shared, Path(name): Path<String>, body: Bytes) -> Response {
    shown(read(&body).and_then(|patch| changed_app(&world, &name, &patch)))
}

/// `PATCH /_sandbox/people/{id}`: as with apps.
pub(super) async fn change_person(State(world): Shared, Path(id): Path<String>, body: Bytes) -> Response {
    shown(read(&body).and_then(|patch| changed_person(&world, &id, &patch)))
}

fn changed_app(world: &World, name: &str, patch: &Map<String, Value>) -> Result<Arc<App>, Refusal> {
    let changed = world.company.apps.change(&app_named(world, name)?.name, |app| {
        let changed = sound_after(patch, app, |table, problems| seed::app(app.index, table, problems))?;
        if (&changed.name, changed.key(), changed.kind) != (&app.name, app.key(), app.kind) {
            return Err(Refusal::bad("name, kind, app_id and agent_id stay as they are"));
        }
        if changed.secret != app.secret {
            // What becomes of living tokens is written nowhere: here the global ones end, those of logins live on.
            world.global_tokens.revoke(app.index);
            world.wecom.revoke(app.index);
        }
        Ok(changed)
    });
    changed.expect("no app leaves the roll")
}

fn changed_person(world: &World, id: &str, patch: &Map<String, Value>) -> Result<Arc<Person>, Refusal> {
    let changed = world.company.people.change(&person_named(world, id)?.id, |person| {
        let mut changed = sound_after(patch, person, |table, problems| seed::person(person.index, table, problems))?;
        followed_apps_exist(world, &changed)?;
        // Who goes on following has done so since they began; who follows anew begins now.
        for (app, follow) in &mut changed.follows {
            match person.follows.get(app) {
                Some(before) => follow.clone_from(before),
                None => follow.since = world.clock.now(),
            }
        }
        if changed.id == person.id { Ok(changed) } else { Err(Refusal::bad("the id stays as it is")) }
    });
    changed.expect("nobody leaves the roll")
}

fn listed<T: Serialize>(entries: &[Arc<T>]) -> Response {
    either(Ok(entries.iter().map(AsRef::as_ref).collect::<Vec<&T>>()))
}

fn shown<T: Serialize>(entry: Result<Arc<T>, Refusal>) -> Response {
    match entry {
        Ok(entry) => either(Ok(&*entry)),
        Err(refusal) => refusal.into_response(),
    }
}

/// What `read` makes of a table, unless something is wrong with it.
fn sound<T>(read: impl FnOnce(&mut Vec<SeedProblem>) -> T) -> Result<T, Refusal> {
    let mut problems = Vec::new();
    let value = read(&mut problems);
    if problems.is_empty() { Ok(value) } else { Err(Refusal::bad(fields::list(&problems))) }
}

/// What `read` makes of an entry after a merge patch.
fn sound_after<T: Serialize>(
    patch: &Map<String, Value>,
    entry: &T,
    read: impl FnOnce(&Table, &mut Vec<SeedProblem>) -> T,
) -> Result<T, Refusal> {
    let mut table = Table::try_from(entry).expect("apps and people are tables of plain values");
    merge(&mut table, patch)?;
    sound(|problems| read(&table, problems))
}

/// A merge patch (RFC 7396): `null` takes away, a table within is merged, everything else is replaced.
fn merge(table: &mut Table, patch: &Map<String, Value>) -> Result<(), Refusal> {
    for (field, value) in patch {
        match value {
            Value::Null => drop(table.remove(field)),
            Value::Object(inner) => {
                let place = table.entry(field).or_insert_with(|| Table::new().into());
                match place.as_table_mut() {
                    Some(place) => merge(place, inner)?,
                    None => return Err(Refusal::bad(format!("{field} is no table"))),
                }
            }
            value => {
                let value = toml::Value::try_from(value).map_err(|_| Refusal::bad(format!("{field} holds a null")))?;
                table.insert(field.clone(), value);
            }
        }
    }
    Ok(())
}

fn followed_apps_exist(world: &World, person: &Person) -> Result<(), Refusal> {
    // By name only: the appid finds an app too, and would be kept as it was written.
    let known = |name: &String| world.company.app(name).is_some_and(|app: Arc<App>| app.name == *name);
    match person.follows.keys().find(|name| !known(name)) {
        Some(stranger) => Err(Refusal::bad(format!("follows names `{stranger}`, which is no app"))),
        None => Ok(()),
    }
}

fn full() -> Refusal {
    Refusal::new(StatusCode::TOO_MANY_REQUESTS, "there is no room for more")
}

fn twice() -> Refusal {
    Refusal::new(StatusCode::CONFLICT, "there is one with this name or id already")
}
