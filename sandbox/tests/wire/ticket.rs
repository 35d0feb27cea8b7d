//! Tests of `/cgi-bin/ticket/getticket`: the tickets of WeChat's script.

use serde_json::json;

use crate::laptop::{Answer, Laptop, NOON, text};

async fn ticket(laptop: &Laptop, token: &str, of: &str) -> Answer {
    laptop.get(&format!("/cgi-bin/ticket/getticket?access_token={token}&type={of}")).await
}

#[tokio::test]
async fn a_ticket_stays_until_its_last_five_minutes() {
    let laptop = Laptop::new().await;
    let token = laptop.global_token("shop").await;
    let first = ticket(&laptop, &token, "jsapi").await.json();

    laptop.wait(6_899).await;
    let later = ticket(&laptop, &token, "jsapi").await.json();
    laptop.wait(1).await;
    let last_minutes = ticket(&laptop, &token, "jsapi").await.json();

    let answer = |ticket: &str, expires_in: i64| json!({ "errcode": 0, "errmsg": "ok", "ticket": ticket, "expires_in": expires_in });
    let (old, new) = (text(&first, "ticket"), text(&last_minutes, "ticket"));
    assert_eq!((first, later, last_minutes), (answer(&old, 7_200), answer(&old, 301), answer(&new, 7_200)));
    assert_ne!(old, new);
}

#[tokio::test]
async fn each_app_and_each_type_has_a_ticket_of_its_own() {
    let laptop = Laptop::new().await;
    let mut tickets = std::collections::BTreeSet::new();

    for app in ["shop", "club"] {
        let token = laptop.global_token(app).await;
        for of in ["jsapi", "wx_card", "2"] {
            tickets.insert(text(&ticket(&laptop, &token, of).await.json(), "ticket"));
        }
    }

    assert_eq!(tickets.len(), 6);
}

#[tokio::test]
async fn what_is_wrong_with_asking_for_a_ticket_is_named() {
    let laptop = Laptop::new().await;
    let token = laptop.global_token("shop").await;
    let path = "/cgi-bin/ticket/getticket";

    let answers = [
        laptop.get(&format!("{path}?type=jsapi")).await,
        ticket(&laptop, "87_nonsense", "jsapi").await,
        ticket(&laptop, &token, "train").await,
        laptop.get(&format!("{path}?access_token={token}")).await,
        laptop.post(&format!("{path}?access_token={token}&type=jsapi"), "").await,
    ]
    .map(|answer| answer.failure().0);

    assert_eq!(answers, [41001, 40001, 40097, 40097, 43001]);
}

#[tokio::test]
async fn a_clock_that_is_set_back_lengthens_no_life_of_what_is_repeated() {
    let laptop = Laptop::new().await;
    let wecom = Laptop::wecom().await;
    let office = wecom.app("office");
    let gettoken = format!("/cgi-bin/gettoken?corpid={}&corpsecret={}", office.app_id, office.secret);
    let before = [
        laptop.stable_token("shop", false).await.json(),
        wecom.get(&gettoken).await.json(),
        ticket(&laptop, &laptop.global_token("shop").await, "jsapi").await.json(),
    ];

    let a_month_ago = json!({ "stop_at": NOON - 30 * 86_400 });
    laptop.post_json("/_sandbox/clock", &a_month_ago).await;
    wecom.post_json("/_sandbox/clock", &a_month_ago).await;

    let after = [
        laptop.stable_token("shop", false).await.json(),
        wecom.get(&gettoken).await.json(),
        ticket(&laptop, &laptop.global_token("shop").await, "jsapi").await.json(),
    ];
    for (before, after) in before.iter().zip(&after) {
        assert_eq!((&before["expires_in"], &after["expires_in"]), (&json!(7_200), &json!(7_200)));
        assert_ne!(before, after);
    }
}
