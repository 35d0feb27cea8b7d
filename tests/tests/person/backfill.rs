//! Backfills of unionIds and migrations of openIds, of the whole service against the whole sandbox. See `store` for
//! the rules on every database and `api` for the command line.

use acceptance::{Company, Server, on_every_database};
use api::apps::App;
use api::usecase::follower::{Backfill, ChangeOpenIds, Report, RunError, backfill, change_open_ids, run_due, undo};
use api::usecase::import::UserText;
use chrono::TimeDelta;
use domain::AuditAction;
use domain::follower::{Outcome, Tally};
use providers::ErrorKind;
use serde_json::{Value, json};

on_every_database!(
    followers_with_an_account_get_their_union_ids_and_others_are_not_asked_about,
    a_dry_run_says_what_a_run_does_and_writes_nothing,
    all_followers_are_asked_about_and_who_follows_is_recorded,
    a_fault_of_the_upstream_is_waited_out,
    a_quota_of_the_day_stops_the_run_and_the_next_one_continues_it,
    a_list_with_an_openid_that_was_removed_is_halved,
    two_replicas_at_once_do_the_work_once,
    a_run_whose_process_was_killed_is_continued_by_another_and_counts_each_person_once,
    a_backfill_against_logins_of_its_people_makes_one_account_of_each,
    the_schedule_runs_each_official_account_once_in_its_time,
    a_migrated_account_keeps_its_people_and_their_orders,
    a_migration_is_refused_before_it_began_and_after_fifteen_days,
    a_fault_of_a_list_or_a_conversion_is_waited_out_and_what_is_missing_in_an_answer_is_counted,
);

const BATCH: &str = "/cgi-bin/user/info/batchget";

/// Opens a company with short timeouts for upstream calls, and adds followers of the shop: `p0`, `p1` and so on.
async fn with_followers(server: Server, people: usize) -> Company {
    let settings = toml::toml! {
        upstream = { connect_seconds = 1, total_seconds = 1, deadline_seconds = 2 }
        backfill = { attempts = 3 }
    };
    let company = Company::open_with(server, settings).await;
    for n in 0..people {
        let person = json!({ "id": format!("p{n}"), "nickname": format!("P{n}"), "follows": ["shop"] });
        company.sandbox("POST", "/_sandbox/people", Some(&person)).await;
    }
    company
}

/// Gives the first of these people an account of the company, with the openId in the shop.
async fn members(company: &Company, people: usize) {
    let users = (0..people).map(|n| {
        let open_id = company.sandbox.open_id("shop", &format!("p{n}")).expect("a person");
        let open_ids = vec![("shop".to_owned(), open_id)];
        let text = UserText { external_id: format!("M-{n}"), open_ids, ..UserText::default() };
        api::usecase::import::read_user(company.app.service(), &text).expect("an account")
    });
    let users: Vec<_> = users.collect();
    api::usecase::import::import_users(company.app.service(), &users).await.expect("an import");
}

fn app<'a>(of: &'a api::App, name: &str) -> &'a App {
    let mut apps = api::usecase::app::all(of.service()).iter();
    apps.find(|app| app.name.as_str() == name).expect("an app")
}

async fn run(of: &api::App, asks_all: bool, dry_run: bool) -> Result<Report, RunError> {
    let options = Backfill::by_command(asks_all, dry_run);
    backfill(of.service(), app(of, "shop"), options, &mut |_| {}).await
}

async fn done(company: &Company) -> Report {
    // Entries of one moment are unordered.
    company.clock.advance(TimeDelta::seconds(1));
    let report = run(&company.app, false, false).await.expect("a run");
    assert!(report.stopped.is_none(), "{:?}", report.stopped);
    report
}

fn people(counts: &[(Outcome, u64)]) -> Tally {
    Tally::of(counts.iter().copied())
}

