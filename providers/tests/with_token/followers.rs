//! Tests of what an official account reads about its followers.

use providers::{ChangedOpenId, ErrorKind, Follower, FollowerPage, IdentityProvider, OpenId, ProviderError, ToldOf};
use serde_json::{Value, json};

use crate::upstream::{self, Script};

const OPEN: [&str; 2] = ["oEx4mple5Qm7hV2cYtR9kLwPz0aA", "oEx4mple5Qm7hV2cYtR9kLwPz0aB"];

async fn account(script: Script) -> (std::sync::Arc<dyn IdentityProvider>, std::sync::Arc<upstream::Upstream>) {
    let table = toml::toml! {
        app_id = "wxabcdef0123456789"
        union_scope = "hemu"
    };
    upstream::provider("wechat-official-account", table, script).await
}

fn ids() -> [OpenId; 2] {
    OPEN.map(|id| id.parse().expect("an openId"))
}

fn token(number: usize) -> Value {
    json!({ "access_token": format!("87_global-{number}"), "expires_in": 7200 })
}

async fn page(script: Script) -> Result<FollowerPage, ProviderError> {
    let (account, _) = account(script).await;
    account.followers().expect("an official account has followers").page(None).await
}

async fn about(script: Script) -> Result<ToldOf<Follower>, ProviderError> {
    let (account, _) = account(script).await;
    account.followers().expect("an official account has followers").about(&ids()).await
}

#[test]
fn only_official_accounts_have_followers() {
    let has = |kind: &str| {
        let table = toml::toml! { app_id = "wxabcdef0123456789" };
        upstream::build(kind, table, None).expect("sound settings").followers().is_some()
    };

    assert!(has("wechat-official-account"));
    assert_eq!(["wechat-website", "wechat-mobile", "wechat-mini-program"].map(has), [false; 3]);
}

