//! Tests of WeChat's pages: the people on offer, the search, and the way from a snapshot to the full service.

use std::fmt::Write as _;

use serde_json::json;

use crate::laptop::{Answer, Laptop, text};

const PATH: &str = "/connect/oauth2/authorize";
const RETURN: &str = "http%3A%2F%2F127.0.0.1%3A3000%2Fcb";
const HOSTILE: &str = "</title><script>x</script>'\\\"&";

fn query(laptop: &Laptop) -> String {
    let app_id = laptop.app("shop").app_id;
    format!("appid={app_id}&redirect_uri={RETURN}&response_type=code&scope=snsapi_userinfo&state=St4te")
}

async fn ask(laptop: &Laptop, extra: &str) -> Answer {
    laptop.get(&format!("{PATH}?{}{extra}", query(laptop))).await
}

/// Creates a sandbox with sixty more people, `p00` and so on, followed by `eight`.
async fn crowded() -> Laptop {
    let mut seed = sandbox::DEMO.to_owned();
    for n in 0..60 {
        write!(seed, "[[people]]\nid = 'p{n:02}'\nnickname = 'Person {n}'\nphones = ['+86139000000{n:02}']\n")
            .expect("writing to a String does not fail");
    }
    seed.push_str("[[people]]\nid = 'eight'\nnickname = '八'\n");
    Laptop::with(&seed).await
}

/// Returns the values of one kind of field, in the order of the page.
fn values<'a>(page: &'a str, field: &str) -> Vec<&'a str> {
    page.split(field).skip(1).map(|rest| rest.split('"').next().unwrap_or_default()).collect()
}

fn people(page: &Answer) -> Vec<&str> {
    values(&page.body, "name=\"person\" value=\"")
}

#[tokio::test]
async fn a_page_offers_fifty_people_and_a_search_where_there_are_many() {
    let (few, many) = (Laptop::new().await, crowded().await);

    let (few, many) = (ask(&few, "").await, ask(&many, "").await);

    assert_eq!((people(&few).len(), few.body.contains("name=\"find\"")), (6, false));
    assert_eq!((people(&many).len(), many.body.contains("name=\"find\"")), (50, true));
}

#[tokio::test]
async fn people_are_found_by_id_nickname_or_phone_and_first_by_how_they_begin() {
    let laptop = crowded().await;
    let searches = [
        ("p5", vec!["p50", "p51", "p52", "p53", "p54", "p55", "p56", "p57", "p58", "p59"]),
        ("person%207", vec!["p07"]),
        ("PERSON%204", vec!["p04", "p40", "p41", "p42", "p43", "p44", "p45", "p46", "p47", "p48", "p49"]),
        ("%E5%85%B0", vec!["lan"]),
        ("%2B86%20138-0000-0003", vec!["mei"]),
        ("00000059", vec!["p59"]),
        ("ei", vec!["eight", "wei", "mei"]),
        ("%20wei%20", vec!["wei"]),
        ("nobody", vec![]),
    ];

    for (find, found) in searches {
        let page = ask(&laptop, &format!("&find={find}")).await;

        assert_eq!(people(&page), found, "{find}");
    }
}

#[tokio::test]
async fn without_a_match_one_can_only_refuse_or_search_again() {
    let laptop = crowded().await;

    let page = ask(&laptop, "&find=nobody").await;

    assert!(page.body.contains("没有找到匹配的用户"));
    assert!(page.body.contains("value=\"allow\" disabled") && page.body.contains("value=\"refuse\">"));
}

#[tokio::test]
async fn a_search_and_an_answer_keep_all_that_the_site_asked_for() {
    let laptop = crowded().await;

    let page = ask(&laptop, "&connect_redirect=1&forcePopup=true&lang=en&find=p5").await;

    let fields = ["appid", "redirect_uri", "response_type", "scope", "state", "connect_redirect", "forcePopup", "lang"];
    let (search, answer) = page.body.split_once("<form class=\"answer\"").expect("the answer comes after the search");
    let hidden = "type=\"hidden\" name=\"";
    assert_eq!(values(search, hidden), fields);
    assert_eq!(values(answer, hidden), [fields.as_slice(), &["find"]].concat());
    assert!(search.contains("value=\"http://127.0.0.1:3000/cb\""));
}