/// The demo itself has two followers of the shop, who have no account.
async fn followers_with_an_account_get_their_union_ids_and_others_are_not_asked_about(server: Server) {
    let company = with_followers(server, 6).await;
    members(&company, 3).await;
    let lan = company.sign_in("shop", "p0").await;

    let report = done(&company).await;
    let again = done(&company).await;

    let expected = people(&[(Outcome::Attached, 2), (Outcome::Unchanged, 1), (Outcome::Unknown, 5)]);
    assert_eq!((report.tally, report.resumed), (expected, false));
    assert_eq!(again.tally, people(&[(Outcome::Unchanged, 3), (Outcome::Unknown, 5)]));
    // The first run reads two pages, the second of them empty, and asks once; the second run does not ask.
    assert_eq!((report.calls, again.calls, company.calls(BATCH).await), (3, 2, 1));
    company.clock.advance(TimeDelta::seconds(1));
    let wei = company.sign_in("club", "p1").await;
    let history = wei.ask("{ me { linkHistory(first: 5) { nodes { rule actor } } } }").await;
    let rules: Vec<_> = history.data()["me"]["linkHistory"]["nodes"].as_array().expect("a list").clone();
    assert_eq!(rules[..2], [json!({ "rule": "R2", "actor": "PERSON" }), json!({ "rule": "R1b", "actor": "UPSTREAM" })]);
    drop(lan);
    let audited = company.audited(AuditAction::UnionIdsBackfilled).await;
    assert_eq!(audited.len(), 2);
    assert_eq!(audited[1]["detail"]["people"], json!({ "ATTACHED": 2, "UNCHANGED": 1, "UNKNOWN": 5 }));
    assert_eq!((&audited[1]["actor"], &audited[1]["app"]), (&json!("command"), &json!("wxde30000000005409")));
}

async fn a_dry_run_says_what_a_run_does_and_writes_nothing(server: Server) {
    let company = with_followers(server, 3).await;
    members(&company, 3).await;

    let dry = run(&company.app, false, true).await.expect("a run");
    let real = done(&company).await;

    assert_eq!((dry.run, &dry.tally), (None, &real.tally));
    assert_eq!(real.tally, people(&[(Outcome::Attached, 3), (Outcome::Unknown, 2)]));
    assert_eq!(company.audited(AuditAction::UnionIdsBackfilled).await.len(), 1);
}

async fn all_followers_are_asked_about_and_who_follows_is_recorded(server: Server) {
    let company = with_followers(server, 2).await;
    let lan = company.sign_in("shop", "p0").await;
    let answer = json!({ "user_info_list": [
        { "subscribe": 0, "openid": company.sandbox.open_id("shop", "p1").expect("a person"), "tagid_list": [] },
        { "subscribe": 1, "openid": "oSomebodyElse", "subscribe_time": 1_700_000_000, "unionid": "oUSomebodyElse" },
    ] });
    let follows = "{ me { openIds { app follows } } }";

    let all = run(&company.app, true, false).await.expect("a run");
    let told = lan.ask(follows).await;
    members(&company, 2).await;
    company.fault(BATCH, &json!({ "body": answer.to_string() })).await;
    let some = done(&company).await;

    assert_eq!(all.tally, people(&[(Outcome::Unchanged, 1), (Outcome::Unknown, 3)]));
    assert_eq!(told.data()["me"]["openIds"], json!([{ "app": "shop", "follows": true }]));
    let expected = people(&[(Outcome::Unchanged, 1), (Outcome::NotFollowing, 1), (Outcome::Unknown, 2)]);
    assert_eq!(some.tally, expected);
}

async fn a_fault_of_the_upstream_is_waited_out(server: Server) {
    let company = with_followers(server, 8).await;
    members(&company, 8).await;
    let faults = [
        (json!({ "errcode": -1 }), Some(ErrorKind::Unavailable)),
        (json!({ "status": 502 }), Some(ErrorKind::Unavailable)),
        (json!({ "kind": "hang" }), Some(ErrorKind::Unavailable)),
        (json!({ "kind": "reset" }), Some(ErrorKind::Unavailable)),
        (json!({ "kind": "html" }), Some(ErrorKind::UnexpectedAnswer)),
        (
            json!({ "body": "{\"user_info_list\":[{\"subscribe\":1,\"openid\":\"oLa" }),
            Some(ErrorKind::UnexpectedAnswer),
        ),
        // The shared token is fetched again, within the same call.
        (json!({ "errcode": 42001 }), None),
        (json!({ "kind": "token-rotated" }), None),
    ];

    for (fault, kind) in faults {
        company.fault(BATCH, &fault).await;
        let dry = run(&company.app, false, true).await.expect("a run");

        let expected: Vec<_> = kind.into_iter().map(|kind| (kind.name(), 1)).collect();
        assert_eq!(dry.failures.into_iter().collect::<Vec<_>>(), expected, "{fault}");
        assert_eq!(dry.tally.of_outcome(Outcome::Attached), 8, "{fault}");
    }
}

