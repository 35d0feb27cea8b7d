//! Pushes at the control API: sends an event to an app's server by its push settings, and applies the event's effect.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::Seconds;
use crate::company::{App, AppKind, Follow, Person, ids};
use crate::push::{Answer, Attempt, Event, Mishap, Push, Scanned, Settings};
use crate::state::World;
use crate::state::faults::{Call, PUSH, Wrong};

use super::super::Shared;
use super::{ControlRefusal, app_named, either, person_named, read};

/// WeCom's pushes have other events and another format.
const OTHER_EVENTS: &str = "WeCom's events are not supported";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    app: String,
    person: String,
    event: String,
    /// The scene of the QR code that was scanned.
    scene: Option<String>,
    /// The permission that was revoked.
    revoke_info: Option<u16>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whose {
    app: String,
}

#[derive(Serialize)]
struct Outcome {
    received: bool,
    attempts: Vec<Try>,
}

#[derive(Serialize)]
struct Try {
    at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
}

/// `POST /_sandbox/push`: triggers an event of a person and pushes it to the app's server.
pub(super) async fn push(State(world): Shared, body: Bytes) -> Response {
    either(pushed(&world, &body).await)
}

/// `POST /_sandbox/push/verify`: verifies that the app's address knows the app's token.
pub(super) async fn verify(State(world): Shared, body: Bytes) -> Response {
    either(verified(&world, &body).await)
}

async fn pushed(world: &Arc<World>, body: &[u8]) -> Result<Outcome, ControlRefusal> {
    let order: Order = read(body)?;
    let app = app_named(world, &order.app)?;
    let person = person_named(world, &order.person)?;
    let event = event(&order, &app, &person)?;
    let settings = app.push.as_ref();
    let following = following(&event, world.clock.now());
    if settings.is_none() && matches!(following, Following::Untouched) {
        return Err(ControlRefusal::new(StatusCode::CONFLICT, "this app has no push settings"));
    }
    happen(world, (&app, &person), following);
    let Some(settings) = settings else { return Ok(Outcome { received: false, attempts: Vec::new() }) };
    let attempts = deliver(world, settings.clone(), (&app, &person), event).await;
    let received = attempts.iter().any(Attempt::is_received);
    Ok(Outcome { received, attempts: attempts.into_iter().map(Try::from).collect() })
}

/// Lets a person scan a QR code of an account: they follow, and the scan is pushed. Returns the text that the account answers,
/// empty if it answers nothing, or `None` if its server does not answer.
pub(in crate::http) async fn scan(
    world: &Arc<World>,
    (app, person): (&Arc<App>, &Arc<Person>),
    scene: String,
) -> Option<String> {
    let order = Order {
        app: app.name.clone(),
        person: person.id.clone(),
        event: "SCAN".to_owned(),
        scene: Some(scene),
        revoke_info: None,
    };
    let event = event(&order, app, person).ok()?;
    happen(world, (app, person), following(&event, world.clock.now()));
    let settings = app.push.clone()?;
    let attempts = deliver(world, settings.clone(), (app, person), event).await;
    let answer = attempts.into_iter().find(Attempt::is_received)?.outcome.ok()?;
    Some(settings.text_of(&answer.body).unwrap_or_default())
}

/// Returns the push of an event.
fn made(world: &World, (app, person): (&App, &Person), event: Event) -> Push {
    Push {
        to_user: app.original_id.clone(),
        open_id: ids::open_id(app, person),
        // A mini program's server does not receive it for a revoked permission.
        union_id: ids::union_id(app, person)
            .filter(|_| app.kind != AppKind::MiniProgram || !matches!(event, Event::AuthorizationRevoke { .. })),
        app_id: app.id.clone(),
        created: world.clock.now(),
        event,
    }
}

/// Delivers all attempts, even if the caller disconnects, with the fault that applies to the push.
async fn deliver(world: &Arc<World>, settings: Settings, (app, person): (&App, &Person), event: Event) -> Vec<Attempt> {
    let push = made(world, (app, person), event);
    let (delay, mishap) = fault(world, &settings, (app, person));
    let world = Arc::clone(world);
    let delivery = async move {
        tokio::time::sleep(delay).await;
        let now = || world.clock.now();
        match mishap {
            None => world.courier.deliver(&settings, &push, now).await,
            Some(mishap) => world.courier.deliver_amiss(&settings, (&push, mishap), now).await,
        }
    };
    tokio::spawn(delivery).await.expect("a delivery neither panics nor is cancelled")
}

