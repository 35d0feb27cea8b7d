//! Tests of WeCom's server calls: tokens, the exchange of a code, tickets. See `wecom_login` for the browser's part.

use serde_json::{Value, json};

use crate::laptop::{Answer, Laptop, text};

/// Two apps of one corp, one of another, an official account; a member, a customer of `office`, and a stranger.
pub(crate) const SEED: &str = r#"
    [company]
    name = "禾木 Hemu"
    [[apps]]
    name = "office"
    title = "禾木办公"
    kind = "wecom"
    app_id = "ww0123456789abcdef"
    agent_id = 1000002
    secret = "office-secret_0123456789_0123456789_0123456"
    redirect_domains = ["127.0.0.1", "localhost"]
    [[apps]]
    name = "depot"
    title = "禾木仓库"
    kind = "wecom"
    app_id = "ww0123456789abcdef"
    agent_id = 1000003
    secret = "depot-secret__0123456789_0123456789_0123456"
    redirect_domains = ["depot.example"]
    [[apps]]
    name = "rival"
    title = "对手"
    kind = "wecom"
    app_id = "wwfedcba9876543210"
    agent_id = 1000002
    secret = "rival-secret__0123456789_0123456789_0123456"
    redirect_domains = ["localhost"]
    [[apps]]
    name = "shop"
    title = "禾木商城"
    kind = "wechat-official-account"
    app_id = "wxde30000000005409"
    secret = "de300000000000000000000000005409"
    [[people]]
    id = "lan"
    nickname = "兰心🌿"
    phones = ["+8613800000001"]
    member = true
    [[people]]
    id = "wei"
    nickname = "阿伟"
    follows = ["office"]
    [[people]]
    id = "mei"
    nickname = "Mei 美"
"#;

const WHO: &str = "/cgi-bin/auth/getuserinfo";
const WHO_OF_OLD: &str = "/cgi-bin/user/getuserinfo";
const DETAILS: &str = "/cgi-bin/auth/getuserdetail";
const SESSION: &str = "/cgi-bin/miniprogram/jscode2session";

impl Laptop {
    pub(crate) async fn wecom() -> Self {
        Self::with(SEED).await
    }

    async fn gettoken(&self, app: &str) -> Value {
        let app = self.app(app);
        self.get(&format!("/cgi-bin/gettoken?corpid={}&corpsecret={}", app.app_id, app.secret)).await.json()
    }

    async fn wecom_token(&self, app: &str) -> String {
        text(&self.gettoken(app).await, "access_token")
    }

    async fn ask(&self, path: &str, app: &str, code: &str) -> Answer {
        let token = self.wecom_token(app).await;
        self.get(&format!("{path}?access_token={token}&code={code}")).await
    }

    /// Exchanges a code as an app.
    pub(crate) async fn visitor(&self, app: &str, code: &str) -> Answer {
        self.ask(WHO, app, code).await
    }

    async fn user_ticket(&self, app: &str, person: &str) -> String {
        let order = json!({ "app": app, "person": person, "scope": "snsapi_privateinfo" });
        let code = text(&self.post_json("/_sandbox/codes", &order).await.json(), "code");
        text(&self.visitor(app, &code).await.json(), "user_ticket")
    }

    async fn details(&self, app: &str, ticket: &str) -> Answer {
        let token = self.wecom_token(app).await;
        self.post_json(&format!("{DETAILS}?access_token={token}"), &json!({ "user_ticket": ticket })).await
    }
}

/// Returns number and text of a failure in WeCom's format; the digits of the hint are random.
fn failure(answer: &Answer) -> (i64, String) {
    let json = answer.json();
    let (words, tail) = json["errmsg"].as_str().and_then(|words| words.split_once(", hint: [")).expect("a hint");
    let (hint, tail) = tail.split_once(']').expect("the hint ends");
    assert!(hint.len() == 25 && hint.starts_with("17600") && hint.bytes().all(|b| b.is_ascii_digit()), "{hint}");
    let number = json["errcode"].as_i64().expect("a failure has a number");
    let page = format!(", from ip: 127.0.0.1, more info at https://open.work.weixin.qq.com/devtool/query?e={number}");
    assert_eq!((tail, answer.header("content-type")), (page.as_str(), "application/json; charset=UTF-8"));
    (number, words.to_owned())
}

