//! WeChat's answers to a third-party platform. Source: the pages that `platform` links.

use serde_json::json;
use url::Url;

use super::super::beyond_tape;
use super::super::tape::{APP_ID, PERSON, answer, nowhere, refusal, sns, with_union_id};
use super::{MINI_PROGRAM, OFFICIAL_ACCOUNT};
use crate::contract::{Answer, BeyondLogins, CODE, SECRET, Scene, TOKEN, Tape};
use crate::{Built, Factory, PushedSecret, Settings};

const COMPONENT: &str = "wx0123456789abcdef";
const TICKET: &str = "ticket@@@eXamp1eT1cket";

/// Builds a provider whose platform has received a ticket.
fn build(factory: &Factory, settings: Settings) -> Built {
    PushedSecret::component_verify_ticket(settings.tokens.clone(), COMPONENT).put_at_once(TICKET);
    (factory.build)(settings)
}

/// WeChat's answers during the login of an official account and of a mini program.
pub(in crate::builtin) const TAPES: [Tape; 2] = [
    Tape {
        factory: Factory { build: |settings| build(&OFFICIAL_ACCOUNT, settings), ..OFFICIAL_ACCOUNT },
        spends_code: |call| call.path == WEB,
        reads_profile: |call| call.path == "/sns/userinfo",
        needed: |call| match call.path.as_str() {
            WEB => &["openid", "unionid", "access_token"],
            COMPONENT_TOKEN => &["component_access_token", "expires_in"],
            _ => &[],
        },
        good_code: |scene| web(scene, PERSON.union_id),
        without_union_id: Some(|scene| web(scene, None)),
        beyond_logins: BeyondLogins {
            follow_qr: Some(of_the_app),
            followers: Some(of_the_app),
            ..OF_BOTH.beyond_logins
        },
        ..OF_BOTH
    },
    Tape {
        factory: Factory { build: |settings| build(&MINI_PROGRAM, settings), ..MINI_PROGRAM },
        spends_code: |call| call.path == SESSION,
        reads_profile: |_| false,
        needed: |call| match call.path.as_str() {
            SESSION => &["openid", "unionid"],
            _ => &["component_access_token", "expires_in"],
        },
        good_code: |scene| session(scene, PERSON.union_id),
        without_union_id: Some(|scene| session(scene, None)),
        ..OF_BOTH
    },
];

const COMPONENT_TOKEN: &str = "/cgi-bin/component/api_component_token";
const WEB: &str = "/sns/oauth2/component/access_token";
const SESSION: &str = "/sns/component/jscode2session";

/// What the tapes of both kinds have in common.
const OF_BOTH: Tape = Tape {
    factory: OFFICIAL_ACCOUNT,
    settings,
    spends_code: |_| false,
    redirect_uri: None,
    reads_profile: |_| false,
    needed: |_| &[],
    person: PERSON,
    good_code: |_| nowhere(),
    without_union_id: None,
    used_code: |scene| after_the_token(scene, || refusal(40163, "code been used")),
    forged_code: |scene| after_the_token(scene, || refusal(40029, "invalid code")),
    expired_code: |scene| after_the_token(scene, || refusal(61010, "code is expired")),
    quota: |scene| after_the_token(scene, || refusal(45009, "reach max api daily quota limit")),
    wrong_secret: |_| refusal(40125, "invalid appsecret"),
    unknown_error: |scene| after_the_token(scene, || refusal(999_999, "words of another year")),
    beyond_logins: BeyondLogins { senders: Some(of_the_app), ..beyond_tape::PUSHES },
};

fn settings(upstream: &Url) -> toml::Table {
    toml::toml! {
        app_id = APP_ID
        component_app_id = COMPONENT
        component_app_secret = SECRET
        union_scope = "hemu"
        open_url = (upstream.as_str())
        api_url = (upstream.as_str())
    }
}

/// Returns the platform's token, then answers by `others`.
fn after_the_token(scene: &Scene<'_>, others: impl FnOnce() -> Answer) -> Answer {
    let is = |name: &str, value: &str| scene.call.value(name).as_deref() == Some(value);
    match scene.call.path.as_str() {
        COMPONENT_TOKEN if !is("component_appid", COMPONENT) => refusal(61011, "invalid component"),
        COMPONENT_TOKEN if !is("component_appsecret", SECRET) => refusal(40125, "invalid appsecret"),
        COMPONENT_TOKEN if !is("component_verify_ticket", TICKET) => refusal(61006, "component ticket is invalid"),
        COMPONENT_TOKEN => answer(&json!({ "component_access_token": TOKEN, "expires_in": 7200 })),
        _ => others(),
    }
}

/// Returns the platform's token and that of the app, then answers what is asked with the latter.
fn of_the_app(scene: &Scene<'_>) -> Answer {
    const REFRESH: &str = "refreshtoken@@@eXamp1e";
    let is = |name: &str, value: &str| scene.call.value(name).as_deref() == Some(value);
    after_the_token(scene, || match scene.call.path.as_str() {
        "/cgi-bin/component/api_get_authorizer_info" | "/cgi-bin/component/api_authorizer_token"
            if !is("component_access_token", TOKEN) =>
        {
            refusal(40001, "invalid credential, access_token is invalid or not latest")
        }
        "/cgi-bin/component/api_get_authorizer_info" => answer(&json!({
            "authorizer_info": { "nick_name": "禾木商城" },
            "authorization_info": { "authorizer_appid": APP_ID, "authorizer_refresh_token": REFRESH },
        })),
        "/cgi-bin/component/api_authorizer_token" if !is("authorizer_refresh_token", REFRESH) => {
            refusal(61023, "refresh_token is invalid")
        }
        "/cgi-bin/component/api_authorizer_token" => answer(&json!({
            "authorizer_access_token": TOKEN, "expires_in": 7200, "authorizer_refresh_token": REFRESH,
        })),
        _ => beyond_tape::with_the_token(scene),
    })
}

/// Answers an exchange of the platform: its token, then `success` for a code of the app.
fn exchange(scene: &Scene<'_>, (path, code): (&str, &str), success: impl FnOnce() -> Answer) -> Option<Answer> {
    let is = |name: &str, value: &str| scene.call.value(name).as_deref() == Some(value);
    if scene.call.path != path {
        return None;
    }
    let refused = [
        (is("component_access_token", TOKEN), 40001, "invalid credential, access_token is invalid or not latest"),
        (is("component_appid", COMPONENT), 61011, "invalid component"),
        (is("appid", APP_ID), 61003, "component is not authorized by this account"),
        (is(code, CODE), 40029, "invalid code"),
        (is("grant_type", "authorization_code"), 40002, "invalid grant_type"),
    ];
    let refused = refused.into_iter().find(|(holds, ..)| !holds).map(|(_, number, words)| refusal(number, words));
    Some(refused.unwrap_or_else(success))
}

fn web(scene: &Scene<'_>, union_id: Option<&str>) -> Answer {
    let grant = || {
        let grant = json!({ "access_token": TOKEN, "expires_in": 7200, "refresh_token": "86_mW8rexample1Lq",
            "openid": PERSON.open_id, "scope": "snsapi_userinfo" });
        with_union_id(grant, union_id)
    };
    after_the_token(scene, || exchange(scene, (WEB, "code"), grant).unwrap_or_else(|| sns(scene, union_id)))
}

fn session(scene: &Scene<'_>, union_id: Option<&str>) -> Answer {
    let session = || with_union_id(json!({ "session_key": TOKEN, "openid": PERSON.open_id }), union_id);
    after_the_token(scene, || exchange(scene, (SESSION, "js_code"), session).unwrap_or_else(nowhere))
}
