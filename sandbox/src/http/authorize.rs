//! Web login inside WeChat or WeCom: the authorize page and the redirect from it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use url::form_urlencoded;

use crate::company::{AccountStanding, OnRefusal, Person, Scope};
use crate::pages::{self, Consent, Crowd, Lang, PageError, Wish};
use crate::state::World;
use crate::state::codes::Issued;
use crate::state::quotas::{Call, QuotaReached};

use super::asking::{Asking, of_an_account};
use super::html::{error_page, language, page};
use super::returning::{go, with_query};
use super::{Params, Shared};

const PATH: &str = "/connect/oauth2/authorize";
/// The cookie that identifies the person who uses this browser.
const COOKIE: &str = "sandbox_person";

/// `GET /connect/oauth2/authorize`: asks the person, or redirects silently.
pub(crate) async fn ask(State(world): Shared, headers: HeaderMap, params: Params) -> Response {
    let lang = language(&headers, &params);
    let asking = match of_an_account(&world, &params) {
        Ok(asking) => asking,
        Err(error) => return refused_by_wechat(lang, error),
    };
    match remembered(&world, &headers).filter(|_| is_silent(&asking, &params)) {
        Some(person) => match admitted(&world, &asking, &person) {
            Ok(()) => go(StatusCode::FOUND, &address_with_code(&world, &asking, (&person, &params))),
            Err(error) => refused_by_wechat(lang, error),
        },
        None => page(pages::consent(&consent(&world, &asking, (lang, &params), &headers))),
    }
}

/// `POST /connect/oauth2/authorize`: handles the person's answer.
pub(crate) async fn answer(State(world): Shared, headers: HeaderMap, params: Params) -> Response {
    let lang = language(&headers, &params);
    let asking = match of_an_account(&world, &params) {
        Ok(asking) => asking,
        Err(error) => return refused_by_wechat(lang, error),
    };
    match (params.get("decision"), params.get("person").and_then(|id| world.company.person(id))) {
        (Some("refuse"), _) => refused_by_the_person(lang, &asking),
        (Some("full"), Some(_)) => go(StatusCode::SEE_OTHER, &popup_for_full_service(&params)),
        (Some("allow"), Some(person)) => match admitted(&world, &asking, &person) {
            Ok(()) => {
                let address = address_with_code(&world, &asking, (&person, &params));
                remembering(go(StatusCode::SEE_OTHER, &address), &person.id)
            }
            Err(error) => refused_by_wechat(lang, error),
        },
        _ => page(pages::consent(&consent(&world, &asking, (lang, &params), &headers))),
    }
}

fn refused_by_wechat(lang: Lang, error: PageError) -> Response {
    tracing::info!(number = error.number, "authorize shows an error page: {}", error.meaning);
    error_page(lang, error)
}

fn refused_by_the_person(lang: Lang, asking: &Asking) -> Response {
    let state = asking.state.as_deref().unwrap_or_default();
    match asking.app.on_refusal {
        OnRefusal::Stay => page(pages::refused(lang, &asking.app)),
        OnRefusal::StateOnly => go(StatusCode::SEE_OTHER, &with_query(&asking.redirect_uri, &[("state", state)])),
        OnRefusal::Authdeny => {
            let pairs = [("code", "authdeny"), ("state", state)];
            go(StatusCode::SEE_OTHER, &with_query(&asking.redirect_uri, &pairs))
        }
    }
}

/// Requires that a person may log in: a test account admits only its followers, and visits are limited. Only admitted
/// visits count against the limit.
fn admitted(world: &World, asking: &Asking, person: &Person) -> Result<(), PageError> {
    if asking.app.standing == AccountStanding::Test && person.follow(&asking.app).is_none() {
        return Err(PageError::MUST_FOLLOW);
    }
    let counted = world.count(&asking.app, Call::Authorize(person.index));
    counted.map_err(|QuotaReached(_)| PageError::TOO_OFTEN)
}

/// WeChat does not ask for `snsapi_base` or on a snapshot page. `forcePopup` changes neither.
fn is_silent(asking: &Asking, params: &Params) -> bool {
    asking.scope == Scope::Base || wants_snapshot(params)
}

fn wants_snapshot(params: &Params) -> bool {
    params.get("forceSnapShot") == Some("true") && !wants_full_service(params)
}

/// Returns whether 使用完整服务 was tapped before. The parameter is the sandbox's own: WeChat keeps this in its client.
fn wants_full_service(params: &Params) -> bool {
    params.get("full") == Some("true")
}

/// Returns the same request again, with the popup, for the same person and without a snapshot.
fn popup_for_full_service(params: &Params) -> String {
    let kept = params.without(&["decision", "forceSnapShot", "find", "full"]);
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).append_pair("full", "true").finish();
    format!("{PATH}?{query}")
}

fn address_with_code(world: &World, asking: &Asking, (person, params): (&Person, &Params)) -> String {
    let scope = Some(asking.scope);
    // Snapshot pages affect sites that request a profile at once; `snsapi_base` requests none.
    let unasked = person.snapshot && asking.scope == Scope::UserInfo;
    let snapshot = !wants_full_service(params) && (wants_snapshot(params) || unasked);
    let code = world.issue_code(Issued { app: asking.app.index, person: person.index, scope, snapshot });
    let state = asking.state.as_deref().unwrap_or_default();
    with_query(&asking.redirect_uri, &[("code", &code), ("state", state)])
}

fn consent<'a>(world: &World, asking: &'a Asking, (lang, params): (Lang, &Params), headers: &HeaderMap) -> Consent<'a> {
    let wish = match (wants_snapshot(params), asking.scope) {
        (true, _) => Wish::Snapshot,
        (false, Scope::Base) => Wish::WhoYouAre,
        (false, Scope::UserInfo | Scope::Login) => Wish::Profile,
        (false, Scope::PrivateInfo) => Wish::Private,
    };
    let chosen = params.get("person").and_then(|id| world.company.person(id));
    let last = chosen.or_else(|| remembered(world, headers));
    Consent {
        lang,
        other_language: format!("?{}", params.query_with("lang", lang.other().tag())),
        app: &asking.app,
        wish,
        full_service: wants_full_service(params),
        crowd: Crowd::of(&world.company, last.as_ref(), params.filled("find")),
        action: PATH,
        kept: params.without(&["decision", "person"]),
    }
}

/// Returns the person who used this browser for an earlier login.
pub(super) fn remembered(world: &World, headers: &HeaderMap) -> Option<Arc<Person>> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|cookie| cookie.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let id = pairs.find_map(|(name, value)| (name == COOKIE).then_some(value))?;
    world.company.person(id)
}

fn remembering(mut response: Response, id: &str) -> Response {
    let cookie = format!("{COOKIE}={id}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax");
    let cookie = HeaderValue::try_from(cookie).expect("a person's id is letters and digits");
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    response
}