#[tokio::test]
async fn the_person_named_in_the_link_is_chosen() {
    let laptop = Laptop::new().await;

    let page = ask(&laptop, "&person=jun").await;

    assert_eq!(people(&page)[0], "jun");
    assert!(page.body.contains("value=\"jun\" checked"));
}

#[tokio::test]
async fn the_full_service_is_offered_to_those_who_would_get_a_snapshot() {
    let laptop = Laptop::new().await;

    let forced = ask(&laptop, "&forceSnapShot=true").await;
    let always = ask(&laptop, "&find=ghost").await;
    let never = ask(&laptop, "&find=lan").await;

    let offered = [&forced, &always, &never].map(|page| page.body.contains("value=\"full\">使用完整服务"));
    assert_eq!(offered, [true, true, false]);
}

#[tokio::test]
async fn the_full_service_asks_again_and_then_knows_the_person() {
    let laptop = Laptop::new().await;
    let form = format!("{}&forceSnapShot=true&person=ghost&decision=full", query(&laptop));

    let answer = laptop.post_form(PATH, &form).await;
    let popup = laptop.get_with(answer.location(), &[("cookie", "sandbox_person=lan")]).await;
    let allowed = laptop.post_form(PATH, &format!("{}&full=true&person=ghost&decision=allow", query(&laptop))).await;

    assert_eq!(answer.status.as_u16(), 303);
    assert_eq!(answer.location(), format!("{PATH}?{}&person=ghost&full=true", query(&laptop)));
    assert_eq!((people(&popup)[0], popup.body.contains("value=\"full\"")), ("ghost", false));
    assert!(popup.body.contains("type=\"hidden\" name=\"full\" value=\"true\""));
    let tokens = laptop.exchange("shop", &allowed.code()).await.json();
    assert_eq!(tokens.get("is_snapshotuser"), None);
    assert_eq!(Some(text(&tokens, "openid")), laptop.sandbox.open_id("shop", "ghost"));
}

#[tokio::test]
async fn the_full_service_is_stronger_than_a_forced_snapshot() {
    let laptop = Laptop::new().await;
    let cookie = [("cookie", "sandbox_person=lan")];

    let page = laptop.get_with(&format!("{PATH}?{}&forceSnapShot=true&full=true", query(&laptop)), &cookie).await;

    assert_eq!((page.status.as_u16(), page.body.contains("value=\"allow\"")), (200, true));
}

#[tokio::test]
async fn the_full_service_needs_a_known_person() {
    let laptop = Laptop::new().await;

    let answer = laptop.post_form(PATH, &format!("{}&person=nobody&decision=full", query(&laptop))).await;

    assert_eq!((answer.status.as_u16(), answer.location()), (200, ""));
}

#[tokio::test]
async fn the_page_with_the_qr_code_and_the_phone_search_too() {
    let laptop = crowded().await;
    let app_id = laptop.app("site").app_id;
    let query = format!("appid={app_id}&redirect_uri={RETURN}&response_type=code&scope=snsapi_login&state=s&find=p59");

    let page = laptop.get(&format!("/connect/qrconnect?{query}")).await;
    let uuid = page.uuid();
    let phone = laptop.get(&format!("/connect/confirm?uuid={uuid}&find=p58")).await;

    assert_eq!((people(&page), people(&phone)), (vec!["p59"], vec!["p58"]));
    let kept = ["appid", "redirect_uri", "response_type", "scope", "state"];
    assert_eq!(values(&page.body, "type=\"hidden\" name=\"")[..5], kept);
    assert_eq!(values(&phone.body, "type=\"hidden\" name=\"")[..2], ["uuid", "lang"]);
}

