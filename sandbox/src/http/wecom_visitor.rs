//! The exchange of a WeCom code: a member of the corp or an outsider, and the data that a member agreed to show.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use crate::company::{App, Person, Scope, ids};
use crate::state::World;
use crate::state::codes::{Code, Issued};

use super::credentials::insist_on_grant_type;
use super::errcode::Errcode;
use super::manner::{Manner, Success};
use super::origin::Origin;
use super::posted::Posted;
use super::telephone::told;
use super::wecom::owner;
use super::{Params, Shared};

/// `GET /cgi-bin/auth/getuserinfo`: exchanges a code for a person.
pub(crate) async fn identity(State(world): Shared, params: Params) -> Response {
    let identity = visitor(&world, &params, "code").map(|visitor| Success::with(Identity::of(&visitor)));
    Manner::WeCom.either(identity, world.clock.now())
}

/// `GET /cgi-bin/user/getuserinfo`: the same in the format from before 2022.
pub(crate) async fn identity_of_old(State(world): Shared, params: Params) -> Response {
    let identity = visitor(&world, &params, "code").map(|visitor| Success::with(IdentityOfOld::of(&visitor)));
    Manner::WeCom.either(identity, world.clock.now())
}

/// `POST /cgi-bin/auth/getuserdetail`: returns the data that a member agreed to show.
pub(crate) async fn details(State(world): Shared, origin: Origin, posted: Posted) -> Response {
    let details = member(&world, &posted).map(|member| Success::with(Details::of(&member, &origin)));
    Manner::WeCom.either(details, world.clock.now())
}

/// `GET /cgi-bin/miniprogram/jscode2session`: login of a mini program inside WeCom.
///
/// A mini program belongs to an app of WeCom; here it is that app, whose codes are also those of `wx.qy.login`.
pub(crate) async fn session(State(world): Shared, params: Params) -> Response {
    let session =
        insist_on_grant_type(&params, "authorization_code").and_then(|()| visitor(&world, &params, "js_code"));
    let session = session.and_then(|visitor| Session::of(&world, &visitor).ok_or(Errcode::INVALID_CODE));
    Manner::WeCom.either(session.map(Success::with), world.clock.now())
}

/// A person with a code, as seen by the calling app.
struct Visitor {
    app: Arc<App>,
    person: Arc<Person>,
    /// Only for a member who agreed to `snsapi_privateinfo`.
    user_ticket: Option<String>,
}

impl Visitor {
    /// Returns the external user id, which an outsider has only as a customer: here, if they follow the app.
    fn external_user_id(&self) -> Option<String> {
        self.person.follow(&self.app).map(|_| ids::external_user_id(&self.app, &self.person))
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Identity {
    Member {
        userid: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        user_ticket: Option<String>,
    },
    Outsider {
        openid: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        external_userid: Option<String>,
    },
}

impl Identity {
    fn of(visitor: &Visitor) -> Self {
        let Visitor { app, person, user_ticket } = visitor;
        if person.member {
            Self::Member { userid: person.id.clone(), user_ticket: user_ticket.clone() }
        } else {
            Self::Outsider { openid: ids::open_id(app, person), external_userid: visitor.external_user_id() }
        }
    }
}

/// The older answer has some field names in capitals, and later ones in lower case.
#[derive(Serialize)]
#[serde(untagged)]
enum IdentityOfOld {
    #[serde(rename_all = "PascalCase")]
    Member {
        user_id: String,
        device_id: String,
        #[serde(rename = "user_ticket", skip_serializing_if = "Option::is_none")]
        user_ticket: Option<String>,
    },
    #[serde(rename_all = "PascalCase")]
    Outsider {
        open_id: String,
        device_id: String,
        #[serde(rename = "external_userid", skip_serializing_if = "Option::is_none")]
        external_userid: Option<String>,
    },
}

impl IdentityOfOld {
    fn of(visitor: &Visitor) -> Self {
        let device_id = ids::device_id(&visitor.person);
        match Identity::of(visitor) {
            Identity::Member { userid, user_ticket } => Self::Member { user_id: userid, device_id, user_ticket },
            Identity::Outsider { openid, external_userid } => {
                Self::Outsider { open_id: openid, device_id, external_userid }
            }
        }
    }
}

/// People here have no sex, e-mail address or postal address, and WeCom omits empty fields.
#[derive(Serialize)]
struct Details {
    userid: String,
    gender: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    avatar: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mobile: Option<String>,
}

impl Details {
    fn of(member: &Person, origin: &Origin) -> Self {
        Self {
            userid: member.id.clone(),
            gender: "0",
            avatar: origin.picture_of(member),
            mobile: member.phones.first().map(|number| told(number).to_owned()),
        }
    }
}

#[derive(Serialize)]
struct Session {
    corpid: String,
    userid: String,
    session_key: String,
}

impl Session {
    /// `None` for outsiders: the answer contains a userid.
    fn of(world: &World, Visitor { app, person, .. }: &Visitor) -> Option<Self> {
        person.member.then(|| Self {
            corpid: app.id.clone(),
            userid: person.id.clone(),
            session_key: world.sessions.renew(app.index, person.index),
        })
    }
}

#[derive(Deserialize)]
struct DetailsRequest {
    user_ticket: String,
}

/// Returns the person of the code in the parameter `code`. The code is spent, whatever the outcome.
fn visitor(world: &World, params: &Params, code: &str) -> Result<Visitor, Errcode> {
    let app = owner(world, params)?;
    let code = params.filled(code).ok_or(Errcode::MISSING_CODE)?;
    let of_this_corp = |issued: &Issued| world.company.app_at(issued.app).is_some_and(|from| from.id == app.id);
    let issued = match world.redeem_code(code, of_this_corp) {
        Code::Taken(issued) => issued,
        Code::Used | Code::Unknown => return Err(Errcode::INVALID_CODE),
    };
    let from = world.company.app_at(issued.app).ok_or(Errcode::INVALID_CODE)?;
    if !trusts_a_domain_of(&app, &from) {
        return Err(Errcode::USER_UNAUTHORIZED);
    }
    let person = world.company.person_at(issued.person).ok_or(Errcode::INVALID_CODE)?;
    let private = person.member && issued.scope == Some(Scope::PrivateInfo);
    let user_ticket = private.then(|| world.wecom.user_ticket(app.index, person.index, world.clock.now()));
    Ok(Visitor { app, person, user_ticket })
}

/// A code is valid for every app of the corp that trusts the domain that it was sent to. The code does not record its
/// domain, so a domain of the app that requested it counts.
fn trusts_a_domain_of(app: &App, from: &App) -> bool {
    app.index == from.index || from.redirect_domains.iter().any(|domain| app.may_return_to(domain))
}

fn member(world: &World, posted: &Posted) -> Result<Arc<Person>, Errcode> {
    let app = owner(world, &posted.params)?;
    // WeCom's answer to an invalid body is not documented: here it is that of an invalid ticket.
    let request: DetailsRequest = posted.json().map_err(|_| Errcode::INVALID_USER_TICKET)?;
    let person = world.wecom.opened_by(&request.user_ticket, app.index, world.clock.now());
    person.and_then(|index| world.company.person_at(index)).ok_or(Errcode::INVALID_USER_TICKET)
}