/// Returns the delay of a push and what goes wrong with it.
fn fault(world: &World, settings: &Settings, (app, person): (&App, &Person)) -> (Duration, Option<Mishap>) {
    let call = Call { path: PUSH.to_owned(), app_id: Some(app.id.clone()), person: Some(person.index) };
    let Some(fault) = world.faults.next(&call) else { return (Duration::ZERO, None) };
    let mishap = match fault.wrong {
        Wrong::Pushed(mishap) => Some(mishap).filter(|mishap| mishap.concerns(settings)),
        // Of the others, a push can only be late.
        Wrong::Nothing
        | Wrong::Answer(_)
        | Wrong::Spoilt(_)
        | Wrong::WayBack(_)
        | Wrong::Snapshot
        | Wrong::TokenRotated => None,
    };
    (fault.delay, mishap.filter(|_| world.faults.spend(fault.number)))
}

async fn verified(world: &World, body: &[u8]) -> Result<Value, ControlRefusal> {
    let whose: Whose = read(body)?;
    let app = app_named(world, &whose.app)?;
    let settings = app.push.as_ref();
    let settings = settings.ok_or(ControlRefusal::new(StatusCode::CONFLICT, "this app has no push settings"))?;
    Ok(match world.courier.verify(settings, world.clock.now()).await {
        Ok(()) => json!({ "verified": true }),
        Err(problem) => json!({ "verified": false, "problem": problem.to_string() }),
    })
}

/// Returns the requested event, if this kind of app can have it.
fn event(order: &Order, app: &App, person: &Person) -> Result<Event, ControlRefusal> {
    let scanned = order.scene.clone().map(|scene| Scanned { ticket: ids::qr_ticket(app, &scene), scene });
    let about_followers = matches!(order.event.as_str(), "subscribe" | "unsubscribe" | "SCAN");
    if about_followers && app.kind != AppKind::OfficialAccount {
        return Err(ControlRefusal::bad("only an official account has followers"));
    }
    if app.kind == AppKind::WeCom {
        return Err(ControlRefusal::bad(OTHER_EVENTS));
    }
    match order.event.as_str() {
        "subscribe" => Ok(Event::Subscribe { scanned }),
        "unsubscribe" => Ok(Event::Unsubscribe),
        "SCAN" => {
            let scanned = scanned.ok_or(ControlRefusal::bad("SCAN needs a scene"))?;
            // For WeChat, a person who scans without following becomes a follower.
            let follower = person.follow(app).is_some();
            Ok(if follower { Event::Scan(scanned) } else { Event::Subscribe { scanned: Some(scanned) } })
        }
        "user_info_modified" => Ok(Event::UserInfoModified),
        "user_authorization_revoke" => Ok(Event::AuthorizationRevoke { info: revoke_info(order, app)? }),
        "user_authorization_cancellation" => Ok(Event::AuthorizationCancellation),
        _ => Err(ControlRefusal::bad("there is no such event")),
    }
}

/// The revocable permissions differ by kind of app; the default is nickname and picture, or everything.
fn revoke_info(order: &Order, app: &App) -> Result<u16, ControlRefusal> {
    let (usual, known): (u16, &[u16]) = match app.kind {
        AppKind::OfficialAccount => (205, &[201, 202, 203, 204, 205, 206, 207]),
        AppKind::Website | AppKind::Mobile => (301, &[301]),
        AppKind::MiniProgram => (6, &[1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 14, 15, 16, 18, 19, 20]),
        AppKind::WeCom => return Err(ControlRefusal::bad(OTHER_EVENTS)),
    };
    let info = order.revoke_info.unwrap_or(usual);
    if known.contains(&info) { Ok(info) } else { Err(ControlRefusal::bad("this kind of app has no such permission")) }
}

/// The effect of an event on a follow.
enum Following {
    Begins(Follow),
    Ends,
    Untouched,
}

fn following(event: &Event, now: Seconds) -> Following {
    match event {
        Event::Subscribe { scanned } => {
            let qr_scene = scanned.as_ref().map(|scanned| scanned.scene.clone());
            Following::Begins(Follow { since: now, qr_scene, ..Follow::default() })
        }
        Event::Unsubscribe => Following::Ends,
        Event::Scan(_)
        | Event::UserInfoModified
        | Event::AuthorizationRevoke { .. }
        | Event::AuthorizationCancellation => Following::Untouched,
    }
}

fn happen(world: &World, (app, person): (&App, &Person), following: Following) {
    match following {
        // An existing follower keeps the date of their follow.
        Following::Begins(_) if person.follow(app).is_some() => (),
        Following::Begins(follow) => world.company.follow(person, app, Some(follow)),
        Following::Ends => world.company.follow(person, app, None),
        Following::Untouched => (),
    }
}

impl From<Attempt> for Try {
    fn from(attempt: Attempt) -> Self {
        let at = attempt.at;
        match attempt.outcome {
            Ok(Answer { status, body }) => Self { at, status: Some(status), body: Some(body), failure: None },
            Err(failure) => Self { at, status: None, body: None, failure: Some(failure.to_string()) },
        }
    }
}