async fn a_quota_of_the_day_stops_the_run_and_the_next_one_continues_it(server: Server) {
    let company = with_followers(server, 250).await;
    members(&company, 250).await;
    let stops = company.app_with(|config| config.backfill.concurrency = 1).await;
    company.fault(BATCH, &json!({ "delay_ms": 1 })).await;
    company.fault(BATCH, &json!({ "errcode": 45009 })).await;

    let stopped = run(&stops, false, false).await.expect("a run");
    let report = done(&company).await;

    let why = match stopped.stopped {
        Some(RunError::Upstream(error)) => error.kind,
        other => panic!("{other:?}"),
    };
    assert_eq!((why, stopped.tally.of_outcome(Outcome::Attached)), (ErrorKind::RateLimited, 100));
    assert_eq!((report.run, report.resumed), (stopped.run, true));
    assert_eq!(report.tally, people(&[(Outcome::Attached, 250), (Outcome::Unknown, 2)]));
    let audited = company.audited(AuditAction::UnionIdsBackfilled).await;
    assert!(audited[1]["detail"]["stopped"].as_str().is_some_and(|why| why.contains("45009")), "{}", audited[1]);
}

async fn a_list_with_an_openid_that_was_removed_is_halved(server: Server) {
    let company = with_followers(server, 3).await;
    members(&company, 3).await;
    let list: Vec<_> = (0..3).map(|n| company.sandbox.open_id("shop", &format!("p{n}")).expect("a person")).collect();
    let gone = "oGone4mple5Qm7hV2cYtR9kLwPz0";
    let page =
        json!({ "total": 4, "count": 4, "data": { "openid": [list[0], gone, list[1], list[2]] }, "next_openid": "" });
    company.fault("/cgi-bin/user/get", &json!({ "body": page.to_string() })).await;

    let report = run(&company.app, true, false).await.expect("a run");

    assert!(report.stopped.is_none(), "{:?}", report.stopped);
    assert_eq!(report.tally, people(&[(Outcome::Attached, 3), (Outcome::Refused, 1)]));
    // The page, and lists of 4, 2, 1, 1 and 2.
    assert_eq!(report.calls, 6);
}

async fn two_replicas_at_once_do_the_work_once(server: Server) {
    let company = with_followers(server, 250).await;
    members(&company, 250).await;
    let other = company.app_with(|_| {}).await;

    let both = tokio::join!(run(&company.app, false, false), run(&other, false, false));

    let reports: Vec<_> = [both.0, both.1]
        .into_iter()
        .filter_map(|report| match report {
            Ok(report) => Some(report),
            Err(RunError::Busy { .. }) => None,
            Err(error) => panic!("{error}"),
        })
        .collect();
    let attached: u64 = reports.iter().map(|report| report.tally.of_outcome(Outcome::Attached)).sum();
    assert_eq!((attached, company.calls(BATCH).await), (250, 3));
}

async fn a_run_whose_process_was_killed_is_continued_by_another_and_counts_each_person_once(server: Server) {
    let company = with_followers(server, 450).await;
    members(&company, 450).await;
    let (seen, mut reached) = tokio::sync::mpsc::unbounded_channel();
    let dying = company.app_with(|config| config.backfill.concurrency = 1).await;
    let dies = async {
        let options = Backfill::by_command(false, false);
        let mut observe = |so_far: api::usecase::follower::Seen<'_>| {
            let _ = seen.send(so_far.tally.seen());
        };
        backfill(dying.service(), app(&dying, "shop"), options, &mut observe).await
    };

    // Dropped in the middle, as when a process is killed.
    tokio::select! {
        report = dies => panic!("it has ended: {report:?}"),
        () = async { while reached.recv().await.is_some_and(|people| people < 200) {} } => {}
    }
    let busy = run(&company.app, false, false).await;
    company.clock.advance(TimeDelta::seconds(61));
    let report = done(&company).await;

    assert!(matches!(busy, Err(RunError::Busy { .. })), "{busy:?}");
    assert!(report.resumed);
    assert_eq!(report.tally, people(&[(Outcome::Attached, 450), (Outcome::Unknown, 2)]));
}