#[tokio::test]
async fn a_snapshot_is_not_for_websites() {
    let laptop = Laptop::new().await;
    let app_id = laptop.app("site").app_id;
    let query = format!("appid={app_id}&redirect_uri={RETURN}&response_type=code&scope=snsapi_login&state=s");

    let page = laptop.get(&format!("/connect/qrconnect?{query}")).await;
    let uuid = page.uuid();
    let phone = laptop.get(&format!("/connect/confirm?uuid={uuid}")).await;

    assert!(phone.body.contains("value=\"ghost\"") && !phone.body.contains("value=\"full\""));
}

#[tokio::test]
async fn no_name_becomes_markup() {
    let seed = sandbox::DEMO.replace("禾木商城", HOSTILE).replace("禾木官网", HOSTILE).replace("兰心🌿", HOSTILE);
    let laptop = Laptop::with(&seed.replace("禾木 Hemu", HOSTILE)).await;
    let app_id = laptop.app("site").app_id;
    let query = format!("appid={app_id}&redirect_uri={RETURN}&response_type=code&scope=snsapi_login&state=s&find=lan");
    let own = self::query(&laptop);
    laptop.code("shop", "lan").await;
    laptop.get("/sns/%3Cscript%3E?x=%3Cscript%3E").await;
    laptop.post("/sns/auth", "<script>").await;
    laptop.order_fault(&json!({ "path": "/<script>", "body": "<script>" })).await;

    let qr = laptop.get(&format!("/connect/qrconnect?{query}")).await;
    let uuid = qr.uuid().to_owned();
    let pages = [
        ask(&laptop, "&find=%3Cscript%3E").await,
        laptop.post_form(PATH, &format!("{own}&decision=refuse")).await,
        laptop.post_form(PATH, &format!("{own}&decision=refuse&lang=en")).await,
        laptop.get(&format!("/connect/confirm?uuid={uuid}")).await,
        laptop.get("/_sandbox/?find=%3Cscript%3E&code=%3Cscript%3E").await,
        laptop.post_form("/_sandbox/codes", "app=shop&person=lan&scope=%3Cscript%3E").await,
        qr,
    ];

    for page in pages {
        let harmless = page.body.replace("<script src=\"/_sandbox/assets/", "");
        assert!(!harmless.contains("<script") && !harmless.contains("x</script>"), "{harmless}");
        assert_eq!(harmless.matches("</title>").count(), 1, "{harmless}");
    }
}

#[tokio::test]
async fn an_error_page_is_in_the_language_of_the_page_and_has_ways_out() {
    let laptop = Laptop::new().await;
    let path = format!("{PATH}?{}", query(&laptop).replace("127.0.0.1", "evil.example"));

    let chinese = laptop.get_with(&path, &[("accept-language", "zh-CN")]).await;
    let english = laptop.get_with(&path, &[("accept-language", "en")]).await;

    for (page, tag, title, meaning) in [
        (&chinese, "zh-CN", "redirect_uri域名与后台配置不一致", "授权回调域名"),
        (&english, "en", "WeChat refuses this request", "redirect domains"),
    ] {
        assert_eq!(page.header("x-sandbox-error"), "10003");
        assert!(page.body.contains(&format!("<html lang=\"{tag}\">")), "{}", page.body);
        assert!(page.body.contains(&format!("<h1>{title}</h1>")), "{}", page.body);
        assert!(page.body.contains(meaning), "{}", page.body);
        assert!(page.body.contains("href=\"/_sandbox/\"") && page.body.contains("/_sandbox/assets/back.js"));
    }
    // The English page also contains WeChat's own terms, because developers search for them.
    assert!(english.body.contains("redirect_uri域名与后台配置不一致"));
    assert_eq!(laptop.get("/_sandbox/assets/back.js").await.status.as_u16(), 200);
}