#[tokio::test]
async fn a_page_is_requested_at_its_position_with_the_shared_token() {
    let (account, upstream) = account(|path, before| match path {
        "/cgi-bin/stable_token" => token(before),
        _ => json!({ "total": 23000, "count": 2, "data": { "openid": OPEN }, "next_openid": OPEN[1] }),
    })
    .await;
    let followers = account.followers().expect("an official account has followers");

    let first = followers.page(None).await.expect("a page");
    let second = followers.page(first.next.as_deref()).await.expect("a page");

    let expected =
        FollowerPage { open_ids: ids().to_vec(), unusable: 0, total: Some(23_000), next: Some(OPEN[1].to_owned()) };
    assert_eq!([first, second], [expected.clone(), expected]);
    assert_eq!(
        upstream.calls()[1..],
        [
            r#"GET /cgi-bin/user/get {"access_token":"87_global-0"}"#.to_owned(),
            format!(r#"GET /cgi-bin/user/get {{"access_token":"87_global-0","next_openid":"{}"}}"#, OPEN[1]),
        ]
    );
}

#[tokio::test]
async fn the_last_page_has_no_data_and_no_position() {
    let last = page(|path, before| match path {
        "/cgi-bin/stable_token" => token(before),
        _ => json!({ "total": 2, "count": 0, "next_openid": "" }),
    })
    .await;

    assert_eq!(last.expect("a page"), FollowerPage { total: Some(2), ..FollowerPage::default() });
}

#[tokio::test]
async fn entries_that_are_no_openid_are_counted_and_a_page_without_its_list_is_unexpected() {
    let odd = page(|path, before| match path {
        "/cgi-bin/stable_token" => token(before),
        _ => json!({ "count": 4, "data": { "openid": [OPEN[0], "", 7, null] }, "next_openid": OPEN[0] }),
    });
    let without = page(|path, before| match path {
        "/cgi-bin/stable_token" => token(before),
        _ => json!({ "count": 4, "data": {} }),
    });

    let (odd, without) = (odd.await.expect("a page"), without.await.expect_err("no list"));
    assert_eq!((odd.open_ids.len(), odd.unusable), (1, 3));
    assert_eq!(without.detail, "the answer of /cgi-bin/user/get: `data`: `openid` is not a list");
}

/// A page of 310 KB, larger than any answer to a login.
#[tokio::test]
async fn a_page_of_ten_thousand_followers_is_read() {
    let whole = page(|path, before| {
        if path == "/cgi-bin/stable_token" {
            return token(before);
        }
        let list: Vec<String> = (0..10_000).map(|at| format!("oEx4mple5Qm7hV2cYtR9kLw{at:05}")).collect();
        json!({ "total": 10_000, "count": 10_000, "data": { "openid": list }, "next_openid": list[9_999] })
    })
    .await;

    assert_eq!(whole.expect("a page").open_ids.len(), 10_000);
}

#[tokio::test]
async fn followers_have_a_union_id_and_others_have_none() {
    let told = about(|path, before| match path {
        "/cgi-bin/stable_token" => token(before),
        _ => json!({ "user_info_list": [
            { "subscribe": 1, "openid": OPEN[0], "nickname": "", "subscribe_time": 1_758_000_000, "unionid": "oU1" },
            { "subscribe": 0, "openid": OPEN[1], "nickname": "", "tagid_list": [] },
        ] }),
    })
    .await;

    let [lan, wei] = ids();
    let union =
        providers::UnionKey { scope: "hemu".parse().expect("a scope"), union_id: "oU1".parse().expect("an id") };
    let since = Some(providers::Timestamp::from_millis(1_758_000_000_000));
    let expected = vec![
        Follower { open_id: lan, union: Some(union), follows: true, since },
        Follower { open_id: wei, union: None, follows: false, since: None },
    ];
    assert_eq!(told.expect("an answer"), ToldOf::Each(expected));
}

#[tokio::test]
async fn an_entry_that_is_not_usable_tells_nothing_and_breaks_no_other() {
    let told = about(|path, before| match path {
        "/cgi-bin/stable_token" => token(before),
        _ => json!({ "user_info_list": [
            null, 7, {}, { "openid": OPEN[0] }, { "subscribe": 1, "openid": "" },
            { "subscribe": 1, "openid": OPEN[0], "unionid": { "a": 1 } },
            { "subscribe": "1", "openid": OPEN[1], "unionid": "  ", "subscribe_time": "soon" },
        ] }),
    })
    .await;

    let [_, wei] = ids();
    let expected = vec![Follower { open_id: wei, union: None, follows: true, since: None }];
    assert_eq!(told.expect("an answer"), ToldOf::Each(expected));
}

#[tokio::test]
async fn a_list_with_an_invalid_openid_is_refused_as_a_whole() {
    let told = about(|path, before| match path {
        "/cgi-bin/stable_token" => token(before),
        _ => json!({ "errcode": 40003, "errmsg": "invalid openid rid: 1-2-3" }),
    })
    .await;

    assert_eq!(told.expect("an answer"), ToldOf::RefusedList);
}

#[tokio::test]
async fn a_refused_token_is_replaced_and_the_call_is_made_again() {
    let (account, upstream) = account(|path, before| match (path, before) {
        ("/cgi-bin/stable_token", before) => token(before),
        (_, 0) => json!({ "errcode": 42001, "errmsg": "access_token expired" }),
        _ => json!({ "user_info_list": [] }),
    })
    .await;

    let told = account.followers().expect("an official account has followers").about(&ids()).await;

    let paths = ["/cgi-bin/stable_token", "/cgi-bin/user/info/batchget"].repeat(2);
    assert_eq!(
        (told.expect("an answer"), upstream.paths()),
        (ToldOf::Each(vec![]), paths.into_iter().map(str::to_owned).collect())
    );
}

#[tokio::test]
async fn quotas_and_missing_rights_have_their_kinds_and_repeat_no_openid() {
    for (number, kind, waits) in [
        (45009, ErrorKind::RateLimited, false),
        (45011, ErrorKind::RateLimited, true),
        (48001, ErrorKind::Misconfigured, false),
        (63178, ErrorKind::Misconfigured, false),
        (-1, ErrorKind::Unavailable, false),
    ] {
        let script: Script = match number {
            45009 => |path, before| refused(path, before, 45009),
            45011 => |path, before| refused(path, before, 45011),
            48001 => |path, before| refused(path, before, 48001),
            63178 => |path, before| refused(path, before, 63178),
            _ => |path, before| refused(path, before, -1),
        };

        let error = about(script).await.expect_err("a refusal");

        assert_eq!((error.kind, error.retry_after.is_some()), (kind, waits), "{number}");
        assert!(!error.detail.contains(OPEN[0]), "{error}");
    }
}

fn refused(path: &str, before: usize, number: i64) -> Value {
    match path {
        "/cgi-bin/stable_token" => token(before),
        _ => json!({ "errcode": number, "errmsg": format!("refused for {}", OPEN[0]) }),
    }
}

#[tokio::test]
async fn new_openids_are_those_with_ok() {
    let (account, upstream) = account(|path, before| match path {
        "/cgi-bin/stable_token" => token(before),
        _ => json!({ "errcode": 0, "errmsg": "ok", "result_list": [
            { "ori_openid": OPEN[0], "new_openid": "oNew", "err_msg": "ok" },
            { "ori_openid": OPEN[1], "err_msg": "ori_openid error" },
        ] }),
    })
    .await;

    let told = account.followers().expect("followers").new_open_ids("wx00000000000000ab", &ids()).await;

    let [lan, wei] = ids();
    let new = Some("oNew".parse().expect("an openId"));
    let expected = vec![ChangedOpenId { old: lan, new }, ChangedOpenId { old: wei, new: None }];
    assert_eq!(told.expect("an answer"), ToldOf::Each(expected));
    let body = format!(r#"{{"from_appid":"wx00000000000000ab","openid_list":["{}","{}"]}}"#, OPEN[0], OPEN[1]);
    assert_eq!(upstream.calls()[1], format!(r#"POST /cgi-bin/changeopenid {{"access_token":"87_global-0"}} {body}"#));
}