/// Shells in the shop, whose people sign in to the club with their unionIds while the backfill attaches the same ones.
async fn a_backfill_against_logins_of_its_people_makes_one_account_of_each(server: Server) {
    let company = with_followers(server, 12).await;
    for n in 0..12 {
        let mut client = company.client();
        let code = company.code_for("shop", &format!("p{n}"), "snsapi_base").await;
        let login = client.log_in(&code, "shop").await;
        client.carry(&login.data()["wechatLogin"]);
    }

    let logins = futures::future::join_all((0..12).map(|n| {
        let company = &company;
        async move { company.sign_in("club", &format!("p{n}")).await }
    }));
    let (report, _) = tokio::join!(run(&company.app, false, false), logins);

    let report = report.expect("a run");
    assert!(report.stopped.is_none(), "{:?}", report.stopped);
    for n in 0..12 {
        let person = format!("p{n}");
        let id = async |app: &str| {
            let me = company.sign_in(app, &person).await.ask("{ me { id openIds { app } } }").await;
            (me.data()["me"]["id"].clone(), me.data()["me"]["openIds"].as_array().map_or(0, Vec::len))
        };
        assert_eq!((id("shop").await, id("club").await.1), (id("club").await, 2), "{person}");
    }
}

async fn the_schedule_runs_each_official_account_once_in_its_time(server: Server) {
    let company = with_followers(server, 2).await;
    members(&company, 2).await;
    let scheduled = company.app_with(|config| config.backfill.every_hours = 24).await;

    let first = run_due(scheduled.service()).await;
    let second = run_due(scheduled.service()).await;
    // The audit is read for the last day.
    let audited = company.audited(AuditAction::UnionIdsBackfilled).await;
    company.clock.advance(TimeDelta::hours(25));
    let third = run_due(scheduled.service()).await;

    assert_eq!((first, second, third), (3, 0, 3));
    let attached: u64 = audited.iter().filter_map(|entry| entry["detail"]["people"]["ATTACHED"].as_u64()).sum();
    assert_eq!((audited.iter().all(|entry| entry["actor"] == "system"), attached), (true, 2));
}

async fn moved(company: &Company, dry_run: bool) -> Report {
    company.clock.advance(TimeDelta::seconds(1));
    let from = app(&company.app, "outlet").provider.app_id().clone();
    let options = ChangeOpenIds { from, from_original: None, dry_run };
    change_open_ids(company.app.service(), app(&company.app, "club"), &options, &mut |_| {}).await.expect("a run")
}

/// Signs a person in to the outlet with an openId only.
async fn at_outlet(company: &Company, person: &str) -> Value {
    let code = company.code_for("outlet", person, "snsapi_base").await;
    let mut client = company.client();
    let login = client.log_in(&code, "outlet").await;
    client.carry(&login.data()["wechatLogin"]);
    client.ask("{ me { id } }").await.data()["me"]["id"].clone()
}

async fn at_club(company: &Company, person: &str) -> Value {
    let code = company.code_for("club", person, "snsapi_base").await;
    let mut client = company.client();
    let login = client.log_in(&code, "club").await;
    client.carry(&login.data()["wechatLogin"]);
    client.ask("{ me { id openIds { app } } }").await.data()["me"].clone()
}

