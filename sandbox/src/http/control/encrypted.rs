//! Encrypted data at the control API: what `wx.getUserInfo` and the phone number button return to a mini program's page.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use crate::company::{App, AppKind, Person};
use crate::encrypted_data::{Encrypted, Profile, RawProfile, Watermark, encrypt};
use crate::state::World;
use crate::{dice, ids, signature};

use super::super::Shared;
use super::super::origin::Origin;
use super::super::telephone::telephone;
use super::codes::NO_COUNTRY;
use super::{ControlRefusal, app_named, either, person_named, read};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    app: String,
    person: String,
    what: What,
    /// Encrypts with a session key that was never valid, as for a page that got its data before its login.
    #[serde(default)]
    stale: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum What {
    Profile,
    Phone,
}

#[derive(Serialize)]
struct Handed {
    #[serde(flatten)]
    encrypted: Encrypted,
    #[serde(flatten)]
    raw: Option<Raw>,
}

/// The public part of a profile. A phone number has none.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    raw_data: String,
    signature: String,
}

/// `POST /_sandbox/encrypted-data`: returns the data that a mini program's page passes to its server.
pub(super) async fn encrypted_data(State(world): Shared, origin: Origin, body: Bytes) -> Response {
    either(handed(&world, &origin, &body))
}

fn handed(world: &World, origin: &Origin, body: &[u8]) -> Result<Handed, ControlRefusal> {
    let order: Order = read(body)?;
    let (app, person) = (app_named(world, &order.app)?, person_named(world, &order.person)?);
    if app.kind != AppKind::MiniProgram {
        return Err(ControlRefusal::bad("only a mini program has encrypted data"));
    }
    let key = session_key(world, &order, (&app, &person))?;
    let now = world.clock.now();
    match order.what {
        What::Profile => {
            let raw = raw_profile(&person, origin);
            let raw_data = json(&raw);
            let watermark = Watermark { timestamp: now, appid: app.id.clone() };
            let (open_id, union_id) = (Some(ids::open_id(&app, &person)), ids::union_id(&app, &person));
            let encrypted = encrypted(&key, &Profile { open_id, raw, union_id, watermark });
            let signature = signature::raw_data(&raw_data, &key);
            Ok(Handed { encrypted, raw: Some(Raw { raw_data, signature }) })
        }
        What::Phone => {
            let number = person.phones.first().ok_or(ControlRefusal::bad("this person has no phone"))?;
            let telephone = telephone(number, &app, now).ok_or(ControlRefusal::bad(NO_COUNTRY))?;
            Ok(Handed { encrypted: encrypted(&key, &telephone), raw: None })
        }
    }
}

/// Returns the current session key, or one that was never valid.
fn session_key(world: &World, order: &Order, (app, person): (&App, &Person)) -> Result<String, ControlRefusal> {
    if order.stale {
        return Ok(dice::session_key());
    }
    let never =
        || ControlRefusal::new(StatusCode::CONFLICT, "this person has no session yet: request a login code first");
    world.sessions.current(app.index, person.index).ok_or_else(never)
}

/// The profile as base libraries before 2.27.1 return it. Later ones return `微信用户` for all; a seed may use that nickname.
fn raw_profile(person: &Person, origin: &Origin) -> RawProfile {
    RawProfile {
        nick_name: person.nickname.clone(),
        gender: 0,
        language: "zh_CN".to_owned(),
        city: String::new(),
        province: String::new(),
        country: String::new(),
        avatar_url: origin.picture_of(person).unwrap_or_default(),
    }
}

fn encrypted(key: &str, plaintext: &impl Serialize) -> Encrypted {
    encrypt(key, dice::bytes(), &json(plaintext)).expect("session keys are made of 16 bytes")
}

fn json(plain: &impl Serialize) -> String {
    serde_json::to_string(plain).expect("these are plain structs with text keys")
}
