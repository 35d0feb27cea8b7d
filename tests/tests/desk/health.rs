//! What operators can see of the service without SQL: upstreams, tokens, budgets, queues, SMS, errors, and the
//! settings.

use acceptance::merging::LAN;
use acceptance::{Company, Server, on_every_database};
use api::config::FourEyes;
use api::error::Language;
use domain::ServiceScope;
use serde_json::{Value, json};

on_every_database!(
    health_tells_of_upstreams_and_their_tokens_without_the_tokens,
    budgets_are_those_of_this_minute_and_of_all_replicas,
    queues_tell_what_waits_and_what_was_given_up,
    sms_of_today_are_counted_against_the_budget_and_are_in_the_statistics,
    errors_of_answers_are_counted_by_hour_and_code,
    an_administrator_reads_the_settings_and_what_the_check_warns_of,
);

async fn health(company: &Company, fields: &str) -> Value {
    let leader = company.system(&[ServiceScope::StatisticsRead]).await;
    leader.ask(&format!("{{ health {{ {fields} }} }}")).await.data()["health"].clone()
}

/// Returns the item of a list that has this app.
fn of_app<'a>(list: &'a Value, app: &str) -> Vec<&'a Value> {
    list.as_array().expect("a list").iter().filter(|item| item["app"] == app).collect()
}

/// Returns the service's present time.
fn now(company: &Company) -> Value {
    json!(chrono::DateTime::<chrono::Utc>::from(company.clock.now()).to_rfc3339())
}