async fn a_migrated_account_keeps_its_people_and_their_orders(server: Server) {
    let company = with_followers(server, 0).await;
    for (id, follows) in [("p0", json!(["outlet"])), ("p1", json!(["outlet"])), ("p2", json!([]))] {
        let person = json!({ "id": id, "nickname": id, "follows": follows });
        company.sandbox("POST", "/_sandbox/people", Some(&person)).await;
    }
    let [lan, wei, mei] =
        [at_outlet(&company, "p0").await, at_outlet(&company, "p1").await, at_outlet(&company, "p2").await];
    company.sandbox("POST", "/_sandbox/migrations", Some(&json!({ "from": "outlet", "to": "club" }))).await;

    let dry = moved(&company, true).await;
    let report = moved(&company, false).await;
    let again = moved(&company, false).await;

    let expected = people(&[(Outcome::Linked, 2), (Outcome::Refused, 1)]);
    assert_eq!((&dry.tally, &report.tally, dry.run), (&expected, &expected, None));
    assert_eq!(again.tally, people(&[(Outcome::Unchanged, 2), (Outcome::Refused, 1)]));
    assert_eq!(
        at_club(&company, "p0").await,
        json!({ "id": lan, "openIds": [{ "app": "outlet" }, { "app": "club" }] })
    );
    assert_ne!(at_club(&company, "p2").await["id"], mei);

    let run = report.run.expect("a run");
    let would = undo(company.app.service(), run, true).await.expect("an undo");
    let undone = undo(company.app.service(), run, false).await.expect("an undo");
    // The first person has signed in through the new openId since.
    assert_eq!((would, undone.undone, undone.used), (undone, 1, 1));
    assert_ne!(at_club(&company, "p1").await["id"], wei);
    assert_eq!(company.audited(AuditAction::OpenIdChangesUndone).await[0]["detail"]["undone"], 1);
    assert!(matches!(
        undo(company.app.service(), domain::RunId::new(company.clock.now()), false).await,
        Err(RunError::NoSuchRun)
    ));
}

async fn a_migration_is_refused_before_it_began_and_after_fifteen_days(server: Server) {
    let company = with_followers(server, 0).await;
    let person = json!({ "id": "p0", "nickname": "P0", "follows": ["outlet"] });
    company.sandbox("POST", "/_sandbox/people", Some(&person)).await;
    at_outlet(&company, "p0").await;
    let kind = |report: Report| match report.stopped {
        Some(RunError::Upstream(error)) => error.kind,
        other => panic!("{other:?}"),
    };

    let before = moved(&company, true).await;
    company.sandbox("POST", "/_sandbox/migrations", Some(&json!({ "from": "outlet", "to": "club" }))).await;
    company.sandbox("POST", "/_sandbox/clock", Some(&json!({ "advance_seconds": 16 * 86_400 }))).await;
    let after = moved(&company, false).await;
    let again = moved(&company, false).await;

    assert_eq!(before.failures.get("unavailable"), Some(&3));
    assert_eq!(kind(before), ErrorKind::Unavailable);
    assert_eq!(after.run, again.run);
    assert_eq!([kind(after), kind(again)], [ErrorKind::Misconfigured; 2]);
}

async fn a_fault_of_a_list_or_a_conversion_is_waited_out_and_what_is_missing_in_an_answer_is_counted(server: Server) {
    let company = with_followers(server, 3).await;
    members(&company, 3).await;
    for fault in [json!({ "status": 502 }), json!({ "kind": "reset" }), json!({ "kind": "empty" })] {
        company.fault("/cgi-bin/user/get", &fault).await;
        let dry = run(&company.app, false, true).await.expect("a run");
        let failures: u64 = dry.failures.values().sum();
        assert_eq!((failures, dry.tally.of_outcome(Outcome::Attached)), (1, 3), "{fault}");
    }
    company.fault(BATCH, &json!({ "kind": "short-list" })).await;
    let short = run(&company.app, false, true).await.expect("a run");
    assert_eq!((short.tally.of_outcome(Outcome::Attached), short.tally.of_outcome(Outcome::Unusable)), (2, 1));

    for id in ["q0", "q1"] {
        let person = json!({ "id": id, "nickname": id, "follows": ["outlet"] });
        company.sandbox("POST", "/_sandbox/people", Some(&person)).await;
        at_outlet(&company, id).await;
    }
    company.sandbox("POST", "/_sandbox/migrations", Some(&json!({ "from": "outlet", "to": "club" }))).await;
    for (fault, failures, expected) in [
        (json!({ "status": 502 }), 1, people(&[(Outcome::Linked, 2)])),
        (json!({ "kind": "html" }), 1, people(&[(Outcome::Linked, 2)])),
        (json!({ "kind": "unconverted" }), 0, people(&[(Outcome::Linked, 1), (Outcome::Refused, 1)])),
        (json!({ "kind": "short-list" }), 0, people(&[(Outcome::Linked, 1), (Outcome::Unusable, 1)])),
    ] {
        company.fault("/cgi-bin/changeopenid", &fault).await;
        let dry = moved(&company, true).await;
        assert_eq!((dry.failures.values().sum::<u64>(), dry.tally), (failures, expected), "{fault}");
    }
}
