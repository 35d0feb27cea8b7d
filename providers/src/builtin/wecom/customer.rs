//! Customers (外部联系人) who open the pages of a company's own app: people whom a member has added as a contact. Their union id
//! is that of WeChat, so that a customer is the same person as in the company's official accounts and mini programs.
//!
//! <https://developer.work.weixin.qq.com/document/path/96315> (details of a customer).
//!
//! - The exchange of the code tells the `external_userid` of a customer only if the member is visible to the app, and the
//!   details have a `unionid` only for a person of WeChat, and only if the company has bound a WeChat developer account. All
//!   others sign in with their `openid`, without a union id.
//! - The app has to be among those that may call the customer contact API (客户联系 → 可调用接口的应用).
//! - The way back, from a union id to a customer (`unionid_to_external_userid`,
//!   <https://developer.work.weixin.qq.com/document/path/93274>), is documented for third-party apps and apps developed on
//!   behalf of a company, not for a self-built one. It takes an open id and a union id of the same mini program or official
//!   account, which no login of this kind has.

use std::sync::Arc;

use domain::{Profile, UnionId, UnionKey};
use secrecy::{ExposeSecret, SecretString};

use super::{People, WeCom, with_token};
use crate::builtin::tencent::Failure;
use crate::{CallError, Factory, JsonAnswer, ProviderError};

/// Builds apps for customers.
pub(in crate::builtin) const FACTORY: Factory =
    Factory { kind: "wecom-customer", build: |settings| Ok(Arc::new(WeCom::read(settings, People::Customers)?)) };

/// not external contact (不存在外部联系人的关系): for example, the member has removed the customer.
const NOT_A_CUSTOMER: i64 = 84061;

/// Returns the union id and the profile of the person that a code was exchanged for, if that is a customer.
pub(super) async fn about(app: &WeCom, visitor: &JsonAnswer) -> Result<(Option<UnionKey>, Profile), ProviderError> {
    let nothing = || (None, Profile::default());
    let Some(id) = visitor.maybe_text("external_userid")? else { return Ok(nothing()) };
    let details = app.token.call(|| app.fetch_token(), |token| details(app, token, &id)).await?;
    let Some(details) = details else { return Ok(nothing()) };
    let contact = details.needed_object("external_contact")?;
    let union_id: Option<UnionId> = contact.maybe_text("unionid")?.and_then(|told| told.parse().ok());
    let union = app.union_scope.clone().zip(union_id).map(|(scope, union_id)| UnionKey { scope, union_id });
    let [name, picture] = ["name", "avatar"].map(|field| contact.text(field).unwrap_or_default());
    Ok((union, Profile::new(&name, &picture)))
}

/// Calls `GET /cgi-bin/externalcontact/get`. Returns `None` for a person who is a customer no more.
async fn details(app: &WeCom, token: SecretString, id: &str) -> Result<Option<JsonAnswer>, CallError> {
    let query = [("access_token", token.expose_secret()), ("external_userid", id)];
    match app.api.get("/cgi-bin/externalcontact/get", &query).await {
        Ok(answer) => Ok(Some(answer)),
        Err(Failure::Refused { number: NOT_A_CUSTOMER, .. }) => Ok(None),
        Err(failure) => Err(with_token(failure)),
    }
}

/// `WeCom`'s answers to the login of a customer, for the provider contract.
#[cfg(feature = "contract")]
pub(in crate::builtin) const TAPE: crate::contract::Tape = {
    use serde_json::{Value, json};

    use crate::contract::{Answer, Person, Scene, TOKEN, Tape};

    const CUSTOMER: &str = "woAJ2GCAAAXtWyujaWJHDDGi0mACHAAA";
    const OPEN_ID: &str = "oAJ2GCAAAexample0of0Lan";
    const UNION_ID: &str = "ozynqsulJFCZ2z1aYeS8h-nuasdAAA";

    /// Answers as to a member, except for the details of a customer.
    fn customer(scene: &Scene<'_>, union_id: Option<&str>) -> Answer {
        let is = |name: &str, value: &str| scene.call.value(name).as_deref() == Some(value);
        if scene.call.path != "/cgi-bin/externalcontact/get" {
            let visitor = json!({ "errcode": 0, "errmsg": "ok", "openid": OPEN_ID, "external_userid": CUSTOMER });
            return super::after_the_token(scene, &visitor);
        }
        if !is("access_token", TOKEN) {
            return refusal(40014, "invalid access_token");
        }
        if !is("external_userid", CUSTOMER) {
            return refusal(40096, "invalid external userid");
        }
        let mut contact = json!({ "external_userid": CUSTOMER, "name": "李四", "type": 1, "gender": 1,
            "avatar": "https://wx.qlogo.cn/mmhead/example/0" });
        if let Some(union_id) = union_id {
            contact["unionid"] = union_id.into();
        }
        let follows: Value = json!([{ "userid": "rocky", "remark": "李部长" }]);
        Answer::json(&json!({ "errcode": 0, "errmsg": "ok", "external_contact": contact, "follow_user": follows }))
    }

    fn refusal(number: i64, words: &str) -> Answer {
        Answer::json(&json!({ "errcode": number, "errmsg": words }))
    }

    Tape {
        factory: FACTORY,
        needed: |call| match call.path.as_str() {
            "/cgi-bin/gettoken" => &["errcode", "access_token", "expires_in"],
            "/cgi-bin/externalcontact/get" => &["errcode", "external_contact.unionid"],
            _ => &["errcode", "userid", "openid", "external_userid"],
        },
        person: Person { open_id: OPEN_ID, union_id: Some(UNION_ID) },
        good_code: |scene| customer(scene, Some(UNION_ID)),
        without_union_id: Some(|scene| customer(scene, None)),
        ..super::TAPE
    }
};
