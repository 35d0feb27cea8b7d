//! The followers of an official account, and the openIds of an account that was migrated to it.
//!
//! - List: <https://developers.weixin.qq.com/doc/offiaccount/User_Management/Getting_a_User_List.html>
//! - Details:
//!   <https://developers.weixin.qq.com/doc/offiaccount/User_Management/Get_users_basic_information_UnionID.html>
//! - Migration: <https://kf.qq.com/faq/1901177NrqMr190117nqYJze.html>

use async_trait::async_trait;
use domain::{OpenId, Timestamp};
use serde_json::{Value, json};

use super::config::WeChatApp;
use super::global_token::{self, ListAnswer};
use super::sns_app::SnsApp;
use crate::{ChangedOpenId, Follower, FollowerPage, Followers, JsonAnswer, ProviderError, ToldOf};

#[async_trait]
impl Followers for SnsApp {
    /// Calls `GET /cgi-bin/user/get`: at most 10,000 openIds, and `data` may be absent when `count` is 0.
    async fn page(&self, at: Option<&str>) -> Result<FollowerPage, ProviderError> {
        let answer = global_token::get(&self.app, "/cgi-bin/user/get", at.map(|at| ("next_openid", at))).await?;
        read_page(&answer)
    }

    /// Calls `POST /cgi-bin/user/info/batchget`.
    async fn about(&self, open_ids: &[OpenId]) -> Result<ToldOf<Follower>, ProviderError> {
        let list: Vec<Value> =
            open_ids.iter().map(|open_id| json!({ "openid": open_id.as_str(), "lang": "zh_CN" })).collect();
        let body = json!({ "user_list": list });
        let answer = global_token::post_list(&self.app, "/cgi-bin/user/info/batchget", (&body, open_ids)).await?;
        let ListAnswer::Answered(answer) = answer else { return Ok(ToldOf::RefusedList) };
        let told = answer.needed_objects("user_info_list")?;
        Ok(ToldOf::Each(told.iter().filter_map(|person| read_follower(&self.app, person)).collect()))
    }

    /// Calls `POST /cgi-bin/changeopenid`. Its page asks for the original id (`gh_…`) of the old account, and only
    /// the appid works; either is passed on as it is.
    async fn new_open_ids(&self, from: &str, old: &[OpenId]) -> Result<ToldOf<ChangedOpenId>, ProviderError> {
        let list: Vec<&str> = old.iter().map(OpenId::as_str).collect();
        let body = json!({ "from_appid": from, "openid_list": list });
        let answer = global_token::post_list(&self.app, "/cgi-bin/changeopenid", (&body, old)).await?;
        let ListAnswer::Answered(answer) = answer else { return Ok(ToldOf::RefusedList) };
        Ok(ToldOf::Each(answer.needed_objects("result_list")?.iter().filter_map(read_changed).collect()))
    }
}

fn read_page(answer: &JsonAnswer) -> Result<FollowerPage, ProviderError> {
    let count = answer.needed_seconds("count")?;
    if count == 0 {
        return Ok(FollowerPage { total: answer.seconds("total")?, ..FollowerPage::default() });
    }
    let data = answer.needed_object("data")?;
    let Some(Value::Array(list)) = data.known("openid")? else { return Err(data.wrong("openid", "is not a list")) };
    let entries = list.len();
    let open_ids: Vec<OpenId> =
        list.into_iter().filter_map(|entry| entry.as_str().and_then(|text| text.parse().ok())).collect();
    Ok(FollowerPage {
        unusable: (entries - open_ids.len()).try_into().unwrap_or(u64::MAX),
        open_ids,
        total: answer.seconds("total")?,
        next: answer.maybe_text("next_openid")?,
    })
}

/// Reads one person. An entry without a usable openId or `subscribe` tells nothing; one with a unionId of another
/// type neither, because ignoring only the unionId would say that the person has none.
fn read_follower(app: &WeChatApp, person: &JsonAnswer) -> Option<Follower> {
    let follows = person.needed_number("subscribe").ok()? != 0;
    let since = person.seconds("subscribe_time").ok().flatten().filter(|seconds| *seconds > 0);
    let millis = since.and_then(|seconds| i64::try_from(seconds).ok()?.checked_mul(1_000));
    Some(Follower {
        open_id: person.needed("openid").ok()?,
        union: app.union(person).ok()?,
        follows,
        since: millis.map(Timestamp::from_millis).filter(|_| follows),
    })
}

/// Reads one openId. Without `err_msg` equal to `ok` there is no new one, whatever else the entry has.
fn read_changed(entry: &JsonAnswer) -> Option<ChangedOpenId> {
    let old = entry.needed("ori_openid").ok()?;
    let is_ok = entry.text("err_msg").is_some_and(|words| words.trim().eq_ignore_ascii_case("ok"));
    Some(ChangedOpenId { old, new: if is_ok { entry.needed("new_openid").ok() } else { None } })
}