fn failed(number: i64, words: &str) -> (i64, String) {
    (number, words.to_owned())
}

#[tokio::test]
async fn a_member_is_known_by_their_id() {
    let laptop = Laptop::wecom().await;
    let code = laptop.code("office", "lan").await;

    let answer = laptop.visitor("office", &code).await;

    assert_eq!(answer.json(), json!({ "errcode": 0, "errmsg": "ok", "userid": "lan" }));
    assert_eq!(answer.header("content-type"), "application/json; charset=UTF-8");
}

#[tokio::test]
async fn an_outsider_has_an_open_id_of_the_corp_and_a_customer_another_id_too() {
    let laptop = Laptop::wecom().await;
    let codes = [laptop.code("office", "mei").await, laptop.code("office", "wei").await];

    let stranger = laptop.visitor("office", &codes[0]).await.json();
    let customer = laptop.visitor("office", &codes[1]).await.json();

    let open_id = |person| laptop.sandbox.open_id("office", person);
    assert_eq!(stranger, json!({ "errcode": 0, "errmsg": "ok", "openid": open_id("mei") }));
    assert_eq!(
        customer,
        json!({
            "errcode": 0, "errmsg": "ok", "openid": open_id("wei"),
            "external_userid": "wm0-xiZ6MxTRT2Iz9sLAoOJslk9Xziu1",
        })
    );
    assert_eq!(open_id("wei"), laptop.sandbox.open_id("depot", "wei"));
    assert_ne!(open_id("wei"), laptop.sandbox.open_id("rival", "wei"));
}

#[tokio::test]
async fn the_older_path_writes_with_capitals() {
    let laptop = Laptop::wecom().await;
    let codes = [laptop.code("office", "lan").await, laptop.code("office", "wei").await];

    let member = laptop.ask(WHO_OF_OLD, "office", &codes[0]).await.json();
    let customer = laptop.ask(WHO_OF_OLD, "office", &codes[1]).await.json();

    assert_eq!(
        member,
        json!({ "errcode": 0, "errmsg": "ok", "UserId": "lan", "DeviceId": "19424153c13932e7541baa3189049c52" })
    );
    assert_eq!(
        customer,
        json!({
            "errcode": 0, "errmsg": "ok", "OpenId": laptop.sandbox.open_id("office", "wei"), "DeviceId": "089df6fb5172bab60c861d4cbfb6acc7",
            "external_userid": "wm0-xiZ6MxTRT2Iz9sLAoOJslk9Xziu1",
        })
    );
}

#[tokio::test]
async fn a_token_is_repeated_until_it_is_over() {
    let laptop = Laptop::wecom().await;

    let first = laptop.gettoken("office").await;
    laptop.wait(7199).await;
    let repeated = laptop.gettoken("office").await;
    laptop.wait(1).await;
    let over = laptop.get(&format!("{WHO}?access_token={}&code=c", text(&first, "access_token"))).await;
    let next = laptop.gettoken("office").await;

    let token = text(&first, "access_token");
    let answer = |left| json!({ "errcode": 0, "errmsg": "ok", "access_token": token, "expires_in": left });
    assert_eq!((first, repeated), (answer(7200), answer(1)));
    assert_eq!(failure(&over), failed(42001, "access_token expired"));
    assert_ne!(text(&next, "access_token"), token);
}

#[tokio::test]
async fn what_a_token_is_asked_for_with_is_checked_in_the_order_of_wecom() {
    let laptop = Laptop::wecom().await;
    let (corp, secret) = (laptop.app("office").app_id, laptop.app("office").secret);
    let cases = [
        (String::new(), 41004, "corpsecret missing"),
        (format!("corpid={corp}"), 41004, "corpsecret missing"),
        (format!("corpsecret={secret}"), 41002, "corpid missing"),
        (format!("corpid=ww00&corpsecret={secret}"), 40013, "invalid corpid"),
        (format!("corpid={}&corpsecret={secret}", laptop.app("shop").app_id), 40013, "invalid corpid"),
        (format!("corpid={corp}&corpsecret={}", laptop.app("rival").secret), 40001, "invalid credential"),
    ];

    for (query, number, words) in cases {
        let answer = laptop.get(&format!("/cgi-bin/gettoken?{query}")).await;

        assert_eq!(failure(&answer), failed(number, words), "{query}");
    }
}

