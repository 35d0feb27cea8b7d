//! Conversion of the openIds of an account that was taken over.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use crate::company::{App, ids};
use crate::state::World;
use crate::state::migrations::Migration;

use super::Shared;
use super::errcode::Errcode;
use super::global_token::owner;
use super::manner::{Manner, Success};
use super::posted::Posted;

/// The maximum number of openIds in one call.
const MOST: usize = 100;

/// `POST /cgi-bin/changeopenid`: converts old openIds to new ones.
pub(crate) async fn convert(State(world): Shared, posted: Posted) -> Response {
    Manner::Json.either(converted(&world, &posted), world.clock.now())
}

#[derive(Deserialize)]
struct ConversionRequest {
    from_appid: String,
    openid_list: Vec<String>,
}

#[derive(Serialize)]
struct Answer {
    result_list: Vec<Converted>,
}

#[derive(Serialize)]
struct Converted {
    ori_openid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    new_openid: Option<String>,
    err_msg: &'static str,
}

fn converted(world: &World, posted: &Posted) -> Result<Success<Answer>, Errcode> {
    let to = owner(world, &posted.params)?;
    let request: ConversionRequest = posted.json()?;
    let (from, migration) = taken_over(world, &request.from_appid, &to)?;
    match request.openid_list.len() {
        0 => return Err(Errcode::OPENID_LIST_EMPTY),
        1..=MOST => (),
        _ => return Err(Errcode::OPENID_LIST_SIZE),
    }
    if !request.openid_list.iter().all(|open_id| looks_like_one(open_id)) {
        return Err(Errcode::INVALID_OPENID);
    }
    let result_list = request.openid_list.into_iter().map(|ori_openid| {
        let person = world.company.person_by_open_id(&from, &ori_openid);
        let person = person.filter(|person| migration.took_over(person.index));
        let new_openid = person.map(|person| ids::open_id(&to, &person));
        let err_msg = if new_openid.is_some() { "ok" } else { "ori_openid error" };
        Converted { ori_openid, new_openid, err_msg }
    });
    Ok(Success::with(Answer { result_list: result_list.collect() }))
}

/// Returns the account that the caller took over, while its openIds convert. The documents require its original id,
/// developers report that only the appid works; the sandbox accepts both.
fn taken_over(world: &World, from: &str, to: &App) -> Result<(Arc<App>, Arc<Migration>), Errcode> {
    let from = world.company.app_by_any_id(from).ok_or(Errcode::APPID_WRONG)?;
    let migration = world.migrations.of(from.index).ok_or(Errcode::SYSTEM_ERROR)?;
    if migration.to == to.index && migration.is_convertible(world.clock.now()) {
        Ok((from, migration))
    } else {
        Err(Errcode::APPID_WRONG)
    }
}

/// Returns whether this can be an openId. The documents have one error for a list with other entries, and another for
/// each openId that does not convert.
fn looks_like_one(open_id: &str) -> bool {
    open_id.len() == 28 && open_id.starts_with('o')
}