async fn health_tells_of_upstreams_and_their_tokens_without_the_tokens(server: Server) {
    let company = Company::open(server).await;
    let upstreams = "upstreams { app upstream refusesUntil maxCalls lastFailure { operation kind at } lastSuccessAt }";
    let untouched = health(&company, upstreams).await;
    let shop = of_app(&untouched["upstreams"], "shop")[0].clone();
    assert_eq!(
        (&shop["refusesUntil"], &shop["lastFailure"], &shop["lastSuccessAt"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    assert!(shop["upstream"].is_string() && shop["maxCalls"].is_u64(), "{shop}");

    company.sign_in("shop", "lan").await;
    company.fault("/sns/oauth2/access_token", &json!({ "errcode": 40125 })).await;
    let code = company.code("shop", "lan").await;
    assert_eq!(company.client().log_in(&code, "shop").await.code(), "UPSTREAM_FAULT");
    // A person's mistake does not count as a failure of the upstream.
    company.client().log_in("081invented0000000000000000000000", "shop").await;

    let seen = health(&company, upstreams).await;
    let shop = of_app(&seen["upstreams"], "shop")[0];
    assert_eq!(
        (&shop["lastFailure"]["operation"], &shop["lastFailure"]["kind"]),
        (&json!("exchange"), &json!("MISCONFIGURED"))
    );
    assert!(shop["lastFailure"]["at"].is_string() && shop["lastSuccessAt"].is_string(), "{shop}");
    assert_eq!(of_app(&seen["upstreams"], "club")[0]["lastFailure"], Value::Null);
    // Each replica reports only what it has seen itself.
    let replica = company.replica().await.acting_as(&company.system(&[ServiceScope::StatisticsRead]).await);
    let other = replica.ask(&format!("{{ health {{ {upstreams} }} }}")).await.data()["health"].clone();
    assert_eq!(of_app(&other["upstreams"], "shop")[0]["lastFailure"], Value::Null);

    let lan = company.sign_in("mini", "lan").await;
    lan.ask("{ me { id } }").await.data();
    let tap = company
        .sandbox("POST", "/_sandbox/phone-codes", Some(&json!({ "app": "mini", "person": "lan", "button": "quick" })))
        .await;
    let bind = "mutation ($code: String!) { bindPhoneWithWechat(app: \"mini\", kind: QUICK, code: $code) { merged } }";
    lan.send(bind, json!({ "code": tap["code"] })).await;
    let told = health(&company, "tokens { app kind fetchedAt expiresAt fetchingUntil }").await;
    let mini = of_app(&told["tokens"], "mini");
    assert_eq!((mini.len(), &mini[0]["kind"], &mini[0]["fetchingUntil"]), (1, &json!("access_token"), &Value::Null));
    let time =
        |name: &str| chrono::DateTime::parse_from_rfc3339(mini[0][name].as_str().expect("a time")).expect("a time");
    assert_eq!(time("fetchedAt"), chrono::DateTime::<chrono::Utc>::from(company.clock.now()));
    assert!(time("expiresAt") > time("fetchedAt"));
}

async fn budgets_are_those_of_this_minute_and_of_all_replicas(server: Server) {
    let company = Company::open(server).await;
    let fields = "budgets { app exchanges maxExchanges ofStrangers followerCalls }";
    company.sign_in("shop", "lan").await;
    let replica = company.replica().await;
    replica.log_in(&company.code("shop", "wei").await, "shop").await.data();

    let seen = health(&company, fields).await;

    let most = company.app.service().config().upstream.exchanges_per_minute;
    let [shop, mini] = ["shop", "mini"].map(|app| of_app(&seen["budgets"], app)[0]);
    assert_eq!((&shop["exchanges"], &shop["maxExchanges"]), (&json!(2), &json!(most)));
    assert_eq!(
        (&shop["followerCalls"], &mini["followerCalls"], &mini["exchanges"]),
        (&json!(0), &Value::Null, &json!(0))
    );
    company.clock.advance(chrono::TimeDelta::minutes(1));
    let later = health(&company, fields).await;
    assert_eq!(of_app(&later["budgets"], "shop")[0]["exchanges"], 0);
}

async fn queues_tell_what_waits_and_what_was_given_up(server: Server) {
    let settings = toml::toml! { [[webhooks]]
    name = "crm"
    url = "http://127.0.0.1:9/hook"
    secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
    allow_private = true };
    let company = Company::open_with(server, settings).await;
    let fields = "outbox { pending failed oldestAt } pushes { pending failed oldestAt }
        webhooks { name failures lastError goneAt queue { pending failed oldestAt } }";
    let nothing = json!({ "pending": 0, "failed": 0, "oldestAt": null });
    let empty = health(&company, fields).await;
    assert_eq!((&empty["outbox"], &empty["pushes"]), (&nothing, &nothing));
    let crm = json!([{ "name": "crm", "failures": 0, "lastError": null, "goneAt": null, "queue": nothing }]);
    assert_eq!(empty["webhooks"], crm);

    let lan = company.sign_in("shop", "lan").await;
    company.prove(&lan, LAN).await.data();
    let bound = now(&company);
    company.clock.advance(chrono::TimeDelta::minutes(1));
    company.change(&lan, "+8613800000055").await.data();
    let waiting = health(&company, fields).await;

    assert!(waiting["outbox"]["pending"].as_u64().is_some_and(|pending| pending > 0), "{waiting}");
    let oldest = waiting["outbox"]["oldestAt"].as_str().expect("a time").parse::<chrono::DateTime<chrono::Utc>>();
    let [oldest, bound] = [oldest.expect("a time"), bound.as_str().expect("text").parse().expect("a time")];
    assert!(oldest >= bound, "{oldest} {bound}");
    // A notice that was given up is neither pending nor the oldest.
    company.database.run("UPDATE outbox SET state = 'FAILED'").await;
    let failed = health(&company, fields).await;
    assert_eq!((&failed["outbox"]["pending"], &failed["outbox"]["oldestAt"]), (&json!(0), &Value::Null));
    assert_eq!(failed["outbox"]["failed"], waiting["outbox"]["pending"]);
}

async fn sms_of_today_are_counted_against_the_budget_and_are_in_the_statistics(server: Server) {
    let settings = toml::toml! { [sms.budget]
    price_cents = 7
    daily_cents = 20
    utc_offset_minutes = 480 };
    let company = Company::open_with(server, settings).await;
    let fields = "sms { budgetCents leftCents today { day codes codeCents notices noticeCents } }";
    let lan = company.sign_in("shop", "lan").await;
    company.prove(&lan, LAN).await.data();

    let sms = health(&company, fields).await["sms"].clone();

    // 2025-10-09T08:53:20Z is the afternoon of that day in Shanghai.
    let today = json!({ "day": "2025-10-09", "codes": 1, "codeCents": 7, "notices": 0, "noticeCents": 0 });
    assert_eq!(sms, json!({ "budgetCents": 20, "leftCents": 13, "today": today }));
    let numbers = "query ($since: DateTime!, $until: DateTime!) { statistics(since: $since, until: $until) {
        sms { day codes codeCents notices noticeCents } } }";
    let leader = company.system(&[ServiceScope::StatisticsRead]).await;
    let of = async |since: &str, until: &str| {
        let answer = leader.send(numbers, json!({ "since": since, "until": until })).await;
        answer.data()["statistics"]["sms"].clone()
    };
    assert_eq!(of("2025-10-08T17:00:00Z", "2025-10-09T00:00:00Z").await, json!([today]));
    assert_eq!(of("2025-10-09T16:00:00Z", "2025-10-12T00:00:00Z").await, json!([]));
    company.clock.advance(chrono::TimeDelta::hours(8));
    let tomorrow = health(&company, fields).await["sms"].clone();
    assert_eq!((&tomorrow["today"]["day"], &tomorrow["leftCents"]), (&json!("2025-10-10"), &json!(20)));
}

async fn errors_of_answers_are_counted_by_hour_and_code(server: Server) {
    let company = Company::open(server).await;
    let errors = async || health(&company, "errors { hour code count }").await["errors"].clone();
    assert_eq!(errors().await, json!([]));

    for _ in 0..3 {
        assert_eq!(company.client().ask("{ auditEvents { nodes { id } } }").await.code(), "UNAUTHENTICATED");
    }
    assert_eq!(company.client().ask("{ nothing }").await.code(), "INVALID_QUERY");

    let hour = "2025-10-09T08:00:00+00:00";
    let expected = json!([
        { "hour": hour, "code": "UNAUTHENTICATED", "count": 3 },
        { "hour": hour, "code": "INVALID_QUERY", "count": 1 },
    ]);
    assert_eq!(errors().await, expected);
    company.clock.advance(chrono::TimeDelta::days(1));
    assert_eq!(errors().await, json!([]));
}

async fn an_administrator_reads_the_settings_and_what_the_check_warns_of(server: Server) {
    let company = Company::open(server).await;
    let query = "{ settings { mode publicUrl fourEyes requestHours consoleApps consoleGroups { group role }
        apps { name title kind appId start unionIds phone profile jsSdk } warnings { path text } } }";
    let [anna, bo] = [company.operator("anna").await, company.operator("bo").await];

    let settings = anna.ask(query).await.data()["settings"].clone();

    assert_eq!(bo.ask(query).await.code(), "FORBIDDEN");
    assert_eq!(company.client().ask(query).await.code(), "UNAUTHENTICATED");
    assert_eq!((&settings["mode"], &settings["fourEyes"]), (&json!("DEVELOPMENT"), &json!([])));
    let apps = "{ apps { name title kind appId start unionIds phone profile jsSdk } }";
    assert_eq!(settings["apps"], anna.ask(apps).await.data()["apps"]);
    let parts = api::App::builder(company.app.service().config().clone()).check().expect("a sound configuration");
    let printed: Vec<_> = parts
        .warnings()
        .iter()
        .map(|warning| json!({ "path": warning.path, "text": warning.in_language(Language::En) }))
        .collect();
    assert_eq!(settings["warnings"], json!(printed));
    assert_eq!(settings["warnings"][0]["path"], "mode");
    let careful = company.replica_with(|config| config.support.four_eyes = vec![FourEyes::Merge, FourEyes::SetPhone]);
    let careful = careful.await.acting_as(&anna);
    assert_eq!(careful.ask(query).await.data()["settings"]["fourEyes"], json!(["MERGE", "SET_PHONE"]));
}