#[tokio::test]
async fn a_code_is_taken_once_in_time_and_by_its_own_corp() {
    let laptop = Laptop::wecom().await;
    let (code, late) = (laptop.code("office", "lan").await, laptop.code("office", "lan").await);

    let stolen = laptop.visitor("rival", &code).await;
    let first = laptop.visitor("office", &code).await;
    let second = laptop.visitor("office", &code).await;
    laptop.wait(300).await;
    let expired = laptop.visitor("office", &late).await;

    assert_eq!(first.json()["userid"], "lan");
    for answer in [stolen, second, expired] {
        assert_eq!(failure(&answer), failed(40029, "invalid code"));
    }
}

#[tokio::test]
async fn another_app_of_the_corp_may_use_a_code_where_it_trusts_the_domain() {
    let laptop = Laptop::wecom().await;
    let codes = [laptop.code("depot", "lan").await, laptop.code("depot", "lan").await];

    let untrusted = laptop.visitor("office", &codes[0]).await;
    let domains = json!({ "redirect_domains": ["localhost", "depot.example"] });
    laptop.patch("/_sandbox/apps/office", &domains).await;
    let trusted = laptop.visitor("office", &codes[1]).await;

    assert_eq!(failure(&untrusted), failed(50001, "redirect_uri unauthorized"));
    assert_eq!(trusted.json()["userid"], "lan");
}

#[tokio::test]
async fn a_token_counts_in_the_query_alone_and_only_one_of_wecom() {
    let laptop = Laptop::wecom().await;
    let (own, foreign) = (laptop.wecom_token("office").await, laptop.global_token("shop").await);

    let none = laptop.get(WHO).await;
    let header = laptop.get_with(WHO, &[("authorization", &format!("Bearer {own}"))]).await;
    let no_code = laptop.get(&format!("{WHO}?access_token={own}")).await;
    let of_wechat = laptop.get(&format!("{WHO}?access_token={foreign}&code=c")).await;
    let at_wechat = laptop.post(&format!("/wxa/business/getuserphonenumber?access_token={own}"), "{}").await;

    assert_eq!(failure(&none), failed(41001, "access_token missing"));
    assert_eq!(failure(&header), failed(41001, "access_token missing"));
    assert_eq!(failure(&no_code), failed(41008, "missing code"));
    assert_eq!(failure(&of_wechat), failed(40014, "invalid access_token"));
    assert_eq!(at_wechat.failure().0, 40001);
}

#[tokio::test]
async fn a_new_secret_ends_the_token() {
    let laptop = Laptop::wecom().await;
    let token = laptop.wecom_token("office").await;

    let secret = json!({ "secret": "another-secret_0123456789_0123456789_012345" });
    let patched = laptop.patch("/_sandbox/apps/office", &secret).await;
    let answer = laptop.get(&format!("{WHO}?access_token={token}&code=c")).await;

    assert_eq!(patched.status.as_u16(), 200, "{}", patched.body);
    assert_eq!(failure(&answer), failed(40014, "invalid access_token"));
}

#[tokio::test]
async fn what_a_member_agreed_to_show_is_told_for_half_an_hour() {
    let laptop = Laptop::wecom().await;
    let ticket = laptop.user_ticket("office", "lan").await;

    let details = laptop.details("office", &ticket).await;
    laptop.wait(1799).await;
    let again = laptop.details("office", &ticket).await;
    laptop.wait(1).await;
    let late = laptop.details("office", &ticket).await;

    assert_eq!(
        details.json(),
        json!({
            "errcode": 0, "errmsg": "ok", "userid": "lan", "gender": "0", "mobile": "13800000001",
            "avatar": "http://127.0.0.1:18080/_sandbox/avatars/lan.50fe4452/132",
        })
    );
    assert_eq!(again.body, details.body);
    assert_eq!(failure(&late), failed(40058, "invalid param 'user_ticket'"));
}

#[tokio::test]
async fn details_need_the_apps_own_ticket_a_token_and_a_post() {
    let laptop = Laptop::wecom().await;
    let ticket = laptop.user_ticket("office", "lan").await;
    let token = laptop.wecom_token("office").await;

    let foreign = laptop.details("depot", &ticket).await;
    let nonsense = laptop.details("office", "nonsense").await;
    let no_json = laptop.post(&format!("{DETAILS}?access_token={token}"), "user_ticket").await;
    let no_token = laptop.post_json(DETAILS, &json!({ "access_token": token, "user_ticket": ticket })).await;
    let get = laptop.get(DETAILS).await;

    let numbers = [foreign, nonsense, no_json, no_token, get].map(|answer| failure(&answer).0);
    assert_eq!(numbers, [40058, 40058, 40058, 41001, 43002]);
}

