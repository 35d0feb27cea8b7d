//! The followers of an official account and what its server can read about a person: today little more than the unionId.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use crate::company::{AccountStanding, App, AppKind, Follow, Person, ids};
use crate::state::World;

use super::errcode::Errcode;
use super::global_token::owner;
use super::manner::Manner;
use super::posted::Posted;
use super::{Params, Shared};

/// The maximum number of people in one `batchget`.
const MOST_AT_ONCE: usize = 100;
/// The maximum number of openIds in one page of followers.
const PAGE: usize = 10_000;

/// `GET /cgi-bin/user/info`: returns one person.
pub(crate) async fn one(State(world): Shared, params: Params) -> Response {
    Manner::Json.either(asked_for(&world, &params), world.clock.now())
}

/// `POST /cgi-bin/user/info/batchget`: returns up to a hundred people.
pub(crate) async fn several(State(world): Shared, posted: Posted) -> Response {
    Manner::Json.either(listed(&world, &posted), world.clock.now())
}

/// `GET /cgi-bin/user/get`: returns the openIds of followers, page by page.
pub(crate) async fn followers(State(world): Shared, params: Params) -> Response {
    Manner::Json.either(page(&world, &params), world.clock.now())
}

#[derive(Deserialize)]
struct BatchRequest {
    user_list: Vec<Wanted>,
}

#[derive(Deserialize)]
struct Wanted {
    openid: String,
    lang: Option<String>,
}

#[derive(Serialize)]
struct Users {
    user_info_list: Vec<User>,
}

#[derive(Serialize)]
struct User {
    subscribe: u8,
    openid: String,
    // Since 2021 names, places and picture are always empty.
    nickname: &'static str,
    sex: u8,
    language: &'static str,
    city: &'static str,
    province: &'static str,
    country: &'static str,
    headimgurl: &'static str,
    #[serde(flatten)]
    rest: Rest,
}

/// The fields for followers. For other people WeChat returns none of them, in particular no unionId.
#[derive(Serialize)]
#[serde(untagged)]
enum Rest {
    Follower {
        subscribe_time: i64,
        #[serde(skip_serializing_if = "Option::is_none")]
        unionid: Option<String>,
        remark: &'static str,
        groupid: u8,
        tagid_list: [u8; 0],
        subscribe_scene: &'static str,
        qr_scene: u32,
        qr_scene_str: String,
    },
    Stranger {
        tagid_list: [u8; 0],
    },
}

#[derive(Serialize)]
struct Page {
    total: usize,
    count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<OpenIds>,
    next_openid: String,
}

#[derive(Serialize)]
struct OpenIds {
    openid: Vec<String>,
}

fn asked_for(world: &World, params: &Params) -> Result<User, Errcode> {
    let app = account(world, params)?;
    let openid = params.filled("openid").ok_or(Errcode::MISSING_OPENID)?;
    user(world, &app, (openid, params.get("lang")))
}

fn listed(world: &World, posted: &Posted) -> Result<Users, Errcode> {
    let app = account(world, &posted.params)?;
    let request: BatchRequest = posted.json()?;
    if !(1..=MOST_AT_ONCE).contains(&request.user_list.len()) {
        return Err(Errcode::OPENID_LIST_SIZE);
    }
    let users = request.user_list.iter().map(|wanted| user(world, &app, (&wanted.openid, wanted.lang.as_deref())));
    Ok(Users { user_info_list: users.collect::<Result<_, _>>()? })
}

fn page(world: &World, params: &Params) -> Result<Page, Errcode> {
    let app = account(world, params)?;
    let last = match params.filled("next_openid") {
        None => None,
        // A person who no longer follows still marks their position.
        Some(last) => Some(person(world, &app, last)?.index),
    };
    let followers = world.company.people.wanted(usize::MAX, |person| person.follow(&app).is_some());
    let rest = followers.iter().filter(|person| last.is_none_or(|last| person.index > last));
    let openid: Vec<_> = rest.take(PAGE).map(|person| ids::open_id(&app, person)).collect();
    let (count, next_openid) = (openid.len(), openid.last().cloned().unwrap_or_default());
    let data = (count > 0).then_some(OpenIds { openid });
    Ok(Page { total: followers.len(), count, data, next_openid })
}

/// Returns the calling official account, if it may read its followers.
fn account(world: &World, params: &Params) -> Result<Arc<App>, Errcode> {
    let app = owner(world, params)?;
    if app.kind != AppKind::OfficialAccount {
        return Err(Errcode::API_UNAUTHORIZED);
    }
    match app.standing {
        AccountStanding::Good | AccountStanding::Test => Ok(app),
        AccountStanding::Uncertified => Err(Errcode::API_UNAUTHORIZED),
        // The answer for a banned account is not documented; this is the number for an API that was withdrawn.
        AccountStanding::Banned => Err(Errcode::API_FORBIDDEN),
    }
}

fn person(world: &World, app: &App, open_id: &str) -> Result<Arc<Person>, Errcode> {
    world.company.person_by_open_id(app, open_id).ok_or(Errcode::INVALID_OPENID)
}

fn user(world: &World, app: &App, (openid, lang): (&str, Option<&str>)) -> Result<User, Errcode> {
    let person = person(world, app, openid)?;
    let follow = person.follow(app);
    let (city, province, country, headimgurl) = ("", "", "", "");
    Ok(User {
        subscribe: u8::from(follow.is_some()),
        openid: openid.to_owned(),
        nickname: "",
        sex: 0,
        language: language(lang),
        city,
        province,
        country,
        headimgurl,
        rest: match follow {
            Some(follow) => Rest::follower(follow, ids::union_id(app, &person)),
            None => Rest::Stranger { tagid_list: [] },
        },
    })
}

/// Returns the language of the answer. The localized fields are empty today, so only its name is visible.
fn language(asked_for: Option<&str>) -> &'static str {
    match asked_for {
        Some("zh_TW") => "zh_TW",
        Some("en") => "en",
        _ => "zh_CN",
    }
}

impl Rest {
    fn follower(follow: &Follow, unionid: Option<String>) -> Self {
        let scene = follow.qr_scene.as_deref();
        // A QR code contains a number or a string, each with its own field.
        let number = scene.and_then(|scene| scene.parse().ok());
        Self::Follower {
            subscribe_time: follow.since,
            unionid,
            remark: "",
            groupid: 0,
            tagid_list: [],
            subscribe_scene: match scene {
                Some(_) => "ADD_SCENE_QR_CODE",
                None if follow.migrated => "ADD_SCENE_ACCOUNT_MIGRATION",
                None => "ADD_SCENE_SEARCH",
            },
            qr_scene: number.unwrap_or(0),
            qr_scene_str: scene.filter(|_| number.is_none()).unwrap_or_default().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Follow, Rest};

    fn told(follow: &Follow) -> serde_json::Value {
        serde_json::to_value(Rest::follower(follow, None)).expect("an answer is a struct with text keys")
    }

    #[test]
    fn the_scene_of_a_qr_code_is_told_as_a_number_or_as_a_text() {
        let number = told(&Follow { qr_scene: Some("123".to_owned()), ..Follow::default() });
        let text = told(&Follow { qr_scene: Some("poster-7".to_owned()), ..Follow::default() });

        let follower = |number: u32, text: &str| {
            json!({
                "subscribe_time": 1_700_000_000, "remark": "", "groupid": 0, "tagid_list": [],
                "subscribe_scene": "ADD_SCENE_QR_CODE", "qr_scene": number, "qr_scene_str": text,
            })
        };
        assert_eq!((number, text), (follower(123, ""), follower(0, "poster-7")));
    }
}
