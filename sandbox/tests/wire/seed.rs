//! Tests of seeds, and of the ids derived from them.

use std::collections::BTreeSet;
use std::error::Error;

use sandbox::{AppKind, DEMO, Sandbox, SeedError};

#[test]
fn ids_are_the_same_in_every_run() {
    let first = Sandbox::from_toml(DEMO).unwrap();
    let second = Sandbox::from_toml(DEMO).unwrap();

    assert_eq!(first.open_id("shop", "lan"), second.open_id("wxde30000000005409", "lan"));
    assert_eq!(first.open_id("shop", "lan").as_deref(), Some("o321r55vyeAyJL2n_H4wp6gJHGnb"));
    assert_eq!(first.union_id("shop", "lan").as_deref(), Some("oULvCliWlrD1C2UyzUVhCddwtFp2"));
}

#[test]
fn a_person_has_one_open_id_in_each_app_and_one_union_id_in_all() {
    let sandbox = Sandbox::from_toml(DEMO).unwrap();
    let (mut open_ids, mut union_ids) = (BTreeSet::new(), BTreeSet::new());

    for app in sandbox.apps() {
        for person in sandbox.people() {
            open_ids.extend(sandbox.open_id(&app.name, &person.id));
            union_ids.extend(sandbox.union_id(&app.name, &person.id));
        }
    }

    assert_eq!((open_ids.len(), union_ids.len()), (36, 6));
    let looks_right =
        |id: &String| id.len() == 28 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    assert!(open_ids.iter().all(|id| id.starts_with('o') && looks_right(id)));
    assert!(union_ids.iter().all(|id| id.starts_with("oU") && looks_right(id)));
}

#[test]
fn who_is_unknown_has_no_ids() {
    let sandbox = Sandbox::from_toml(DEMO).unwrap();

    assert_eq!((sandbox.open_id("none", "lan"), sandbox.open_id("shop", "none")), (None, None));
    assert_eq!((sandbox.union_id("none", "lan"), sandbox.union_id("shop", "none")), (None, None));
}

#[test]
fn an_unbound_app_has_no_union_ids() {
    let sandbox = Sandbox::from_toml(&DEMO.replace("union_scope = \"hemu\"\n", "")).unwrap();

    assert!(sandbox.open_id("shop", "lan").is_some());
    assert_eq!(sandbox.union_id("shop", "lan"), None);
}

#[test]
fn the_demo_has_six_apps_of_four_kinds_and_six_people() {
    let sandbox = Sandbox::from_toml(DEMO).unwrap();

    let kinds: Vec<_> = sandbox.apps().iter().map(|app| app.kind).collect();
    let account = AppKind::OfficialAccount;
    assert_eq!(kinds, [account, account, account, AppKind::Website, AppKind::Mobile, AppKind::MiniProgram]);
    let people: Vec<_> = sandbox.people().into_iter().map(|person| person.id).collect();
    assert_eq!(people, ["lan", "wei", "mei", "jun", "xue", "ghost"]);
}

#[test]
fn every_mistake_of_a_seed_is_named_at_once() {
    let seed = r#"
        colour = "green"
        [company]
        [[apps]]
        name = "Shop"
        title = ""
        kind = "wechat-teapot"
        app_id = "wx123"
        secret = 5
        redirect_domains = ["https://localhost", "localhost"]
        refresh_days = 0
        [[apps]]
        name = "a"
        title = "A"
        app_id = "wx00000000000000aa"
        secret = "00000000000000000000000000000000"
        on_refusal = "shout"
        redirect_domain = "localhost"
        [[people]]
        id = "lan"
        nickname = "L"
        phones = ["138"]
        snapshot = "yes"
        [[people]]
        id = "lan"
        nickname = "L"
    "#;

    let Err(SeedError::Mistakes(problems)) = Sandbox::from_toml(seed) else { panic!("the seed was taken") };

    let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "colour is not a known field",
            "company.name is missing",
            "apps[0].kind has the unknown value `wechat-teapot`",
            "apps[0].name must be 1 to 32 of a-z, 0-9, - and _",
            "apps[0].title must be a name of 1 to 64 characters",
            "apps[0].app_id must be wx and 16 lower-case hex digits",
            "apps[0].secret must be 32 lower-case hex digits",
            "apps[0].redirect_domains[0] must be a host name alone: no scheme, port or path",
            "apps[0].refresh_days must be a number from 1 to 3650",
            "apps[1].kind is missing",
            "apps[1].on_refusal has the unknown value `shout`",
            "apps[1].redirect_domain is not a known field",
            "people[0].phones[0] must be a phone number such as +8613800000001",
            "people[0].snapshot must be true or false",
            "people[1].id repeats `lan`",
        ]
    );
}

#[test]
fn a_seed_that_is_no_toml_says_why() {
    let error = Sandbox::from_toml("[[apps]\n").unwrap_err();

    assert_eq!(error.to_string(), "the seed is not TOML");
    assert!(error.source().is_some());
}

#[test]
fn an_empty_seed_lacks_all_three_parts() {
    let Err(SeedError::Mistakes(problems)) = Sandbox::from_toml("") else { panic!("the seed was taken") };

    let paths: Vec<_> = problems.into_iter().map(|problem| problem.path).collect();
    assert_eq!(paths, ["company", "apps", "people"]);
}

#[test]
fn no_secret_shows_in_debug_output() {
    let sandbox = Sandbox::from_toml(DEMO).unwrap();

    let shown = format!("{sandbox:?} {:?}", sandbox.apps());

    assert!(sandbox.apps().iter().all(|app| !shown.contains(&app.secret)));
}
