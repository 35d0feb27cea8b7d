//! Codes without clicking: what the pages of WeChat, its SDK and its phone number button give out.
//! What is given in exchange for them is decided by the endpoints beside `control`.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use crate::company::{App, AppKind, Person, Scope};
use crate::state::World;
use crate::state::codes::Issued;

use super::super::{Params, Shared};
use super::{Refusal, either, forms, read};

#[derive(Deserialize)]
struct Order {
    app: String,
    person: String,
    scope: Option<String>,
    snapshot: Option<bool>,
}

/// `POST /_sandbox/codes`: a login code, for every kind of app.
pub(super) async fn issue(State(world): Shared, headers: HeaderMap, body: Bytes) -> Response {
    answered(&headers, &body, |order| code(&world, order))
}

/// `POST /_sandbox/phone-codes`: the code of a tap on the phone number button of a mini program.
pub(super) async fn issue_for_a_phone(State(world): Shared, headers: HeaderMap, body: Bytes) -> Response {
    answered(&headers, &body, |order| phone_code(&world, order))
}

impl Order {
    fn of(form: &Params) -> Self {
        let text = |name| form.get(name).unwrap_or_default().trim().to_owned();
        Self {
            app: text("app"),
            person: text("person"),
            scope: form.filled("scope").map(str::to_owned),
            snapshot: Some(form.get("snapshot") == Some("true")),
        }
    }
}

fn answered(headers: &HeaderMap, body: &[u8], code: impl Fn(&Order) -> Result<String, Refusal>) -> Response {
    let Some(form) = forms::fields(headers, body) else {
        return either(read(body).and_then(|order| code(&order)).map(|code| json!({ "code": code })));
    };
    match code(&Order::of(&form)) {
        Ok(code) => forms::back(&form, "codes", &[("code", &code)]),
        Err(refusal) => forms::turned_down(headers, &form, &refusal),
    }
}

fn code(world: &World, order: &Order) -> Result<String, Refusal> {
    let (app, person) = named(world, (&order.app, &order.person))?;
    let scope = scope(&app, order.scope.as_deref())?;
    // Only the pages of an official account can be shown as a snapshot.
    let snapshot = app.kind == AppKind::OfficialAccount && (person.snapshot || order.snapshot == Some(true));
    Ok(world.issue_code(Issued { app: app.index, person: person.index, scope, snapshot }))
}

fn phone_code(world: &World, order: &Order) -> Result<String, Refusal> {
    let (app, person) = named(world, (&order.app, &order.person))?;
    if app.kind != AppKind::MiniProgram {
        return Err(Refusal::bad("only a mini program has a phone number button"));
    }
    if person.phones.is_empty() {
        return Err(Refusal::bad("this person has no phone"));
    }
    Ok(world.issue_phone_code(Issued { app: app.index, person: person.index, scope: None, snapshot: false }))
}

/// The app and the person that an order names.
pub(super) fn named(world: &World, (app, person): (&str, &str)) -> Result<(Arc<App>, Arc<Person>), Refusal> {
    let app = world.company.app(app).ok_or(Refusal::unknown("no such app"))?;
    let person = world.company.person(person).ok_or(Refusal::unknown("no such person"))?;
    Ok((app, person))
}

/// The scope that was asked for where the kind of app has it, else the natural one of the kind: one order fits all kinds.
fn scope(app: &App, asked_for: Option<&str>) -> Result<Option<Scope>, Refusal> {
    let natural = app.kind.scopes().first().copied();
    let Some(name) = asked_for else { return Ok(natural) };
    let known = Scope::from_name(name).ok_or(Refusal::bad("there is no such scope"))?;
    Ok(if app.kind.scopes().contains(&known) { Some(known) } else { natural })
}
