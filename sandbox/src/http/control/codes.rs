//! Codes at the control API: those that WeChat's pages, its SDK and its phone number button issue.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use crate::company::{App, AppKind, Person, Scope, words};
use crate::state::World;
use crate::state::codes::{Issued, Tapped};

use super::super::telephone::telephone;
use super::super::{Params, Shared};
use super::{ControlRefusal, app_named, either, forms, person_named, read};

/// WeChat returns the country code of a number separately.
pub(super) const NO_COUNTRY: &str = "no country has this person's number";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    app: String,
    person: String,
    scope: Option<String>,
    snapshot: Option<bool>,
    /// The phone number button that was tapped.
    button: Option<Button>,
    /// One of the person's numbers.
    phone: Option<String>,
}

words! {
    /// The two phone number buttons of a mini program. Their codes have the same format and endpoint.
    enum Button {
        /// 手机号快速验证: returns the number bound to WeChat.
        Quick = "quick",
        /// 手机号实时验证: WeChat verifies the number by SMS first.
        RealTime = "real-time",
    }
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
            button: None,
            phone: None,
        }
    }
}

fn answered(headers: &HeaderMap, body: &[u8], code: impl Fn(&Order) -> Result<String, ControlRefusal>) -> Response {
    let Some(form) = forms::fields(headers, body) else {
        return either(read(body).and_then(|order| code(&order)).map(|code| json!({ "code": code })));
    };
    match code(&Order::of(&form)) {
        Ok(code) => forms::back(&form, "codes", &[("code", &code)]),
        Err(refusal) => forms::turned_down(headers, &form, &refusal),
    }
}

fn code(world: &World, order: &Order) -> Result<String, ControlRefusal> {
    let (app, person) = (app_named(world, &order.app)?, person_named(world, &order.person)?);
    let scope = scope(&app, order.scope.as_deref())?;
    // Only the pages of an official account can be snapshot pages.
    let unasked = person.snapshot && scope == Some(Scope::UserInfo);
    let snapshot = app.kind == AppKind::OfficialAccount && (unasked || order.snapshot == Some(true));
    if app.kind == AppKind::MiniProgram {
        // `wx.login()` replaces the key, so that data encrypted for the page afterwards fits this code.
        world.sessions.renew(app.index, person.index);
    }
    Ok(world.issue_code(Issued { app: app.index, person: person.index, scope, snapshot }))
}

fn phone_code(world: &World, order: &Order) -> Result<String, ControlRefusal> {
    let (app, person) = (app_named(world, &order.app)?, person_named(world, &order.person)?);
    if app.kind != AppKind::MiniProgram {
        return Err(ControlRefusal::bad("only a mini program has a phone number button"));
    }
    let phone = phone(&person, order)?;
    telephone(&person.phones[usize::from(phone)], &app, world.clock.now()).ok_or(ControlRefusal::bad(NO_COUNTRY))?;
    Ok(world.issue_phone_code(Tapped { app: app.index, person: person.index, phone }))
}

/// Returns the position of the number that the code stands for. The quick button offers only the number bound to
/// WeChat; the real-time button offers any of the person's numbers, verified by SMS.
fn phone(person: &Person, order: &Order) -> Result<u8, ControlRefusal> {
    let number =
        order.phone.as_ref().or(person.phones.first()).ok_or(ControlRefusal::bad("this person has no phone"))?;
    let place = person.phones.iter().position(|known| known == number);
    let place =
        place.and_then(|place| u8::try_from(place).ok()).ok_or(ControlRefusal::bad("this person has no such phone"))?;
    match order.button.unwrap_or(Button::Quick) {
        Button::Quick if place > 0 => {
            Err(ControlRefusal::bad("the quick button returns only the person's first number"))
        }
        Button::Quick | Button::RealTime => Ok(place),
    }
}

/// Returns the requested scope if the kind of app has it, else the kind's default, so that one request fits all kinds.
fn scope(app: &App, asked_for: Option<&str>) -> Result<Option<Scope>, ControlRefusal> {
    let natural = app.kind.scopes().first().copied();
    let Some(name) = asked_for else { return Ok(natural) };
    let known = Scope::from_name(name).ok_or(ControlRefusal::bad("there is no such scope"))?;
    Ok(if app.kind.scopes().contains(&known) { Some(known) } else { natural })
}