#[tokio::test]
async fn an_outsider_has_no_details_to_show() {
    let laptop = Laptop::wecom().await;
    let order = json!({ "app": "office", "person": "mei", "scope": "snsapi_privateinfo" });
    let code = text(&laptop.post_json("/_sandbox/codes", &order).await.json(), "code");

    let answer = laptop.visitor("office", &code).await.json();

    assert_eq!(answer, json!({ "errcode": 0, "errmsg": "ok", "openid": laptop.sandbox.open_id("office", "mei") }));
}

#[tokio::test]
async fn a_mini_program_inside_wecom_gets_a_session_of_a_member() {
    let laptop = Laptop::wecom().await;
    let token = laptop.wecom_token("office").await;
    let session = async |person: &str, grant: &str| {
        let code = laptop.code("office", person).await;
        laptop.get(&format!("{SESSION}?access_token={token}&js_code={code}&grant_type={grant}")).await
    };

    let member = session("lan", "authorization_code").await.json();
    let outsider = session("wei", "authorization_code").await;
    let odd = session("lan", "client_credential").await;

    let key = text(&member, "session_key");
    assert_eq!(
        member,
        json!({
            "errcode": 0, "errmsg": "ok", "corpid": "ww0123456789abcdef", "userid": "lan", "session_key": key,
        })
    );
    assert_eq!(key.len(), 24);
    assert_eq!(failure(&outsider), failed(40029, "invalid code"));
    assert_eq!(failure(&odd), failed(40002, "invalid grant_type"));
}

#[tokio::test]
async fn js_tickets_are_repeated_the_corps_to_all_its_apps() {
    let laptop = Laptop::wecom().await;
    let (office, depot) = (laptop.wecom_token("office").await, laptop.wecom_token("depot").await);
    let corp = async |token: &str| laptop.get(&format!("/cgi-bin/get_jsapi_ticket?access_token={token}")).await.json();
    let app = async |token: &str, kind: &str| {
        laptop.get(&format!("/cgi-bin/ticket/get?access_token={token}&type={kind}")).await
    };

    let (of_corp, of_corp_again) = (corp(&office).await, corp(&depot).await);
    let of_office = app(&office, "agent_config").await.json();
    let of_office_again = app(&office, "agent_config").await.json();
    let of_depot = app(&depot, "agent_config").await.json();
    let odd = app(&office, "jsapi").await;

    let ticket = text(&of_corp, "ticket");
    assert_eq!(of_corp, json!({ "errcode": 0, "errmsg": "ok", "ticket": ticket, "expires_in": 7200 }));
    assert_eq!((ticket.len(), &of_corp_again, &of_office_again), (86, &of_corp, &of_office));
    assert!(of_office["ticket"] != of_depot["ticket"] && of_office["ticket"] != of_corp["ticket"]);
    assert_eq!(failure(&odd), failed(40005, "invalid type"));
}

#[tokio::test]
async fn an_ordered_fault_speaks_as_wecom_does() {
    let laptop = Laptop::wecom().await;
    for path in
        ["/cgi-bin/gettoken", WHO, WHO_OF_OLD, DETAILS, "/cgi-bin/get_jsapi_ticket", "/cgi-bin/ticket/get", SESSION]
    {
        laptop.order_fault(&json!({ "path": path, "errcode": -1 })).await;

        let answer = laptop.get(path).await;

        assert_eq!(failure(&answer), failed(-1, "system error"), "{path}");
    }
}

#[tokio::test]
async fn codes_are_ordered_by_name_by_agent_and_by_the_corp_of_a_single_app() {
    let laptop = Laptop::wecom().await;
    let keys = ["office", "ww0123456789abcdef/1000003", "wwfedcba9876543210", "ww0123456789abcdef"];

    let mut orders = Vec::new();
    for key in keys {
        orders.push(laptop.post_json("/_sandbox/codes", &json!({ "app": key, "person": "lan" })).await.status.as_u16());
    }

    assert_eq!(orders, [200, 200, 200, 404]);
}
